#include "sim/random.hpp"

#include <fmt/format.h>

#include <numeric>

#include "sim/math.hpp"

namespace wrackline::sim {
namespace {

std::uint64_t absorb(std::uint64_t hash, std::string_view text) {
  while (!text.empty()) {
    std::uint64_t word = 0;
    const std::size_t taken = text.size() < 8 ? text.size() : 8;
    for (std::size_t i = 0; i < taken; ++i) {
      word |= std::uint64_t{static_cast<unsigned char>(text[i])} << (8 * i);
    }
    hash = mix(hash ^ word) + 0x632be59bd9b4e019U;
    text.remove_prefix(taken);
  }
  return hash;
}

}  // namespace

std::uint64_t stream_key(std::uint64_t seed, std::string_view entity, std::string_view purpose) {
  // The lengths keep ("ab", "c") and ("a", "bc") apart.
  std::uint64_t hash = mix(seed ^ 0x7772'6163'6b6c'696eU);
  hash = mix(absorb(hash, entity) ^ entity.size());
  return mix(absorb(hash, purpose) ^ purpose.size());
}

Ratio Ratio::nearest(double probability) {
  constexpr std::uint64_t kBillion = 1'000'000'000;
  if (!(probability > 0)) return never();
  const auto parts = static_cast<std::uint64_t>(math::round_to_int(probability * 1e9));
  if (parts == 0) return never();
  const std::uint64_t common = std::gcd(parts, kBillion);
  return {parts / common, kBillion / common};
}

std::string Ratio::to_string() const { return fmt::format("{}/{}", numerator, denominator); }

std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xd2511f53U} * counter[0];
    const std::uint64_t b = std::uint64_t{0xcd9e8d57U} * counter[2];
    counter = {static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(b),
               static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(a)};
    key[0] += 0x9e3779b9U;
    key[1] += 0xbb67ae85U;
  }
  return counter;
}

std::uint64_t Decider::bits(std::uint64_t n, std::uint32_t attempt) const {
  const auto block =
      philox4x32({static_cast<std::uint32_t>(n), static_cast<std::uint32_t>(n >> 32), attempt, 0},
                 {static_cast<std::uint32_t>(key_), static_cast<std::uint32_t>(key_ >> 32)});
  return block[0] | (std::uint64_t{block[1]} << 32);
}

}  // namespace wrackline::sim
