// Who does things in a run. Every process, link, disk, processor and monitor is an *entity*: a small dense
// number given out by the run's registry for a stable name. An event carries the entity that scheduled it
// (its *source*), and events at one instant are ordered by source, so an unrelated entity can not reshuffle
// the others.
//
// 20 bits: about a million entities a run. Many tasks share their process's entity.
#pragma once

#include <compare>
#include <cstdint>

namespace wrackline::sim {

class EntityId {
 public:
  static constexpr unsigned kBits = 20;
  static constexpr std::uint32_t kMaximum = (1U << kBits) - 1;

  constexpr EntityId() = default;
  constexpr explicit EntityId(std::uint32_t value) : value_{value} {}

  constexpr std::uint32_t value() const { return value_; }
  friend constexpr auto operator<=>(EntityId, EntityId) = default;

 private:
  std::uint32_t value_ = 0;
};

/// The kernel itself, and code that runs outside any event.
inline constexpr EntityId kKernelEntity{0};

/// Order of events at one instant, before their source is looked at.
enum class Priority : std::uint8_t {
  first = 0,   ///< faults: they strike before anything else that happens at that instant
  early = 4,   ///< state changes that others at the same instant must see
  normal = 8,  ///< everything a model does
  late = 12,   ///< sampling and monitors: they see the instant as it ended
};

}  // namespace wrackline::sim
