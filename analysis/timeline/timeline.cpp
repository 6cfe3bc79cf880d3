#include "analysis/timeline/timeline.hpp"

#include <fmt/format.h>

#include "analysis/timeline/job_track.hpp"
#include "sim/node.hpp"

namespace wrackline::analysis {

namespace {

/// Moments whose `partition` is one of the world's, not of the groups' log alone.
bool names_a_partition(const sim::MomentDef& def) {
  return def.name.starts_with("kafka.") || def.name.starts_with("producer.");
}

std::string leader_name(std::string_view broker, std::int64_t epoch) {
  return fmt::format("{}, epoch {}", broker, epoch);
}

/// From the controller's word to the broker that learns of it.
TraceFile::Arrow arrow_of(const sim::Moment& moment) {
  const std::string_view name = moment.def.name;
  if (name != "kafka.leader.elected" && name != "kafka.leader.started") return 0;
  return sim::mix(static_cast<std::uint64_t>(moment.attribute("partition")) << 32 |
                  static_cast<std::uint64_t>(moment.attribute("leader_epoch")));
}

std::string_view category_of(std::string_view moment) { return moment.substr(0, moment.find('.')); }

}  // namespace

Timeline::Timeline(TraceFile& file, sim::Simulation& simulation, TimelineWorld world, std::size_t records)
    : file_{file}, simulation_{simulation}, world_{std::move(world)} {
  if (!world_.faults.empty()) {
    const TraceFile::Track group = file_.track(0, "faults");
    for (const std::string& id : world_.faults) faults_.emplace(id, file_.track(group, id));
  }
  for (TimelineWorld::Job& job : world_.jobs) {
    JourneyOptions journeys{records, world_.duration, job.number, std::move(job.sources)};
    jobs_.push_back(std::make_unique<JobTrack>(file_, job.name, std::move(journeys)));
  }
  partitions_.resize(world_.partitions.size());
  for (const bool internal : {false, true}) {
    std::map<std::string, TraceFile::Track> topics;
    for (std::size_t i = 0; i < partitions_.size(); ++i) {
      const TimelineWorld::Partition& partition = world_.partitions[i];
      if (partition.internal != internal) continue;
      auto [topic, fresh] = topics.try_emplace(partition.topic);
      if (fresh) topic->second = file_.track(0, "topic " + partition.topic, "who leads each partition");
      partitions_[i] = file_.track(topic->second, fmt::format("{}/{}", partition.topic, partition.number));
      file_.begin(partitions_[i], simulation_.now(), "kafka", leader_name(partition.first_leader, 0));
    }
    if (!internal) draw_processes();
  }
  moments_ = simulation_.moments().subscribe_all([this](const sim::Moment& moment) { on_moment(moment); });
}

Timeline::~Timeline() = default;

void Timeline::draw_processes() {
  for (const auto& node : simulation_.nodes()) {
    const bool alone = node->processes().size() == 1;
    const TraceFile::Track group = alone ? 0 : file_.track(0, "node " + node->name());
    for (const auto& process : node->processes()) {
      processes_[process->id().value()].track = file_.track(group, process->name());
      process->listen([this](sim::Process& of, sim::ProcessChange change) { on_change(of, change); });
    }
  }
}

sim::Observer& Timeline::job(std::size_t index) { return *jobs_.at(index); }

void Timeline::on_change(const sim::Process& process, sim::ProcessChange change) {
  ProcessTrack& about = processes_.at(process.id().value());
  const sim::Time now = simulation_.now();
  if (about.away) file_.end(about.track, now);
  about.away = false;
  const auto leave = [&](std::string_view how) {
    file_.begin(about.track, now, "process", how);
    about.away = true;
  };
  switch (change) {
    case sim::ProcessChange::crashed:
      return leave("crashed");
    case sim::ProcessChange::stopping:
      return leave("stopping");
    case sim::ProcessChange::stopped:
      return leave("stopped");
    case sim::ProcessChange::paused:
      return leave("paused");
    case sim::ProcessChange::resumed:
      return;
    case sim::ProcessChange::started: {
      const TraceFile::Argument which[] = {{"incarnation", std::int64_t{process.incarnation()}}};
      file_.instant(about.track, now, "process", "started", which);
      return;
    }
  }
}

std::vector<TraceFile::Argument> Timeline::arguments(const sim::Moment& moment) const {
  std::vector<TraceFile::Argument> list;
  for (std::size_t i = 0; i < moment.def.attribute_count(); ++i) {
    const std::string_view name = moment.def.attributes[i];
    const std::int64_t value = moment.values[i];
    const auto index = static_cast<std::size_t>(value);
    if (name == "partition" && names_a_partition(moment.def) && index < world_.partitions.size()) {
      const TimelineWorld::Partition& partition = world_.partitions[index];
      list.push_back({name, fmt::format("{}/{}", partition.topic, partition.number)});
    } else {
      list.push_back({name, value});
    }
  }
  return list;
}

void Timeline::lead(std::size_t partition, const std::string& by, sim::Time at) {
  file_.end(partitions_[partition], at);
  file_.begin(partitions_[partition], at, "kafka", by);
}

void Timeline::on_moment(const sim::Moment& moment) {
  const std::vector<TraceFile::Argument> list = arguments(moment);
  const std::string_view name = moment.def.name;
  if (moment.process != nullptr) {
    const auto process = processes_.find(moment.process->id().value());
    if (process != processes_.end())
      file_.instant(process->second.track, moment.at, category_of(name), name, list, arrow_of(moment));
  }
  if (name == "group.rebalance.started" || name == "group.rebalance.completed") {
    for (const auto& job : jobs_) {
      if (job->number() != static_cast<std::uint32_t>(moment.attribute("group"))) continue;
      if (name == "group.rebalance.started") {
        job->rebalance_started(moment.at, moment.attribute("generation"));
      } else {
        job->rebalance_completed(moment.at, moment.attribute("generation"), moment.attribute("members"));
      }
    }
    return;
  }
  if (!names_a_partition(moment.def)) return;
  const auto partition = static_cast<std::size_t>(moment.attribute("partition", -1));
  if (partition >= partitions_.size()) return;
  if (name == "kafka.leader.elected") {
    const auto leader = static_cast<std::size_t>(moment.attribute("leader"));
    const std::string broker = leader < world_.brokers.size() ? world_.brokers[leader] : "?";
    lead(partition, leader_name(broker, moment.attribute("leader_epoch")), moment.at);
  } else if (name == "kafka.leader.lost") {
    lead(partition, "no leader", moment.at);
  } else if (name.starts_with("kafka.isr.") || name == "kafka.leader.elected_uncleanly" ||
             name == "kafka.replica.truncated") {
    file_.instant(partitions_[partition], moment.at, "kafka", name, list);
  }
}

void Timeline::strike(const std::string& fault, sim::Time at, sim::Time until, const std::string& what) {
  const auto track = faults_.find(fault);
  if (track == faults_.end()) return;
  const TraceFile::Argument about[] = {{"what", what}};
  if (until <= at) {
    file_.instant(track->second, at, "fault", fault, about);
    return;
  }
  file_.begin(track->second, at, "fault", fault, about);
  file_.end(track->second, until == sim::kNever ? simulation_.now() : until);
}

void Timeline::anomaly(std::size_t job, std::string_view name, sim::Time at, const std::string& what) {
  jobs_.at(job)->anomaly(name, at, what);
}

void Timeline::close(sim::Time end) {
  for (const auto& job : jobs_) job->close(end);
  for (const TraceFile::Track partition : partitions_) file_.end(partition, end);
  for (auto& [entity, process] : processes_) {
    if (process.away) file_.end(process.track, end);
    process.away = false;
  }
  simulation_.moments().cancel(moments_);
}

}  // namespace wrackline::analysis
