#include "sim/heap_queue.hpp"

#include <algorithm>

namespace wrackline::sim {

HeapQueue::HeapQueue() : entries_{std::make_unique<Entry[]>(4 * kMostInLine)}, capacity_{4 * kMostInLine} {}

[[gnu::always_inline]] inline void HeapQueue::sift_up(std::size_t at, const Entry& entry) {
  Entry* const heap = entries_.get();
  while (at > 0) {
    const std::size_t parent = (at - 1) / 4;
    if (!earlier(entry, heap[parent])) break;
    heap[at] = heap[parent];
    at = parent;
  }
  heap[at] = entry;
}

/// Moves the free place at the root down to where the entry belongs.
[[gnu::always_inline]] inline void HeapQueue::sift_down(const Entry& entry) {
  Entry* const heap = entries_.get();
  const std::size_t size = end_;
  std::size_t at = 0;
  for (;;) {
    const std::size_t child = at * 4 + 1;
    std::size_t least = child;
    if (child + 4 <= size) {
      // A tournament: two comparisons that do not wait for each other, then one. The choice is arithmetic, so
      // that no compiler makes a branch of it, which would be mispredicted every other time.
      const std::size_t left = child + std::size_t{earlier(heap[child + 1], heap[child])};
      const std::size_t right = child + 2 + std::size_t{earlier(heap[child + 3], heap[child + 2])};
      least = left + ((right - left) & (0 - std::size_t{earlier(heap[right], heap[left])}));
    } else if (child < size) {
      for (std::size_t other = child + 1; other < size; ++other) {
        if (earlier(heap[other], heap[least])) least = other;
      }
    } else {
      break;
    }
    if (!earlier(heap[least], entry)) break;
    heap[at] = heap[least];
    at = least;
  }
  heap[at] = entry;
}

void HeapQueue::fill_front(std::uint64_t time, std::uint64_t order, std::uint32_t slot) {
  const Entry entry{time, order, slot};
  if (!in_line()) {
    first_ = 0;
    sift_down(entry);
    return;
  }
  Entry* at = &entries_[first_--];
  for (const Entry* const end = &entries_[end_]; at != end && earlier(*at, entry); ++at) at[-1] = *at;
  at[-1] = entry;
}

void HeapQueue::add(std::uint64_t time, std::uint64_t order, std::uint32_t slot) {
  const Entry entry{time, order, slot};
  if (in_line() && end_ < kMostInLine) {
    std::size_t at = end_++;
    for (; at > 0 && earlier(entry, entries_[at - 1]); --at) entries_[at] = entries_[at - 1];
    entries_[at] = entry;
    return;
  }
  most_free_ = 0;
  if (end_ == capacity_) {
    auto larger = std::make_unique<Entry[]>(2 * capacity_);
    std::copy_n(entries_.get(), capacity_, larger.get());
    entries_ = std::move(larger);
    capacity_ *= 2;
  }
  sift_up(end_++, entry);
}

void HeapQueue::fill_root() {
  if (size() <= kLineUpAgain) {
    std::sort(&entries_[first_], &entries_[end_], earlier);
    most_free_ = kMostInLine;
    return;
  }
  first_ = 0;
  const Entry last = entries_[--end_];
  sift_down(last);
}

}  // namespace wrackline::sim
