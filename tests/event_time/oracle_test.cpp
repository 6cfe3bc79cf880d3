// Operator and oracle, which share no code, must agree on random out-of-order input (V27: pane invariants).
#include <map>
#include <set>
#include <vector>

#include "engine/event_time/oracle.hpp"
#include "engine/event_time/window_operator.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::event_time {
namespace {

/// SplitMix64 as a plain sequence: the test needs no more.
struct Draws {
  std::uint64_t state;
  std::uint64_t next() { return sim::mix(state += 0x9e3779b97f4a7c15U); }
  std::int64_t below(std::int64_t bound) {
    return static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(bound));
  }
};

using Where = std::tuple<TimestampMs, PartitionId, std::uint32_t>;

struct Case {
  WindowAssigner assigner;
  std::int64_t lateness_ms;
  std::int64_t bound_ms;
};

Case random_case(Draws& draws) {
  const std::int64_t slide = 1 + draws.below(20);
  const std::int64_t size = draws.below(3) == 0 ? slide : 1 + draws.below(60);
  const std::int64_t offset = draws.below(2 * slide - 1) - (slide - 1);
  const std::int64_t lateness = draws.below(2) == 0 ? 0 : draws.below(50);
  return {{size, slide, offset}, lateness, draws.below(40)};
}

TEST_CASE("V27: the last pane of every window is what the batch oracle computes from the accepted records") {
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    CAPTURE(seed);
    Draws draws{seed};
    const Case config = random_case(draws);
    CAPTURE(config.assigner.size_ms, config.assigner.slide_ms, config.assigner.offset_ms, config.lateness_ms);
    WindowOperator windows{config.assigner, config.lateness_ms};
    // The reference model of acceptance, window by window, straight from the definition.
    std::map<Where, std::vector<sim::EventId>> accepted;
    std::map<Where, std::int64_t> last_count;
    std::map<Where, std::uint32_t> last_index;
    PaneBatch fired;
    TimestampMs max_seen = kMinTimestamp / 2;
    TimestampMs watermark = kMinTimestamp;
    TimestampMs origin = draws.below(2) == 0 ? 0 : -500;
    std::vector<Window> assigned;
    std::vector<Window> twice_closed;

    const auto take = [&] {
      for (const Pane& pane : fired.panes) {
        const Where where{pane.window.start_ms, pane.partition, pane.key};
        const auto ids = fired.contributions(pane);
        CHECK(std::multiset<sim::EventId>(ids.begin(), ids.end()) ==
              std::multiset<sim::EventId>(accepted[where].begin(), accepted[where].end()));
        CHECK(pane.aggregate.count > last_count[where]);
        CHECK(pane.index == (last_count[where] == 0 ? 0 : last_index[where] + 1));
        last_count[where] = pane.aggregate.count;
        last_index[where] = pane.index;
      }
      fired.clear();
    };

    for (std::uint64_t n = 0; n < 300; ++n) {
      const TimestampMs ts = origin + static_cast<TimestampMs>(n) - draws.below(60);
      const auto partition = static_cast<PartitionId>(draws.below(3));
      const auto key = static_cast<std::uint32_t>(draws.below(4));
      const sim::EventId id{1, n};
      config.assigner.assign(ts, assigned);
      bool in_any = false;
      for (const Window& window : assigned) {
        if (is_window_late(window, config.lateness_ms, watermark)) continue;
        in_any = true;
        accepted[{window.start_ms, partition, key}].push_back(id);
      }
      const auto verdict = windows.add(partition, key, ts, id, static_cast<std::int64_t>(n), fired);
      CHECK((verdict == WindowOperator::Verdict::accepted) == in_any);
      take();
      max_seen = std::max(max_seen, ts);
      if (draws.below(3) == 0) {
        watermark = std::max(watermark, max_seen - config.bound_ms - 1);
        windows.advance_watermark(watermark, fired);
        take();
      }
      if (draws.below(100) == 0) {
        const auto moved = static_cast<PartitionId>(draws.below(3));
        const PartitionSnapshot saved = windows.snapshot(moved);
        windows.purge_partition(moved);
        windows.restore(moved, saved);
      }
    }
    windows.advance_watermark(kMaxTimestamp, fired);
    take();
    for (const auto& [where, ids] : accepted)
      CHECK(last_count[where] == static_cast<std::int64_t>(ids.size()));
    CHECK(windows.records_held() == 0);
  }
}

TEST_CASE(
    "With unlimited lateness the last panes equal the batch answer over all records, whatever the "
    "watermark") {
  for (std::uint64_t seed = 1000; seed <= 1200; ++seed) {
    CAPTURE(seed);
    Draws draws{seed};
    const Case config = random_case(draws);
    WindowOperator windows{config.assigner, 1'000'000};
    WindowOracle oracle{config.assigner};
    std::map<std::pair<TimestampMs, std::uint32_t>, Aggregate> last;
    PaneBatch fired;
    for (std::uint64_t n = 0; n < 200; ++n) {
      const TimestampMs ts = static_cast<TimestampMs>(n) - draws.below(80);
      const auto key = static_cast<std::uint32_t>(draws.below(5));
      const std::int64_t value = draws.below(1000) - 500;
      windows.add(0, key, ts, {2, n}, value, fired);
      oracle.add(key, ts, {2, n}, value);
      if (draws.below(5) == 0) windows.advance_watermark(ts, fired);
    }
    windows.advance_watermark(kMaxTimestamp, fired);
    for (const Pane& pane : fired.panes) last[{pane.window.start_ms, pane.key}] = pane.aggregate;
    std::size_t compared = 0;
    for (const TimestampMs start : oracle.window_starts()) {
      for (const ExpectedResult& expected : oracle.expected(start)) {
        const Aggregate& actual = last[{start, expected.key}];
        CHECK(actual.count == expected.count);
        CHECK(actual.sum == expected.sum);
        CHECK(actual.min == expected.min);
        CHECK(actual.max == expected.max);
        CHECK(actual.digest == expected.digest);
        ++compared;
      }
    }
    CHECK(compared == last.size());
  }
}

TEST_CASE(
    "The oracle tells a missing record and a doubled one from the right answer, and forgets on demand") {
  WindowOracle oracle{WindowAssigner::hopping(2000, 1000)};
  for (std::uint64_t n = 0; n < 10; ++n)
    oracle.add(1, static_cast<TimestampMs>(n) * 500, {1, n}, static_cast<std::int64_t>(n));
  const auto right = oracle.expected(1000);
  REQUIRE(right.size() == 1);
  CHECK(right[0].count == 4);
  CHECK(right[0].sum == 2 + 3 + 4 + 5);
  CHECK(oracle.members(1000, 1).size() == 4);
  CHECK(oracle.expected(1000)[0].digest != right[0].digest + sim::mix(sim::EventId{1, 3}));
  CHECK(oracle.window_starts().front() == -1000);
  oracle.forget_before(3000);
  CHECK(oracle.records_held() == 6);
  CHECK(oracle.expected(2000)[0].count == 4);
  oracle.add(1, 2600, {1, 99}, 7);
  CHECK(oracle.expected(2000)[0].count == 5);
}

}  // namespace
}  // namespace wrackline::event_time
