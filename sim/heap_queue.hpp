// The reference event queue, for few events. While they are very few they stand in line, sorted; from more on
// the same array is an implicit 4-ary heap (a sorted array is one already). Both leave the place of the event
// taken out free, and the next push fills it, so that the pop-push pair of a simulation is one insertion or
// one sift (10-25 %, reference/kernel.md §2). The entries carry the whole order key, so comparing them has no
// branch to mispredict: with few events pending it is the faster queue of the two.
#pragma once

#include <cstddef>
#include <memory>

#include "sim/queue_entry.hpp"

namespace wrackline::sim {

class HeapQueue {
 public:
  HeapQueue();

  bool empty() const { return first_ == end_; }
  std::size_t size() const { return end_ - first_; }

  void push(std::uint64_t time, std::uint64_t order, std::uint32_t slot) {
    if (front_is_free()) {
      fill_front(time, order, slot);
    } else {
      add(time, order, slot);
    }
  }
  /// Whether the place of an event taken out is still to be filled. Then, and only then, fill_front() is the
  /// way to push; else add() is.
  bool front_is_free() const { return first_ != 0; }
  void fill_front(std::uint64_t time, std::uint64_t order, std::uint32_t slot);
  void add(std::uint64_t time, std::uint64_t order, std::uint32_t slot);

  /// The next event, left in place. The queue is not empty.
  Due front() {
    if (first_ > most_free_) fill_root();
    return {entries_[first_].time, entries_[first_].slot_index()};
  }

  Due pop() {
    const Due due = front();
    ++first_;
    return due;
  }

  /// Takes out every event whose slot is unwanted.
  template <class Predicate>
  void remove_if(Predicate unwanted) {
    HeapQueue kept;
    hand_over([&](std::uint64_t time, std::uint64_t order, std::uint32_t slot) {
      if (!unwanted(slot)) kept.push(time, order, slot);
    });
    *this = std::move(kept);
  }
  /// Hands all events over, in any order, and is empty.
  template <class Taker>
  void hand_over(Taker take) {
    for (; first_ != end_; ++first_) {
      const Entry& entry = entries_[first_];
      take(entry.time, entry.order, entry.slot_index());
    }
    first_ = end_ = 0;
    most_free_ = kMostInLine;
  }

 private:
  /// So many stand in line; when a heap has shrunk to so few, they do again.
  static constexpr std::size_t kMostInLine = 12;
  static constexpr std::size_t kLineUpAgain = 3;

  /// Without padding: to copy what was just written is slow where the copy reads wider words.
  struct Entry {
    std::uint64_t time;
    std::uint64_t order;
    std::uint64_t slot;
    std::uint32_t slot_index() const { return static_cast<std::uint32_t>(slot); }
  };
  static bool earlier(const Entry& a, const Entry& b) {
    return ((Wide{a.time} << 64) | a.order) < ((Wide{b.time} << 64) | b.order);
  }
  bool in_line() const { return most_free_ != 0; }
  void fill_root();
  void sift_down(const Entry& entry);
  void sift_up(std::size_t at, const Entry& entry);

  std::unique_ptr<Entry[]> entries_;
  std::size_t first_ = 0;  ///< before it, places are free: in a heap at most the root
  std::size_t end_ = 0;
  std::size_t most_free_ = kMostInLine;  ///< before the next event is looked at; of a heap 0
  std::size_t capacity_;
};

}  // namespace wrackline::sim
