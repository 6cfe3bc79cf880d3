// V06-V13, V21, V28 of science.md 4.10 through the replay, at several configurations each: made traces, the
// catalogue's strategies, the replay's own windows and meters, against the closed forms.
#include <fmt/format.h>

#include "tests/replay/made_trace.hpp"
#include "tests/replay/traces.hpp"
#include "tests/theory/closed_forms.hpp"

namespace wrackline::replay::tests {
namespace {

using theory::exponential_delay;
using theory::lognormal_delay;
using theory::mean_lag;
using theory::p_behind;
using theory::p_behind_periodic;
using theory::p_dropped;
using theory::rate_tolerance;

struct Setting {
  double bound = 0;
  double window = 5;
  double lateness = 0;
  double period = 0;  ///< of the emission; 0: after every record
  bool per_key = false;
};

ReplayConfig config_of(const Setting& setting) {
  ReplayConfig config;
  config.watermark = watermark(fmt::format("bounded={}ms,interval={}ms,scope={}", ms(setting.bound),
                                           ms(setting.period), setting.per_key ? "partition" : "task"));
  config.window = WindowSpec::tumbling(ms(setting.window));
  config.allowed_lateness_ms = ms(setting.lateness);
  return config;
}

ReplayResult measure(const Made& made, const Setting& setting) {
  return run(config_of(setting), view(make_trace(made)));
}

void compare(const char* what, double measured, double expected, double tolerance) {
  INFO(what << ": measured " << measured << ", expected " << expected << ", tolerance " << tolerance);
  CHECK(std::fabs(measured - expected) <= tolerance);
}

TEST_CASE("V06: behind rate, exponential delays, rate x mean delay = 1, no bound: 3 - e") {
  for (const std::uint64_t seed : {1U, 2U, 3U})
    compare("V06", measure({.seed = seed}, {}).behind_rate(), 3 - std::exp(1.0), 0.005);
  for (const double rho : {0.5, 2.0, 5.0, 100.0}) {
    CAPTURE(rho);
    const double expected = p_behind(exponential_delay(1), rho, 0);
    compare("V06 rho", measure({.rate = rho}, {}).behind_rate(), expected, rate_tolerance(expected, 2e5));
  }
}

TEST_CASE("V07: behind rate against the bound: 0.6667 exp(-B), all bounds in one pass") {
  const auto trace = make_trace({.rate = 10});
  std::vector<ReplayConfig> configs;
  const std::vector<double> bounds{0, 0.5, 1, 2, 3};
  for (const double bound : bounds) configs.push_back(config_of({.bound = bound}));
  const ReplayOutcome outcome = replay(configs, view(trace));
  REQUIRE(outcome.results.size() == bounds.size());
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    CAPTURE(bounds[i]);
    const double expected = p_behind(exponential_delay(1), 10, bounds[i]);
    CHECK(expected == Approx(0.6667254 * std::exp(-bounds[i])).epsilon(1e-4));
    compare("V07", outcome.results[i].behind_rate(), expected, rate_tolerance(expected, 2e5));
  }
}

TEST_CASE("V08: dropped from tumbling windows, without and with allowed lateness") {
  for (const Setting& setting : std::vector<Setting>{{.window = 5},
                                                     {.bound = 0.5, .window = 5, .lateness = 1},
                                                     {.bound = 1, .window = 2},
                                                     {.window = 10, .lateness = 0.5}}) {
    CAPTURE(setting.bound, setting.window, setting.lateness);
    const double expected =
        p_dropped(exponential_delay(1), 10, setting.bound, setting.window, setting.lateness);
    const ReplayResult result = measure({.rate = 10, .records = 600'000}, setting);
    compare("V08", result.dropped_rate(), expected, 0.03 * expected);
  }
  compare("V08 published", p_dropped(exponential_delay(1), 10, 0, 5, 0), 0.13245, 1e-4);
}

TEST_CASE("V09: periodic emission, whatever the phase") {
  const auto trace = make_trace({.rate = 10});
  const double expected = p_behind_periodic(exponential_delay(1), 10, 1, 0.5);
  for (const double phase : {0.0, 0.1, 0.37}) {
    CAPTURE(phase);
    ReplayConfig config = config_of({.bound = 1, .period = 0.5});
    config.phase_ms = ms(phase);
    compare("V09", run(config, view(trace)).behind_rate(), expected, 0.02 * expected);
  }
  const double slower = p_behind_periodic(exponential_delay(1), 10, 1, 2);
  compare("V09 P 2", measure({.rate = 10}, {.bound = 1, .period = 2}).behind_rate(), slower, 0.03 * slower);
}

TEST_CASE("V10: min-combine over 2, 4, 8 partitions") {
  for (const auto& [partitions, tolerance] : {std::pair{2U, 0.03}, {4U, 0.04}, {8U, 0.08}}) {
    CAPTURE(partitions);
    const double expected = p_behind(exponential_delay(1), 10, 1, static_cast<int>(partitions));
    const auto trace = make_trace({.rate = 10, .keys = partitions});
    compare("V10", run(config_of({.bound = 1, .per_key = true}), view(trace)).behind_rate(), expected,
            tolerance * expected);
    // One generator behind the shuffle does not know the partitions.
    const double merged = p_behind(exponential_delay(1), 10, 1);
    compare("V10 merged", run(config_of({.bound = 1}), view(trace)).behind_rate(), merged,
            rate_tolerance(merged, 2e5));
  }
}

TEST_CASE("V11: lognormal delays") {
  const Made made{.delay = sim::Distribution::lognormal(std::log(kUnitMs), 1), .rate = 10};
  for (const double bound : {0.0, 3.0, 8.0}) {
    CAPTURE(bound);
    const double expected = p_behind(lognormal_delay(0, 1), 10, bound);
    compare("V11", measure(made, {.bound = bound}).behind_rate(), expected,
            bound > 5 ? rate_tolerance(expected, 2e5) : 0.03 * expected);
  }
}

TEST_CASE("V12: mean lag of the watermark over time: e - 1, whatever the bound") {
  compare("V12", measure({}, {}).mean_lag_over_time_ms / kUnitMs, std::exp(1.0) - 1,
          0.02 * (std::exp(1.0) - 1));
  const double ten = mean_lag(exponential_delay(1), 10);
  compare("V12, B 2", measure({.rate = 10}, {.bound = 2}).mean_lag_over_time_ms / kUnitMs - 2, ten,
          0.02 * ten);
  const double four = mean_lag(exponential_delay(1), 10, 4);
  compare("V12, 4 partitions",
          measure({.rate = 10, .keys = 4}, {.per_key = true}).mean_lag_over_time_ms / kUnitMs, four,
          0.02 * four);
}

TEST_CASE("V13: from the end of a window to its firing: bound plus lag, and half a period") {
  // A window that shares no lattice with anything.
  const Made made{.rate = 10, .records = 300'000};
  const ReplayResult result = measure(made, {.bound = 2, .window = 3.0017});
  REQUIRE(result.windows.firing_delay.count() > 6000);
  compare("V13 mean", result.windows.firing_delay.mean() / kUnitMs, 2 + mean_lag(exponential_delay(1), 10),
          0.01 * 2.4333);
  compare("V13 P50", static_cast<double>(*result.windows.firing_delay.quantile(5000)) / kUnitMs, 2.3969,
          0.01 * 2.3969);
  // Record to result: half a window more; the late ones are missing, the early part of a window waits
  // longest.
  const double record_mean = 2 + mean_lag(exponential_delay(1), 10) + 3.0017 / 2;
  compare("V13 record to result", result.windows.record_latency.mean() / kUnitMs, record_mean,
          0.02 * record_mean);
  const ReplayResult periodic = measure(made, {.bound = 2, .window = 3.0017, .period = 0.5});
  compare("V13 periodic", periodic.windows.firing_delay.mean() / kUnitMs,
          2 + mean_lag(exponential_delay(1), 10) + 0.25, 0.01 * 2.68);
}

TEST_CASE("V21: K-slack on independent latenesses changes its mind H_n times in n records") {
  constexpr int kRuns = 2000;
  constexpr int kRecords = 1000;
  const ReplayConfig config = per_record("k_slack", WindowSpec::tumbling(1'000'000'000));
  double updates = 0;
  for (int number = 0; number < kRuns; ++number) {
    sim::Stream stream{static_cast<std::uint64_t>(number), "k-slack", "lateness"};
    // The first record is the newest of all, so the lateness of each other one is its own draw.
    std::vector<std::int64_t> events{1'000'000'000};
    for (int i = 0; i < kRecords; ++i) events.push_back(1'000'000'000 - 1 - stream.between(0, 500'000'000));
    const std::vector<std::int64_t> arrivals(events.size(), 1'000'000'001);
    const ReplayOutcome outcome = replay({config}, {events, arrivals});
    REQUIRE(outcome.results.size() == 1);
    updates += static_cast<double>(outcome.results.front().strategy.adaptations);
  }
  compare("V21", updates / kRuns, theory::harmonic(kRecords), 0.25);
}

workload::TraceColumns scaled(const workload::TraceColumns& trace, std::int64_t by) {
  workload::TraceColumns copy = trace;
  for (auto& time : copy.event_ms) time *= by;
  for (auto& time : copy.arrival_ms) time *= by;
  return copy;
}

TEST_CASE("V28: scaling time, with every setting, changes no count") {
  const auto trace = make_trace({.rate = 8, .keys = 3, .records = 40'000});
  for (const std::int64_t by : {2, 3, 7}) {
    for (const double period : {0.0, 0.5}) {
      for (const bool per_key : {false, true}) {
        CAPTURE(by, period, per_key);
        Setting setting{.bound = 1, .window = 4, .lateness = 0.25, .period = period, .per_key = per_key};
        const ReplayResult once = run(config_of(setting), view(trace));
        for (double* each : {&setting.bound, &setting.window, &setting.lateness, &setting.period})
          *each *= static_cast<double>(by);
        const auto longer = scaled(trace, by);
        const ReplayResult more = run(config_of(setting), view(longer));
        CHECK(once.behind == more.behind);
        CHECK(once.dropped == more.dropped);
        CHECK(once.windows.on_time == more.windows.on_time);
        CHECK(once.windows.late == more.windows.late);
        CHECK(once.windows.peak_cells == more.windows.peak_cells);
        CHECK(once.lag.mean() * static_cast<double>(by) == Approx(more.lag.mean()).epsilon(1e-12));
        CHECK(once.windows.firing_delay.mean() * static_cast<double>(by) ==
              Approx(more.windows.firing_delay.mean()).epsilon(1e-12));
      }
    }
  }
}

TEST_CASE("V28: other names for the keys change nothing") {
  auto trace = make_trace({.rate = 8, .keys = 50, .records = 40'000});
  const Setting setting{.bound = 1, .window = 2, .lateness = 0.25, .per_key = true};
  const ReplayResult once = run(config_of(setting), view(trace));
  for (auto& key : trace.key) key = 200'000 - 7 * key;
  const ReplayResult renamed = run(config_of(setting), view(trace));
  CHECK(once.behind == renamed.behind);
  CHECK(once.lag == renamed.lag);
  CHECK(once.windows == renamed.windows);
}

TEST_CASE("V28: a trace in chunks, in parts, on several threads: the same") {
  const auto trace = make_trace({.rate = 8, .keys = 5, .records = 50'000});
  const Columns all = view(trace);
  std::vector<ReplayConfig> configs;
  for (const double bound : {0.0, 1.0}) {
    for (const double period : {0.0, 0.3})
      configs.push_back(config_of({.bound = bound, .window = 3, .lateness = 0.2, .period = period}));
  }
  configs.push_back(configs.front());
  configs.back().window = WindowSpec::session(ms(0.4));
  const std::vector<std::string> names{"quantile,quantile_t_digest,distinct_sketch"};
  for (const WindowSpec& window : {WindowSpec::sliding(ms(1)), WindowSpec::count(40, 15),
                                   WindowSpec::global(), WindowSpec::hopping(ms(3), ms(1))}) {
    ReplayConfig& config = configs.emplace_back(configs.front());
    config.window = window;
    if (!ends_in_time(window.kind)) config.allowed_lateness_ms = 0;
    if (window.kind == WindowKind::global) config.early_every_ms = ms(2);
    config.aggregates = parse_aggregates(names, 0.9).list;
    REQUIRE(config.problems().empty());
  }
  const auto whole = replay(configs, all).results;
  Replay chunked{configs, 3};
  Replay halved{configs};
  sim::Stream stream{7, "chunks", "length"};
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t next = std::min(all.size(), at + static_cast<std::size_t>(stream.between(1, 9000)));
    REQUIRE_FALSE(chunked.feed(all.slice(at, next - at)));
    at = next;
  }
  REQUIRE_FALSE(halved.feed(all.slice(0, 20'000)));
  const auto first = halved.cut();
  REQUIRE_FALSE(halved.feed(all.slice(20'000, 30'000)));
  const auto second = halved.finish();
  const auto pieces = chunked.finish();
  for (std::size_t i = 0; i < configs.size(); ++i) {
    CAPTURE(i);
    CHECK(pieces[i].behind == whole[i].behind);
    CHECK(pieces[i].lag == whole[i].lag);
    CHECK(pieces[i].windows == whole[i].windows);
    CHECK(pieces[i].drops == whole[i].drops);
    CHECK(pieces[i].mean_lag_over_time_ms == whole[i].mean_lag_over_time_ms);
    CHECK(first[i].records == 20'000);
    CHECK(first[i].behind + second[i].behind == whole[i].behind);
    CHECK(first[i].dropped + second[i].dropped == whole[i].dropped);
    CHECK(first[i].windows.on_time.records + second[i].windows.on_time.records ==
          whole[i].windows.on_time.records);
    CHECK(first[i].windows.slice_updates + second[i].windows.slice_updates == whole[i].windows.slice_updates);
    CHECK(first[i].windows.early.panes + second[i].windows.early.panes == whole[i].windows.early.panes);
    CHECK(first[i].windows.results + second[i].windows.results == whole[i].windows.results);
    Spread both = first[i].lag;
    both.merge(second[i].lag);
    CHECK(both == whole[i].lag);
  }
}

}  // namespace
}  // namespace wrackline::replay::tests
