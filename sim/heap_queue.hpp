// The reference event queue: an implicit 4-ary heap with lazy pop. Popping leaves a hole at the root which
// the next push fills, so that the pop-push pair of a simulation is one sift (10-25 %, reference/kernel.md
// §2). Its entries carry the whole order key, so comparing them has no branch to mispredict: with few events
// pending it is the faster queue of the two.
#pragma once

#include <cstddef>
#include <vector>

#include "sim/queue_entry.hpp"

namespace wrackline::sim {

class HeapQueue {
 public:
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

  void push(std::uint64_t time, std::uint64_t order, std::uint32_t slot) {
    const Entry entry{time, order, slot};
    ++size_;
    if (hole_) {
      hole_ = false;
      sift_down(entry);
      return;
    }
    std::size_t at = heap_.size();
    heap_.push_back(entry);
    while (at > 0) {
      const std::size_t parent = (at - 1) / 4;
      if (!earlier(entry, heap_[parent])) break;
      heap_[at] = heap_[parent];
      at = parent;
    }
    heap_[at] = entry;
  }

  /// The next event, left in place. The queue is not empty.
  Due front() {
    fill_hole();
    return {heap_.front().time, heap_.front().slot};
  }

  Due pop() {
    fill_hole();
    hole_ = true;
    --size_;
    return {heap_.front().time, heap_.front().slot};
  }

  /// Takes out every event whose slot is unwanted.
  template <class Predicate>
  void remove_if(Predicate unwanted) {
    fill_hole();
    std::vector<Entry> all;
    all.swap(heap_);
    heap_.reserve(all.capacity());
    size_ = 0;
    for (const Entry& entry : all) {
      if (!unwanted(entry.slot)) push(entry.time, entry.order, entry.slot);
    }
  }
  /// Hands all events over, in any order, and is empty.
  template <class Taker>
  void hand_over(Taker take) {
    fill_hole();
    for (const Entry& entry : heap_) take(entry.time, entry.order, entry.slot);
    heap_.clear();
    size_ = 0;
  }

 private:
  struct Entry {
    std::uint64_t time;
    std::uint64_t order;
    std::uint32_t slot;
  };
  static bool earlier(const Entry& a, const Entry& b) {
    return ((Wide{a.time} << 64) | a.order) < ((Wide{b.time} << 64) | b.order);
  }
  void fill_hole() {
    if (!hole_) return;
    hole_ = false;
    const Entry last = heap_.back();
    heap_.pop_back();
    if (!heap_.empty()) sift_down(last);
  }
  void sift_down(Entry entry) {
    Entry* const heap = heap_.data();
    const std::size_t size = size_;
    std::size_t at = 0;
    for (;;) {
      const std::size_t child = at * 4 + 1;
      std::size_t least = child;
      if (child + 4 <= size) {
        // A tournament: two comparisons that do not wait for each other, then one.
        const std::size_t left = child + (earlier(heap[child + 1], heap[child]) ? 1 : 0);
        const std::size_t right = child + 2 + (earlier(heap[child + 3], heap[child + 2]) ? 1 : 0);
        least = earlier(heap[right], heap[left]) ? right : left;
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

  std::vector<Entry> heap_;
  std::size_t size_ = 0;
  bool hole_ = false;
};

}  // namespace wrackline::sim
