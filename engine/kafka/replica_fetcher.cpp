#include "engine/kafka/replica_fetcher.hpp"

#include <algorithm>
#include <utility>

namespace wrackline::kafka {

namespace {

/// Between two attempts to reach a broker that is down (reconnect.backoff of the broker's own client).
constexpr std::chrono::milliseconds kReconnect{50};

}  // namespace

ReplicaFetcher::ReplicaFetcher(ClusterContext& cluster, BrokerId self, BrokerId leader, sim::Process& process,
                               ReplicaManager& replicas)
    : cluster_{cluster}, self_{self}, leader_{leader}, process_{process}, replicas_{replicas} {}

void ReplicaFetcher::add(PartitionId partition) {
  for (Fetched& known : partitions_) {
    if (known.partition != partition) continue;
    known.delayed_until_ms = 0;
    return;
  }
  partitions_.push_back({partition, 0});
  fetch_soon();
}

void ReplicaFetcher::remove(PartitionId partition) {
  std::erase_if(partitions_, [&](const Fetched& known) { return known.partition == partition; });
}

void ReplicaFetcher::stop() {
  partitions_.clear();
  process_.cancel(timer_);
  process_.cancel(socket_timeout_);
  socket_.close();
  in_flight_ = false;
}

void ReplicaFetcher::fetch_soon() {
  if (!in_flight_ && writes_ == 0 && !process_.sim().is_pending(timer_)) retry_after(sim::Duration{0});
}

void ReplicaFetcher::retry_after(sim::Duration delay) {
  process_.cancel(timer_);
  timer_ = process_.schedule_after(delay, {&on_timer, this, 0});
}

void ReplicaFetcher::on_timer(void* self, std::uint64_t) { static_cast<ReplicaFetcher*>(self)->fetch(); }

void ReplicaFetcher::fetch() {
  if (in_flight_ || writes_ > 0 || partitions_.empty()) return;
  const std::int64_t now_ms = process_.node().mono_ms();
  ReplicaFetchRequest request;
  request.replica = self_;
  request.broker_epoch = broker_epoch_;
  request.max_wait_ms = cluster_.settings.replica_fetch_wait_max_ms;
  request.min_bytes = cluster_.settings.replica_fetch_min_bytes;
  request.max_bytes_per_partition = cluster_.settings.replica_fetch_max_bytes;
  request.max_bytes = cluster_.settings.replica_fetch_response_max_bytes;
  request.partitions.reserve(partitions_.size());
  std::int64_t next_ms = INT64_MAX;
  for (const Fetched& at : partitions_) {
    if (at.delayed_until_ms > now_ms) {
      next_ms = std::min(next_ms, at.delayed_until_ms);
      continue;
    }
    const Partition& partition = *replicas_.find(at.partition);
    ReplicaFetchPartition asked;
    asked.partition = at.partition;
    asked.fetch_offset = partition.log().log_end_offset();
    asked.current_leader_epoch = partition.leader_epoch();
    asked.last_fetched_epoch = partition.log().epochs().latest_epoch().value_or(kNoLeaderEpoch);
    asked.log_start = partition.log().log_start_offset();
    request.partitions.push_back(asked);
  }
  if (request.partitions.empty()) {
    if (next_ms != INT64_MAX) retry_after(std::chrono::milliseconds{next_ms - now_ms});
    return;
  }
  if (!socket_.is_open()) {
    socket_ = cluster_.network.connect(process_, *cluster_.broker_processes.at(leader_), *this);
  }
  in_flight_ = true;
  const auto bytes = static_cast<std::uint32_t>(kSmallMessageBytes + 24 * request.partitions.size());
  socket_.send(kind_of(Api::replica_fetch), bytes, std::move(request), ++correlation_);
  socket_timeout_ =
      process_.schedule_after(std::chrono::milliseconds{cluster_.settings.replica_socket_timeout_ms},
                              {&on_socket_timeout, this, correlation_});
}

void ReplicaFetcher::on_socket_timeout(void* self, std::uint64_t correlation) {
  auto& fetcher = *static_cast<ReplicaFetcher*>(self);
  if (!fetcher.in_flight_ || fetcher.correlation_ != correlation) return;
  fetcher.socket_.close();
  fetcher.in_flight_ = false;
  for (const Fetched& at : fetcher.partitions_) fetcher.delay(at.partition);
  fetcher.fetch();
}

void ReplicaFetcher::on_closed(sim::Socket socket, sim::CloseReason) {
  if (!(socket == socket_)) return;
  process_.cancel(socket_timeout_);
  in_flight_ = false;
  // As the real thread: the failed fetch is an error of all its partitions, which then wait
  // replica.fetch.backoff.ms.
  for (const Fetched& at : partitions_) delay(at.partition);
  retry_after(kReconnect);
}

void ReplicaFetcher::on_message(sim::Socket socket, sim::Message message) {
  if (!(socket == socket_) || message.correlation() != correlation_ || !in_flight_) return;
  process_.cancel(socket_timeout_);
  in_flight_ = false;
  take(message.as<ReplicaFetchResponse>());
  fetch();
}

void ReplicaFetcher::take(ReplicaFetchResponse& response) {
  for (const ReplicaFetchedPartition& got : response.partitions) {
    const bool wanted = std::any_of(partitions_.begin(), partitions_.end(),
                                    [&](const Fetched& at) { return at.partition == got.partition; });
    if (wanted) take_partition(got, response);
  }
  writes_ = replicas_.write_fetched(sim::DiskHandler::to<&ReplicaFetcher::on_written>(*this));
}

void ReplicaFetcher::take_partition(const ReplicaFetchedPartition& got,
                                    const ReplicaFetchResponse& response) {
  Partition& partition = *replicas_.find(got.partition);
  if (got.error == Errors::none) {
    if (got.diverging) {
      replicas_.truncate(got.partition, *got.diverging);
      return;
    }
    const std::span<const RecordBatch> batches =
        std::span{response.batches}.subspan(got.first_batch, got.batch_count);
    const AppendInfo info = replicas_.append_fetched(got.partition, batches, got);
    if (info.error != Errors::none || info.fault != AppendFault::none) delay(got.partition);
    return;
  }
  if (got.error == Errors::offset_out_of_range) {
    // L-23, without the extra look-up: the answer names the leader's log start; above its end the epochs
    // diverge instead.
    if (partition.log().log_end_offset() < got.log_start) {
      replicas_.start_over(got.partition, got.log_start);
    }
  }
  delay(got.partition);
}

void ReplicaFetcher::on_written(std::uint64_t, sim::DiskResult result) {
  if (result != sim::DiskResult::ok) {
    replicas_.disk_failed();
    return;
  }
  if (--writes_ == 0) fetch();
}

void ReplicaFetcher::delay(PartitionId partition) {
  for (Fetched& at : partitions_) {
    if (at.partition == partition) {
      at.delayed_until_ms = process_.node().mono_ms() + cluster_.settings.replica_fetch_backoff_ms;
    }
  }
}

}  // namespace wrackline::kafka
