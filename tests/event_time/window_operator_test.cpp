// The window operator: statements L of reference/flink.md 11.2, then what Flink leaves open and we promise.
#include <string>
#include <vector>

#include <fmt/format.h>

#include "engine/event_time/window_operator.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::event_time {
namespace {

using Verdict = WindowOperator::Verdict;
using Results = std::vector<std::string>;

/// An operator on partition 0 that counts, and says what came out as "k<key>:<sum>@<max timestamp>".
struct Harness {
  explicit Harness(const WindowAssigner& assigner, std::int64_t lateness_ms = 0)
      : windows{assigner, lateness_ms} {}

  Results element(std::uint32_t key, TimestampMs ts, Verdict expected = Verdict::accepted) {
    const sim::EventId id{1, next++};
    CHECK(windows.add(0, key, ts, id, 1, fired) == expected);
    return take();
  }
  Results watermark(TimestampMs to) {
    windows.advance_watermark(to, fired);
    return take();
  }
  Results take() {
    Results results;
    for (const Pane& pane : fired.panes) {
      CHECK(pane.aggregate.sum == pane.aggregate.count);
      std::uint64_t digest = 0;
      for (const sim::EventId id : fired.contributions(pane)) digest += sim::mix(id);
      CHECK(digest == pane.aggregate.digest);
      results.push_back(fmt::format("k{}:{}@{}", pane.key, pane.aggregate.sum, pane.window.max_timestamp()));
    }
    fired.clear();
    return results;
  }
  /// As after a failure: a new operator gets the snapshot.
  void snapshot_and_restore() {
    const PartitionSnapshot saved = windows.snapshot(0);
    windows = WindowOperator{windows.assigner(), windows.allowed_lateness_ms()};
    windows.restore(0, saved);
    CHECK(windows.snapshot(0) == saved);
  }

