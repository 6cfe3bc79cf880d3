// V27 and the windows of the replay against engine/event_time/window's operator, which is written without
// anything of them: the same random records, watermarks, windows and lateness must give the same panes -
// start, end, key, content, moment, on time or late - and the same verdict for each record. And the books
// close: every membership is on time, late, lost or unfired.
//
// WRACKLINE_PROPERTY_CASES says how many cases (default 4000).
#include <algorithm>
#include <cstdlib>
#include <tuple>

#include "engine/event_time/window/pane_operator.hpp"
#include "engine/replay/session_windows.hpp"
#include "engine/replay/slice_windows.hpp"
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

Case make_case(std::uint64_t number, bool sessions) {
  sim::Stream stream{number, "replay", sessions ? "sessions" : "slices"};
  Case made;
  const std::int64_t unit = stream.between(1, 20);
  if (sessions) {
    made.spec = WindowSpec::session(unit * stream.between(1, 4));
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
  if (stream.below(2) == 1) made.lateness_ms = stream.between(1, 60);
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

window::WindowDefinition definition_of(const WindowSpec& spec) {
  switch (spec.kind) {
    case WindowKind::tumbling:
      return window::WindowDefinition::tumbling(spec.size_ms, spec.offset_ms);
    case WindowKind::hopping:
      return window::WindowDefinition::hopping(spec.size_ms, spec.step_ms, spec.offset_ms);
    case WindowKind::cumulate:
      return window::WindowDefinition::cumulate(spec.size_ms, spec.step_ms, spec.offset_ms);
    case WindowKind::session:
      break;
  }
  return window::WindowDefinition::session(spec.size_ms);
}

Outcome by_operator(const Case& made) {
  window::WindowedAggregation spec;
  spec.windows = definition_of(made.spec);
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

std::uint64_t memberships(const Case& made) {
  if (made.spec.kind == WindowKind::session) return made.records.size();
  const window::TimeWindows all{definition_of(made.spec)};
  std::uint64_t found = 0;
  std::vector<event_time::Window> windows;
  for (const Record& record : made.records) {
    all.assign(record.event_ms, windows);
    found += windows.size();
  }
  return found;
}

template <class Windows>
void compare(bool sessions) {
  std::uint64_t on_time = 0;
  std::uint64_t late = 0;
  std::uint64_t lost = 0;
  for (std::uint64_t number = 0; number < cases(); ++number) {
    const Case made = make_case(number, sessions);
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
    REQUIRE(settled == memberships(made));
    REQUIRE(figures.firing_delay.count() == figures.on_time.panes);
    REQUIRE(figures.bucket_updates >= figures.slice_updates);
    on_time += figures.on_time.records;
    late += figures.late.records;
    lost += figures.lost;
  }
  // The cases are of all kinds.
  CHECK(on_time > cases() * 10);
  CHECK(late > cases() / 4);
  CHECK(lost > cases() / 4);
}

TEST_CASE("V27: sliced windows say what the window operator says, and their books close") {
  compare<SliceWindows<StatCell>>(false);
}

TEST_CASE("V27: sessions say what the window operator says, and their books close") {
  compare<SessionWindows>(true);
}

TEST_CASE("V27: with lateness without end the last panes are the batch answer") {
  for (std::uint64_t number = 0; number < cases() / 10; ++number) {
    Case made = make_case(number, false);
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
    const window::TimeWindows all{definition_of(made.spec)};
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
