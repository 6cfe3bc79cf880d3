// The loop of the replay: guards, timers, idleness, early panes, the checker of monotone watermarks, what is
// kept of a record if asked for, and what is refused.
#include "engine/replay/lane_loop.hpp"
#include "engine/replay/slice_windows.hpp"
#include "tests/replay/traces.hpp"

namespace wrackline::replay::tests {
namespace {

using Times = std::vector<std::int64_t>;

/// A strategy as it must not be: it says whatever it is told to.
class WildFeed {
 public:
  explicit WildFeed(Times says) : says_{std::move(says)} {}
  void start(std::int64_t) {}
  std::int64_t on_record(std::uint32_t, const event_time::strategy::Observation&) {
    return current_ = says_[next_++];
  }
  static constexpr std::int64_t next_timer() { return event_time::kMaxTimestamp; }
  std::int64_t on_timer() { return current_; }
  static constexpr std::int64_t idle_firings(std::int64_t) { return 0; }
  static constexpr std::int64_t firings_before(std::int64_t) { return 0; }
  void leave_out(std::int64_t) {}
  static constexpr std::int64_t interval_ms() { return 1; }
  event_time::strategy::Counters counters() const { return {}; }
  std::int64_t slack_ms() const { return 0; }
  std::uint64_t state_bytes() const { return 0; }

