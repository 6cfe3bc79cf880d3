// The event queue of a run. Both kinds pop the identical sequence, so which one is at work is a matter of
// speed alone: few events are best kept in a heap, many in radix buckets, and the queue moves from one to the
// other as they become more or fewer. The one not at work is empty.
#pragma once

#include "sim/heap_queue.hpp"
#include "sim/radix_queue.hpp"

namespace wrackline::sim {

enum class QueueKind : std::uint8_t {
  adaptive,  ///< a heap while events are few, then radix buckets
  radix,     ///< radix-64 buckets: flat from 1e2 to 1e6 pending events
  heap,      ///< 4-ary heap: the reference of the differential tests
};

class EventQueue {
 public:
  EventQueue(QueueKind kind, const EventSlots& slots)
      : slots_{&slots},
        radix_{slots},
        in_heap_{kind != QueueKind::radix},
        most_in_heap_{kind == QueueKind::heap ? ~std::size_t{0} : kMany},
        fewest_in_radix_{kind == QueueKind::radix ? 0 : kFew} {}

  bool empty() const { return heap_.empty() && radix_.empty(); }
  std::size_t size() const { return heap_.size() + radix_.size(); }
  void push(std::uint64_t time, std::uint64_t order, std::uint32_t slot) {
    if (heap_.front_is_free()) {
      heap_.fill_front(time, order, slot);
    } else {
      add(time, order, slot);
    }
  }
  Due front() { return heap_.empty() ? radix_.front() : heap_.front(); }
  Due pop() { return heap_.empty() ? pop_from_radix() : heap_.pop(); }
  /// Fetches what the next events will touch into the cache, where they are so many that it pays.
  void foresee() const {
    if (heap_.empty()) radix_.foresee();
  }

  template <class Predicate>
  void remove_if(Predicate unwanted) {
    heap_.remove_if(unwanted);
    radix_.remove_if(unwanted);
  }

 private:
  static constexpr std::size_t kMany = 192;
  static constexpr std::size_t kFew = 64;

  void add(std::uint64_t time, std::uint64_t order, std::uint32_t slot);
  Due pop_from_radix() {
    if (radix_.size() < fewest_in_radix_) [[unlikely]] {
      move_to_heap();
      return heap_.pop();
    }
    return radix_.pop();
  }
  void move_to_radix();
  void move_to_heap();

  const EventSlots* slots_;
  HeapQueue heap_;
  RadixQueue radix_;
  bool in_heap_;
  std::size_t most_in_heap_;
  std::size_t fewest_in_radix_;
};

}  // namespace wrackline::sim
