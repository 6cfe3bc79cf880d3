#include "engine/workload/in_flight.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace wrackline::workload {

InFlight::InFlight(std::int64_t mean_gap_ns) : near_(kBuckets, kNone), far_(kBuckets, kNone) {
  // About two records a bucket; at most 2^40 ns, so that ticks stay far from the ends of their type.
  while (shift_ < 40 && (std::int64_t{1} << shift_) < mean_gap_ns) ++shift_;
}

std::size_t InFlight::memory_bytes() const {
  return nodes_.capacity() * sizeof(Node) + ready_.capacity() * sizeof(Ready) +
         (near_.capacity() + far_.capacity()) * sizeof(std::uint32_t);
}

void InFlight::insert_ready(std::uint32_t index) {
  const InFlightRecord& record = nodes_[index].record;
  const Ready entry{record.arrival_ns, record.ordinal, index};
  const auto from = ready_.begin() + static_cast<std::ptrdiff_t>(ready_at_);
  ready_.insert(std::upper_bound(from, ready_.end(), entry), entry);
}

bool InFlight::refill(std::int64_t limit_ns) {
  ready_.clear();
  ready_at_ = 0;
  const std::uint64_t limit_tick = tick_of(limit_ns);
  while (size_ > 0 && now_tick_ <= limit_tick) {
    if (near_count_ > 0) {
      while (near_[now_tick_ & kMask] == kNone)
        if (++now_tick_ > limit_tick) return false;
      std::uint32_t index = std::exchange(near_[now_tick_ & kMask], kNone);
      for (; index != kNone; index = nodes_[index].next) {
        ready_.push_back({nodes_[index].record.arrival_ns, nodes_[index].record.ordinal, index});
        --near_count_;
      }
      enter(now_tick_ + 1);
      if (ready_.size() > 1) std::sort(ready_.begin(), ready_.end());
      return true;
    }
    std::uint64_t next_tick = 0;
    if (far_count_ > 0) {
      std::uint64_t page = (now_tick_ >> kBits) + 1;
      while (far_[page & kMask] == kNone) ++page;
      next_tick = page << kBits;
    } else {
      next_tick = tick_of(earliest_in(beyond_)) >> kBits << kBits;
    }
    if (next_tick > limit_tick) return false;
    enter(next_tick);
  }
  return false;
}

void InFlight::enter(std::uint64_t tick) {
  const std::uint64_t before = now_tick_;
  now_tick_ = tick;
  if (before >> kBits == tick >> kBits) return;
  if (before >> (2 * kBits) != tick >> (2 * kBits)) place_all(std::exchange(beyond_, kNone));
  const std::uint32_t page = std::exchange(far_[(tick >> kBits) & kMask], kNone);
  for (std::uint32_t index = page; index != kNone; index = nodes_[index].next) --far_count_;
  place_all(page);
}

void InFlight::place_all(std::uint32_t head) {
  while (head != kNone) {
    const std::uint32_t next = nodes_[head].next;
    place(head);
    head = next;
  }
}

std::int64_t InFlight::earliest_in(std::uint32_t head) const {
  std::int64_t earliest = std::numeric_limits<std::int64_t>::max();
  for (; head != kNone; head = nodes_[head].next)
    earliest = std::min(earliest, nodes_[head].record.arrival_ns);
  return earliest;
}

std::int64_t InFlight::earliest_ns() const {
  if (ready_at_ < ready_.size()) return ready_[ready_at_].arrival_ns;
  if (near_count_ > 0) {
    std::uint64_t tick = now_tick_;
    while (near_[tick & kMask] == kNone) ++tick;
    return earliest_in(near_[tick & kMask]);
  }
  if (far_count_ > 0) {
    std::uint64_t page = (now_tick_ >> kBits) + 1;
    while (far_[page & kMask] == kNone) ++page;
    return earliest_in(far_[page & kMask]);
  }
  return earliest_in(beyond_);
}

}  // namespace wrackline::workload
