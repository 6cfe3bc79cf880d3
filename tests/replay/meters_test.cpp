// The meters of the replay against sorting and adding up.
#include <algorithm>
#include <cmath>

#include "engine/replay/cells.hpp"
#include "engine/replay/drop_interval.hpp"
#include "engine/replay/min_tree.hpp"
#include "engine/replay/time_bag.hpp"
#include "sim/random.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::replay {
namespace {

TEST_CASE(
    "Spread: small values exactly, larger ones within 0.4 %, on both sides of zero; merging is adding") {
  for (const std::int64_t scale : std::vector<std::int64_t>{100, 5'000, 1'000'000, 3'000'000'000}) {
    CAPTURE(scale);
    sim::Stream stream{1, "spread", std::to_string(scale)};
    std::vector<std::int64_t> values;
    Spread whole;
    Spread parts[2];
    double sum = 0;
    for (int i = 0; i < 5000; ++i) {
      const std::int64_t value = stream.between(-scale / 3, scale);
      values.push_back(value);
      whole.insert(value);
      parts[i % 2].insert(value);
      sum += static_cast<double>(value);
    }
    std::sort(values.begin(), values.end());
    CHECK(whole.mean() == Approx(sum / 5000));
    CHECK(whole.least() == values.front());
    CHECK(whole.greatest() == values.back());
    for (const std::uint32_t q : {1U, 500U, 5000U, 9500U, 9900U, 9999U, 10000U}) {
      const auto rank = static_cast<std::size_t>(std::ceil(5000.0 * q / 10000)) - 1;
      const auto exact = static_cast<double>(values[rank]);
      CHECK(std::fabs(static_cast<double>(*whole.quantile(q)) - exact) <=
            (std::fabs(exact) < 256 ? 0 : 0.004 * std::fabs(exact) + 1));
    }
    parts[0].merge(parts[1]);
    CHECK(parts[0] == whole);
  }
  CHECK_FALSE(Spread{}.quantile(5000));
}

TEST_CASE("TimeBag: the sum is exact, a single latency off by less than 1/128 of the span") {
  sim::Stream stream{3, "bag", "times"};
  for (int round = 0; round < 200; ++round) {
    const std::int64_t span = stream.between(1, 100'000);
    const std::int64_t from = stream.between(-1'000'000, 1'000'000);
    const std::int64_t count = stream.between(1, 2000);
    TimeBag bag;
    TimeBag other;
    bag.reset(from);
    other.reset(from + 17);
    std::vector<std::int64_t> times;
    for (std::int64_t i = 0; i < count; ++i) {
      times.push_back(from + stream.between(0, span));
      (stream.below(3) == 0 ? other : bag).add(times.back());
    }
    bag.take(other);
    CHECK(other.empty());
    REQUIRE(bag.count() == times.size());
    Spread latencies;
    const std::int64_t now = from + 2 * span;
    bag.release(now, latencies);
    CHECK(bag.empty());
    double sum = 0;
    for (const std::int64_t time : times) sum += static_cast<double>(now - time);
    CHECK(latencies.count() == times.size());
    CHECK(latencies.mean() * static_cast<double>(count) == Approx(sum).epsilon(1e-12));
    std::sort(times.begin(), times.end(), std::greater<>{});
    const auto exact = static_cast<double>(now - times[(times.size() + 1) / 2 - 1]);
    CHECK(std::fabs(static_cast<double>(*latencies.quantile(5000)) - exact) <=
          static_cast<double>(span) / 64 + 0.004 * exact + 1);
  }
}

TEST_CASE("Cells: by array or by table, the same") {
  for (const std::uint32_t most : {50U, 70'000U, 4'000'000U}) {
    sim::Stream stream{5, "cells", std::to_string(most)};
    Cells<StatCell> cells;
    for (int use = 0; use < 3; ++use) {
      std::vector<std::pair<std::uint32_t, std::int64_t>> added;
      std::size_t fresh = 0;
      for (int i = 0; i < 500; ++i) {
        const auto key = static_cast<std::uint32_t>(stream.below(most));
        const std::int64_t value = stream.between(-9, 9);
        fresh += cells.add(key, value) ? 1 : 0;
        added.emplace_back(key, value);
      }
      CHECK(cells.keys().size() == fresh);
      for (const std::uint32_t key : cells.keys()) {
        StatCell by_hand;
        for (const auto& [other, value] : added)
          if (other == key) by_hand.add(value);
        REQUIRE(cells.find(key) != nullptr);
        CHECK(cells.find(key)->sum == by_hand.sum);
        CHECK(cells.find(key)->count == by_hand.count);
      }
      CHECK(cells.find(most) == nullptr);
      cells.clear();
      CHECK(cells.keys().empty());
    }
  }
}

TEST_CASE("MinTree: the least of all slots, whatever changes") {
  sim::Stream stream{6, "tree", "slots"};
  MinTree tree;
  std::vector<std::int64_t> slots;
  CHECK(tree.least() == event_time::kMaxTimestamp);
  for (int i = 0; i < 2000; ++i) {
    const auto slot = static_cast<std::size_t>(stream.below(40));
    if (slot >= slots.size()) slots.resize(slot + 1, event_time::kMaxTimestamp);
    slots[slot] = stream.between(-100, 100);
    tree.set(slot, slots[slot]);
    REQUIRE(tree.least() == *std::min_element(slots.begin(), slots.end()));
  }
}

TEST_CASE("DropBlocks: every drop is in the block of its row, also after blocks were joined") {
  sim::Stream stream{8, "blocks", "rows"};
  DropBlocks drops;
  std::vector<std::uint64_t> rows;
  std::uint64_t row = 0;
  for (int i = 0; i < 3000; ++i) {
    row += stream.below(200);
    rows.push_back(row);
    drops.add(row);
  }
  CHECK(drops.dropped().size() <= DropBlocks::kMost);
  std::uint64_t block_rows = 0;
  const auto blocks = drops.joined(row + 1, 1000, block_rows);
  CHECK(block_rows >= 1000);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const auto in =
        std::count_if(rows.begin(), rows.end(), [&](std::uint64_t each) { return each / block_rows == i; });
    CHECK(blocks[i] == static_cast<std::uint32_t>(in));
  }
}

TEST_CASE("The interval of the drop rate covers the next stretch as often as it says, clustered or not") {
  for (const double rate : {0.0005, 0.005, 0.05}) {
    for (const std::uint32_t cluster : {1U, 5U}) {
      CAPTURE(rate, cluster);
      sim::Stream stream{9, "interval", std::to_string(rate) + std::to_string(cluster)};
      int covered = 0;
      constexpr int kTrials = 300;
      constexpr std::uint64_t kRecords = 10'000;
      for (int trial = 0; trial < kTrials; ++trial) {
        DropBlocks drops;
        std::uint64_t counts[2] = {0, 0};
        for (int half = 0; half < 2; ++half) {
          for (std::uint64_t i = 0; i < kRecords; ++i) {
            if (stream.unit() >= rate / cluster) continue;
            for (std::uint64_t k = i; k < std::min(kRecords, i + cluster); ++k) {
              ++counts[half];
              if (half == 0) drops.add(k);
            }
          }
        }
        const DropInterval interval = predict_drops(drops, counts[0], kRecords, kRecords, 0.95);
        const double next = static_cast<double>(counts[1]) / kRecords;
        covered += next <= interval.high && next >= interval.low ? 1 : 0;
      }
      // Clusters that happen too rarely to be seen as such are the weak side (5 in a row at 0.05 %).
      CHECK(covered >= kTrials * (rate < 0.001 && cluster > 1 ? 0.85 : 0.93));
    }
  }
}

}  // namespace
}  // namespace wrackline::replay
