#include "engine/event_time/streams/partition_group.hpp"

#include <algorithm>
#include <cassert>

namespace wrackline::event_time::streams {

PartitionGroup::PartitionGroup(std::size_t partitions, Settings settings)
    : settings_(settings), queues_(partitions) {}

std::size_t PartitionGroup::add_raw_records(std::size_t partition, std::span<const TimestampMs> timestamps,
                                            Drops& drops) {
  RecordQueue& queue = queues_.at(partition);
  const std::size_t before = queue.size();
  for (const TimestampMs timestamp : timestamps) queue.raw.push_back({queue.next_offset++, timestamp});
  update_head(queue, drops);
  const std::size_t now = queue.size();
  if (before == 0 && now > 0) {
    offer(partition);
    if (heap_.size() == queues_.size()) all_buffered_ = true;
  }
  total_buffered_ += static_cast<std::int64_t>(now) - static_cast<std::int64_t>(before);
  return now;
}

void PartitionGroup::update_lag(std::size_t partition, std::optional<std::int64_t> lag) {
  if (settings_.max_task_idle_ms >= 0) queues_.at(partition).fetched_lag = lag;
}

PartitionGroup::Readiness PartitionGroup::ready_to_process(std::int64_t wall_clock_ms) {
  if (settings_.max_task_idle_ms < 0) return {.ready = true};
  bool any_queued = false;
  bool any_enforced = false;
  for (RecordQueue& queue : queues_) {
    if (queue.size() > 0) {
      queue.idle_deadline_ms.reset();
      any_queued = true;
      continue;
    }
    // Unknown lag, or data that is known to be on the broker: wait for the poll, and idle anew after it.
    if (!queue.fetched_lag || *queue.fetched_lag > 0 || *queue.fetched_lag == -1) {
      queue.idle_deadline_ms.reset();
      return {};
    }
    if (!queue.idle_deadline_ms) queue.idle_deadline_ms = wall_clock_ms + settings_.max_task_idle_ms;
    if (wall_clock_ms < *queue.idle_deadline_ms) return {};
    any_enforced = true;
  }
  if (!any_enforced) return {.ready = true};
  return {.ready = any_queued, .enforced = any_queued};
}

std::optional<PartitionGroup::Taken> PartitionGroup::next_record(Drops& drops) {
  if (heap_.empty()) return std::nullopt;
  const std::size_t partition = poll();
  RecordQueue& queue = queues_[partition];
  const Raw record = *queue.head;
  const std::size_t before = queue.size();
  queue.head.reset();
  queue.time_ms = std::max(queue.time_ms, record.timestamp_ms);
  update_head(queue, drops);
  total_buffered_ -= static_cast<std::int64_t>(before - queue.size());
  if (queue.size() == 0) {
    all_buffered_ = false;
  } else {
    offer(partition);
  }
  stream_time_ms_ = std::max(stream_time_ms_, record.timestamp_ms);
  return Taken{partition, record.offset, record.timestamp_ms};
}

void PartitionGroup::set_partition_time(std::size_t partition, TimestampMs time) {
  stream_time_ms_ = std::max(stream_time_ms_, time);
  queues_.at(partition).time_ms = time;
}

void PartitionGroup::clear() {
  for (RecordQueue& queue : queues_) {
    queue.raw.clear();
    queue.head.reset();
    queue.time_ms = kNoTimestamp;
    queue.fetched_lag.reset();
  }
  heap_.clear();
  total_buffered_ = 0;
  stream_time_ms_ = kNoTimestamp;
}

void PartitionGroup::update_head(RecordQueue& queue, Drops& drops) const {
  std::optional<Raw> skipped;
  while (!queue.head && !queue.raw.empty()) {
    Raw next = queue.raw.front();
    queue.raw.pop_front();
    if (const auto timestamp = extracted(settings_.extractor, next.timestamp_ms, queue.time_ms, drops)) {
      queue.head = Raw{next.offset, *timestamp};
    } else {
      skipped = next;
    }
  }
  // KAFKA-6502: the last skipped record stands in as the head, so that its offset gets committed.
  if (!queue.head && skipped) queue.head = Raw{skipped->offset, kNoTimestamp};
}

// The sift rules of java.util.PriorityQueue.
void PartitionGroup::offer(std::size_t partition) {
  heap_.push_back(partition);
  std::size_t at = heap_.size() - 1;
  for (; at > 0; at = (at - 1) / 2) {
    const std::size_t parent = heap_[(at - 1) / 2];
    if (head_of(partition) >= head_of(parent)) break;
    heap_[at] = parent;
  }
  heap_[at] = partition;
}

std::size_t PartitionGroup::poll() {
  assert(!heap_.empty());
  const std::size_t first = heap_.front();
  const std::size_t last = heap_.back();
  heap_.pop_back();
  if (heap_.empty()) return first;
  std::size_t at = 0;
  while (2 * at + 1 < heap_.size()) {
    std::size_t child = 2 * at + 1;
    if (child + 1 < heap_.size() && head_of(heap_[child]) > head_of(heap_[child + 1])) ++child;
    if (head_of(last) <= head_of(heap_[child])) break;
    heap_[at] = heap_[child];
    at = child;
  }
  heap_[at] = last;
  return first;
}

}  // namespace wrackline::event_time::streams
