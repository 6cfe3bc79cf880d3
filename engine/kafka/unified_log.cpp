#include "engine/kafka/unified_log.hpp"

#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>

#include "engine/kafka/record_bytes.hpp"

namespace wrackline::kafka {

UnifiedLog::UnifiedLog(const LogConfig& config, std::int64_t now_ms, Offset log_start) : config_{config} {
  high_watermark_.offset = log_start;
  log_start_ = log_start;
  recovery_point_ = log_start;
  forgotten_below_ = log_start;
  producers_.truncate_fully_and_start_at(log_start);
  start_at(log_start, now_ms);
}

// --- leader ---

namespace {

/// LogValidator, LogAppendTime: the leader's clock replaces all timestamps of the batch.
void stamp(RecordBatch& batch, const LogConfig& config, std::int64_t now_ms) {
  if (!config.log_append_time) return;
  batch.max_timestamp_ms = now_ms;
  batch.append_time_ms = now_ms;
}

bool bad_timestamp(std::int64_t timestamp_ms, const LogConfig& config, std::int64_t now_ms) {
  if (timestamp_ms == kNoTimestamp) return false;
  if (timestamp_ms > now_ms) return timestamp_ms - now_ms > config.timestamp_after_max_ms;
  return now_ms - timestamp_ms > config.timestamp_before_max_ms;
}

}  // namespace

Errors UnifiedLog::validate(const RecordBatch& batch, bool keyless, std::int64_t now_ms) const {
  if (batch.size_bytes > config_.max_message_bytes) return Errors::message_too_large;
  bool invalid_timestamp = false;
  if (!config_.log_append_time) {
    // The largest is checked at once; the records one by one only if old ones are refused too.
    invalid_timestamp = bad_timestamp(batch.max_timestamp_ms, config_, now_ms);
    if (!invalid_timestamp && config_.timestamp_before_max_ms != kUnlimited && batch.records) {
      for (const std::int64_t timestamp_ms : batch.records->timestamps_ms) {
        invalid_timestamp = invalid_timestamp || bad_timestamp(timestamp_ms, config_, now_ms);
      }
    }
  }
  if (invalid_timestamp) return Errors::invalid_timestamp;
  if (keyless && config_.compacted && !batch.is_control()) return Errors::invalid_record;
  return Errors::none;
}

bool UnifiedLog::has_ongoing_transaction(std::int64_t producer_id, std::int16_t producer_epoch) const {
  const ProducerStateEntry* const entry = producers_.last_entry(producer_id);
  if (entry == nullptr || !entry->in_transaction()) return false;
  return !config_.rules.verification_knows_epoch_bump || entry->producer_epoch == producer_epoch;
}

Errors UnifiedLog::check_producer(const RecordBatch& batch, AppendOrigin origin,
                                  VerificationGuard guard) const {
  static const ProducerStateEntry kUnknown{};
  const ProducerStateEntry* const known = producers_.last_entry(batch.producer_id);
  const VerificationStateEntry* const verification =
      config_.verify_transactions ? producers_.verification(batch.producer_id) : nullptr;
  if (config_.verify_transactions && batch.transactional && !batch.is_control() &&
      !has_ongoing_transaction(batch.producer_id, batch.producer_epoch)) {
    // KIP-890: the first batch of a transaction must come from a request that asked the coordinator under
    // this guard.
    const bool verified =
        verification != nullptr && guard != kNoVerificationGuard && verification->guard == guard;
    if (!verified) {
      const bool stale = known != nullptr && batch.producer_epoch < known->producer_epoch;
      return stale && config_.rules.verification_knows_epoch_bump ? Errors::invalid_producer_epoch
                                                                  : Errors::invalid_txn_state;
    }
  }
  return check_append(known != nullptr ? *known : kUnknown, batch, origin, verification);
}

AppendInfo UnifiedLog::append_as_leader(RecordBatch batch, LeaderEpoch leader_epoch, std::int64_t now_ms,
                                        AppendOrigin origin, VerificationGuard guard, bool keyless) {
  AppendInfo info;
  info.error = validate(batch, keyless, now_ms);
  if (info.error != Errors::none) return info;

  batch.last_offset += log_end_ - batch.base_offset;
  batch.base_offset = log_end_;
  batch.leader_epoch = leader_epoch;
  stamp(batch, config_, now_ms);
  info.base_offset = batch.base_offset;
  info.last_offset = batch.last_offset;
  if (config_.log_append_time) info.log_append_time_ms = now_ms;

  // Epoch and segment come before the checks of the producer: even a refused or repeated batch leaves them
  // behind.
  epochs_.assign(leader_epoch, batch.base_offset);
  if (batch.size_bytes > config_.segment_bytes) {
    info.error = Errors::record_list_too_large;
    return info;
  }
  if (should_roll(batch.size_bytes, batch.max_timestamp_ms, batch.last_offset, now_ms)) {
    roll_at(batch.base_offset, now_ms);
    info.rolled = true;
  }

  if (!batch.has_producer_id()) {
    store(std::move(batch));
    raise_high_watermark_to_log_end();
    producers_.update_map_end_offset(log_end_);
    maybe_increment_first_unstable_offset();
    return info;
  }

  if (origin == AppendOrigin::client) {
    const ProducerStateEntry* const known = producers_.last_entry(batch.producer_id);
    if (const BatchMetadata* const first_time = known != nullptr ? known->find_duplicate(batch) : nullptr) {
      info.duplicate = true;
      info.base_offset = first_time->first_offset();
      info.last_offset = first_time->last_offset;
      if (config_.log_append_time) info.log_append_time_ms = first_time->timestamp_ms;
      return info;
    }
  }
  info.error = check_producer(batch, origin, guard);
  if (info.error != Errors::none) return info;
  if (batch.transactional) producers_.clear_verification(batch);

  const LogOffsetMetadata at{.offset = batch.base_offset,
                             .segment_base = segments_.back().base_offset,
                             .batch_number = batches_.end_number()};
  store(std::move(batch));
  raise_high_watermark_to_log_end();
  if (const auto completed = producers_.apply(batches_.back(), at)) complete(*completed);
  producers_.update_map_end_offset(log_end_);
  maybe_increment_first_unstable_offset();
  return info;
}

AppendInfo UnifiedLog::append_marker(std::int64_t producer_id, std::int16_t producer_epoch,
                                     ControlType outcome, std::int32_t coordinator_epoch,
                                     LeaderEpoch leader_epoch, std::int64_t now_ms) {
  RecordBatch marker;
  marker.producer_id = producer_id;
  marker.producer_epoch = producer_epoch;
  marker.base_sequence = coordinator_epoch;
  marker.control = outcome;
  marker.transactional = true;
  marker.max_timestamp_ms = now_ms;
  marker.size_bytes = kBatchOverheadBytes + kMarkerRecordBytes;
  return append_as_leader(std::move(marker), leader_epoch, now_ms, AppendOrigin::coordinator);
}

UnifiedLog::Verification UnifiedLog::start_verification(std::int64_t producer_id, std::int32_t sequence,
                                                        std::int16_t producer_epoch, bool supports_epoch_bump,
                                                        std::int64_t now_ms) {
  const ProducerStateEntry* const known = producers_.last_entry(producer_id);
  if (config_.rules.verification_knows_epoch_bump) {
    if (known != nullptr && producer_epoch < known->producer_epoch) {
      return {.error = Errors::invalid_producer_epoch, .guard = kNoVerificationGuard};
    }
  } else {
    supports_epoch_bump = false;
  }
  if (has_ongoing_transaction(producer_id, producer_epoch)) return {};
  return {.error = Errors::none,
          .guard = producers_.start_verification(producer_id, sequence, producer_epoch, supports_epoch_bump,
                                                 now_ms)};
}

// --- follower ---

AppendInfo UnifiedLog::append_as_follower(std::span<const RecordBatch> batches, LeaderEpoch leader_epoch,
                                          std::int64_t now_ms) {
  AppendInfo info;
  const auto refuse = [&info](AppendFault fault) {
    info.error = Errors::unknown_server_error;
    info.fault = fault;
    return info;
  };
  std::size_t count = 0;
  std::int64_t bytes = 0;
  std::int64_t max_timestamp_ms = kNoTimestamp;
  Offset last = kNoOffset;
  bool in_order = true;
  for (const RecordBatch& batch : batches) {
    if (batch.leader_epoch != kNoLeaderEpoch && batch.leader_epoch > leader_epoch) break;
    in_order = in_order && last < batch.last_offset;
    last = batch.last_offset;
    bytes += batch.size_bytes;
    max_timestamp_ms = std::max(max_timestamp_ms, batch.max_timestamp_ms);
    ++count;
  }
  if (!in_order) return refuse(AppendFault::offsets_out_of_order);
  if (count == 0) return info;
  const auto taken = batches.first(count);
  if (taken.front().base_offset < log_end_) return refuse(AppendFault::unexpected_append_offset);

  info.base_offset = taken.front().base_offset;
  info.last_offset = last;
  for (const RecordBatch& batch : taken) epochs_.assign(batch.leader_epoch, batch.base_offset);
  if (should_roll(bytes, max_timestamp_ms, last, now_ms)) {
    roll_at(taken.front().base_offset, now_ms);
    info.rolled = true;
  }

  const LogOffsetMetadata at{.offset = taken.front().base_offset,
                             .segment_base = segments_.back().base_offset,
                             .batch_number = batches_.end_number()};
  completed_.clear();
  if (count == 1 && !taken.front().has_producer_id()) {
    store(RecordBatch{taken.front()});
    raise_high_watermark_to_log_end();
  } else {
    info.error = producers_.apply_all(taken, at, completed_);
    if (info.error != Errors::none) return info;
    for (const RecordBatch& batch : taken) {
      if (batch.transactional && batch.has_producer_id()) producers_.clear_verification(batch);
      store(RecordBatch{batch});
    }
    raise_high_watermark_to_log_end();
    for (const CompletedTxn& completed : completed_) complete(completed);
  }
  producers_.update_map_end_offset(log_end_);
  maybe_increment_first_unstable_offset();
  return info;
}

// --- the segment being written ---

bool UnifiedLog::should_roll(std::int64_t bytes, std::int64_t max_timestamp_ms, Offset last_offset,
                             std::int64_t now_ms) const {
  const Segment& active = segments_.back();
  if (active.size_bytes > config_.segment_bytes - bytes) return true;
  if (last_offset - active.base_offset > std::numeric_limits<std::int32_t>::max()) return true;
  if (active.size_bytes == 0) return false;
  // Age is measured with the timestamps of the records, so that a copy of the log rolls where the original
  // did.
  const std::int64_t waited_ms = active.rolling_timestamp_ms >= 0
                                     ? max_timestamp_ms - active.rolling_timestamp_ms
                                     : now_ms - active.created_ms;
  return waited_ms > config_.max_segment_ms();
}

void UnifiedLog::roll(std::int64_t now_ms) { roll_at(0, now_ms); }

void UnifiedLog::roll_at(Offset expected_next, std::int64_t now_ms) {
  const Offset base = std::max(expected_next, log_end_);
  const Segment fresh{.base_offset = base, .first_batch = batches_.end_number(), .created_ms = now_ms};
  if (segments_.back().base_offset == base) {
    assert(segments_.back().size_bytes == 0);
    segments_.back() = fresh;
  } else {
    segments_.push_back(fresh);
  }
  // A snapshot at the base of each segment lets recovery begin with that segment.
  producers_.update_map_end_offset(base);
  producers_.take_snapshot();
  raise_high_watermark_to_log_end();
}

void UnifiedLog::store(RecordBatch&& batch) {
  Segment& active = segments_.back();
  if (active.bytes_since_index > config_.index_interval_bytes) {
    index_.push_back({.last_offset = batch.last_offset, .batch = batches_.end_number()});
    active.bytes_since_index = 0;
  }
  active.bytes_since_index += batch.size_bytes;
  if (active.size_bytes == 0) active.rolling_timestamp_ms = batch.max_timestamp_ms;
  active.size_bytes += batch.size_bytes;
  active.max_timestamp_ms = std::max(active.max_timestamp_ms, batch.max_timestamp_ms);
  log_end_ = batch.next_offset();
  batches_.push_back(std::move(batch));
}

void UnifiedLog::complete(const CompletedTxn& completed) {
  if (completed.aborted) {
    aborted_.append({.producer_id = completed.producer_id,
                     .first_offset = completed.first_offset,
                     .last_offset = completed.last_offset,
                     .last_stable_offset = producers_.last_stable_offset(completed)});
  }
  producers_.complete_txn(completed);
}

}  // namespace wrackline::kafka
