// The event queue of a run. Both kinds pop the identical sequence, so which one is at work is a matter of
// speed alone: few events are best kept in a heap, many in radix buckets, and the queue moves from one to the
// other as they become more or fewer.
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
        adaptive_{kind == QueueKind::adaptive},
        in_heap_{kind != QueueKind::radix} {}

  bool empty() const { return in_heap_ ? heap_.empty() : radix_.empty(); }
  std::size_t size() const { return in_heap_ ? heap_.size() : radix_.size(); }
  void push(std::uint64_t time, std::uint64_t order, std::uint32_t slot) {
    if (in_heap_) {
      heap_.push(time, order, slot);
      if (adaptive_ && heap_.size() > kMany) [[unlikely]]
        move_to_radix();
    } else {
      radix_.push(time, order, slot);
    }
  }
  Due front() { return in_heap_ ? heap_.front() : radix_.front(); }
  Due pop() {
    if (in_heap_) return heap_.pop();
    if (adaptive_ && radix_.size() < kFew) [[unlikely]] {
      move_to_heap();
      return heap_.pop();
    }
    return radix_.pop();
  }
  /// The slot of the event `ahead` places behind the front, if it is known without work.
  const QueueEntry* upcoming(std::size_t ahead) const { return in_heap_ ? nullptr : radix_.upcoming(ahead); }

  template <class Predicate>
  void remove_if(Predicate unwanted) {
    in_heap_ ? heap_.remove_if(unwanted) : radix_.remove_if(unwanted);
  }

 private:
  static constexpr std::size_t kMany = 192;
  static constexpr std::size_t kFew = 64;

  void move_to_radix() {
    in_heap_ = false;
    heap_.hand_over([this](std::uint64_t time, std::uint64_t order, std::uint32_t slot) {
      radix_.push(time, order, slot);
    });
  }
  void move_to_heap() {
    in_heap_ = true;
    radix_.hand_over(
        [this](std::uint64_t time, std::uint32_t slot) { heap_.push(time, (*slots_)[slot].order, slot); });
  }

  const EventSlots* slots_;
  HeapQueue heap_;
  RadixQueue radix_;
  bool adaptive_;
  bool in_heap_;
};

}  // namespace wrackline::sim
