// Windows that are no function of the clock, and aggregates beyond counters: what is refused, when they
// speak, and how far sketches are off. That their contents are right is for the property tests.
#include <algorithm>

#include "engine/replay/tune.hpp"
#include "tests/replay/traces.hpp"

namespace wrackline::replay::tests {
namespace {

using Times = std::vector<std::int64_t>;

TEST_CASE("Windows without an end in event time: what would mean nothing there is refused") {
  const auto says = [](const ReplayConfig& config, std::string_view what) {
    const auto problems = config.problems();
    return std::any_of(problems.begin(), problems.end(),
                       [&](const std::string& one) { return one.find(what) != std::string::npos; });
  };
  ReplayConfig count = with("bounded=1s", WindowSpec::count(10, 3));
  CHECK(count.problems().empty());
  count.early_every_ms = 100;
  CHECK(says(count, "one pane"));
  count.allowed_lateness_ms = 1;
  CHECK(says(count, "nothing is late"));
  ReplayConfig global = with("bounded=1s", WindowSpec::global());
  CHECK(says(global, "only early panes make it speak"));
  global.early_every_records = 5;
  CHECK(global.problems().empty());
  global.accumulation = event_time::window::PanePolicy::Accumulation::retracting;
  CHECK(global.problems().empty());
  global.window = WindowSpec::session(100);
  CHECK(says(global, "of global windows only"));
  ReplayConfig twice = with("bounded=1s", WindowSpec::sliding(10));
  twice.aggregates.specs.emplace_back();
  CHECK(says(twice, "count is asked for twice"));
  for (const WindowSpec& window : {WindowSpec::count(10), WindowSpec::global()}) {
    TuneQuestion question;
    question.window = window;
    question.late_rate = 0.01;
    REQUIRE(question.problems().size() == 1);
    CHECK(question.problems().front().find("waits for no watermark") != std::string::npos);
    question.window = WindowSpec::sliding(10);
    CHECK(question.problems().empty());
  }
}

TEST_CASE(
    "Count windows: each record waits for its window, whatever the watermark; short ones stay unfired") {
  ReplayConfig config = with("bounded=0ms,interval=0,scope=task", WindowSpec::count(3));
  config.rows = RowsOf::keys;
  config.most_rows = 10;
  const Times events{100, 50, 10, 200, 205, 206, 207, 208};
  const Times arrivals{100, 110, 120, 200, 205, 206, 207, 209};
  const std::vector<std::uint32_t> keys{0, 0, 0, 1, 0, 0, 0, 1};
  const ReplayResult result = run(config, {events, arrivals, keys, {}});
  CHECK(result.behind == 2);
  CHECK(result.dropped == 0);
  CHECK(result.windows.on_time == PaneCount{2, 6});
  CHECK(result.windows.unfired == 2);
  CHECK(result.windows.unfired_windows == 1);
  CHECK(result.windows.firing_delay.count() == 0);
  REQUIRE(result.rows.size() == 2);
  CHECK(result.rows[0].fired_at_ms == 120);
  CHECK(result.rows[1].fired_at_ms == 207);
  // 20, 60, 110 and 2, 1, 0.
  CHECK(result.windows.record_latency.count() == 6);
  CHECK(result.windows.record_latency.greatest() == 110);
  CHECK(result.windows.peak_cells == 2);
}

TEST_CASE("Global windows: panes by number and by the clock of each key, at the moment when they are due") {
  ReplayConfig config = with("bounded=0ms,interval=0,scope=task", WindowSpec::global());
  config.early_every_ms = 100;
  config.early_every_records = 3;
  config.rows = RowsOf::keys;
  config.most_rows = 100;
  const Times arrivals{1000, 1010, 1020, 1050, 1060, 1500, 1510};
  const std::vector<std::uint32_t> keys{0, 0, 0, 0, 1, 0, 0};
  const auto fired = [&] {
    Times at;
    const ReplayResult result = run(config, {arrivals, arrivals, keys, {}});
    CHECK(result.windows.early.records + result.windows.unfired == 7);
    CHECK(result.windows.record_latency.count() == result.windows.early.records);
    for (const WindowRow& row : result.rows) {
      CHECK(row.timing == PaneTiming::early);
      at.push_back(row.retraction ? -row.fired_at_ms : row.fired_at_ms);
    }
    CHECK(result.windows.unfired == 2);
    return at;
  };
  // Three at 1020; the fourth, at 1050, is due at 1150; the other key's at 1160.
  CHECK(fired() == Times{1020, 1150, 1160});
  config.accumulation = event_time::window::PanePolicy::Accumulation::retracting;
  CHECK(fired() == Times{1020, -1150, 1150, 1160});
  // A periodic watermark has timers of its own between them.
  config.watermark = watermark("bounded=0ms,interval=30ms,scope=task");
  CHECK(fired() == Times{1020, -1150, 1150, 1160});
}

TEST_CASE("Early panes of sliding windows: each that has not fired, if it has more than before") {
  ReplayConfig config = with("bounded=500ms,interval=0,scope=task", WindowSpec::sliding(1000));
  config.early_every_ms = 100;
  // At 1100 [0, 1000], [10, 1010] and [1001, 2001]; at 1300 [250, 1250], [1001, 2001] again, [1011, 2011].
  const Times early{1000, 1010, 1250, 1301};
  CHECK(run(config, {early, early}).windows.early.panes == 6);
  // Of those the first two fire with what they had shown: one record and two.
  const Times until{1000, 1010, 1250, 1301, 1600};
  const ReplayResult fired = run(config, {until, until});
  CHECK(fired.windows.on_time == PaneCount{2, 3});
  CHECK(fired.windows.early.records == 3);
  CHECK(fired.windows.record_latency.count() == 2);
}

TEST_CASE("Sketches: held against what they stand for, at each result of a window and key") {
  ReplayConfig config = with("bounded=0ms,interval=0,scope=task", WindowSpec::tumbling(100));
  const std::vector<std::string> names{"distinct,distinct_sketch",
                                       "quantile,quantile_sketch,quantile_t_digest"};
  const ParsedAggregates parsed = parse_aggregates(names, 0.9);
  REQUIRE(parsed.errors.empty());
  config.aggregates = parsed.list;
  CHECK(config.aggregates.pairs().size() == 3);
  config.rows = RowsOf::windows;
  config.most_rows = 100;
  Times times;
  Times values;
  std::vector<std::uint32_t> keys;
  for (std::int64_t i = 0; i < 4000; ++i) {
    times.push_back(i);
    keys.push_back(static_cast<std::uint32_t>(i % 2));
    values.push_back(1000 + i * i % 977);
  }
  for (const WindowSpec& window :
       {WindowSpec::tumbling(100), WindowSpec::hopping(200, 100), WindowSpec::session(5),
        WindowSpec::sliding(50), WindowSpec::count(50), WindowSpec::count(50, 10)}) {
    CAPTURE(to_text(window));
    config.window = window;
    const ReplayResult result = run(config, {times, times, keys, values});
    const WindowFigures& w = result.windows;
    if (w.on_time.panes == 0) {
      CHECK(w.sketch_errors_ppm.empty());
      continue;
    }
    REQUIRE(w.sketch_errors_ppm.size() == 3);
    for (const Spread& off : w.sketch_errors_ppm) CHECK(off.count() == w.results);
    CHECK(w.sketch_errors_ppm[0].mean() < 30'000);
    // DDSketch promises 1 % of the value, always; and it is not the value itself.
    CHECK(*w.sketch_errors_ppm[1].greatest() <= 10'000);
    CHECK(*w.sketch_errors_ppm[1].greatest() > 0);
    CHECK(result.row_results.size() == 5 * result.rows.size());
    CHECK(result.state_bytes > 0);
  }
  CHECK(parse_aggregates(std::vector<std::string>{"quantil"}, 0.5)
            .errors.front()
            .find("did you mean \"quantile\"?") != std::string::npos);
  CHECK_FALSE(parse_aggregates(std::vector<std::string>{"quantile"}, {}).errors.empty());
  CHECK_FALSE(parse_aggregates(std::vector<std::string>{"count"}, 0.5).errors.empty());
}

}  // namespace
}  // namespace wrackline::replay::tests
