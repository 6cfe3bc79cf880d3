// What is to be done when an event is due, apart from *when*: the queue moves 16-byte entries about, the rest
// of the event stays where it is, in a slot.
//
// A cancelled event becomes a tombstone: its slot forgets what to do, and is given back when its queue entry
// comes out. The tie key (priority, source, per-source counter) is unique in a run, so it also serves as the
// slot's generation.
#pragma once

#include <cassert>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "sim/entity.hpp"
#include "sim/event_id.hpp"

namespace wrackline::sim {

/// A call to be made later: a plain function, the object it works on and one word. Nothing is allocated or
/// owned; who schedules a callback cancels it before the object goes away.
struct Callback {
  using Function = void (*)(void* object, std::uint64_t argument);
  Function function = nullptr;
  void* object = nullptr;
  std::uint64_t argument = 0;

  /// `Callback::to<&Broker::on_tick>(broker)` calls broker.on_tick() or broker.on_tick(argument).
  template <auto Member, class Object>
  static Callback to(Object& object, std::uint64_t argument = 0) {
    return {[](void* self, std::uint64_t word) {
              if constexpr (std::is_invocable_v<decltype(Member), Object&, std::uint64_t>) {
                (static_cast<Object*>(self)->*Member)(word);
              } else {
                (static_cast<Object*>(self)->*Member)();
              }
            },
            &object, argument};
  }

  explicit operator bool() const { return function != nullptr; }
  void operator()() const { function(object, argument); }
};

/// The half of the order key that two events at one instant are told apart by: priority:4 | source:20 |
/// counter:40.
class TieKey {
 public:
  static constexpr unsigned kCounterBits = 40;
  constexpr TieKey() = default;
  constexpr explicit TieKey(std::uint64_t bits) : bits_{bits} {}
  constexpr std::uint64_t bits() const { return bits_; }
  constexpr unsigned priority() const { return static_cast<unsigned>(bits_ >> 60); }
  constexpr EntityId source() const {
    return EntityId{static_cast<std::uint32_t>(bits_ >> kCounterBits) & EntityId::kMaximum};
  }
  constexpr std::uint64_t counter() const { return bits_ & ((std::uint64_t{1} << kCounterBits) - 1); }
  friend constexpr auto operator<=>(TieKey, TieKey) = default;

 private:
  std::uint64_t bits_ = 0;
};

/// How ties are ordered: by the tie key itself, or, when orders are explored, by a seeded permutation of it
/// that leaves the priority where it is. Being a permutation it stays unique, and can be undone.
class TieOrder {
 public:
  TieOrder() = default;
  explicit TieOrder(std::uint64_t seed) : seed_{mix(seed) & kMask}, explores_{true} {}

  std::uint64_t of(TieKey tie) const { return explores_ ? permuted(tie.bits()) : tie.bits(); }
  TieKey tie(std::uint64_t order) const { return TieKey{explores_ ? unpermuted(order) : order}; }

 private:
  static constexpr std::uint64_t kMask = (std::uint64_t{1} << 60) - 1;
  static constexpr std::uint64_t kFactor = 0x9e3779b97f4a7c15U;
  static constexpr std::uint64_t kInverse = 0xf1de83e19937733dU;  ///< kFactor * kInverse == 1 modulo 2^64
  static_assert(kFactor * kInverse == 1);

  std::uint64_t permuted(std::uint64_t bits) const {
    std::uint64_t x = (bits ^ seed_) & kMask;
    for (int round = 0; round < 3; ++round) {
      x = (x * kFactor) & kMask;
      x ^= x >> 30;
    }
    return (bits & ~kMask) | x;
  }
  std::uint64_t unpermuted(std::uint64_t order) const {
    std::uint64_t x = order & kMask;
    for (int round = 0; round < 3; ++round) {
      x ^= x >> 30;
      x = (x * kInverse) & kMask;
    }
    return (order & ~kMask) | (x ^ seed_);
  }
  std::uint64_t seed_ = 0;
  bool explores_ = false;
};

struct EventSlot {
  Callback call;
  std::uint64_t order = 0;  ///< the tie key, or its permutation
  bool cancelled() const { return call.function == nullptr; }
};
static_assert(sizeof(EventSlot) == 32);

class EventSlots {
 public:
  void reserve(std::size_t count) { slots_.reserve(count); }

  [[gnu::always_inline]] std::uint32_t take(const Callback& call, std::uint64_t order) {
    const std::uint32_t index = free_;
    if (index == kNone) [[unlikely]]
      return add(call, order);
    EventSlot& slot = slots_[index];
    free_ = static_cast<std::uint32_t>(slot.call.argument);
    // Word by word: the callback was written so, and to copy it whole would wait for that.
    slot.call.function = call.function;
    slot.call.object = call.object;
    slot.call.argument = call.argument;
    slot.order = order;
    return index;
  }

  void give_back(std::uint32_t index) {
    EventSlot& slot = slots_[index];
    slot.call.function = nullptr;
    slot.call.argument = free_;
    free_ = index;
  }

  EventSlot& operator[](std::uint32_t index) { return slots_[index]; }
  const EventSlot& operator[](std::uint32_t index) const { return slots_[index]; }
  std::size_t size() const { return slots_.size(); }

 private:
  [[gnu::noinline]] std::uint32_t add(const Callback& call, std::uint64_t order) {
    slots_.push_back({call, order});
    return static_cast<std::uint32_t>(slots_.size() - 1);
  }
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  std::vector<EventSlot> slots_;
  std::uint32_t free_ = kNone;
};

}  // namespace wrackline::sim