  WindowOperator windows;
  PaneBatch fired;
  std::uint64_t next = 0;
};

void feed_k2_k1(Harness& harness) {
  for (const TimestampMs ts : {3999, 3000}) harness.element(2, ts);
  for (const TimestampMs ts : {20, 0, 999}) harness.element(1, ts);
  for (const TimestampMs ts : {1998, 1999, 1000}) harness.element(2, ts);
}

TEST_CASE("L-1: tumbling windows fire once, in order of key, over a snapshot") {
  Harness harness{WindowAssigner::tumbling(3000)};
  feed_k2_k1(harness);
  CHECK(harness.watermark(999).empty());
  CHECK(harness.watermark(1999).empty());
  harness.snapshot_and_restore();
  CHECK(harness.watermark(2999) == Results{"k1:3@2999", "k2:3@2999"});
  CHECK(harness.watermark(3999).empty());
  CHECK(harness.watermark(4999).empty());
  CHECK(harness.watermark(5999) == Results{"k2:2@5999"});
  CHECK(harness.watermark(6999).empty());
  CHECK(harness.windows.slices_held() == 0);
}

TEST_CASE("L-2: hopping windows share slices and fire as if each had its own state") {
  Harness harness{WindowAssigner::hopping(3000, 1000)};
  feed_k2_k1(harness);
  CHECK(harness.watermark(999) == Results{"k1:3@999"});
  CHECK(harness.watermark(1999) == Results{"k1:3@1999", "k2:3@1999"});
  CHECK(harness.watermark(2999) == Results{"k1:3@2999", "k2:3@2999"});
  harness.snapshot_and_restore();
  CHECK(harness.watermark(3999) == Results{"k2:5@3999"});
  CHECK(harness.watermark(4999) == Results{"k2:2@4999"});
  CHECK(harness.watermark(5999) == Results{"k2:2@5999"});
  CHECK(harness.watermark(kMaxTimestamp).empty());
}

TEST_CASE("L-4, L-8: with lateness 0 a window accepts until the watermark reaches its last millisecond") {
  Harness harness{WindowAssigner::tumbling(2000)};
  harness.element(1, 1000);
  CHECK(harness.watermark(1985).empty());
  harness.element(1, 1980);
  CHECK(harness.watermark(1998).empty());
  harness.element(1, 1500);
  CHECK(harness.watermark(1999) == Results{"k1:3@1999"});
  harness.element(1, 1998, Verdict::late_dropped);
  harness.element(1, 2001);
  CHECK(harness.watermark(2999).empty());
  CHECK(harness.watermark(3999) == Results{"k1:1@3999"});
}

TEST_CASE("L-5: a hopping record that is late for one window only is kept in the others") {
  Harness harness{WindowAssigner::hopping(3000, 1000)};
  harness.element(2, 1000);
  CHECK(harness.watermark(1999) == Results{"k2:1@1999"});
  harness.element(2, 2000);
  CHECK(harness.watermark(3000) == Results{"k2:2@2999"});
  harness.element(1, 3001);
  harness.element(2, 2400);
  harness.element(2, 2400);
  harness.element(1, 3001);
  harness.element(2, 3900);
  CHECK(harness.watermark(6000) ==
        Results{"k1:2@3999", "k2:5@3999", "k1:2@4999", "k2:4@4999", "k1:2@5999", "k2:1@5999"});
  harness.element(1, 3001, Verdict::late_dropped);
}

TEST_CASE("L-6: a cleanup time that overflows means never") {
  Harness harness{WindowAssigner::tumbling(1000), 2000};
  const TimestampMs ts = kMaxTimestamp - 1750;
  harness.element(1, ts);
  CHECK(harness.watermark(kMaxTimestamp - 1500).empty());
  const TimestampMs max = floor_to(ts, 1000, 0) + 999;
  CHECK(harness.watermark(max) == Results{fmt::format("k1:1@{}", max)});
}

TEST_CASE(
    "L-7, L-10: with allowed lateness every accepted late record fires again at once, until the cleanup") {
  Harness harness{WindowAssigner::tumbling(2000), 500};
  harness.element(1, 500);
  CHECK(harness.watermark(2000) == Results{"k1:1@1999"});
  CHECK(harness.element(1, 600) == Results{"k1:2@1999"});
  CHECK(harness.watermark(2498).empty());
  CHECK(harness.element(1, 700) == Results{"k1:3@1999"});
  CHECK(harness.element(9, 800) == Results{"k9:1@1999"});
  CHECK(harness.watermark(2499).empty());
  harness.element(1, 800, Verdict::late_dropped);
  CHECK(harness.windows.slices_held() == 0);
}

TEST_CASE("Panes count from 0 per key and window, late first firings included, and survive a snapshot") {
  WindowOperator windows{WindowAssigner::hopping(2000, 1000), 5000};
  PaneBatch fired;
  windows.add(0, 1, 1500, {1, 0}, 10, fired);
  windows.advance_watermark(2100, fired);
  REQUIRE(fired.panes.size() == 1);
  CHECK(fired.panes[0].index == 0);
  CHECK(fired.panes[0].timing == PaneTiming::on_time);
  fired.clear();

  const PartitionSnapshot saved = windows.snapshot(0);
  windows = WindowOperator{WindowAssigner::hopping(2000, 1000), 5000};
  windows.restore(0, saved);
  windows.add(0, 1, 1600, {1, 1}, 32, fired);
  REQUIRE(fired.panes.size() == 1);
  CHECK(fired.panes[0].window == Window{0, 2000});
  CHECK(fired.panes[0].index == 1);
  CHECK(fired.panes[0].timing == PaneTiming::late);
  CHECK(fired.panes[0].aggregate.sum == 42);
  CHECK(fired.panes[0].aggregate.min == 10);
  CHECK(fired.panes[0].aggregate.max == 32);
  fired.clear();
  // Late for [0, 2000) and for [-1000, 1000), which had nothing yet: newest first, as the assigner lists
  // them.
  windows.add(0, 2, 900, {1, 2}, 1, fired);
  REQUIRE(fired.panes.size() == 2);
  CHECK(fired.panes[0].window == Window{0, 2000});
  CHECK(fired.panes[1].window == Window{-1000, 1000});
  CHECK(fired.panes[1].index == 0);
  CHECK(fired.panes[1].timing == PaneTiming::late);
}

TEST_CASE(
    "A restored partition is judged by the watermark of its snapshot: no second firing, no re-opened "
    "window") {
  Harness harness{WindowAssigner::tumbling(1000)};
  harness.element(1, 500);
  harness.element(1, 1500);
  CHECK(harness.watermark(999) == Results{"k1:1@999"});
  harness.snapshot_and_restore();
  CHECK(harness.windows.watermark() == kMinTimestamp);
  harness.element(1, 600, Verdict::late_dropped);
  harness.element(1, 1600);
  CHECK(harness.watermark(1999) == Results{"k1:2@1999"});
}

TEST_CASE("Slide > size: a record in a gap vanishes, and counts as late only by its own timestamp") {
  Harness harness{WindowAssigner::hopping(3000, 5000)};
  harness.element(1, 3500, Verdict::no_window);
  harness.element(1, 2999);
  CHECK(harness.watermark(3500) == Results{"k1:1@2999"});
  harness.element(1, 3500, Verdict::late_dropped);
  harness.element(1, kMinTimestamp, Verdict::no_window);
}

TEST_CASE(
    "Revoking a partition drops its state and nothing else; firing goes by window end, partition, key") {
  WindowOperator windows{WindowAssigner::tumbling(1000)};
  PaneBatch fired;
  for (const PartitionId partition : {7U, 2U, 5U})
    for (const std::uint32_t key : {9U, 4U})
      for (const TimestampMs ts : {1100, 100}) windows.add(partition, key, ts, {1, key}, 1, fired);
  windows.purge_partition(5);
  windows.purge_partition(99);
  windows.advance_watermark(kMaxTimestamp, fired);
  Results order;
  for (const Pane& pane : fired.panes)
    order.push_back(fmt::format("{}/p{}/k{}", pane.window.end_ms, pane.partition, pane.key));
  CHECK(order == Results{"1000/p2/k4", "1000/p2/k9", "1000/p7/k4", "1000/p7/k9", "2000/p2/k4", "2000/p2/k9",
                         "2000/p7/k4", "2000/p7/k9"});
}

TEST_CASE("A negative lateness is refused") {
  CHECK(WindowOperator::problems(WindowAssigner::tumbling(1000), -1).size() == 1);
  CHECK(WindowOperator::problems(WindowAssigner::tumbling(0), -1).size() == 3);
  CHECK(WindowOperator::problems(WindowAssigner::tumbling(1000), kMaxTimestamp).empty());
}

TEST_CASE("Lineage: full, only what is new in late panes, or none; the digest is always that of all") {
  for (const Lineage lineage : {Lineage::full, Lineage::delta, Lineage::none}) {
    WindowOperator windows{WindowAssigner::tumbling(1000), 5000, lineage};
    PaneBatch fired;
    windows.add(0, 1, 100, {1, 0}, 1, fired);
    windows.add(0, 1, 200, {1, 1}, 1, fired);
    windows.advance_watermark(999, fired);
    windows.add(0, 1, 300, {1, 2}, 1, fired);
    REQUIRE(fired.panes.size() == 2);
    const std::size_t on_time = fired.contributions(fired.panes[0]).size();
    const auto late = fired.contributions(fired.panes[1]);
    CHECK(on_time == (lineage == Lineage::none ? 0 : 2));
    CHECK(late.size() == (lineage == Lineage::full ? 3 : lineage == Lineage::delta ? 1 : 0));
    if (!late.empty()) CHECK(late.back() == sim::EventId{1, 2});
    std::uint64_t digest = 0;
    for (std::uint64_t n = 0; n < 3; ++n) digest += sim::mix(sim::EventId{1, n});
    CHECK(fired.panes[1].aggregate.digest == digest);
    CHECK(windows.records_held() == (lineage == Lineage::none ? 0 : 3));
    const PartitionSnapshot saved = windows.snapshot(0);
    windows.purge_partition(0);
    windows.restore(0, saved);
    CHECK(windows.snapshot(0) == saved);
  }
}

TEST_CASE("A smaller watermark is ignored") {
  Harness harness{WindowAssigner::tumbling(1000)};
  harness.watermark(5000);
  harness.watermark(100);
  CHECK(harness.windows.watermark() == 5000);
  harness.element(1, 500, Verdict::late_dropped);
}

}  // namespace
}  // namespace wrackline::event_time
