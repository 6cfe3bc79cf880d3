// How a Partition shrinks and expands its ISR (L-12 .. L-16; KIP-497, KIP-841, KIP-903).
#include <algorithm>
#include <cassert>

#include "engine/kafka/partition.hpp"

namespace wrackline::kafka {

bool Partition::is_isr_eligible(const ReplicaState& follower) const {
  if (!follower.broker_epoch) return false;
  const BrokerView broker = metadata_->broker(follower.id);
  if (!broker.alive() || broker.shutting_down) return false;
  // KIP-903: the incarnation that fetched must be the one that is registered.
  return *follower.broker_epoch == kNoBrokerEpoch || *follower.broker_epoch == broker.epoch;
}

void Partition::maybe_expand_isr(const ReplicaState& follower) {
  if (isr_change_pending() || in_isr(follower.id)) return;
  // The bar is the watermark, not the log end; but the follower must have reached this leader's epoch.
  const Offset end = follower.log_end.offset;
  if (end < log_.high_watermark() || !epoch_start_ || end < *epoch_start_) return;
  if (!is_isr_eligible(follower)) return;
  scratch_.assign(isr_.begin(), isr_.end());
  scratch_.insert(std::upper_bound(scratch_.begin(), scratch_.end(), follower.id), follower.id);
  propose(Pending::expand, scratch_);
  maximal_isr_ = scratch_;
}

void Partition::check_isr(std::int64_t now_ms) {
  events_.clear();
  if (!is_leader() || isr_change_pending()) return;
  scratch_.clear();
  for (const BrokerId id : isr_) {
    const ReplicaState* const follower = replica(id);
    const bool in_sync = id == config_.local_broker ||
                         (follower != nullptr && follower->is_caught_up(log_.log_end_offset(), now_ms,
                                                                        config_.replica_lag_time_max_ms));
    if (in_sync) scratch_.push_back(id);
  }
  // A pending shrink changes nothing until it is confirmed: the members that are to leave still hold the
  // watermark back.
  if (scratch_.size() < isr_.size()) propose(Pending::shrink, scratch_);
}

void Partition::propose(Pending kind, std::span<const BrokerId> new_isr) {
  pending_ = kind;
  sent_.partition = config_.partition;
  sent_.id = ++proposal_id_;
  sent_.leader_epoch = leader_epoch_;
  sent_.partition_epoch = partition_epoch_;
  sent_.recovering = recovering_;
  sent_.new_isr.clear();
  for (const BrokerId id : new_isr) {
    BrokerEpoch epoch = local_broker_epoch_;
    if (id != config_.local_broker) {
      const ReplicaState* const follower = replica(id);
      epoch = follower == nullptr ? kNoBrokerEpoch : follower->broker_epoch.value_or(kNoBrokerEpoch);
    }
    sent_.new_isr.push_back({id, epoch});
  }
  events_.proposal = sent_;
}

void Partition::back_to_committed() {
  pending_ = Pending::none;
  maximal_isr_ = isr_;
}

void Partition::on_alter_partition_refused(std::uint64_t proposal_id) {
  if (isr_change_pending() && sent_.id == proposal_id) back_to_committed();
}

void Partition::on_alter_partition_response(std::uint64_t proposal_id, const AlterPartitionAnswer& answer,
                                            std::int64_t now_ms) {
  events_.clear();
  // Metadata may have replaced the state meanwhile; then the answer is about the past.
  if (!isr_change_pending() || sent_.id != proposal_id) return;
  switch (answer.error) {
    case Errors::none:
      if (answer.leader_epoch != leader_epoch_ || answer.partition_epoch < partition_epoch_) return;
      isr_ = answer.isr;
      std::sort(isr_.begin(), isr_.end());
      partition_epoch_ = answer.partition_epoch;
      back_to_committed();
      if (is_leader()) maybe_increment_high_watermark(now_ms);
      return;
    case Errors::operation_not_attempted:
    case Errors::ineligible_replica:
      // The controller says that the epoch is right and that nothing was applied: safe to go back.
      back_to_committed();
      return;
    case Errors::unknown_topic_or_partition:
    case Errors::unknown_topic_id:
    case Errors::fenced_leader_epoch:
    case Errors::invalid_update_version:
    case Errors::invalid_request:
    case Errors::new_leader_elected:
      // Stays pending: only new metadata can tell what holds.
      return;
    default:
      events_.proposal = sent_;
      return;
  }
}

}  // namespace wrackline::kafka
