// The reference event queue: an implicit 4-ary heap with lazy pop. Popping leaves a hole at the root which
// the next push fills, so that the pop-push pair of a simulation is one sift (10-25 %, reference/kernel.md
// §2).
#pragma once

#include <cstddef>
#include <vector>

#include "sim/queue_entry.hpp"

namespace wrackline::sim {

class HeapQueue {
 public:
  explicit HeapQueue(const EventSlots& slots) : slots_{&slots} {}

  bool empty() const { return size() == 0; }
  std::size_t size() const { return heap_.size() - (hole_ ? 1 : 0); }
  void reserve(std::size_t count) { heap_.reserve(count); }

  void push(QueueEntry entry) {
    if (hole_) {
      hole_ = false;
      sift_down(entry);
      return;
    }
    std::size_t at = heap_.size();
    heap_.push_back(entry);
    while (at > 0) {
      const std::size_t parent = (at - 1) / 4;
      if (!earlier(entry, heap_[parent], *slots_)) break;
      heap_[at] = heap_[parent];
      at = parent;
    }
    heap_[at] = entry;
  }

  /// The next entry, left in place. The queue is not empty.
  const QueueEntry& front() {
    fill_hole();
    return heap_.front();
  }

  QueueEntry pop() {
    fill_hole();
    hole_ = true;
    return heap_.front();
  }

  /// Takes out every entry whose slot is `unwanted`.
  template <class Predicate>
  void remove_if(Predicate unwanted) {
    fill_hole();
    std::vector<QueueEntry> kept;
    kept.swap(heap_);
    heap_.reserve(kept.capacity());
    for (const QueueEntry& entry : kept) {
      if (!unwanted(entry)) push(entry);
    }
  }

 private:
  void fill_hole() {
    if (!hole_) return;
    hole_ = false;
    const QueueEntry last = heap_.back();
    heap_.pop_back();
    if (!heap_.empty()) sift_down(last);
  }
  void sift_down(QueueEntry entry);

  const EventSlots* slots_;
  std::vector<QueueEntry> heap_;
  bool hole_ = false;
};

inline void HeapQueue::sift_down(QueueEntry entry) {
  QueueEntry* const heap = heap_.data();
  const std::size_t size = heap_.size();
  std::size_t at = 0;
  for (;;) {
    const std::size_t child = at * 4 + 1;
    std::size_t least = child;
    if (child + 4 <= size) {
      // A tournament: two comparisons that do not wait for each other, then one.
      const std::size_t left = child + (earlier(heap[child + 1], heap[child], *slots_) ? 1 : 0);
      const std::size_t right = child + 2 + (earlier(heap[child + 3], heap[child + 2], *slots_) ? 1 : 0);
      least = earlier(heap[right], heap[left], *slots_) ? right : left;
    } else if (child < size) {
      for (std::size_t other = child + 1; other < size; ++other) {
        if (earlier(heap[other], heap[least], *slots_)) least = other;
      }
    } else {
      break;
    }
    if (!earlier(heap[least], entry, *slots_)) break;
    heap[at] = heap[least];
    at = least;
  }
  heap[at] = entry;
}

}  // namespace wrackline::sim
