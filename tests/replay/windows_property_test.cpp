// V27 and the windows of the replay against engine/event_time/window's operator, which is written without
// anything of them: the same random records, watermarks, windows and lateness must give the same panes -
// start, end, key, content, moment, on time or late - and the same verdict for each record. And the books
// close: every membership is on time, late, lost or unfired.
//
// WRACKLINE_PROPERTY_CASES says how many cases (default 4000).
#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>
#include <tuple>

#include "engine/event_time/window/pane_operator.hpp"
#include "engine/replay/count_windows.hpp"
#include "engine/replay/session_windows.hpp"
#include "engine/replay/slice_windows.hpp"
#include "engine/replay/sliding_windows.hpp"
#include "sim/random.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::replay {
namespace {

namespace window = event_time::window;

struct Record {
  std::uint32_t key;
  std::int64_t event_ms;
  std::int64_t value;
  std::int64_t now_ms;
  std::int64_t watermark_after;
};

struct Case {
  WindowSpec spec;
  std::int64_t lateness_ms = 0;
  std::vector<Record> records;
};

std::uint64_t cases() {
  const char* const given = std::getenv("WRACKLINE_PROPERTY_CASES");
  return given == nullptr ? 4000 : std::strtoull(given, nullptr, 10);
}

enum class Family : std::uint8_t { slices, sessions, sliding, counts };
constexpr std::array<std::string_view, 4> kFamilies{"slices", "sessions", "sliding", "counts"};

Case make_case(std::uint64_t number, Family family) {
  sim::Stream stream{number, "replay", kFamilies[static_cast<std::size_t>(family)]};
  Case made;
  const std::int64_t unit = stream.between(1, 20);
  if (family == Family::sessions) {
    made.spec = WindowSpec::session(unit * stream.between(1, 4));
  } else if (family == Family::sliding) {
    made.spec = WindowSpec::sliding(stream.between(0, 60));
  } else if (family == Family::counts) {
    const std::int64_t records = stream.between(1, 12);
    made.spec = WindowSpec::count(records, stream.below(2) == 0 ? records : stream.between(1, records));
  } else {
    const std::int64_t step = unit * stream.between(1, 4);
    switch (stream.below(3)) {
      case 0:
        made.spec = WindowSpec::tumbling(step);
        break;
      case 1:
        made.spec = WindowSpec::hopping(unit * stream.between(1, 12), step);
        break;
      default:
        made.spec = WindowSpec::cumulate(step * stream.between(1, 6), step);
        break;
    }
    made.spec.offset_ms = stream.between(-made.spec.step_ms + 1, made.spec.step_ms - 1);
  }
  if (family != Family::counts && stream.below(2) == 1) made.lateness_ms = stream.between(1, 60);
  const std::int64_t disorder = stream.between(1, 80);
  const std::int64_t bound = stream.between(0, disorder);
  const auto keys = stream.between(1, 4);
  std::int64_t now_ms = stream.between(-500, 500);
  std::int64_t watermark = event_time::kMinTimestamp;
  const std::int64_t count = stream.between(1, 120);
  for (std::int64_t i = 0; i < count; ++i) {
    now_ms += stream.below(12) == 0 ? stream.between(0, 150) : stream.between(0, 8);
    Record record{static_cast<std::uint32_t>(stream.between(0, keys - 1)),
                  now_ms - stream.between(0, disorder), stream.between(-5, 5), now_ms, watermark};
    if (stream.below(3) > 0) watermark = std::max(watermark, record.event_ms - bound - 1);
    record.watermark_after = watermark;
    made.records.push_back(record);
  }
  return made;
}

using Row = std::tuple<std::int64_t, std::int64_t, std::int64_t, std::uint32_t, bool, std::int64_t,
                       std::int64_t, std::int64_t, std::int64_t>;

struct Outcome {
  std::vector<int> verdicts;
  std::vector<Row> rows;
};

Outcome by_operator(const Case& made) {
  window::WindowedAggregation spec;
  spec.windows = made.spec.definition();
  spec.panes.allowed_lateness_ms = made.lateness_ms;
  REQUIRE(spec.problems().empty());
  window::PaneOperator op{spec};
  window::ResultPanes fired;
  Outcome outcome;
  std::uint64_t n = 0;
  const auto collect = [&](std::int64_t now_ms) {
    for (const window::ResultPane& pane : fired.panes)
      outcome.rows.emplace_back(pane.window.start_ms, pane.window.end_ms, now_ms, pane.key,
                                pane.kind == window::PaneKind::late, pane.basic.count, pane.basic.sum,
                                pane.basic.min, pane.basic.max);
    fired.clear();
  };
  for (const Record& record : made.records) {
    outcome.verdicts.push_back(static_cast<int>(
        op.add(0, record.key, record.event_ms, {1, n++}, record.value, record.now_ms, fired)));
    collect(record.now_ms);
    op.advance_watermark(record.watermark_after, fired);
    collect(record.now_ms);
  }
  return outcome;
}

template <class Windows>
Outcome by_replay(const Case& made, WindowFigures& figures) {
  RowList rows{RowsOf::keys, 1'000'000};
  Windows windows{made.spec, made.lateness_ms, rows};
  Outcome outcome;
  std::int64_t watermark = event_time::kMinTimestamp;
  for (const Record& record : made.records) {
    outcome.verdicts.push_back(
        static_cast<int>(windows.add(record.key, record.event_ms, record.value, record.now_ms, watermark)));
    if (record.watermark_after > watermark) {
      watermark = record.watermark_after;
      if (watermark >= windows.next_event()) windows.advance(watermark, record.now_ms);
    }
  }
  figures = windows.take(true, 0);
  for (const WindowRow& row : rows.take())
    outcome.rows.emplace_back(row.start_ms, row.end_ms, row.fired_at_ms, row.key,
                              row.timing == PaneTiming::late, row.count, row.sum, row.least, row.greatest);
  return outcome;
}

void sorted(Outcome& outcome) { std::sort(outcome.rows.begin(), outcome.rows.end()); }

/// Of windows of which that is known before they fire.
std::uint64_t memberships(const Case& made) {
  if (made.spec.kind == WindowKind::session || made.spec.kind == WindowKind::count)
    return made.records.size();
  const window::TimeWindows all{made.spec.definition()};
  std::uint64_t found = 0;
  std::vector<event_time::Window> windows;
  for (const Record& record : made.records) {
    all.assign(record.event_ms, windows);
    found += windows.size();
  }
  return found;
}

template <class Windows>
void compare(Family family) {
  std::uint64_t on_time = 0;
  std::uint64_t late = 0;
  std::uint64_t lost = 0;
  for (std::uint64_t number = 0; number < cases(); ++number) {
    const Case made = make_case(number, family);
    INFO("case " << number << ": " << to_text(made.spec) << ", lateness " << made.lateness_ms);
    WindowFigures figures;
    Outcome mine = by_replay<Windows>(made, figures);
    Outcome theirs = by_operator(made);
    sorted(mine);
    sorted(theirs);
    REQUIRE(mine.verdicts == theirs.verdicts);
    REQUIRE(mine.rows == theirs.rows);

    const std::uint64_t settled =
        figures.on_time.records + figures.late.records + figures.lost + figures.unfired;
    const bool overlapping_counts = made.spec.every != made.spec.records;
    if (family != Family::sliding && !overlapping_counts) REQUIRE(settled == memberships(made));
    if (family == Family::counts) continue;
    REQUIRE(figures.firing_delay.count() == figures.on_time.panes);
    if (family != Family::sliding) REQUIRE(figures.bucket_updates >= figures.slice_updates);
    REQUIRE(figures.record_latency.count() <= figures.slice_updates);
    on_time += figures.on_time.records;
    late += figures.late.records;
    lost += family == Family::sliding
                ? static_cast<std::uint64_t>(std::count(mine.verdicts.begin(), mine.verdicts.end(),
                                                        static_cast<int>(Verdict::dropped)))
                : figures.lost;
  }
  if (family == Family::counts) return;
  // The cases are of all kinds.
  CHECK(on_time > cases() * 10);
  CHECK(late > cases() / 4);
  CHECK(lost > cases() / 4);
}

TEST_CASE("V27: sliced windows say what the window operator says, and their books close") {
  compare<SliceWindows<StatCell>>(Family::slices);
}

TEST_CASE("V27: sessions say what the window operator says, and their books close") {
  compare<SessionWindows<StatCell>>(Family::sessions);
}

TEST_CASE("Sliding windows say what the window operator says") {
  compare<SlidingWindows<StatCell>>(Family::sliding);
}

TEST_CASE("Count windows, also overlapping ones, say what the window operator says") {
  compare<CountWindows<StatCell>>(Family::counts);
}

TEST_CASE("V27: with lateness without end the last panes are the batch answer") {
  for (std::uint64_t number = 0; number < cases() / 10; ++number) {
    Case made = make_case(number, Family::slices);
    made.lateness_ms = 1'000'000;
    made.records.push_back({0, 100'000, 1, 100'000, 99'999});
    INFO("case " << number << ": " << to_text(made.spec));
    WindowFigures figures;
    const Outcome outcome = by_replay<SliceWindows<StatCell>>(made, figures);
    CHECK(figures.lost == 0);
    // The last pane of each window and key, in order of firing, against counting by hand.
    std::map<std::tuple<std::int64_t, std::int64_t, std::uint32_t>, std::int64_t> last;
    for (const Row& row : outcome.rows)
      last[{std::get<0>(row), std::get<1>(row), std::get<3>(row)}] = std::get<5>(row);
    std::map<std::tuple<std::int64_t, std::int64_t, std::uint32_t>, std::int64_t> batch;
    const window::TimeWindows all{made.spec.definition()};
    std::vector<event_time::Window> windows;
    for (const Record& record : made.records) {
      all.assign(record.event_ms, windows);
      for (const auto& each : windows)
        if (each.end_ms - 1 <= 99'999) ++batch[{each.start_ms, each.end_ms, record.key}];
    }
    REQUIRE(last == batch);
  }
}

}  // namespace
}  // namespace wrackline::replay
