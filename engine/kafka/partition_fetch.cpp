// What a Partition answers to readers: followers, consumers, questions about offsets.
#include <algorithm>

#include "engine/kafka/partition.hpp"

namespace wrackline::kafka {

Errors Partition::check_epoch(std::optional<LeaderEpoch> leader_epoch, bool only_leader) const {
  if (leader_epoch && *leader_epoch < leader_epoch_) return Errors::fenced_leader_epoch;
  if (leader_epoch && *leader_epoch > leader_epoch_) return Errors::unknown_leader_epoch;
  return only_leader && !is_leader() ? Errors::not_leader_or_follower : Errors::none;
}

FetchAnswer Partition::read(Offset offset, FetchIsolation isolation,
                            std::optional<LeaderEpoch> last_fetched_epoch, std::int64_t max_bytes,
                            FetchDataInfo& fetched) {
  FetchAnswer answer;
  answer.high_watermark = log_.high_watermark();
  answer.last_stable_offset = log_.last_stable_offset();
  answer.log_start = log_.log_start_offset();
  if (last_fetched_epoch) {
    const auto end = log_.end_offset_for_epoch(*last_fetched_epoch);
    if (!end || offset < answer.log_start) {
      answer.error = Errors::offset_out_of_range;
      return answer;
    }
    if (end->epoch < *last_fetched_epoch || end->end_offset < offset) {
      answer.diverging = end;
      return answer;
    }
  }
  fetched = log_.read(offset, isolation, max_bytes);
  answer.error = fetched.error;
  answer.batches = fetched.batches;
  return answer;
}

FetchAnswer Partition::follower_fetch(const FollowerFetch& fetch, std::int64_t now_ms) {
  events_.clear();
  FetchAnswer refused;
  refused.error = check_epoch(fetch.leader_epoch, true);
  if (refused.error != Errors::none) return refused;
  ReplicaState* const follower = replica(fetch.replica);
  if (follower == nullptr) {
    // With the right epoch it knows of an assignment that has not reached this broker yet.
    refused.error = fetch.leader_epoch ? Errors::unknown_leader_epoch : Errors::not_leader_or_follower;
    return refused;
  }
  const Offset leader_log_end = log_.log_end_offset();
  FetchDataInfo fetched;
  FetchAnswer answer =
      read(fetch.offset, FetchIsolation::log_end, fetch.last_fetched_epoch, fetch.max_bytes, fetched);
  if (answer.error != Errors::none || answer.diverging) return answer;

  const BrokerView broker = metadata_->broker(fetch.replica);
  if (fetch.broker_epoch != kNoBrokerEpoch && broker.alive() && broker.epoch > fetch.broker_epoch) {
    refused.error = Errors::not_leader_or_follower;
    return refused;
  }
  const Offset before = follower->log_end.offset;
  follower->update(fetched.fetch_offset, fetch.log_start, now_ms, leader_log_end, fetch.broker_epoch);
  maybe_expand_isr(*follower);
  if (before != follower->log_end.offset) maybe_increment_high_watermark(now_ms);
  return answer;
}

FetchAnswer Partition::consumer_fetch(const ConsumerFetch& fetch, std::vector<AbortedTxn>* aborted) {
  FetchAnswer refused;
  refused.error = check_epoch(fetch.leader_epoch, !fetch.may_be_follower);
  if (refused.error != Errors::none) return refused;
  FetchDataInfo fetched;
  const FetchAnswer answer =
      read(fetch.offset, fetch.isolation, fetch.last_fetched_epoch, fetch.max_bytes, fetched);
  if (aborted != nullptr && answer.error == Errors::none) log_.aborted_of(fetched, fetch.offset, *aborted);
  return answer;
}

ListOffsetsAnswer Partition::list_offsets(std::int64_t timestamp, std::optional<FetchIsolation> isolation,
                                          std::optional<LeaderEpoch> leader_epoch, bool only_leader) const {
  ListOffsetsAnswer answer;
  answer.error = check_epoch(leader_epoch, only_leader);
  if (answer.error != Errors::none) return answer;
  if (timestamp != kLatestTimestamp) {
    answer.found = log_.offset_by_timestamp(timestamp);
    return answer;
  }
  // L-25: right after an election the watermark may lie below what the previous leader had acknowledged.
  if (isolation && epoch_start_ && *epoch_start_ > log_.high_watermark()) {
    answer.error = Errors::offset_not_available;
    return answer;
  }
  const Offset end = !isolation || *isolation == FetchIsolation::log_end ? log_.log_end_offset()
                     : *isolation == FetchIsolation::high_watermark      ? log_.high_watermark()
                                                                         : log_.last_stable_offset();
  answer.found = TimestampAndOffset{.offset = end, .leader_epoch = leader_epoch_};
  return answer;
}

EndOffsetAnswer Partition::end_offset_for_epoch(std::optional<LeaderEpoch> current_leader_epoch,
                                                LeaderEpoch epoch, bool only_leader) const {
  EndOffsetAnswer answer;
  answer.error = check_epoch(current_leader_epoch, only_leader);
  if (answer.error == Errors::none) answer.end = log_.end_offset_for_epoch(epoch).value_or(EpochEndOffset{});
  return answer;
}

DeleteRecordsAnswer Partition::delete_records(Offset offset) {
  events_.clear();
  DeleteRecordsAnswer answer;
  if (!is_leader()) {
    answer.error = Errors::not_leader_or_follower;
    return answer;
  }
  answer.requested_offset = offset == -1 ? log_.high_watermark() : offset;
  answer.error = answer.requested_offset < 0
                     ? Errors::offset_out_of_range
                     : log_.maybe_increment_log_start_offset(answer.requested_offset).error;
  if (answer.error == Errors::none) answer.low_watermark = *low_watermark();
  return answer;
}

std::optional<Offset> Partition::low_watermark() const {
  if (!is_leader()) return std::nullopt;
  Offset low = log_.log_start_offset();
  for (const ReplicaState& follower : replicas_) {
    if (follower.log_start < low && metadata_->broker(follower.id).alive()) low = follower.log_start;
  }
  return low;
}

}  // namespace wrackline::kafka
