// Randomness by name. Every (entity, purpose) has a stream of its own, keyed by (seed, stable entity name,
// purpose): adding a draw in one place moves nothing elsewhere, so two configurations under one seed see the
// same arrivals and the same faults. There is no shared generator.
//
//   Stream   a sequence: xoshiro256++ (Blackman & Vigna), 32 bytes, about 3 ns a draw; for what happens in
//   sequence Decider  a function: Philox4x32-10 (Salmon et al.) of (seed, entity, purpose, n); for decisions
//   that must not depend
//            on how many others were made before: faults, the properties of the n-th record
//   Ratio    a probability as it was written, "1/1000"; a decision against it is exact
//
// Not for cryptography. A name is hashed to 64 bits; two streams of one run collide with probability 2^-64.
#pragma once

#include <array>
#include <bit>
#include <cassert>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "sim/event_id.hpp"

namespace wrackline::sim {

/// The key of a named stream. The same in every run, machine and version of the program.
std::uint64_t stream_key(std::uint64_t seed, std::string_view entity, std::string_view purpose);

/// A probability, or any part of a whole, that prints exactly as it was given.
struct Ratio {
  std::uint64_t numerator = 0;
  std::uint64_t denominator = 1;

  static constexpr Ratio never() { return {0, 1}; }
  static constexpr Ratio always() { return {1, 1}; }
  /// The nearest ratio with denominator 1e9: 0.001 is 1/1000 (reduced).
  static Ratio nearest(double probability);
  constexpr bool is_zero() const { return numerator == 0; }
  constexpr bool is_probability() const { return denominator > 0 && numerator <= denominator; }
  std::string to_string() const;
  friend constexpr bool operator==(Ratio a, Ratio b) = default;
};

/// What Stream and Decider share: everything that is made of 64 random bits. `Bits` is a callable returning
/// them.
namespace draw {

/// [0, 1) in steps of 2^-53.
constexpr double unit(std::uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1p-53; }
/// (0, 1): never 0 and never 1, for quantile functions.
constexpr double open_unit(std::uint64_t bits) { return (static_cast<double>(bits >> 12) + 0.5) * 0x1p-52; }

/// [0, bound) without bias (Lemire 2019: multiply, reject the short first interval).
template <class Bits>
std::uint64_t below(std::uint64_t bound, Bits&& bits) {
  __extension__ using Product = unsigned __int128;
  assert(bound > 0);
  Product product = Product{bits()} * bound;
  if (static_cast<std::uint64_t>(product) < bound) {
    const std::uint64_t threshold = (0 - bound) % bound;
    while (static_cast<std::uint64_t>(product) < threshold) product = Product{bits()} * bound;
  }
  return static_cast<std::uint64_t>(product >> 64);
}

}  // namespace draw

class Stream {
 public:
  Stream(std::uint64_t seed, std::string_view entity, std::string_view purpose)
      : Stream{stream_key(seed, entity, purpose)} {}
  explicit Stream(std::uint64_t key) {
    for (int i = 0; i < 4; ++i) {
      state_[static_cast<std::size_t>(i)] = mix(key);
      key += 0x9e3779b97f4a7c15U;
    }
  }
  /// For tests against published sequences.
  explicit Stream(const std::array<std::uint64_t, 4>& state) : state_{state} {}

  std::uint64_t next() {
    const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  double unit() { return draw::unit(next()); }
  double open_unit() { return draw::open_unit(next()); }
  /// [0, bound), bound > 0.
  std::uint64_t below(std::uint64_t bound) {
    return draw::below(bound, [this] { return next(); });
  }
  /// [low, high], both ends included.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    assert(low <= high);
    const std::uint64_t width = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) + 1;
    const std::uint64_t offset = width == 0 ? next() : below(width);
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + offset);
  }
  /// A ratio of 0 or 1 draws nothing.
  bool chance(Ratio p) {
    if (p.numerator == 0) return false;
    return p.numerator >= p.denominator || below(p.denominator) < p.numerator;
  }
  template <class T>
  void shuffle(std::span<T> items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

 private:
  std::array<std::uint64_t, 4> state_{};
};

/// Ten rounds of Philox4x32: 128 random bits as a pure function of counter and key.
std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key);

class Decider {
 public:
  Decider(std::uint64_t seed, std::string_view entity, std::string_view purpose)
      : key_{stream_key(seed, entity, purpose)} {}
  explicit Decider(std::uint64_t key) : key_{key} {}

  std::uint64_t bits(std::uint64_t n, std::uint32_t attempt = 0) const;
  double unit(std::uint64_t n) const { return draw::unit(bits(n)); }
  std::uint64_t below(std::uint64_t n, std::uint64_t bound) const {
    std::uint32_t attempt = 0;
    return draw::below(bound, [&] { return bits(n, attempt++); });
  }
  bool chance(std::uint64_t n, Ratio p) const {
    if (p.numerator == 0) return false;
    return p.numerator >= p.denominator || below(n, p.denominator) < p.numerator;
  }
  /// A whole stream for the n-th decision: for laws that need more than one draw.
  Stream stream(std::uint64_t n) const { return Stream{bits(n, 0xffffffffU)}; }

 private:
  std::uint64_t key_;
};

}  // namespace wrackline::sim
