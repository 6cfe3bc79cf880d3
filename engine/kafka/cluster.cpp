#include "engine/kafka/cluster.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "engine/kafka/moments.hpp"
#include "engine/kafka/partitioner.hpp"
#include "sim/lever.hpp"
#include "sim/selector.hpp"

namespace wrackline::kafka {

namespace {

ClusterLayout make_layout(const ClusterSpec& spec) {
  std::vector<TopicLayout> topics = spec.topics;
  TopicLayout offsets;
  offsets.name = kOffsetsTopic;
  offsets.partitions = spec.offsets_topic_partitions;
  offsets.replication_factor = std::min(spec.offsets_topic_replication_factor, spec.brokers);
  topics.push_back(offsets);
  std::vector<BrokerId> brokers;
  for (std::int32_t id = 1; id <= spec.brokers; ++id) brokers.push_back(id);
  return {std::move(topics), std::move(brokers)};
}

}  // namespace

Cluster::Cluster(sim::Simulation& simulation, sim::Network& network, sim::Observer& observer,
                 const ClusterSpec& spec)
    : simulation_{simulation} {
  ClusterLayout layout = make_layout(spec);
  context_.reset(new ClusterContext{simulation,
                                    network,
                                    observer,
                                    layout,
                                    spec.broker,
                                    {},
                                    CommitTruth{layout, observer},
                                    {},
                                    nullptr,
                                    nullptr,
                                    {},
                                    {},
                                    {},
                                    {},
                                    1});
  // The truth refers to the layout that lives with it.
  context_->truth = CommitTruth{context_->layout, observer};
  for (const TopicLayout& topic : context_->layout.topics()) {
    TopicSettings settings;
    if (topic.name == kOffsetsTopic) {
      settings.min_insync_replicas = topic.replication_factor >= 2 ? 2 : 1;
      settings.log = spec.offsets_topic_log;
    }
    for (std::size_t i = 0; i < spec.topics.size(); ++i) {
      if (spec.topics[i].name == topic.name) settings = spec.settings[i];
    }
    context_->topics.push_back(settings);
  }
  const TopicId offsets = context_->layout.topic_id(kOffsetsTopic);
  for (PartitionId p = 0; p < context_->layout.partition_count(); ++p) {
    context_->truth.observe(p, context_->layout.partition(p).topic != offsets);
  }
  simulation.moments().declare(moments::kAll);

  const auto zone = [&](std::size_t i) {
    return spec.zones.empty() ? std::string{} : spec.zones[i % spec.zones.size()];
  };
  sim::Node& controller_node = simulation.add_node("controller", zone(0), 2);
  sim::Process& controller_process = controller_node.add_process("controller");
  context_->controller_process = &controller_process;
  for (std::int32_t i = 0; i < spec.brokers; ++i) {
    const BrokerId id = i + 1;
    sim::Node& node = simulation.add_node(fmt::format("broker-{}", id), zone(static_cast<std::size_t>(i)),
                                          spec.broker_cores);
    sim::Process& process = node.add_process(fmt::format("broker-{}", id));
    context_->broker_processes[id] = &process;
    disks_.push_back(std::make_unique<sim::Disk>(node, fmt::format("broker-{}/disk", id), spec.disk));
    brokers_.push_back(std::make_unique<Broker>(*context_, id, process, *disks_.back()));
    context_->brokers.push_back(brokers_.back().get());
  }
  controller_ = std::make_unique<ControllerServer>(*context_, controller_process);
  context_->controller = controller_.get();
  add_roles();
  add_levers();
}

void Cluster::start() {
  controller_->process().start([this](sim::Process& process) { return controller_->run(process); });
  for (auto& broker : brokers_) {
    Broker* const self = broker.get();
    self->process().start([self](sim::Process& process) { return self->run(process); });
    self->process().on_stop([self](sim::Process& process) { return self->stop(process); });
  }
}

Broker* Cluster::leader_of(PartitionId partition) {
  const BrokerId leader = controller_->controller().registration(partition).leader;
  return leader == kNoLeader ? nullptr : brokers_[static_cast<std::size_t>(leader - 1)].get();
}

std::optional<Offset> Cluster::certain_below(PartitionId partition) {
  Broker* const leader = leader_of(partition);
  if (leader == nullptr || !leader->process().alive()) return std::nullopt;
  const UnifiedLog& truth = leader->replicas().find(partition)->log();
  // A replica that lags must still be able to copy, and one that parted from the leader to truncate to where
  // they agree.
  Offset limit = truth.log_end_offset();
  for (auto& broker : brokers_) {
    Partition* const replica = broker->replicas().find(partition);
    if (replica == nullptr) continue;
    const UnifiedLog& log = replica->log();
    limit = std::min({limit, log.log_end_offset(), log.high_watermark()});
    if (power_may_fail_) limit = std::min(limit, broker->replicas().durable_below(partition));
    if (broker.get() == leader) continue;
    const std::optional<LeaderEpoch> epoch = log.epochs().latest_epoch();
    if (!epoch) return std::nullopt;
    const std::optional<EpochEndOffset> agreed = truth.end_offset_for_epoch(*epoch);
    if (!agreed) return std::nullopt;
    limit = std::min(limit, agreed->end_offset);
    if (const auto own = log.end_offset_for_epoch(agreed->epoch)) limit = std::min(limit, own->end_offset);
  }
  return limit;
}

void Cluster::forget_below(PartitionId partition, Offset offset) {
  const std::optional<Offset> certain = certain_below(partition);
  if (!certain) return;
  const Offset limit = std::min(offset, *certain);
  for (auto& broker : brokers_) broker->replicas().forget_below(partition, limit);
  context_->truth.forget_below(partition, limit);
}

void Cluster::look_at_commits() {
  const TopicLayout& topic = layout().topics()[static_cast<std::size_t>(layout().topic_id(kOffsetsTopic))];
  for (std::int32_t p = 0; p < topic.partitions; ++p) {
    const PartitionId partition = topic.first + static_cast<PartitionId>(p);
    const std::optional<Offset> certain = certain_below(partition);
    if (!certain) continue;
    const UnifiedLog& log = leader_of(partition)->replicas().find(partition)->log();
    context_->possible_commits.look(partition, log, *certain, context_->group_log);
    for (auto& broker : brokers_) broker->replicas().forget_superseded_below(partition, *certain);
  }
}

bool Cluster::parse_partition(const std::string& text, PartitionId& partition) const {
  const std::size_t slash = text.rfind('/');
  if (slash == std::string::npos) return false;
  const std::string name = text.substr(0, slash);
  std::int32_t number = -1;
  const char* const end = text.data() + text.size();
  if (std::from_chars(text.data() + slash + 1, end, number).ptr != end || !layout().has_topic(name))
    return false;
  const TopicLayout& topic = layout().topics()[static_cast<std::size_t>(layout().topic_id(name))];
  if (number < 0 || number >= topic.partitions) return false;
  partition = topic.first + static_cast<PartitionId>(number);
  return true;
}

void Cluster::add_roles() {
  sim::SelectorRegistry& selectors = simulation_.selectors();
  selectors.add_role("broker", {}, "every broker", [this](std::span<const std::string>) {
    std::vector<sim::Target> all;
    for (auto& broker : brokers_) all.push_back(sim::target_of(broker->process()));
    return all;
  });
  selectors.add_role("controller", {}, "the active controller", [this](std::span<const std::string>) {
    return std::vector{sim::target_of(controller_->process())};
  });
  selectors.add_role("kafka.leader", {"topic/partition"}, "the broker that leads the partition now",
                     [this](std::span<const std::string> arguments) {
                       PartitionId partition = 0;
                       std::vector<sim::Target> found;
                       if (!parse_partition(arguments[0], partition)) return found;
                       if (Broker* const leader = leader_of(partition))
                         found.push_back(sim::target_of(leader->process()));
                       return found;
                     });
  selectors.add_role(
      "kafka.follower", {"topic/partition"}, "the brokers that follow in the partition now",
      [this](std::span<const std::string> arguments) {
        PartitionId partition = 0;
        std::vector<sim::Target> found;
        if (!parse_partition(arguments[0], partition)) return found;
        const BrokerId leader = controller_->controller().registration(partition).leader;
        for (const BrokerId id : layout().replicas(partition)) {
          if (id != leader)
            found.push_back(sim::target_of(brokers_[static_cast<std::size_t>(id - 1)]->process()));
        }
        return found;
      });
  selectors.add_role("kafka.coordinator", {"group"}, "the broker that coordinates the consumer group now",
                     [this](std::span<const std::string> arguments) {
                       std::vector<sim::Target> found;
                       const TopicLayout& topic =
                           layout().topics()[static_cast<std::size_t>(layout().topic_id(kOffsetsTopic))];
                       const PartitionId at = topic.first + static_cast<PartitionId>(coordinator_partition(
                                                                arguments[0], topic.partitions));
                       if (Broker* const leader = leader_of(at))
                         found.push_back(sim::target_of(leader->process()));
                       return found;
                     });
}

void Cluster::add_levers() {
  using sim::LeverOutcome;
  const auto with_partition = [this](auto&& act) {
    return [this, act](std::span<const std::string> arguments) {
      PartitionId partition = 0;
      if (!parse_partition(arguments[0], partition)) {
        return LeverOutcome::bad_argument(fmt::format("there is no partition '{}'", arguments[0]));
      }
      LeverOutcome outcome = act(partition, arguments);
      if (outcome.did_act()) controller_->publish();
      return outcome;
    };
  };
  const auto leader_text = [this](PartitionId partition) {
    return fmt::format("{}: broker {} leads now", layout().name_of(partition),
                       controller_->controller().registration(partition).leader);
  };
  sim::LeverRegistry& levers = simulation_.levers();
  levers.add({"kafka.unclean_election",
              {"topic/partition"},
              "elects a replica outside the ISR if none inside it lives",
              with_partition([this, leader_text](PartitionId partition, std::span<const std::string>) {
                if (!controller_->controller().elect_unclean(partition)) {
                  return LeverOutcome::no_effect(
                      fmt::format("{}: has a leader, or no live replica", layout().name_of(partition)));
                }
                return LeverOutcome::acted(leader_text(partition));
              })});
  levers.add({"kafka.preferred_election",
              {"topic/partition"},
              "moves the leadership back to the first replica",
              with_partition([this, leader_text](PartitionId partition, std::span<const std::string>) {
                if (!controller_->controller().elect_preferred(partition)) {
                  return LeverOutcome::no_effect(fmt::format(
                      "{}: the preferred replica leads, or is not in sync", layout().name_of(partition)));
                }
                return LeverOutcome::acted(leader_text(partition));
              })});
  const auto move = [this, leader_text](PartitionId partition, std::span<const std::string> arguments) {
    const PartitionRegistration& state = controller_->controller().registration(partition);
    std::vector<BrokerId> candidates;
    if (arguments.size() > 1 && !arguments[1].empty()) {
      BrokerId to = -1;
      std::string_view text = arguments[1];
      if (text.starts_with("broker-")) text.remove_prefix(7);
      std::from_chars(text.data(), text.data() + text.size(), to);
      if (std::find(state.replicas.begin(), state.replicas.end(), to) == state.replicas.end()) {
        return LeverOutcome::bad_argument(
            fmt::format("broker '{}' has no replica of {}", text, layout().name_of(partition)));
      }
      candidates.push_back(to);
    } else {
      candidates = state.replicas;
    }
    for (const BrokerId to : candidates) {
      if (to != state.leader && controller_->controller().move_leader(partition, to)) {
        return LeverOutcome::acted(leader_text(partition));
      }
    }
    return LeverOutcome::no_effect(
        fmt::format("{}: no other replica is in sync", layout().name_of(partition)));
  };
  levers.add({"kafka.leader_move",
              {"topic/partition", "broker"},
              "moves the leadership to this broker, or (no name) to the next replica in sync",
              with_partition(move)});
  levers.add({"group.force_rebalance",
              {"group"},
              "makes every member of the group join again",
              [this](std::span<const std::string> arguments) {
                for (auto& broker : brokers_) {
                  if (broker->process().alive() && broker->groups().force_rebalance(arguments[0])) {
                    return LeverOutcome::acted(fmt::format("group '{}' rebalances", arguments[0]));
                  }
                }
                return LeverOutcome::no_effect(
                    fmt::format("group '{}' has no members, or rebalances already", arguments[0]));
              }});
}

}  // namespace wrackline::kafka
