#include "engine/kafka/fetcher.hpp"

#include <algorithm>

namespace wrackline::kafka {

namespace {

/// Whether what a collection throws keeps what it has collected for the caller (a KafkaException does).
bool keeps_records(const ConsumerException& failure) { return failure.name != "IllegalStateException"; }

}  // namespace

bool Fetcher::is_buffered(TopicPartition partition) const {
  if (next_in_line_ && !next_in_line_->consumed() && next_in_line_->partition() == partition) return true;
  return std::any_of(buffer_.begin(), buffer_.end(),
                     [&](const CompletedFetch& fetch) { return fetch.partition() == partition; });
}

BrokerId Fetcher::read_replica(PartitionFetchState& state, std::int64_t now_ms) {
  const BrokerId leader = state.position->current_leader.leader;
  if (leader == kNoBroker) {
    metadata_.request_update();
    return kNoBroker;
  }
  const BrokerId preferred = subscriptions_.preferred_replica(state, now_ms);
  if (preferred == kNoBroker) return leader;
  if (metadata_.is_online(state.partition, preferred)) return preferred;
  metadata_.request_update();
  subscriptions_.clear_preferred_replica(state.partition);
  return leader;
}

std::size_t Fetcher::send_fetches(std::int64_t now_ms) {
  const auto add_once = [](std::vector<BrokerId>& nodes, BrokerId node) {
    if (std::find(nodes.begin(), nodes.end(), node) == nodes.end()) nodes.push_back(node);
  };
  const std::vector<PartitionFetchState>& assigned = subscriptions_.assigned();
  const bool nothing_to_ask =
      std::none_of(assigned.begin(), assigned.end(), [&](const PartitionFetchState& state) {
        return state.is_fetchable() && !is_buffered(state.partition);
      });
  if (nothing_to_ask) return 0;

  // A broker whose data is not taken yet is not asked for more: its fetch session would be evicted
  // (KAFKA-17182).
  std::vector<BrokerId>& busy = busy_;
  busy.clear();
  for (const PartitionFetchState& known : assigned) {
    if (!known.is_fetchable() || !is_buffered(known.partition)) continue;
    const BrokerId node = read_replica(*subscriptions_.find(known.partition), now_ms);
    if (node != kNoBroker) add_once(busy, node);
  }
  for (const InFlight& request : in_flight_) add_once(busy, request.node);

  plans_.clear();
  for (const PartitionFetchState& known : assigned) {
    if (!known.is_fetchable() || is_buffered(known.partition)) continue;
    const BrokerId node = read_replica(*subscriptions_.find(known.partition), now_ms);
    if (node == kNoBroker || network_.is_unavailable({node, false}, now_ms)) continue;
    if (std::find(busy.begin(), busy.end(), node) != busy.end()) continue;
    auto plan = std::find_if(plans_.begin(), plans_.end(), [&](const Plan& p) { return p.node == node; });
    if (plan == plans_.end()) {
      plan = plans_.insert(plans_.end(), {node, {config_.isolation, {}}});
      plan->request.partitions.reserve(assigned.size());
    }
    plan->request.partitions.push_back(
        {known.partition, known.position->offset, known.position->current_leader.epoch});
  }
  for (Plan& plan : plans_) {
    InFlight request;
    request.node = plan.node;
    request.partitions = plan.request.partitions;
    request.id = network_.send({plan.node, false}, std::move(plan.request), now_ms);
    in_flight_.push_back(std::move(request));
  }
  return plans_.size();
}

bool Fetcher::handle(RequestId id, ConsumerResponseBody& body, std::int64_t) {
  const auto at =
      std::find_if(in_flight_.begin(), in_flight_.end(), [&](const InFlight& r) { return r.id == id; });
  if (at == in_flight_.end()) return false;
  const InFlight request = std::move(*at);
  in_flight_.erase(at);
  auto* const response = std::get_if<FetchResponse>(&body);
  if (response == nullptr) {
    for (const FetchPartition& asked : request.partitions)
      subscriptions_.clear_preferred_replica(asked.partition);
    return true;
  }
  if (response->error != Errors::none) {
    if (response->error == Errors::fetch_session_topic_id_error) metadata_.request_update();
    return true;
  }
  TopicPartitions new_leaders;
  for (FetchedPartition& fetched : response->partitions) {
    const auto asked =
        std::find_if(request.partitions.begin(), request.partitions.end(),
                     [&](const FetchPartition& p) { return p.partition == fetched.partition; });
    if (asked == request.partitions.end()) continue;
    const bool moved =
        fetched.error == Errors::not_leader_or_follower || fetched.error == Errors::fenced_leader_epoch;
    if (moved && fetched.current_leader != kNoBroker && fetched.current_leader_epoch != kNoLeaderEpoch &&
        metadata_.update_leadership(fetched.partition,
                                    {fetched.current_leader, fetched.current_leader_epoch})) {
      new_leaders.push_back(fetched.partition);
    }
    buffer_.emplace_back(std::move(fetched), asked->fetch_offset);
  }
  for (const TopicPartition partition : new_leaders) {
    subscriptions_.maybe_validate_position(partition, metadata_.current_leader(partition));
  }
  return true;
}

std::optional<ConsumerException> Fetcher::collect(ConsumerRecords& out, std::int64_t now_ms) {
  std::vector<CompletedFetch> paused;
  std::optional<ConsumerException> failure;
  std::uint32_t remaining = config_.max_poll_records;
  while (remaining > 0 && !failure) {
    if (!next_in_line_ || next_in_line_->consumed()) {
      if (buffer_.empty()) break;
      CompletedFetch& first = buffer_.front();
      bool usable = first.initialized();
      if (!usable) usable = initialize(first, failure, now_ms);
      if (failure) {
        // An answer without data is not needed again; one with data is looked at again by the next poll.
        if (out.empty() && first.data().batches.empty() && !first.data().cut_at_end) buffer_.pop_front();
        break;
      }
      next_in_line_.reset();
      if (usable) next_in_line_ = std::move(first);
      buffer_.pop_front();
      continue;
    }
    const PartitionFetchState* const state = subscriptions_.find(next_in_line_->partition());
    if (state != nullptr && state->paused) {
      paused.push_back(std::move(*next_in_line_));
      next_in_line_.reset();
      continue;
    }
    remaining -= take(*next_in_line_, remaining, out, failure);
  }
  for (CompletedFetch& fetch : paused) buffer_.push_back(std::move(fetch));
  if (failure && keeps_records(*failure) && !out.empty()) failure.reset();
  return failure;
}

std::uint32_t Fetcher::take(CompletedFetch& fetch, std::uint32_t max_records, ConsumerRecords& out,
                            std::optional<ConsumerException>& failure) {
  const TopicPartition partition = fetch.partition();
  PartitionFetchState* const state = subscriptions_.find(partition);
  if (state != nullptr && state->is_fetchable() && fetch.next_fetch_offset() == state->position->offset) {
    bool moved_to_end = false;
    const std::uint32_t taken = fetch.fetch_records(max_records, config_.isolation, config_.check_crcs,
                                                    out.slices, failure, moved_to_end);
    if (failure) return 0;
    if (fetch.next_fetch_offset() > state->position->offset) {
      subscriptions_.set_position(
          partition, {fetch.next_fetch_offset(), fetch.last_epoch(), state->position->current_leader});
      out.position_advanced = true;
    }
    out.count += taken;
    const ConsumerRecords::Next next{partition, fetch.next_fetch_offset(), fetch.last_epoch()};
    const auto known = std::find_if(out.next_offsets.begin(), out.next_offsets.end(),
                                    [&](const ConsumerRecords::Next& n) { return n.partition == partition; });
    if (known == out.next_offsets.end()) {
      out.next_offsets.push_back(next);
    } else {
      *known = next;
    }
    if (moved_to_end) subscriptions_.move_to_end(partition);
    return taken;
  }
  if (fetch.drain()) subscriptions_.move_to_end(partition);
  return 0;
}

bool Fetcher::initialize(CompletedFetch& fetch, std::optional<ConsumerException>& failure,
                         std::int64_t now_ms) {
  const FetchedPartition& data = fetch.data();
  PartitionFetchState* const state = subscriptions_.find(data.partition);
  if (state == nullptr) return false;
  if (!state->has_valid_position()) {
    if (data.error != Errors::none) subscriptions_.move_to_end(data.partition);
    return false;
  }
  if (data.error != Errors::none) {
    handle_error(fetch, failure);
    subscriptions_.move_to_end(data.partition);
    return false;
  }
  if (state->position->offset != fetch.next_fetch_offset()) return false;
  if (data.batches.empty() && data.cut_at_end) {
    failure.emplace();
    failure->name = "KafkaException";
    return false;
  }
  if (data.high_watermark >= 0) state->high_watermark = data.high_watermark;
  if (data.log_start_offset >= 0) state->log_start_offset = data.log_start_offset;
  if (data.last_stable_offset >= 0) state->last_stable_offset = data.last_stable_offset;
  if (data.preferred_read_replica != kNoBroker && data.preferred_read_replica != state->preferred_replica) {
    state->preferred_replica = data.preferred_read_replica;
    state->preferred_replica_until_ms = now_ms + metadata_.max_age_ms();
  }
  fetch.set_initialized();
  return true;
}

void Fetcher::handle_error(const CompletedFetch& fetch, std::optional<ConsumerException>& failure) {
  const TopicPartition partition = fetch.partition();
  const auto fail = [&](std::string_view name) {
    failure.emplace();
    failure->name = name;
    failure->partitions = {partition};
  };
  switch (fetch.data().error) {
    case Errors::not_leader_or_follower:
    case Errors::replica_not_available:
    case Errors::kafka_storage_error:
    case Errors::fenced_leader_epoch:
    case Errors::offset_not_available:
    case Errors::unknown_topic_or_partition:
    case Errors::unknown_topic_id:
    case Errors::inconsistent_topic_id:
      metadata_.request_update();
      subscriptions_.clear_preferred_replica(partition);
      return;
    case Errors::offset_out_of_range: {
      // A follower may lag behind: the leader is asked before anything is reset (KIP-392).
      if (subscriptions_.clear_preferred_replica(partition)) return;
      const PartitionFetchState* const state = subscriptions_.find(partition);
      if (!state->position || state->position->offset != fetch.next_fetch_offset()) return;
      if (subscriptions_.has_default_reset()) {
        subscriptions_.request_reset(partition);
      } else {
        fail("OffsetOutOfRangeException");
        failure->offsets = {state->position->offset};
      }
      return;
    }
    case Errors::topic_authorization_failed:
      fail("TopicAuthorizationException");
      return;
    case Errors::unknown_leader_epoch:
    case Errors::unknown_server_error:
      return;
    case Errors::corrupt_message:
      fail("KafkaException");
      return;
    default:
      fail("IllegalStateException");
  }
}

void Fetcher::retain(const TopicPartitions& assigned) {
  const auto keeps = [&](TopicPartition partition) {
    return std::find(assigned.begin(), assigned.end(), partition) != assigned.end();
  };
  std::erase_if(buffer_, [&](const CompletedFetch& fetch) { return !keeps(fetch.partition()); });
  if (next_in_line_ && !keeps(next_in_line_->partition())) next_in_line_.reset();
}

bool Fetcher::has_available() const {
  return std::any_of(buffer_.begin(), buffer_.end(), [&](const CompletedFetch& fetch) {
    const PartitionFetchState* const state = subscriptions_.find(fetch.partition());
    return state != nullptr && state->is_fetchable();
  });
}

}  // namespace wrackline::kafka
