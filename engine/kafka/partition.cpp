#include "engine/kafka/partition.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "engine/kafka/broker_ids.hpp"

namespace wrackline::kafka {

namespace {

std::vector<BrokerId> sorted(std::span<const BrokerId> ids) {
  std::vector<BrokerId> result{ids.begin(), ids.end()};
  std::sort(result.begin(), result.end());
  return result;
}

}  // namespace

Partition::Partition(const PartitionConfig& config, const LogConfig& log_config,
                     const MetadataCache& metadata, BrokerEpoch local_broker_epoch, std::int64_t now_ms)
    : config_{config},
      metadata_{&metadata},
      log_{log_config, now_ms},
      local_broker_epoch_{local_broker_epoch} {}

// --- what counts ---

std::int32_t Partition::effective_min_isr() const {
  return std::min(config_.min_insync_replicas, replication_factor());
}

bool Partition::is_under_min_isr() const {
  return is_leader() && static_cast<std::int32_t>(isr_.size()) < effective_min_isr();
}

bool Partition::is_at_min_isr() const {
  return is_leader() && static_cast<std::int32_t>(isr_.size()) == effective_min_isr();
}

void Partition::set_min_insync_replicas(std::int32_t value) {
  // Does not move the high watermark: the next append or progress of a follower does.
  events_.clear();
  config_.min_insync_replicas = value;
}

ReplicaState* Partition::replica(BrokerId id) {
  for (ReplicaState& known : replicas_) {
    if (known.id == id) return &known;
  }
  return nullptr;
}

bool Partition::in_isr(BrokerId id) const { return contains(isr_, id); }

// --- roles ---

void Partition::update_assignment(const LeaderAndIsr& state, bool leading) {
  if (leading) {
    std::erase_if(replicas_, [&](const ReplicaState& known) { return !contains(state.replicas, known.id); });
    for (const BrokerId id : state.replicas) {
      if (id == config_.local_broker || replica(id) != nullptr) continue;
      replicas_.push_back({});
      replicas_.back().id = id;
    }
    std::sort(replicas_.begin(), replicas_.end(),
              [](const ReplicaState& a, const ReplicaState& b) { return a.id < b.id; });
    isr_ = sorted(state.isr);
  } else {
    replicas_.clear();
    isr_.clear();
  }
  maximal_isr_ = isr_;
  recovering_ = state.recovering;
  pending_ = Pending::none;
}

bool Partition::become_leader(const LeaderAndIsr& state, std::int64_t now_ms) {
  events_.clear();
  if (state.partition_epoch < partition_epoch_) return false;
  const bool new_leader = !is_leader();
  update_assignment(state, true);
  if (state.leader_epoch > leader_epoch_) {
    const Offset start = log_.log_end_offset();
    // Noted before anything is written: a follower may ask for epochs between the previous one and this
    // (L-18).
    log_.assign_epoch_start_offset(state.leader_epoch, start);
    for (ReplicaState& follower : replicas_) follower.reset(now_ms, start, new_leader, in_isr(follower.id));
    leader_epoch_ = state.leader_epoch;
    epoch_start_ = start;
  }
  partition_epoch_ = state.partition_epoch;
  leader_ = config_.local_broker;
  maybe_increment_high_watermark(now_ms);
  return new_leader;
}

bool Partition::become_follower(const LeaderAndIsr& state, std::int64_t /*now_ms*/) {
  events_.clear();
  bool new_epoch = false;
  if (state.partition_epoch >= partition_epoch_) {
    new_epoch = state.leader_epoch > leader_epoch_;
    leader_ = state.leader;
    leader_epoch_ = state.leader_epoch;
    epoch_start_.reset();
    partition_epoch_ = state.partition_epoch;
    update_assignment(state, false);
  }
  if (!is_leader()) lowest_waiting_ = 0;
  complete_waiting();
  return new_epoch;
}

void Partition::restart(const ReopenOptions& options, Offset high_watermark_checkpoint,
                        BrokerEpoch local_broker_epoch, std::int64_t now_ms) {
  events_.clear();
  log_.reopen(options, now_ms);
  log_.update_high_watermark(high_watermark_checkpoint);
  leader_.reset();
  leader_epoch_ = -1;
  partition_epoch_ = -1;
  epoch_start_.reset();
  local_broker_epoch_ = local_broker_epoch;
  replicas_.clear();
  isr_.clear();
  maximal_isr_.clear();
  recovering_ = false;
  pending_ = Pending::none;
  waiting_.clear();
}

// --- high watermark ---

void Partition::maybe_increment_high_watermark(std::int64_t now_ms) {
  if (config_.strict_min_isr && is_under_min_isr()) return;
  const Offset log_end = log_.log_end_offset();
  LogOffsetMetadata candidate = log_.log_end_offset_metadata();
  for (const ReplicaState& follower : replicas_) {
    if (follower.log_end.offset >= candidate.offset) continue;
    // One that is about to join counts already, so that the watermark need not wait for it afterwards.
    if (contains(maximal_isr_, follower.id) ||
        (follower.is_caught_up(log_end, now_ms, config_.replica_lag_time_max_ms) &&
         is_isr_eligible(follower))) {
      candidate = follower.log_end;
    }
  }
  if (!log_.maybe_increment_high_watermark(candidate)) return;
  events_.high_watermark_moved = true;
  complete_waiting();
}

// --- produce ---

Errors Partition::produce_outcome(Offset required_offset) const {
  if (!is_leader()) return Errors::not_leader_or_follower;
  if (log_.high_watermark() < required_offset) return Errors::request_timed_out;
  const bool enough = effective_min_isr() <= static_cast<std::int32_t>(maximal_isr_.size());
  return enough ? Errors::none : Errors::not_enough_replicas_after_append;
}

void Partition::complete_waiting() {
  if (waiting_.empty() || (is_leader() && log_.high_watermark() < lowest_waiting_)) return;
  lowest_waiting_ = kUnlimited;
  std::size_t kept = 0;
  for (const WaitingProduce& waiting : waiting_) {
    const Errors outcome = produce_outcome(waiting.required_offset);
    if (outcome == Errors::request_timed_out) {
      lowest_waiting_ = std::min(lowest_waiting_, waiting.required_offset);
      waiting_[kept++] = waiting;
    } else {
      events_.completed.push_back({waiting.token, outcome});
    }
  }
  waiting_.resize(kept);
}

AppendInfo Partition::append(RecordBatch batch, RequiredAcks acks, ProduceToken token,
                             std::int64_t timeout_ms, std::int64_t now_ms, AppendOrigin origin,
                             VerificationGuard guard) {
  events_.clear();
  AppendInfo info;
  if (!is_leader()) {
    info.error = Errors::not_leader_or_follower;
  } else if (acks == RequiredAcks::all && is_under_min_isr()) {
    info.error = Errors::not_enough_replicas;
  } else {
    info = log_.append_as_leader(std::move(batch), leader_epoch_, now_ms, origin, guard);
  }
  return finish_append(info, acks, token, timeout_ms, now_ms);
}

AppendInfo Partition::append_marker(std::int64_t producer_id, std::int16_t producer_epoch,
                                    ControlType outcome, std::int32_t coordinator_epoch, RequiredAcks acks,
                                    ProduceToken token, std::int64_t timeout_ms, std::int64_t now_ms) {
  events_.clear();
  AppendInfo info;
  if (!is_leader()) {
    info.error = Errors::not_leader_or_follower;
  } else if (acks == RequiredAcks::all && is_under_min_isr()) {
    info.error = Errors::not_enough_replicas;
  } else {
    info = log_.append_marker(producer_id, producer_epoch, outcome, coordinator_epoch, leader_epoch_, now_ms);
  }
  return finish_append(info, acks, token, timeout_ms, now_ms);
}

AppendInfo Partition::finish_append(const AppendInfo& info, RequiredAcks acks, ProduceToken token,
                                    std::int64_t timeout_ms, std::int64_t now_ms) {
  if (info.error != Errors::none) return info;
  maybe_increment_high_watermark(now_ms);
  if (acks != RequiredAcks::all) return info;
  const Offset required = info.last_offset + 1;
  const Errors outcome = produce_outcome(required);
  if (outcome != Errors::request_timed_out || timeout_ms <= 0) {
    events_.completed.push_back({token, outcome});
  } else {
    lowest_waiting_ = waiting_.empty() ? required : std::min(lowest_waiting_, required);
    waiting_.push_back({.token = token, .required_offset = required, .deadline_ms = now_ms + timeout_ms});
  }
  return info;
}

void Partition::expire_produce(std::int64_t now_ms) {
  events_.clear();
  std::erase_if(waiting_, [&](const WaitingProduce& waiting) {
    if (now_ms <= waiting.deadline_ms) return false;
    events_.completed.push_back({waiting.token, Errors::request_timed_out});
    return true;
  });
}

void Partition::expire_produce_of(ProduceToken token) {
  events_.clear();
  const auto found = std::find_if(waiting_.begin(), waiting_.end(),
                                  [&](const WaitingProduce& waiting) { return waiting.token == token; });
  if (found == waiting_.end()) return;
  waiting_.erase(found);
  events_.completed.push_back({token, Errors::request_timed_out});
}

std::optional<std::int64_t> Partition::next_produce_deadline_ms() const {
  if (waiting_.empty()) return std::nullopt;
  return std::min_element(
             waiting_.begin(), waiting_.end(),
             [](const WaitingProduce& a, const WaitingProduce& b) { return a.deadline_ms < b.deadline_ms; })
      ->deadline_ms;
}

std::vector<ProduceToken> Partition::waiting_produce() const {
  std::vector<ProduceToken> tokens;
  for (const WaitingProduce& waiting : waiting_) tokens.push_back(waiting.token);
  return tokens;
}

// --- as follower ---

AppendInfo Partition::append_as_follower(std::span<const RecordBatch> batches, LeaderEpoch leader_epoch,
                                         Offset leader_high_watermark, Offset leader_log_start,
                                         std::int64_t now_ms) {
  events_.clear();
  AppendInfo info = log_.append_as_follower(batches, leader_epoch, now_ms);
  if (info.fault == AppendFault::unexpected_append_offset &&
      log_.log_end_offset() == log_.log_start_offset() &&
      batches.front().base_offset < log_.log_end_offset() &&
      batches.back().last_offset >= log_.log_end_offset()) {
    // The leader's log start lies inside of a batch: begin again at the start of that batch.
    log_.truncate_fully_and_start_at(batches.front().base_offset, now_ms);
    info = log_.append_as_follower(batches, leader_epoch, now_ms);
  }
  if (info.error != Errors::none) return info;
  const Offset before = log_.high_watermark();
  log_.update_high_watermark(leader_high_watermark);
  events_.high_watermark_moved = log_.high_watermark() != before;
  if (leader_log_start <= log_.high_watermark()) log_.maybe_increment_log_start_offset(leader_log_start);
  return info;
}

bool Partition::truncate_to(Offset offset, std::int64_t now_ms) {
  events_.clear();
  return log_.truncate_to(offset, now_ms);
}

Partition::Truncation Partition::truncate_to_divergence(const EpochEndOffset& leader_end,
                                                        std::int64_t now_ms) {
  events_.clear();
  const Offset own_end = log_.log_end_offset();
  Truncation result;
  if (leader_end.end_offset < 0) {
    result.offset = log_.high_watermark();
  } else if (const auto own = log_.end_offset_for_epoch(leader_end.epoch); !own) {
    result.offset = std::min(leader_end.end_offset, own_end);
  } else if (own->epoch != leader_end.epoch) {
    // KIP-279: this log does not know the epoch that the leader named; cut back to the last one before it and
    // ask again.
    result = {.offset = std::min(own->end_offset, own_end), .complete = false};
  } else {
    result.offset = std::min({own->end_offset, leader_end.end_offset, own_end});
  }
  log_.truncate_to(result.offset, now_ms);
  return result;
}

}  // namespace wrackline::kafka
