// Fetches of followers and consumers, and the ones that wait for data.
#include <algorithm>
#include <cassert>

#include "engine/kafka/replica_manager.hpp"

namespace wrackline::kafka {

namespace {

FetchIsolation isolation_of(IsolationLevel level) {
  return level == IsolationLevel::read_committed ? FetchIsolation::txn_committed
                                                 : FetchIsolation::high_watermark;
}

std::int64_t bytes_of(std::span<const RecordBatch> batches) {
  std::int64_t bytes = 0;
  for (const RecordBatch& batch : batches) bytes += batch.size_bytes;
  return bytes;
}

}  // namespace

void ReplicaManager::replica_fetch(Ticket ticket, ReplicaFetchRequest request) {
  if (answer_replica_fetch(ticket, request, true, request.max_wait_ms == 0)) return;
  const std::uint32_t number = park(ticket);
  ParkedFetch& parked = parked_[number];
  parked.follower = true;
  parked.timeout = process_.schedule_after(std::chrono::milliseconds{request.max_wait_ms},
                                           {&fetch_wait_over, this, number});
  for (const ReplicaFetchPartition& asked : request.partitions) {
    if (replicas_[asked.partition]) replica(asked.partition).parked.push_back(number);
  }
  parked.replica = std::move(request);
}

/// `first`: the follower's offsets are taken over. Later looks read only (DelayedFetch does not update
/// again).
bool ReplicaManager::answer_replica_fetch(Ticket ticket, const ReplicaFetchRequest& request, bool first,
                                          bool must_answer) {
  ReplicaFetchResponse response;
  std::int64_t bytes = 0;
  bool urgent = must_answer;
  response.partitions.reserve(request.partitions.size());
  for (const ReplicaFetchPartition& asked : request.partitions) {
    ReplicaFetchedPartition got;
    got.partition = asked.partition;
    got.first_batch = static_cast<std::uint32_t>(response.batches.size());
    std::span<const RecordBatch> batches;
    if (!replicas_[asked.partition]) {
      got.error = Errors::not_leader_or_follower;
    } else {
      Partition& partition = replica(asked.partition).partition;
      const std::int64_t room = std::min(request.max_bytes_per_partition, request.max_bytes - bytes);
      if (first) {
        FollowerFetch fetch;
        fetch.replica = request.replica;
        fetch.offset = asked.fetch_offset;
        fetch.leader_epoch = asked.current_leader_epoch;
        if (asked.last_fetched_epoch != kNoLeaderEpoch) fetch.last_fetched_epoch = asked.last_fetched_epoch;
        fetch.broker_epoch = request.broker_epoch;
        fetch.log_start = asked.log_start;
        fetch.max_bytes = room;
        const FetchAnswer answer = partition.follower_fetch(fetch, now_ms());
        got.error = answer.error;
        got.diverging = answer.diverging;
        got.high_watermark = answer.high_watermark;
        got.log_start = answer.log_start;
        batches = answer.batches;
        response.batches.insert(response.batches.end(), batches.begin(), batches.end());
        bytes += bytes_of(batches);
        got.batch_count = static_cast<std::uint32_t>(batches.size());
        after(asked.partition);
      } else if (!partition.is_leader() || partition.leader_epoch() != asked.current_leader_epoch) {
        got.error = Errors::not_leader_or_follower;
      } else {
        const FetchDataInfo read =
            partition.log().read(asked.fetch_offset, FetchIsolation::log_end, room, bytes == 0);
        got.error = read.error;
        got.high_watermark = partition.log().high_watermark();
        got.log_start = partition.log().log_start_offset();
        batches = read.batches;
        response.batches.insert(response.batches.end(), batches.begin(), batches.end());
        bytes += bytes_of(batches);
        got.batch_count = static_cast<std::uint32_t>(batches.size());
      }
    }
    if (got.error != Errors::none || got.diverging) urgent = true;
    response.partitions.push_back(got);
  }
  if (!urgent && bytes < request.min_bytes && !request.partitions.empty()) return false;
  const auto size = static_cast<std::uint32_t>(kSmallMessageBytes + bytes +
                                               16 * static_cast<std::int64_t>(response.partitions.size()));
  responder_.answer(ticket, Api::replica_fetch, size, std::move(response));
  return true;
}

void ReplicaManager::consumer_fetch(Ticket ticket, const ConsumerRequest& settings, FetchRequest request) {
  if (answer_consumer_fetch(ticket, settings, request, settings.max_wait_ms == 0)) return;
  const std::uint32_t number = park(ticket);
  ParkedFetch& parked = parked_[number];
  parked.follower = false;
  parked.timeout = process_.schedule_after(std::chrono::milliseconds{settings.max_wait_ms},
                                           {&fetch_wait_over, this, number});
  for (const FetchPartition& asked : request.partitions) {
    const PartitionId id = cluster_.layout.id_of(asked.partition);
    if (replicas_[id]) replica(id).parked.push_back(number);
  }
  parked.consumer.max_wait_ms = settings.max_wait_ms;
  parked.consumer.min_bytes = settings.min_bytes;
  parked.consumer.max_bytes = settings.max_bytes;
  parked.consumer.max_bytes_per_partition = settings.max_bytes_per_partition;
  parked.fetch = std::move(request);
}

bool ReplicaManager::answer_consumer_fetch(Ticket ticket, const ConsumerRequest& settings,
                                           const FetchRequest& request, bool must_answer) {
  FetchResponse response;
  std::int64_t bytes = 0;
  bool urgent = must_answer;
  response.partitions.reserve(request.partitions.size());
  for (const FetchPartition& asked : request.partitions) {
    FetchedPartition got;
    got.partition = asked.partition;
    const PartitionId id = cluster_.layout.id_of(asked.partition);
    if (!replicas_[id]) {
      got.error = Errors::not_leader_or_follower;
    } else {
      Partition& partition = replica(id).partition;
      ConsumerFetch fetch;
      fetch.offset = asked.fetch_offset;
      fetch.isolation = isolation_of(request.isolation);
      if (asked.current_leader_epoch != kNoLeaderEpoch) fetch.leader_epoch = asked.current_leader_epoch;
      fetch.max_bytes = std::min(settings.max_bytes_per_partition, settings.max_bytes - bytes);
      // What nobody alive may ask for has been given back (Cluster::forget_below); a request of a dead reader
      // may still lie here, and gets nothing.
      const bool forgotten = asked.fetch_offset < partition.log().forgotten_below();
      if (!forgotten && (fetch.max_bytes > 0 || bytes == 0)) {
        std::vector<AbortedTxn> aborted;
        const FetchAnswer answer = partition.consumer_fetch(fetch, &aborted);
        got.error = answer.error;
        got.high_watermark = answer.high_watermark;
        got.last_stable_offset = answer.last_stable_offset;
        got.log_start_offset = answer.log_start;
        got.batches.reserve(answer.batches.size());
        for (const RecordBatch& batch : answer.batches) {
          FetchedBatch& fetched = got.batches.emplace_back();
          fetched.batch = batch;
          bytes += batch.size_bytes;
        }
        for (const AbortedTxn& txn : aborted) got.aborted.push_back({txn.producer_id, txn.first_offset});
      }
      if ((got.error == Errors::not_leader_or_follower || got.error == Errors::fenced_leader_epoch) &&
          partition.leader()) {
        got.current_leader = *partition.leader();
        got.current_leader_epoch = partition.leader_epoch();
      }
    }
    if (got.error != Errors::none) urgent = true;
    response.partitions.push_back(std::move(got));
  }
  if (!urgent && bytes < settings.min_bytes && !request.partitions.empty()) return false;
  const auto size = static_cast<std::uint32_t>(kSmallMessageBytes + bytes +
                                               32 * static_cast<std::int64_t>(response.partitions.size()));
  responder_.answer(ticket, Api::consumer, size, ConsumerResponseBody{std::move(response)});
  return true;
}

std::uint32_t ReplicaManager::park(Ticket ticket) {
  std::uint32_t number = 0;
  if (free_parked_.empty()) {
    number = static_cast<std::uint32_t>(parked_.size());
    parked_.emplace_back();
  } else {
    number = free_parked_.back();
    free_parked_.pop_back();
  }
  parked_[number].ticket = ticket;
  parked_[number].in_use = true;
  return number;
}

void ReplicaManager::unpark(std::uint32_t number) {
  ParkedFetch& parked = parked_[number];
  process_.cancel(parked.timeout);
  const auto remove_from = [&](PartitionId id) {
    if (!replicas_[id]) return;
    auto& waiting = replica(id).parked;
    waiting.erase(std::remove(waiting.begin(), waiting.end(), number), waiting.end());
  };
  if (parked.follower) {
    for (const ReplicaFetchPartition& asked : parked.replica.partitions) remove_from(asked.partition);
  } else {
    for (const FetchPartition& asked : parked.fetch.partitions)
      remove_from(cluster_.layout.id_of(asked.partition));
  }
  parked.in_use = false;
  free_parked_.push_back(number);
}

void ReplicaManager::wake_parked(PartitionId id, bool followers, bool consumers, bool must_answer) {
  if (replica(id).parked.empty()) return;
  const std::vector<std::uint32_t> waiting = replica(id).parked;
  for (const std::uint32_t number : waiting) {
    ParkedFetch& parked = parked_[number];
    if (!parked.in_use || (parked.follower ? !followers : !consumers)) continue;
    const bool answered =
        parked.follower ? answer_replica_fetch(parked.ticket, parked.replica, false, must_answer)
                        : answer_consumer_fetch(parked.ticket, parked.consumer, parked.fetch, must_answer);
    if (answered) unpark(number);
  }
}

void ReplicaManager::fetch_wait_over(void* self, std::uint64_t number) {
  auto& manager = *static_cast<ReplicaManager*>(self);
  const auto at = static_cast<std::uint32_t>(number);
  ParkedFetch& parked = manager.parked_[at];
  if (!parked.in_use) return;
  if (parked.follower) {
    manager.answer_replica_fetch(parked.ticket, parked.replica, false, true);
  } else {
    manager.answer_consumer_fetch(parked.ticket, parked.consumer, parked.fetch, true);
  }
  manager.unpark(at);
}

ListOffsetsResponse ReplicaManager::list_offsets(const ListOffsetsRequest& request) const {
  ListOffsetsResponse response;
  for (const ListOffsetsPartition& asked : request.partitions) {
    ListedOffset listed;
    listed.partition = asked.partition;
    const PartitionId id = cluster_.layout.id_of(asked.partition);
    if (!replicas_[id]) {
      listed.error = Errors::not_leader_or_follower;
    } else {
      std::optional<LeaderEpoch> epoch;
      if (asked.current_leader_epoch != kNoLeaderEpoch) epoch = asked.current_leader_epoch;
      const ListOffsetsAnswer answer =
          replicas_[id]->partition.list_offsets(asked.timestamp, isolation_of(request.isolation), epoch);
      listed.error = answer.error;
      if (answer.found) {
        listed.offset = answer.found->offset;
        listed.leader_epoch = answer.found->leader_epoch.value_or(kNoLeaderEpoch);
      }
    }
    response.partitions.push_back(listed);
  }
  return response;
}

OffsetForLeaderEpochResponse ReplicaManager::end_offsets(const OffsetForLeaderEpochRequest& request) const {
  OffsetForLeaderEpochResponse response;
  for (const OffsetForLeaderEpochPartition& asked : request.partitions) {
    ListedEpochEnd end;
    end.partition = asked.partition;
    const PartitionId id = cluster_.layout.id_of(asked.partition);
    if (!replicas_[id]) {
      end.error = Errors::not_leader_or_follower;
    } else {
      std::optional<LeaderEpoch> epoch;
      if (asked.current_leader_epoch != kNoLeaderEpoch) epoch = asked.current_leader_epoch;
      const EndOffsetAnswer answer = replicas_[id]->partition.end_offset_for_epoch(epoch, asked.leader_epoch);
      end.error = answer.error;
      end.leader_epoch = answer.end.epoch;
      end.end_offset = answer.end.end_offset;
    }
    response.partitions.push_back(end);
  }
  return response;
}

}  // namespace wrackline::kafka
