// Which windows an element gets, and how sessions merge: statements W and S-9, S-10 of reference/flink.md.
#include <initializer_list>

#include "engine/event_time/flink/merging_window_set.hpp"
#include "engine/event_time/flink/slice_assigner.hpp"
#include "engine/event_time/flink/time_window.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::event_time::flink {
namespace {

using Kind = WindowAssigner::Kind;
using Refusal = WindowAssigner::Refusal;

std::vector<TimeWindow> windows_of(const WindowAssigner& assigner, TimestampMs ts, std::int64_t now_ms = 0,
                                   std::int64_t gap_ms = 0) {
  std::vector<TimeWindow> windows;
  REQUIRE(assigner.assign({.timestamp = ts, .gap_ms = gap_ms}, now_ms, windows) == Refusal::none);
  return windows;
}
WindowAssigner tumbling(std::int64_t size_ms, std::int64_t offset_ms = 0) {
  return {.size_ms = size_ms, .offset_ms = offset_ms};
}
WindowAssigner sliding(std::int64_t size_ms, std::int64_t slide_ms, std::int64_t offset_ms = 0) {
  return {.kind = Kind::sliding, .size_ms = size_ms, .slide_ms = slide_ms, .offset_ms = offset_ms};
}
bool refused(const WindowAssigner& assigner, Version version = Version::v2_2) {
  return !assigner.problems(version).empty();
}

TEST_CASE("W-1 to W-3: tumbling windows, with offsets in both directions") {
  CHECK(windows_of(tumbling(5000), 4999) == std::vector<TimeWindow>{{0, 5000}});
  CHECK(windows_of(tumbling(5000), 5000) == std::vector<TimeWindow>{{5000, 10000}});
  CHECK(windows_of(tumbling(5000, 100), 5099) == std::vector<TimeWindow>{{100, 5100}});
  CHECK(windows_of(tumbling(5000, -100), 4899) == std::vector<TimeWindow>{{-100, 4900}});
  CHECK(windows_of(tumbling(5000, -100), 4900) == std::vector<TimeWindow>{{4900, 9900}});
}

TEST_CASE("W-4, W-13, W-14: what the constructors refuse") {
  CHECK(refused(tumbling(-1000)));
  CHECK(refused(tumbling(10000, 20000)));
  CHECK(refused(tumbling(10000, -11000)));
  CHECK(refused(sliding(2000, -1000)));
  CHECK(refused(sliding(20000, 10000, 11000)));
  CHECK(refused({.kind = Kind::session, .gap_ms = 0}));
  CHECK(refused(sliding(10'000'001, 1)));
  CHECK_FALSE(refused(sliding(10'000'001, 1), Version::v1_20));
  CHECK_FALSE(refused(sliding(3000, 2000)));
  std::vector<TimeWindow> windows;
  const WindowAssigner dynamic{.kind = Kind::dynamic_session};
  CHECK(dynamic.assign({.timestamp = 5, .gap_ms = 0}, 0, windows) == Refusal::gap_not_positive);
}

TEST_CASE("W-6 to W-9: window starts by floor, before 1970 too") {
  for (const auto& [ts, start] :
       {std::pair{-8, -14}, {-7, -7}, {-6, -7}, {-1, -7}, {1, 0}, {6, 0}, {7, 7}, {8, 7}})
    CHECK(window_start(ts, 0, 7) == start);
  for (const auto& [ts, start] :
       {std::pair{-10, -11}, {-9, -11}, {-3, -4}, {-1, -4}, {2, -4}, {3, 3}, {10, 10}})
    CHECK(window_start(ts, 3, 7) == start);
  for (const auto& [ts, start] :
       {std::pair{-12, -16}, {-7, -9}, {-3, -9}, {-2, -2}, {4, -2}, {7, 5}, {12, 12}})
    CHECK(window_start(ts, -2, 7) == start);
  CHECK(window_start(1470902048450, -8 * 3'600'000, 24 * 3'600'000) == 1470844800000);
}

TEST_CASE("W-10 to W-12: sliding windows, the newest first") {
  CHECK(windows_of(sliding(5000, 1000), 0) ==
        std::vector<TimeWindow>{{0, 5000}, {-1000, 4000}, {-2000, 3000}, {-3000, 2000}, {-4000, 1000}});
  CHECK(windows_of(sliding(5000, 1000, 100), 5100).front() == TimeWindow{5100, 10100});
  CHECK(windows_of(sliding(5000, 1000, -100), 0).back() == TimeWindow{-4100, 900});
  CHECK(windows_of(sliding(5000, 1000, 500), 100).front() == TimeWindow{-500, 4500});
  CHECK(windows_of(sliding(1000, 3000), 2000).empty());
}

TEST_CASE("W-14: sessions begin at the element; processing-time windows do not look at it") {
  CHECK(windows_of({.kind = Kind::session, .gap_ms = 5000}, 4999) == std::vector<TimeWindow>{{4999, 9999}});
  CHECK(windows_of({.kind = Kind::dynamic_session}, 10, 0, 7) == std::vector<TimeWindow>{{10, 17}});
  WindowAssigner clock = tumbling(3000);
  clock.processing_time = true;
  CHECK(windows_of(clock, kMaxTimestamp, 3) == std::vector<TimeWindow>{{0, 3000}});
  CHECK(windows_of({.kind = Kind::global}, 5) == std::vector<TimeWindow>{kGlobalWindow});
  CHECK(kGlobalWindow.max_timestamp() == kMaxTimestamp);
}

TEST_CASE("W-15: touching windows intersect") {
  const TimeWindow window{10, 20};
  for (const TimeWindow& other : std::initializer_list<TimeWindow>{{10, 20}, {20, 30}, {19, 22}})
    CHECK(window.intersects(other));
  CHECK_FALSE(window.intersects({21, 30}));
}

TEST_CASE("W-18: cumulate assigns to every window from the element's step to the longest") {
  const SliceAssigner cumulate{.kind = SliceAssigner::Kind::cumulate, .size_ms = 5000, .step_ms = 1000};
  std::vector<TimeWindow> windows;
  cumulate.assign(0, windows);
  CHECK(windows.size() == 5);
  cumulate.assign(4999, windows);
  CHECK(windows == std::vector<TimeWindow>{{0, 5000}});
  cumulate.assign(5000, windows);
  CHECK(windows.front() == TimeWindow{5000, 6000});
}

struct Sessions {
  TimeWindow add(TimestampMs start, TimestampMs end) { return set.add({start, end}, merges); }
  MergingWindowSet set;
  std::vector<MergingWindowSet::Merge> merges;
};

TEST_CASE("S-9: the state stays under the first window; a window within another merges nothing") {
  Sessions sessions;
  CHECK(sessions.add(0, 4) == TimeWindow{0, 4});
  CHECK(sessions.add(0, 4) == TimeWindow{0, 4});
  CHECK(sessions.merges.empty());
  CHECK(sessions.add(3, 5) == TimeWindow{0, 5});
  REQUIRE(sessions.merges.size() == 1);
  CHECK(sessions.merges[0].windows == std::vector<TimeWindow>{{0, 4}});
  CHECK(sessions.merges[0].state_window == TimeWindow{0, 4});
  CHECK(sessions.merges[0].merged_state_windows.empty());
  CHECK(sessions.add(4, 6) == TimeWindow{0, 6});
  CHECK(sessions.set.state_window({0, 6}) == TimeWindow{0, 4});
  CHECK(sessions.add(1, 4) == TimeWindow{0, 6});
  CHECK(sessions.merges.empty());
  CHECK(sessions.add(11, 14) == TimeWindow{11, 14});
  CHECK(sessions.add(10, 13) == TimeWindow{10, 14});
  CHECK(sessions.set.state_window({10, 14}) == TimeWindow{11, 14});
  sessions.set.retire({0, 6});
  CHECK_FALSE(sessions.set.state_window({0, 6}).has_value());
  CHECK(sessions.set.entries().size() == 1);
}

TEST_CASE("S-10, W-16: a late bridge merges all it touches") {
  Sessions sessions;
  for (const TimestampMs start : {0, 5, 10}) sessions.add(start, start + 3);
  CHECK(sessions.add(8, 10) == TimeWindow{5, 13});
  REQUIRE(sessions.merges.size() == 1);
  CHECK(sessions.merges[0].windows.size() == 2);
  CHECK(sessions.merges[0].merged_state_windows.size() == 1);
  CHECK(sessions.add(3, 5) == TimeWindow{0, 13});
  CHECK(sessions.set.entries().size() == 1);
}

}  // namespace
}  // namespace wrackline::event_time::flink
