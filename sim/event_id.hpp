// The identity of a record: (source, n). Everything else about the record is a pure function of the seed and
// this, so nothing has to carry it along (design: "Records are identities").
#pragma once

#include <compare>
#include <cstdint>

namespace wrackline::sim {

class EventId {
 public:
  static constexpr int kOrdinalBits = 48;
  static constexpr std::uint64_t kOrdinalMask = (std::uint64_t{1} << kOrdinalBits) - 1;

  constexpr EventId() = default;
  constexpr EventId(std::uint16_t source, std::uint64_t ordinal)
      : packed_{(std::uint64_t{source} << kOrdinalBits) | (ordinal & kOrdinalMask)} {}

  constexpr std::uint16_t source() const { return static_cast<std::uint16_t>(packed_ >> kOrdinalBits); }
  constexpr std::uint64_t ordinal() const { return packed_ & kOrdinalMask; }
  constexpr std::uint64_t packed() const { return packed_; }
  friend constexpr auto operator<=>(EventId, EventId) = default;

 private:
  std::uint64_t packed_ = 0;
};

/// Mixes an identity into 64 well-spread bits (SplitMix64's finaliser): the unit of every digest, and the
/// source of the record's value. Sums of mixed identities tell two sets of records apart at the cost of one
/// integer.
constexpr std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}
constexpr std::uint64_t mix(EventId id) { return mix(id.packed()); }

}  // namespace wrackline::sim