 private:
  Times says_;
  std::size_t next_ = 0;
  std::int64_t current_ = event_time::kMinTimestamp;
};

TEST_CASE(
    "GIVEN a strategy whose watermark goes back THEN each step back is a violation, and has no effect") {
  const ReplayConfig config = with("ascending", WindowSpec::tumbling(10));
  const auto make = [&](RowList& rows) { return SliceWindows<CountCell>{config.window, 0, rows}; };
  LaneOf<SliceWindows<CountCell>, WildFeed> lane{config, WildFeed{{5, 4, 9, -3, 12}}, make};
  const Times events{5, 6, 9, 11, 12};
  const Times arrivals{5, 6, 9, 11, 12};
  lane.feed({events, arrivals});
  const ReplayResult result = lane.take(true);
  CHECK(result.monotonicity_violations == 2);
  CHECK(result.watermark_messages == 3);
  CHECK(result.windows.on_time.panes == 1);
  // Judged against 5, 5 (not 4), 9, 9 (not -3): only the third record is not past its watermark.
  CHECK(result.behind == 0);
}

TEST_CASE("Guards: records too far ahead or too old are rejected, and no watermark sees them") {
  ReplayConfig config = with("bounded=0ms,interval=0,scope=task", WindowSpec::tumbling(100));
  config.max_future_skew_ms = 10;
  config.max_age_ms = 50;
  const Times arrivals{100, 101, 102, 103, 104};
  const Times events{100, 111, 113, 53, 52};
  config.keep_fates = true;
  const ReplayResult result = run(config, {events, arrivals});
  CHECK(result.rejected_future == 1);
  CHECK(result.rejected_old == 1);
  CHECK(result.accepted() == 2);
  CHECK(result.dropped == 1);
  CHECK(result.fates ==
        std::vector{Fate::on_time, Fate::on_time, Fate::rejected_future, Fate::dropped, Fate::rejected_old});
  CHECK(result.met_watermark_ms[1] == 99);
  CHECK(result.met_watermark_ms[3] == 110);
  CHECK(result.records == result.rejected_future + result.rejected_old + result.dropped + result.accepted());
  // Without the guards the third record takes the watermark with it.
  config.max_future_skew_ms.reset();
  config.max_age_ms.reset();
  CHECK(run(config, {events, arrivals}).lag.least() == -11);
}

TEST_CASE("Periodic emission: the watermark moves at first arrival + phase + n intervals") {
  ReplayConfig config = with("bounded=0ms,interval=100ms,scope=task", WindowSpec::tumbling(50));
  config.keep_fates = true;
  const Times arrivals{1000, 1050, 1099, 1100, 1200};
  WHEN("the phase is one interval") {
    const ReplayResult result = run(config, {arrivals, arrivals});
    CHECK(result.met_watermark_ms ==
          Times{event_time::kMinTimestamp, event_time::kMinTimestamp, event_time::kMinTimestamp, 1098, 1099});
    CHECK(result.before_first_watermark == 3);
    CHECK(result.watermark_messages == 2);
  }
  WHEN("it is shorter") {
    config.phase_ms = 60;
    CHECK(run(config, {arrivals, arrivals}).met_watermark_ms ==
          Times{event_time::kMinTimestamp, event_time::kMinTimestamp, 1049, 1049, 1099});
  }
}

TEST_CASE("Idleness: a silent partition holds the windows back until its time-out has been probed") {
  // Key 1 falls silent at 1000; windows of 100 ms; the other key goes on every 10 ms.
  Times events;
  std::vector<std::uint32_t> keys;
  for (std::int64_t t = 900; t <= 3000; t += 10) {
    events.push_back(t);
    keys.push_back(0);
    if (t <= 1000) {
      events.push_back(t);
      keys.push_back(1);
    }
  }
  const Columns columns{events, events, keys, {}};
  const ReplayResult held =
      run(with("bounded=0ms,interval=50ms,scope=partition", WindowSpec::tumbling(100)), columns);
  CHECK(held.windows.on_time.panes == 1);
  CHECK(held.windows.overdue.count() == 20);
  const ReplayResult freed =
      run(with("bounded=0ms,interval=50ms,scope=partition,idle_timeout=500ms", WindowSpec::tumbling(100)),
          columns);
  CHECK(freed.windows.on_time.panes == 20);
  CHECK(freed.dropped == 0);
  // Idle after the time-out and one to three probes; the windows that were due then fire at once.
  CHECK(*freed.windows.firing_delay.greatest() >= 400);
  CHECK(*freed.windows.firing_delay.greatest() <= 600);
  const ReplayResult merged =
      run(with("bounded=0ms,interval=50ms,scope=task", WindowSpec::tumbling(100)), columns);
  CHECK(merged.windows.on_time.panes == 20);
}

TEST_CASE("Long silences: the timer is not asked in vain, and windows fire when they would have") {
  // A strategy of the clock fires the window of each record 500 ms after its end, however long the gap.
  const Times arrivals{1'000, 10'000'000, 20'000'000'000, 20'000'000'500};
  const ReplayResult result =
      run(with("processing_time_lag=500ms,interval=100ms,scope=task", WindowSpec::tumbling(1000)),
          {arrivals, arrivals});
  CHECK(result.windows.on_time.panes == 2);
  CHECK(*result.windows.firing_delay.least() >= 500);
  CHECK(*result.windows.firing_delay.greatest() <= 601);
  // Its lag over the clock is the lag it keeps and half an interval.
  CHECK(result.mean_lag_over_time_ms == Approx(550).margin(2));
  const ReplayResult bounded =
      run(with("bounded=0ms,interval=100ms,scope=task", WindowSpec::tumbling(1000)), {arrivals, arrivals});
  CHECK(bounded.windows.on_time.panes == 2);
}

TEST_CASE("Early panes: what a window has is shown so often, if it is more than before") {
  ReplayConfig config = with("bounded=0ms,interval=0,scope=task", WindowSpec::tumbling(1000));
  config.early_every_ms = 100;
  const Times arrivals{1000, 1010, 1150, 1320, 1330, 1900, 2000};
  const ReplayResult result = run(config, {arrivals, arrivals});
  // At 1100 two, at 1200 three, at 1400 five, at 2000 - the timer comes before the record - six.
  CHECK(result.windows.early.panes == 4);
  CHECK(result.windows.early.records == 6);
  CHECK(result.windows.on_time.records == 6);
}

TEST_CASE("V27: the fates of the records add up to the counts") {
  if (!available("umts-d3")) return;
  const auto trace = read_trace("umts-d3");
  for (const WindowSpec& window : {WindowSpec::tumbling(1000), WindowSpec::hopping(5000, 700),
                                   WindowSpec::cumulate(6000, 500), WindowSpec::session(300)}) {
    for (const char* block :
         {"bounded=50ms,interval=0,scope=task", "sliding_quantile=0.9,scope=partition", "ewma"}) {
      for (const std::int64_t lateness : {0, 400}) {
        CAPTURE(to_text(window), block, lateness);
        ReplayConfig config = with(block, window);
        config.allowed_lateness_ms = lateness;
        config.keep_fates = true;
        const ReplayResult result = run(config, view(trace));
        std::array<std::uint64_t, 6> by_fate{};
        for (const Fate fate : result.fates) ++by_fate[static_cast<std::size_t>(fate)];
        CHECK(by_fate[static_cast<std::size_t>(Fate::dropped)] == result.dropped);
        CHECK(by_fate[static_cast<std::size_t>(Fate::on_time)] +
                  by_fate[static_cast<std::size_t>(Fate::behind)] ==
              result.accepted());
        CHECK(result.windows.slice_updates == result.accepted());
        CHECK(result.lag.count() + result.before_first_watermark == result.records);
        std::uint64_t blocks = 0;
        for (const std::uint32_t count : result.drops.dropped()) blocks += count;
        CHECK(blocks == result.dropped);
        CHECK(result.windows.record_latency.count() <= result.accepted());
        const WindowFigures& w = result.windows;
        CHECK(w.on_time.records + w.late.records + w.lost + w.unfired >= result.records);
        if (window.kind == WindowKind::tumbling)
          CHECK(w.on_time.records + w.late.records + w.lost + w.unfired == result.records);
      }
    }
  }
}

TEST_CASE("What can not be replayed is refused, and what is wrong with columns is said by row") {
  CHECK_FALSE(with("perfect", WindowSpec::tumbling(1000)).problems().empty());
  CHECK_FALSE(with("bounded=1s,max_drift=1s", WindowSpec::tumbling(1000)).problems().empty());
  CHECK_FALSE(with("bounded=1s,out_of_band=1s", WindowSpec::tumbling(1000)).problems().empty());
  CHECK_FALSE(with("bounded=1s", WindowSpec::tumbling(0)).problems().empty());
  ReplayConfig negative = with("bounded=1s", WindowSpec::tumbling(1000));
  negative.allowed_lateness_ms = -1;
  CHECK_FALSE(negative.problems().empty());

  const ReplayConfig good = with("bounded=1s", WindowSpec::tumbling(1000));
  const Times two{1, 2};
  const Times one{1};
  const Times falling{2, 1};
  const Times absurd{1, kLargestTimeMs + 1};
  CHECK(replay({good}, {two, one}).error.find("differ in length") != std::string::npos);
  CHECK(replay({good}, {two, falling}).error.find("row 1") != std::string::npos);
  CHECK(replay({good}, {absurd, two}).error.find("year 9999") != std::string::npos);
  Replay chunks{{good}};
  CHECK_FALSE(chunks.feed({two, two}));
  CHECK(chunks.feed({one, one}).has_value());
  CHECK(chunks.finish().front().records == 2);
  const std::atomic<bool> cancelled{true};
  CHECK(replay({good}, {two, two}, 1, &cancelled).results.front().records == 0);
}

TEST_CASE("Windows as text: what is read is what is written, and what is wrong is said") {
  for (const char* text :
       {"tumbling=5s", "hopping=1m/5s", "cumulate=1h/10m", "session=30s", "tumbling=1d,offset=-8h",
        "sliding=10s", "sliding=0s", "count=100", "count=100/10", "global"}) {
    const ParsedWindow parsed = parse_window(text);
    INFO(text << ": " << parsed.error);
    REQUIRE(parsed.window.has_value());
    CHECK(to_text(*parsed.window) == text);
  }
  for (const char* text : {"",
                           "tumbling",
                           "tumbling=5",
                           "tumbling=5s/1s",
                           "hopping=5s",
                           "hopping=5s/",
                           "cumulate=1h/7m",
                           "session=0",
                           "sliding=5",
                           "sliding=5s/1s",
                           "sliding=5s,offset=1s",
                           "count",
                           "count=0",
                           "count=5s",
                           "count=10/11",
                           "count=10/0",
                           "count=-1",
                           "global=1",
                           "tumbling=5s,offset=9s",
                           "tumbling=5s,lateness=1s"}) {
    INFO(text);
    CHECK_FALSE(parse_window(text).window.has_value());
    CHECK_FALSE(parse_window(text).error.empty());
  }
  CHECK(parse_window("sesion=30s").error.find("did you mean \"session\"?") != std::string::npos);
}

}  // namespace
}  // namespace wrackline::replay::tests
