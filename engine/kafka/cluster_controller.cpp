#include "engine/kafka/cluster_controller.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "engine/kafka/broker_ids.hpp"

namespace wrackline::kafka {

namespace {

std::vector<BrokerId> without(std::span<const BrokerId> ids, BrokerId id) {
  std::vector<BrokerId> rest;
  std::copy_if(ids.begin(), ids.end(), std::back_inserter(rest), [&](BrokerId other) { return other != id; });
  return rest;
}

}  // namespace

ClusterController::ClusterController(ControllerConfig config, std::span<const BrokerId> brokers,
                                     std::vector<ControlledPartition> partitions)
    : config_{config} {
  config_.rules.elr_enabled = config_.elr_enabled;
  for (const BrokerId id : brokers) {
    ControlledBroker broker;
    broker.id = id;
    brokers_.push_back(broker);
  }
  std::sort(brokers_.begin(), brokers_.end(),
            [](const ControlledBroker& a, const ControlledBroker& b) { return a.id < b.id; });
  for (ControlledPartition& about : partitions) {
    PartitionRegistration state;
    state.replicas = about.replicas;
    state.isr = about.replicas;
    state.leader = about.replicas.front();
    partitions_.push_back({std::move(about), std::move(state)});
  }
}

void ClusterController::bootstrap(std::int64_t now_ms) {
  for (ControlledBroker& broker : brokers_) {
    broker.registered = true;
    broker.fenced = false;
    broker.epoch = next_epoch_++;
    broker.incarnation = 1;
    broker.last_contact_ms = now_ms;
    broker.registered_at = next_offset_;
    write_broker(broker);
  }
}

RegisterAnswer ClusterController::register_broker(BrokerId id, std::uint64_t incarnation,
                                                  BrokerEpoch clean_epoch, std::int64_t now_ms) {
  ControlledBroker* const broker = find(id);
  assert(broker != nullptr && "the set of brokers is fixed");
  // L-27: while the session of an earlier incarnation is valid, the new one is refused and tries again.
  if (broker->registered && broker->incarnation != incarnation && !broker->fenced &&
      now_ms <= broker->last_contact_ms + config_.session_timeout_ms) {
    return {Errors::duplicate_broker_registration, kNoBrokerEpoch};
  }
  const bool first_time = broker->epoch == kNoBrokerEpoch;
  const bool clean = first_time || clean_epoch == broker->epoch;
  broker->registered = true;
  broker->incarnation = incarnation;
  broker->epoch = next_epoch_++;
  broker->fenced = true;
  broker->shutting_down = false;
  broker->last_contact_ms = now_ms;
  broker->registered_at = next_offset_;
  write_broker(*broker);
  if (!first_time) {
    // A broker that was still in some ISR (it came back before it was fenced) leaves it; one that did not
    // stop cleanly loses its place among the eligible leaders as well (L-30).
    remove_from_isrs(id);
    if (!clean && config_.elr_enabled) {
      const BrokerId unclean[] = {id};
      for (std::size_t p = 0; p < partitions_.size(); ++p) {
        const PartitionRegistration& state = partitions_[p].state;
        if (contains(state.elr, id) || contains(state.isr, id))
          change(p, Election::online, std::nullopt, unclean);
      }
    }
  }
  return {Errors::none, broker->epoch};
}

BrokerHeartbeatAnswer ClusterController::heartbeat(const BrokerHeartbeat& beat, std::int64_t now_ms) {
  ControlledBroker* const broker = find(beat.broker);
  if (broker == nullptr || !broker->registered) return {Errors::broker_id_not_registered, true, false};
  if (broker->epoch != beat.epoch) return {Errors::stale_broker_epoch, true, false};
  broker->last_contact_ms = now_ms;
  if (beat.want_shut_down && !broker->shutting_down) {
    broker->shutting_down = true;
    write_broker(*broker);
    remove_from_isrs(beat.broker);
  }
  if (broker->fenced && !beat.want_shut_down && beat.caught_up_to >= broker->registered_at) {
    broker->fenced = false;
    write_broker(*broker);
    offer_leadership(beat.broker);
  }
  // The leaderships are gone as soon as the records are written; the broker still has to see them.
  const bool may_go = broker->shutting_down && beat.caught_up_to + 1 >= next_offset_;
  if (may_go && !broker->fenced) {
    // Shut down now: the session ends with the answer, so that the next incarnation need not wait for its
    // time-out.
    broker->fenced = true;
    write_broker(*broker);
  }
  return {Errors::none, broker->fenced, may_go};
}

std::optional<BrokerId> ClusterController::fence_stale_brokers(std::int64_t now_ms) {
  ControlledBroker* stalest = nullptr;
  for (ControlledBroker& broker : brokers_) {
    if (!broker.registered || broker.fenced) continue;
    if (now_ms <= broker.last_contact_ms + config_.session_timeout_ms) continue;
    if (stalest == nullptr || broker.last_contact_ms < stalest->last_contact_ms) stalest = &broker;
  }
  if (stalest == nullptr) return std::nullopt;
  stalest->fenced = true;
  write_broker(*stalest);
  remove_from_isrs(stalest->id);
  return stalest->id;
}

void ClusterController::restart_sessions(std::int64_t now_ms) {
  for (ControlledBroker& broker : brokers_) broker.last_contact_ms = now_ms;
}

ClusterController::AlterPartitionResult ClusterController::alter_partition(
    BrokerId id, BrokerEpoch epoch, std::span<const AlterPartitionProposal> proposals) {
  const ControlledBroker* const broker = find(id);
  if (broker == nullptr || broker->epoch != epoch) return {Errors::stale_broker_epoch, {}};
  AlterPartitionResult result;
  for (const AlterPartitionProposal& proposal : proposals) {
    AlterPartitionAnswer answer;
    answer.partition = proposal.partition;
    const std::optional<std::size_t> index = index_of(proposal.partition);
    if (!index) {
      answer.error = Errors::unknown_topic_or_partition;
      result.partitions.push_back(std::move(answer));
      continue;
    }
    answer.error = check(proposal, id, *index);
    if (answer.error == Errors::none) {
      std::vector<BrokerId> target;
      for (const IsrMember& member : proposal.new_isr) target.push_back(member.id);
      const LeaderEpoch epoch_before = partitions_[*index].state.leader_epoch;
      const BrokerId leader_before = partitions_[*index].state.leader;
      change(*index, Election::online, std::move(target));
      const PartitionRegistration& state = partitions_[*index].state;
      if (state.leader != leader_before || state.leader_epoch != epoch_before) {
        answer.error = Errors::new_leader_elected;
      } else {
        answer.leader = state.leader;
        answer.leader_epoch = state.leader_epoch;
        answer.partition_epoch = state.partition_epoch;
        answer.isr = state.isr;
      }
    }
    result.partitions.push_back(std::move(answer));
  }
  return result;
}

Errors ClusterController::check(const AlterPartitionProposal& proposal, BrokerId broker,
                                std::size_t partition) const {
  const PartitionRegistration& state = partitions_[partition].state;
  if (proposal.leader_epoch > state.leader_epoch) return Errors::not_controller;
  if (proposal.partition_epoch > state.partition_epoch) return Errors::not_controller;
  if (proposal.leader_epoch < state.leader_epoch) return Errors::fenced_leader_epoch;
  if (broker != state.leader) return Errors::invalid_request;
  if (proposal.partition_epoch < state.partition_epoch) return Errors::invalid_update_version;
  for (const IsrMember& member : proposal.new_isr) {
    if (!contains(state.replicas, member.id)) return Errors::invalid_request;
    const ControlledBroker& about = this->broker(member.id);
    const bool same_epoch = member.broker_epoch == kNoBrokerEpoch || member.broker_epoch == about.epoch;
    if (about.fenced || about.shutting_down || !same_epoch) return Errors::ineligible_replica;
  }
  return Errors::none;
}

bool ClusterController::elect_unclean(std::size_t partition) {
  const BrokerId before = partitions_[partition].state.leader;
  change(partition, Election::unclean, std::nullopt);
  return partitions_[partition].state.leader != before;
}

bool ClusterController::elect_preferred(std::size_t partition) {
  const BrokerId before = partitions_[partition].state.leader;
  change(partition, Election::preferred, std::nullopt);
  return partitions_[partition].state.leader != before;
}

bool ClusterController::move_leader(std::size_t partition, BrokerId to) {
  Controlled& controlled = partitions_[partition];
  const ControlledBroker& target = broker(to);
  if (controlled.state.leader == to || !contains(controlled.state.isr, to) || target.fenced) return false;
  PartitionChange moved;
  moved.leader = to;
  controlled.state = controlled.state.merge(moved);
  MetadataRecord record;
  record.offset = next_offset_++;
  record.partition = partition;
  record.registration = controlled.state;
  records_.push_back(std::move(record));
  return true;
}

const ControlledBroker& ClusterController::broker(BrokerId id) const {
  const auto found =
      std::find_if(brokers_.begin(), brokers_.end(), [&](const ControlledBroker& b) { return b.id == id; });
  assert(found != brokers_.end());
  return *found;
}

ControlledBroker* ClusterController::find(BrokerId id) {
  const auto found =
      std::find_if(brokers_.begin(), brokers_.end(), [&](const ControlledBroker& b) { return b.id == id; });
  return found == brokers_.end() ? nullptr : &*found;
}

std::optional<std::size_t> ClusterController::index_of(TopicPartition partition) const {
  for (std::size_t p = 0; p < partitions_.size(); ++p) {
    if (partitions_[p].about.partition == partition) return p;
  }
  return std::nullopt;
}

std::vector<BrokerId> ClusterController::acceptable_leaders() const {
  std::vector<BrokerId> live;
  for (const ControlledBroker& broker : brokers_) {
    if (broker.registered && !broker.fenced && !broker.shutting_down) live.push_back(broker.id);
  }
  return live;
}

void ClusterController::write_broker(const ControlledBroker& broker) {
  MetadataRecord record;
  record.offset = next_offset_++;
  record.broker = broker;
  records_.push_back(std::move(record));
}

bool ClusterController::change(std::size_t partition, Election election,
                               std::optional<std::vector<BrokerId>> target_isr,
                               std::span<const BrokerId> unclean_shutdown) {
  Controlled& controlled = partitions_[partition];
  PartitionChangeRules rules = config_.rules;
  rules.min_insync_replicas = controlled.about.min_insync_replicas;
  const std::vector<BrokerId> live = acceptable_leaders();
  PartitionChangeRequest request;
  request.live = live;
  request.election =
      controlled.about.unclean_election && election == Election::online ? Election::unclean : election;
  request.target_isr = std::move(target_isr);
  request.unclean_shutdown = unclean_shutdown;
  const std::optional<PartitionChange> decided = decide_partition_change(controlled.state, rules, request);
  if (!decided) return false;
  controlled.state = controlled.state.merge(*decided);
  MetadataRecord record;
  record.offset = next_offset_++;
  record.partition = partition;
  record.registration = controlled.state;
  record.unclean = decided->unclean;
  records_.push_back(std::move(record));
  return true;
}

void ClusterController::remove_from_isrs(BrokerId broker) {
  for (std::size_t p = 0; p < partitions_.size(); ++p) {
    const PartitionRegistration& state = partitions_[p].state;
    if (contains(state.isr, broker) || state.leader == broker) {
      change(p, Election::online, without(state.isr, broker));
    }
  }
}

void ClusterController::offer_leadership(BrokerId broker) {
  for (std::size_t p = 0; p < partitions_.size(); ++p) {
    const PartitionRegistration& state = partitions_[p].state;
    if (state.leader == kNoLeader && contains(state.replicas, broker))
      change(p, Election::online, std::nullopt);
  }
}

std::span<const MetadataRecord> ClusterController::records_from(MetadataOffset from) const {
  const auto first = std::find_if(records_.begin(), records_.end(),
                                  [&](const MetadataRecord& record) { return record.offset >= from; });
  return {first, records_.end()};
}

std::vector<MetadataRecord> ClusterController::everything() const {
  std::vector<MetadataRecord> all;
  for (const ControlledBroker& broker : brokers_) {
    MetadataRecord record;
    record.offset = next_offset_ - 1;
    record.broker = broker;
    all.push_back(std::move(record));
  }
  for (std::size_t p = 0; p < partitions_.size(); ++p) {
    MetadataRecord record;
    record.offset = next_offset_ - 1;
    record.partition = p;
    record.registration = partitions_[p].state;
    all.push_back(std::move(record));
  }
  return all;
}

}  // namespace wrackline::kafka
