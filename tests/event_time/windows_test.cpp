// Which windows a timestamp belongs to: statements W of reference/flink.md 11.1.
#include <vector>

#include "engine/event_time/window_assigner.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::event_time {
namespace {

std::vector<TimestampMs> starts(const WindowAssigner& assigner, TimestampMs ts) {
  std::vector<Window> windows;
  assigner.assign(ts, windows);
  std::vector<TimestampMs> found;
  for (auto window = windows.rbegin(); window != windows.rend(); ++window) {
    CHECK(window->end_ms == window->start_ms + assigner.size_ms);
    found.push_back(window->start_ms);
  }
  return found;
}

using Starts = std::vector<TimestampMs>;

TEST_CASE("W-1 to W-3: tumbling windows, with global offsets") {
  CHECK(starts(WindowAssigner::tumbling(5000), 0) == Starts{0});
  CHECK(starts(WindowAssigner::tumbling(5000), 4999) == Starts{0});
  CHECK(starts(WindowAssigner::tumbling(5000), 5000) == Starts{5000});
  CHECK(starts(WindowAssigner::tumbling(5000, 100), 100) == Starts{100});
  CHECK(starts(WindowAssigner::tumbling(5000, 100), 5099) == Starts{100});
  CHECK(starts(WindowAssigner::tumbling(5000, 100), 5100) == Starts{5100});
  CHECK(starts(WindowAssigner::tumbling(5000, -100), 0) == Starts{-100});
  CHECK(starts(WindowAssigner::tumbling(5000, -100), 4899) == Starts{-100});
  CHECK(starts(WindowAssigner::tumbling(5000, -100), 4900) == Starts{4900});
}

TEST_CASE("W-4, W-13: what Flink refuses") {
  CHECK_FALSE(WindowAssigner::tumbling(-1000).problems().empty());
  CHECK_FALSE(WindowAssigner::tumbling(10'000, 20'000).problems().empty());
  CHECK_FALSE(WindowAssigner::tumbling(10'000, -11'000).problems().empty());
  CHECK_FALSE(WindowAssigner::hopping(2000, -1000).problems().empty());
  CHECK_FALSE(WindowAssigner::hopping(20'000, 10'000, 11'000).problems().empty());
  CHECK_FALSE(WindowAssigner::hopping(20'000, 10'000, -11'000).problems().empty());
  CHECK_FALSE(WindowAssigner::hopping(10'000'001, 1).problems().empty());
  CHECK(WindowAssigner::hopping(10'000'000, 1).problems().empty());
}

TEST_CASE("W-6 to W-9: window starts by floor, for timestamps before 1970 too") {
  struct Row {
    std::int64_t size, offset;
    TimestampMs ts, start;
  };
  for (const Row& row : std::vector<Row>{{7, 0, -8, -14},
                                         {7, 0, -7, -7},
                                         {7, 0, -6, -7},
                                         {7, 0, -1, -7},
                                         {7, 0, 1, 0},
                                         {7, 0, 6, 0},
                                         {7, 0, 7, 7},
                                         {7, 0, 8, 7},
                                         {7, 3, -10, -11},
                                         {7, 3, -9, -11},
                                         {7, 3, -3, -4},
                                         {7, 3, -1, -4},
                                         {7, 3, 2, -4},
                                         {7, 3, 3, 3},
                                         {7, 3, 9, 3},
                                         {7, 3, 10, 10},
                                         {7, -2, -12, -16},
                                         {7, -2, -7, -9},
                                         {7, -2, -3, -9},
                                         {7, -2, -2, -2},
                                         {7, -2, -1, -2},
                                         {7, -2, 4, -2},
                                         {7, -2, 7, 5},
                                         {7, -2, 12, 12},
                                         {86'400'000, -28'800'000, 1470902048450, 1470844800000}}) {
    CAPTURE(row.size, row.offset, row.ts);
    CHECK(floor_to(row.ts, row.size, row.offset) == row.start);
  }
}

TEST_CASE("W-10 to W-12: hopping windows") {
  const auto five_by_one = WindowAssigner::hopping(5000, 1000);
  CHECK(starts(five_by_one, 0) == Starts{-4000, -3000, -2000, -1000, 0});
  CHECK(starts(five_by_one, 4999) == Starts{0, 1000, 2000, 3000, 4000});
  CHECK(starts(five_by_one, 5000) == Starts{1000, 2000, 3000, 4000, 5000});
  CHECK(starts(WindowAssigner::hopping(5000, 1000, 100), 100) == Starts{-3900, -2900, -1900, -900, 100});
  CHECK(starts(WindowAssigner::hopping(5000, 1000, 100), 5100) == Starts{1100, 2100, 3100, 4100, 5100});
  CHECK(starts(WindowAssigner::hopping(5000, 1000, -100), 0) == Starts{-4100, -3100, -2100, -1100, -100});
  CHECK(starts(WindowAssigner::hopping(5000, 1000, -100), 4900) == Starts{900, 1900, 2900, 3900, 4900});
  CHECK(starts(WindowAssigner::hopping(5000, 1000, 500), 100) == Starts{-4500, -3500, -2500, -1500, -500});
  CHECK(starts(WindowAssigner::hopping(5000, 1000, 500), 5499) == Starts{500, 1500, 2500, 3500, 4500});
}

TEST_CASE("A slide longer than the size leaves gaps") {
  const auto gaps = WindowAssigner::hopping(3000, 5000);
  CHECK(starts(gaps, 2999) == Starts{0});
  CHECK(starts(gaps, 3000) == Starts{});
  CHECK(starts(gaps, 5000) == Starts{5000});
}

}  // namespace
}  // namespace wrackline::event_time
