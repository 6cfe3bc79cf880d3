// The names behind the numbers of a run, for its timeline.
#include <fmt/format.h>

#include <algorithm>

#include "scenarios/run/world.hpp"

namespace wrackline::scenarios {

analysis::TimelineWorld World::timeline_world() const {
  analysis::TimelineWorld world;
  world.duration = spec_.duration;
  const kafka::ClusterLayout& layout = cluster_->layout();
  const auto broker = [](kafka::BrokerId id) { return fmt::format("broker-{}", id); };
  for (const kafka::BrokerId id : layout.brokers()) {
    const auto index = static_cast<std::size_t>(id);
    if (world.brokers.size() <= index) world.brokers.resize(index + 1);
    world.brokers[index] = broker(id);
  }
  for (kafka::PartitionId id = 0; id < layout.partition_count(); ++id) {
    const kafka::TopicPartition partition = layout.partition(id);
    const kafka::TopicLayout& topic = layout.topics()[static_cast<std::size_t>(partition.topic)];
    world.partitions.push_back({topic.name, partition.partition,
                                fmt::format("{}, epoch 0", broker(layout.replicas(id).front())),
                                topic.name == kafka::kOffsetsTopic});
  }
  for (const FaultSpec& fault : spec_.faults) world.faults.push_back(fault.id);
  for (const auto& job : jobs_) {
    analysis::TimelineWorld::Job drawn{job->spec->name, job->number, {}};
    // Numbered producer by producer, as build_sources() made them.
    for (const SourceSpec& source : spec_.sources) {
      const kafka::TopicId topic = layout.topic_id(source.topic);
      const bool feeds = std::find(job->topics.begin(), job->topics.end(), topic) != job->topics.end();
      const std::int32_t producers = source.trace ? 1 : source.producers;
      for (std::int32_t i = 1; i <= producers; ++i)
        drawn.sources.push_back(feeds ? fmt::format("{}-{}", source.name, i) : std::string{});
    }
    world.jobs.push_back(std::move(drawn));
  }
  return world;
}

}  // namespace wrackline::scenarios
