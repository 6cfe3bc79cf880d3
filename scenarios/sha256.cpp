#include "scenarios/sha256.hpp"

#include <array>
#include <bit>
#include <cstdint>

namespace wrackline::scenarios {

namespace {

/// The fractional parts of the cube roots of the first 64 primes, as the standard defines them.
constexpr std::array<std::uint32_t, 64> round_constants() {
  std::array<std::uint32_t, 64> constants{};
  std::size_t found = 0;
  for (std::uint32_t n = 2; found < 64; ++n) {
    bool prime = true;
    for (std::uint32_t d = 2; d * d <= n; ++d) prime = prime && n % d != 0;
    if (!prime) continue;
    // floor(cbrt(n) * 2^32), the greatest r with r^3 <= n * 2^96, by halving.
    unsigned __int128 low = 0;
    unsigned __int128 high = static_cast<unsigned __int128>(8) << 32;
    while (high - low > 1) {
      const unsigned __int128 middle = (low + high) / 2;
      // Compare middle^3 with n * 2^96 without overflow: middle^2 / 2^32 loses less than the last bit
      // decides.
      const unsigned __int128 square = middle * middle;
      const unsigned __int128 upper = (square >> 32) * middle;
      const unsigned __int128 lower = (square & 0xFFFFFFFFu) * middle;
      const unsigned __int128 cube = upper + (lower >> 32);  // middle^3 / 2^32
      const bool above = cube >= (static_cast<unsigned __int128>(n) << 64);
      (above ? high : low) = middle;
    }
    constants[found++] = static_cast<std::uint32_t>(low);
  }
  return constants;
}

constexpr std::array<std::uint32_t, 8> kInitial{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                                0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
constexpr std::array<std::uint32_t, 64> kRound = round_constants();
static_assert(kRound[0] == 0x428a2f98 && kRound[63] == 0xc67178f2);

void compress(std::array<std::uint32_t, 8>& state, std::string_view block) {
  std::array<std::uint32_t, 64> w{};
  for (std::size_t i = 0; i < 16; ++i) {
    for (std::size_t k = 0; k < 4; ++k) w[i] = (w[i] << 8) | static_cast<std::uint8_t>(block[4 * i + k]);
  }
  for (std::size_t i = 16; i < 64; ++i) {
    const std::uint32_t s0 = std::rotr(w[i - 15], 7) ^ std::rotr(w[i - 15], 18) ^ (w[i - 15] >> 3);
    const std::uint32_t s1 = std::rotr(w[i - 2], 17) ^ std::rotr(w[i - 2], 19) ^ (w[i - 2] >> 10);
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  auto [a, b, c, d, e, f, g, h] = state;
  for (std::size_t i = 0; i < 64; ++i) {
    const std::uint32_t s1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
    const std::uint32_t t1 = h + s1 + ((e & f) ^ (~e & g)) + kRound[i] + w[i];
    const std::uint32_t s0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
    const std::uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  const std::array<std::uint32_t, 8> worked{a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i < 8; ++i) state[i] += worked[i];
}

}  // namespace

std::string sha256(std::string_view bytes) {
  std::string padded(bytes);
  padded += '\x80';
  while (padded.size() % 64 != 56) padded += '\0';
  const std::uint64_t bits = static_cast<std::uint64_t>(bytes.size()) * 8;
  for (int shift = 56; shift >= 0; shift -= 8)
    padded += static_cast<char>(static_cast<unsigned char>(bits >> shift));
  std::array<std::uint32_t, 8> state = kInitial;
  for (std::size_t at = 0; at < padded.size(); at += 64)
    compress(state, std::string_view(padded).substr(at, 64));
  std::string hex;
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const std::uint32_t word : state) {
    for (int shift = 28; shift >= 0; shift -= 4) hex += kDigits[(word >> shift) & 0xF];
  }
  return hex;
}

}  // namespace wrackline::scenarios
