// Produce requests, and the group coordinator's own appends: from the append to the answer.
#include <algorithm>

#include "engine/kafka/moments.hpp"
#include "engine/kafka/replica_manager.hpp"

namespace wrackline::kafka {

namespace {

constexpr std::uint64_t token_of(std::uint32_t slot, std::uint32_t generation, std::size_t batch) {
  return (std::uint64_t{generation & 0xffffffU} << 38) | (std::uint64_t{slot & 0x3fffffU} << 16) |
         (batch & 0xffffU);
}

/// In place of a batch's number: the token of the request as a whole.
constexpr std::size_t kNoBatch = 0xffff;

RequiredAcks required(std::int16_t acks) {
  return acks == 0 ? RequiredAcks::none : acks == 1 ? RequiredAcks::leader : RequiredAcks::all;
}

}  // namespace

void ReplicaManager::produce(Ticket ticket, ProduceRequest& request) {
  std::uint32_t slot = 0;
  if (free_produces_.empty()) {
    slot = static_cast<std::uint32_t>(produces_.size());
    produces_.emplace_back();
  } else {
    slot = free_produces_.back();
    free_produces_.pop_back();
  }
  produces_[slot].ticket = ticket;
  produces_[slot].in_use = true;
  produces_[slot].waiting =
      1;  // released below: no batch may complete the request before all have been appended
  produces_[slot].response.partitions.clear();
  const std::uint32_t generation = ++produces_[slot].generation;
  bool any_error = false;
  touched_.clear();

  for (std::size_t i = 0; i < request.batches.size(); ++i) {
    ProduceBatch& produced = request.batches[i];
    PartitionResponse verdict;
    verdict.partition = produced.partition;
    if (!replicas_[produced.partition]) {
      verdict.error = Errors::not_leader_or_follower;
      produces_[slot].response.partitions.push_back(verdict);
      any_error = true;
      continue;
    }
    Replica& target = replica(produced.partition);
    const auto count = static_cast<std::int64_t>(produced.batch.count());
    process_.announce(moments::kProduceReceived, id_, produced.partition, count);
    const RecordsPtr records = produced.batch.records;
    const Offset end_before = target.partition.log().log_end_offset();
    const std::uint64_t token = token_of(slot, generation, i);
    const AppendInfo info = target.partition.append(std::move(produced.batch), required(request.acks), token,
                                                    request.timeout_ms, now_ms());
    verdict.error = info.error;
    verdict.base_offset = info.base_offset;
    verdict.log_start_offset = target.partition.log().log_start_offset();
    if (info.error == Errors::not_leader_or_follower && target.partition.leader()) {
      verdict.current_leader = {*target.partition.leader(), target.partition.leader_epoch()};
    }
    produces_[slot].response.partitions.push_back(verdict);
    if (info.error != Errors::none) {
      any_error = true;
      process_.announce(moments::kProduceRefused, id_, produced.partition,
                        static_cast<std::int64_t>(info.error));
    } else {
      if (info.duplicate) {
        process_.announce(moments::kProduceDuplicate, id_, produced.partition, info.base_offset);
      } else {
        if (records && cluster_.truth.observed(produced.partition)) {
          cluster_.observer.appended(cluster_.truth.ref(produced.partition), info.base_offset, records->ids,
                                     process_.now());
        }
        touched_.push_back({produced.partition, target.partition.log().bytes_from(end_before)});
      }
      if (request.acks == kAcksAll) ++produces_[slot].waiting;
    }
    after(produced.partition);
    if (info.error == Errors::none && !info.duplicate) {
      process_.announce(moments::kProduceAppended, id_, produced.partition, info.base_offset, count);
    }
  }
  // As the real action queue does: waiting fetches are looked at once the whole request has been appended.
  for (std::size_t i = 0; i < touched_.size(); ++i) {
    const auto [partition, bytes] = touched_[i];
    const bool waits = request.acks != 0 && (i + 1 == touched_.size() || flushes_each_append(partition));
    if (waits) ++produces_[slot].waiting;
    const std::uint64_t token = token_of(slot, generation, kNoBatch);
    write(partition, bytes,
          waits ? sim::DiskHandler::to<&ReplicaManager::on_written>(*this, token)
                : sim::DiskHandler::to<&ReplicaManager::on_background_write>(*this));
  }
  for (std::size_t i = 0; i < touched_.size(); ++i) wake_parked(touched_[i].partition, true, false, false);

  if (request.acks == 0) {
    PendingProduce& pending = produces_[slot];
    pending.in_use = false;
    free_produces_.push_back(slot);
    if (any_error) {
      responder_.hang_up(ticket);
    } else {
      responder_.respond(ticket, Api::produce, 0, sim::Message{});
    }
    return;
  }
  if (--produces_[slot].waiting == 0) {
    finish(produces_[slot]);
  } else {
    arm_produce_expiry();
  }
}

void ReplicaManager::complete_produce(std::uint64_t token, Errors error) {
  const auto slot = static_cast<std::uint32_t>((token >> 16) & 0x3fffffU);
  const auto generation = static_cast<std::uint32_t>((token >> 38) & 0xffffffU);
  if (slot >= produces_.size()) return;
  PendingProduce& pending = produces_[slot];
  if (!pending.in_use || (pending.generation & 0xffffffU) != generation) return;
  const std::size_t batch = token & 0xffffU;
  if (batch < pending.response.partitions.size()) {
    PartitionResponse& verdict = pending.response.partitions[batch];
    // What the disk refused stays refused, replicated or not.
    if (verdict.error != Errors::kafka_storage_error) verdict.error = error;
    if (error == Errors::not_leader_or_follower && replicas_[verdict.partition]) {
      const Partition& partition = replica(verdict.partition).partition;
      if (partition.leader()) verdict.current_leader = {*partition.leader(), partition.leader_epoch()};
    }
  }
  if (--pending.waiting == 0) finish(pending);
}

void ReplicaManager::on_written(std::uint64_t token, sim::DiskResult result) {
  if (result == sim::DiskResult::ok) {
    complete_produce(token, Errors::none);
    return;
  }
  // KafkaStorageException: the request fails, and so does everything else in this directory.
  const auto slot = static_cast<std::uint32_t>((token >> 16) & 0x3fffffU);
  if (slot < produces_.size() && produces_[slot].in_use) {
    for (PartitionResponse& verdict : produces_[slot].response.partitions)
      verdict.error = Errors::kafka_storage_error;
  }
  complete_produce(token, Errors::kafka_storage_error);
  listener_.log_directory_failed();
}

void ReplicaManager::finish(PendingProduce& pending) {
  const auto slot = static_cast<std::uint32_t>(&pending - produces_.data());
  const auto bytes = static_cast<std::uint32_t>(kSmallMessageBytes + 24 * pending.response.partitions.size());
  responder_.answer(pending.ticket, Api::produce, bytes, std::move(pending.response));
  pending.response = {};
  pending.in_use = false;
  free_produces_.push_back(slot);
}

AppendInfo ReplicaManager::append_internal(PartitionId partition, RecordBatch batch, std::uint64_t token,
                                           std::int64_t timeout_ms) {
  Replica& target = replica(partition);
  const Offset end_before = target.partition.log().log_end_offset();
  const AppendInfo info = target.partition.append(std::move(batch), RequiredAcks::all, token | kInternalToken,
                                                  timeout_ms, now_ms(), AppendOrigin::coordinator);
  if (info.error == Errors::none) {
    write(partition, target.partition.log().bytes_from(end_before),
          sim::DiskHandler::to<&ReplicaManager::on_background_write>(*this));
    if (info.rolled && target.partition.log().config().compacted) listener_.compacted_segment_closed();
  }
  after(partition);
  if (info.error == Errors::none) {
    wake_parked(partition, true, false, false);
    arm_produce_expiry();
  }
  return info;
}

void ReplicaManager::arm_produce_expiry() {
  std::int64_t next = INT64_MAX;
  for (const PartitionId id : hosted_) {
    if (const auto deadline = replica(id).partition.next_produce_deadline_ms())
      next = std::min(next, *deadline);
  }
  if (next == INT64_MAX) return;
  if (process_.sim().is_pending(produce_expiry_) && produce_expiry_ms_ <= next) return;
  process_.cancel(produce_expiry_);
  produce_expiry_ms_ = next;
  const auto delay = std::chrono::milliseconds{std::max<std::int64_t>(next + 1 - now_ms(), 1)};
  produce_expiry_ = process_.schedule_after(delay, {&expire_produce, this, 0});
}

void ReplicaManager::expire_produce(void* self, std::uint64_t) {
  auto& manager = *static_cast<ReplicaManager*>(self);
  for (const PartitionId id : manager.hosted_) {
    const auto deadline = manager.replica(id).partition.next_produce_deadline_ms();
    if (!deadline || *deadline >= manager.now_ms()) continue;
    manager.replica(id).partition.expire_produce(manager.now_ms());
    manager.after(id);
  }
  manager.arm_produce_expiry();
}

}  // namespace wrackline::kafka
