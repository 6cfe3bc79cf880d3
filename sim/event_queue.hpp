// The event queue of a run: radix buckets, or the 4-ary heap as the reference that must pop the identical
// sequence.
#pragma once

#include "sim/heap_queue.hpp"
#include "sim/radix_queue.hpp"

namespace wrackline::sim {

enum class QueueKind : std::uint8_t {
  radix,  ///< radix-64 buckets: flat from 1e2 to 1e6 pending events
  heap,   ///< 4-ary heap: the reference of the differential tests
};

class EventQueue {
 public:
  EventQueue(QueueKind kind, const EventSlots& slots) : radix_{slots}, heap_{slots}, kind_{kind} {}

  QueueKind kind() const { return kind_; }
  bool empty() const { return kind_ == QueueKind::radix ? radix_.empty() : heap_.empty(); }
  std::size_t size() const { return kind_ == QueueKind::radix ? radix_.size() : heap_.size(); }
  void push(QueueEntry entry) {
    if (kind_ == QueueKind::radix) [[likely]] {
      radix_.push(entry);
    } else {
      heap_.push(entry);
    }
  }
  const QueueEntry& front() { return kind_ == QueueKind::radix ? radix_.front() : heap_.front(); }
  QueueEntry pop() { return kind_ == QueueKind::radix ? radix_.pop() : heap_.pop(); }
  const QueueEntry* upcoming(std::size_t ahead) const {
    return kind_ == QueueKind::radix ? radix_.upcoming(ahead) : nullptr;
  }
  template <class Predicate>
  void remove_if(Predicate unwanted) {
    kind_ == QueueKind::radix ? radix_.remove_if(unwanted) : heap_.remove_if(unwanted);
  }

 private:
  RadixQueue radix_;
  HeapQueue heap_;
  QueueKind kind_;
};

}  // namespace wrackline::sim
