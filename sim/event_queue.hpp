// The event queue of a run. All kinds pop the identical sequence, so which one is at work is a matter of
// speed alone: few events are best kept in a tournament, many in radix buckets, and the queue moves from one
// to the other as they become more or fewer. Those not at work are empty.
#pragma once

#include "sim/heap_queue.hpp"
#include "sim/radix_queue.hpp"
#include "sim/tournament_queue.hpp"

namespace wrackline::sim {

enum class QueueKind : std::uint8_t {
  adaptive,  ///< a tournament while events are few, then radix buckets
  radix,     ///< radix-64 buckets: flat from 1e2 to 1e6 pending events
  heap,      ///< 4-ary heap: the reference of the differential tests
};

class EventQueue {
 public:
  EventQueue(QueueKind kind, const EventSlots& slots) : kind_{kind}, slots_{&slots}, many_{slots} {
    if (kind != QueueKind::adaptive) at_work_ = kind;
  }

  bool empty() const { return few_.empty() && many_.empty() && reference_.empty(); }
  std::size_t size() const { return few_.size() + many_.size() + reference_.size(); }
  void push(std::uint64_t time, std::uint64_t order, std::uint32_t slot) {
    if (few_.front_is_free()) {
      few_.fill_front(time, order, slot);
    } else {
      add(time, order, slot);
    }
  }
  Due front() {
    if (!few_.empty()) return few_.front();
    return many_.empty() ? reference_.front() : many_.front();
  }
  Due pop() { return few_.empty() ? pop_elsewhere() : few_.pop(); }
  /// Fetches what the next events will touch into the cache, where they are so many that it pays. Inlined: a
  /// call that only fetches is none to g++, which drops it.
  [[gnu::always_inline]] void foresee() const {
    if (few_.empty()) {
      many_.foresee();
    } else if (few_.foresees()) {
      __builtin_prefetch((*slots_)[few_.second()].call.object);
    }
  }

  template <class Predicate>
  void remove_if(Predicate unwanted) {
    few_.remove_if(unwanted);
    many_.remove_if(unwanted);
    reference_.remove_if(unwanted);
  }

 private:
  static constexpr std::size_t kMany = TournamentQueue::kMost;
  static constexpr std::size_t kFew = kMany / 4;

  void add(std::uint64_t time, std::uint64_t order, std::uint32_t slot);
  Due pop_elsewhere() {
    if (at_work_ == QueueKind::heap) [[unlikely]]
      return reference_.pop();
    if (many_.size() < kFew && kind_ == QueueKind::adaptive) [[unlikely]] {
      move_to_few();
      return few_.pop();
    }
    return many_.pop();
  }
  void move_to_many();
  void move_to_few();

  QueueKind kind_;
  QueueKind at_work_ = QueueKind::adaptive;  ///< adaptive: the tournament
  const EventSlots* slots_;
  TournamentQueue few_;
  RadixQueue many_;
  HeapQueue reference_;
};

}  // namespace wrackline::sim
