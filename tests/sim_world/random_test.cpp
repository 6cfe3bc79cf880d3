#include "sim/random.hpp"

#include <map>
#include <set>
#include <vector>

#include "tests/support/catch.hpp"

using namespace wrackline::sim;

TEST_CASE("xoshiro256++ gives the published sequence") {
  Stream stream{std::array<std::uint64_t, 4>{1, 2, 3, 4}};
  for (const std::uint64_t expected : {41943041ULL, 58720359ULL, 3588806011781223ULL, 3591011842654386ULL,
                                       9228616714210784205ULL, 9973669472204895162ULL}) {
    CHECK(stream.next() == expected);
  }
}

TEST_CASE("Philox4x32-10 gives the published answers") {
  using Block = std::array<std::uint32_t, 4>;
  CHECK(philox4x32({0, 0, 0, 0}, {0, 0}) == Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  constexpr std::uint32_t f = 0xffffffff;
  CHECK(philox4x32({f, f, f, f}, {f, f}) == Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("a stream depends on every part of its name and on nothing else") {
  std::set<std::uint64_t> keys;
  for (const std::uint64_t seed : {0ULL, 1ULL, 42ULL}) {
    for (const char* entity : {"", "a", "ab", "broker-1", "broker-2", "a name longer than eight bytes"}) {
      for (const char* purpose : {"", "b", "delay", "loss", "loss\0x"})
        keys.insert(stream_key(seed, entity, purpose));
    }
  }
  CHECK(keys.size() == 3 * 6 * 4);
  CHECK(stream_key(7, "ab", "c") != stream_key(7, "a", "bc"));
  CHECK(stream_key(42, "broker-1", "delay") == stream_key(42, "broker-1", "delay"));
}

TEST_CASE("bounded draws are unbiased and within their bounds") {
  Stream stream{5, "dice", "throws"};
  std::map<std::uint64_t, int> counts;
  for (int i = 0; i < 60'000; ++i) ++counts[stream.below(6)];
  CHECK(counts.size() == 6);
  double chi_square = 0;
  for (const auto& [face, count] : counts) chi_square += (count - 10'000.0) * (count - 10'000.0) / 10'000.0;
  CHECK(chi_square < 20.5);  // 5 degrees of freedom, p = 0.001

  // A bound of 2/3 of the range: with a modulo the lower half would come up twice as often.
  int low = 0;
  const std::uint64_t bound = 0xaaaaaaaaaaaaaaabULL;
  for (int i = 0; i < 20'000; ++i) low += stream.below(bound) < bound / 2 ? 1 : 0;
  CHECK(low == Approx(10'000).margin(350));
  for (int i = 0; i < 1'000; ++i) {
    const auto value = stream.between(-3, 4);
    REQUIRE((value >= -3 && value <= 4));
  }
  CHECK(stream.between(INT64_MIN, INT64_MAX) != stream.between(INT64_MIN, INT64_MAX));
}

TEST_CASE("ratios print as given, and 0 and 1 draw nothing") {
  CHECK(Ratio{1, 1000}.to_string() == "1/1000");
  CHECK(Ratio::nearest(0.001) == Ratio{1, 1000});
  CHECK(Ratio::nearest(1.0) == Ratio::always());
  CHECK(Ratio::nearest(-1).is_zero());
  Stream stream{1, "x", "y"};
  Stream untouched = stream;
  CHECK_FALSE(stream.chance(Ratio::never()));
  CHECK(stream.chance(Ratio::always()));
  CHECK(stream.next() == untouched.next());
  int hits = 0;
  for (int i = 0; i < 100'000; ++i) hits += stream.chance({3, 10}) ? 1 : 0;
  CHECK(hits == Approx(30'000).margin(500));
}

TEST_CASE("a decider is a function of n alone") {
  const Decider decider{9, "network", "loss"};
  const auto seventh = decider.bits(7);
  for (std::uint64_t n = 100; n > 0; --n) (void)decider.bits(n);
  CHECK(decider.bits(7) == seventh);
  CHECK(decider.bits(8) != seventh);
  int hits = 0;
  for (std::uint64_t n = 0; n < 100'000; ++n) hits += decider.chance(n, {1, 100}) ? 1 : 0;
  CHECK(hits == Approx(1'000).margin(120));
  CHECK(decider.stream(3).next() == decider.stream(3).next());
}

TEST_CASE("a shuffle is a permutation that depends on the stream") {
  std::vector<int> items{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  auto shuffled = items;
  Stream stream{11, "x", "shuffle"};
  stream.shuffle(std::span{shuffled});
  CHECK(shuffled != items);
  CHECK(std::set<int>(shuffled.begin(), shuffled.end()).size() == 10);
}
