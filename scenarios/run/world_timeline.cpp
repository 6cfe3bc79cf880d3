// The names behind the numbers of a run, for its timeline.
#include <fmt/format.h>

#include "scenarios/run/world.hpp"

namespace wrackline::scenarios {

analysis::TimelineWorld World::timeline_world() const {
  analysis::TimelineWorld world;
  world.duration = spec_.duration;
  const kafka::ClusterLayout& layout = cluster_->layout();
  for (const auto& [id, process] : cluster_->context().broker_processes) {
    const auto index = static_cast<std::size_t>(id);
    if (world.brokers.size() <= index) world.brokers.resize(index + 1);
    world.brokers[index] = process->name();
  }
  for (kafka::PartitionId id = 0; id < layout.partition_count(); ++id) {
    const kafka::TopicPartition partition = layout.partition(id);
    const std::string& topic = layout.topics()[static_cast<std::size_t>(partition.topic)].name;
    const std::string& leader = world.brokers[static_cast<std::size_t>(layout.replicas(id).front())];
    world.partitions.push_back({topic, partition.partition, leader, topic == kafka::kOffsetsTopic});
  }
  for (const FaultSpec& fault : spec_.faults) world.faults.push_back(fault.id);
  for (const auto& job : jobs_) {
    analysis::TimelineWorld::Job drawn{job->spec->name, job->number, {}};
    drawn.sources.resize(producers_.size());
    for (const std::uint16_t number : sources_of(*job))
      drawn.sources[number] = producers_[number]->process().name();
    world.jobs.push_back(std::move(drawn));
  }
  return world;
}

}  // namespace wrackline::scenarios
