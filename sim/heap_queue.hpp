// The reference event queue: an implicit 4-ary heap (reference/kernel.md §2). It leaves the root free after a
// pop, and the next push fills it, so that the pop-push pair of a simulation is one sift. The differential
// tests hold the other queues against it.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "sim/queue_entry.hpp"

namespace wrackline::sim {

class HeapQueue {
 public:
  bool empty() const { return size() == 0; }
  std::size_t size() const { return entries_.size() - (root_is_free_ ? 1 : 0); }

  void push(std::uint64_t time, std::uint64_t order, std::uint32_t slot);

  /// The next event, left in place. The queue is not empty.
  Due front() {
    if (root_is_free_) fill_root();
    return {entries_.front().time, entries_.front().slot};
  }
  Due pop() {
    const Due due = front();
    root_is_free_ = true;
    return due;
  }

  /// Takes out every event whose slot is unwanted.
  template <class Predicate>
  void remove_if(Predicate unwanted) {
    HeapQueue kept;
    if (root_is_free_) fill_root();
    for (const Entry& entry : entries_) {
      if (!unwanted(entry.slot)) kept.push(entry.time, entry.order, entry.slot);
    }
    *this = std::move(kept);
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
  void fill_root();
  void sift_down(const Entry& entry);
  void sift_up(const Entry& entry);

  std::vector<Entry> entries_;
  bool root_is_free_ = false;
};

}  // namespace wrackline::sim
