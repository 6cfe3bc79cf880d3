// V06-V12: late records and watermark lag under bounded watermarks, measured with the real source, watermark
// and window objects against the closed forms of science.md 4.2 and 4.3.
//
// One unit of the formulas is 1000 s here, so that the engines' milliseconds are as good as continuous.
#include <cmath>
#include <vector>

#include "engine/event_time/partition_watermarks.hpp"
#include "engine/event_time/window_operator.hpp"
#include "engine/workload/source.hpp"
#include "sim/clock.hpp"
#include "tests/support/catch.hpp"
#include "tests/theory/closed_forms.hpp"

namespace wrackline::theory {
namespace {

constexpr std::int64_t kUnitMs = 1'000'000;
constexpr double kUnitNs = 1e12;

std::int64_t ms(double units) {
  return static_cast<std::int64_t>(std::llround(units * static_cast<double>(kUnitMs)));
}

struct Setting {
  sim::Distribution delay = sim::Distribution::exponential(kUnitNs);
  double rate = 1;  ///< records per unit of time
  double bound = 0;
  std::uint32_t partitions = 1;
  double period = 0;  ///< of the emission; 0: after every record
  double window = 0;  ///< 0: none
  double lateness = 0;
  std::uint64_t records = 200'000;
  std::uint64_t seed = 1;
};

struct Measured {
  double behind = 0;
  double dropped = 0;
  double mean_lag = 0;                ///< of the watermark plus its bound, over time, in units
  std::vector<double> firing_delays;  ///< from the end of a window to its first firing, in units
};

Measured measure(const Setting& setting) {
  workload::SourceOptions options;
  options.name = "theory";
  options.arrivals.records_per_second = setting.rate / (kUnitNs / 1e9);
  options.keys = workload::KeyLaw::uniform(setting.partitions);
  options.delay = setting.delay;
  options.count = setting.records;
  workload::Source source{options, setting.seed};

  auto strategy = event_time::WatermarkStrategy::bounded(ms(setting.bound));
  if (setting.period == 0) strategy.emission = event_time::WatermarkStrategy::Emission::per_record;
  event_time::PartitionWatermarks watermarks{strategy};
  for (std::uint32_t p = 0; p < setting.partitions; ++p) watermarks.add_partition(p);
  // Windows are counted from the start of the run, so that a stretched run has stretched windows (V28).
  const std::int64_t window_ms = ms(setting.window > 0 ? setting.window : 1);
  event_time::WindowOperator windows{
      event_time::WindowAssigner::tumbling(window_ms, sim::kWallEpochMs % window_ms), ms(setting.lateness)};

  Measured result;
  workload::ArrivalBatch batch;
  event_time::PaneBatch fired;
  std::uint64_t behind = 0;
  std::uint64_t dropped = 0;
  double lag_integral = 0;
  double lag_time = 0;
  double last_ms = 0;
  std::int64_t next_emit_ns = 0;
  std::int64_t last_fired_end = 0;

  const auto advance = [&](std::int64_t watermark, double now_ms) {
    windows.advance_watermark(watermark, fired);
    for (const event_time::Pane& pane : fired.panes) {
      if (pane.window.end_ms > last_fired_end && last_fired_end != 0)
        result.firing_delays.push_back(
            (now_ms - static_cast<double>(pane.window.end_ms - sim::kWallEpochMs)) /
            static_cast<double>(kUnitMs));
      last_fired_end = std::max(last_fired_end, pane.window.end_ms);
    }
    fired.clear();
  };

  for (sim::Time at = sim::kStart; !source.exhausted();) {
    at += sim::Duration{static_cast<std::int64_t>(1000 * kUnitNs)};
    batch.clear();
    source.pull(at, batch);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const auto arrived_ns = sim::to_ns(batch.arrived_at[i]);
      const double arrived_ms = static_cast<double>(arrived_ns) / 1e6;
      const auto period_ns = static_cast<std::int64_t>(setting.period * kUnitNs);
      while (setting.period > 0 && next_emit_ns <= arrived_ns) {
        advance(watermarks.on_periodic_emit(next_emit_ns / 1'000'000),
                static_cast<double>(next_emit_ns) / 1e6);
        next_emit_ns += period_ns;
      }
      const std::int64_t before = watermarks.current();
      if (before != event_time::kMinTimestamp) {
        // Between two arrivals the watermark stands and its lag grows with time.
        const double watermark_ms = static_cast<double>(before + 1 + ms(setting.bound) - sim::kWallEpochMs);
        const double span = arrived_ms - last_ms;
        lag_integral += span * ((arrived_ms + last_ms) / 2 - watermark_ms);
        lag_time += span;
      }
      last_ms = arrived_ms;
      const std::int64_t event_time_ms = batch.event_times_ms[i];
      if (event_time_ms <= before) ++behind;
      const std::uint32_t partition = batch.keys[i];
      if (setting.window > 0) {
        const auto verdict = windows.add(partition, 0, event_time_ms, batch.ids[i], 1, fired);
        if (verdict == event_time::WindowOperator::Verdict::late_dropped) ++dropped;
      }
      const std::int64_t after = watermarks.on_record(partition, event_time_ms);
      if (setting.window > 0 && after > before) advance(after, arrived_ms);
    }
  }
  const auto n = static_cast<double>(setting.records);
  result.behind = static_cast<double>(behind) / n;
  result.dropped = static_cast<double>(dropped) / n;
  result.mean_lag = lag_integral / lag_time / static_cast<double>(kUnitMs);
  return result;
}

void compare(const char* what, double measured, double expected, double tolerance) {
  INFO(what << ": measured " << measured << ", expected " << expected << ", tolerance " << tolerance);
  CHECK(std::fabs(measured - expected) <= tolerance);
}

TEST_CASE("The closed forms themselves: the published values of science.md 4.2 and 4.3") {
  const DelayLaw law = exponential_delay(1);
  CHECK(p_behind(law, 0.5, 0) == Approx(0.178628).epsilon(1e-5));
  CHECK(p_behind(law, 1, 0) == Approx(3 - std::exp(1.0)).epsilon(1e-6));
  CHECK(p_behind(law, 10, 0) == Approx(0.666725).epsilon(1e-5));
  CHECK(p_behind(law, 100, 0) == Approx(0.881228).epsilon(1e-5));
  CHECK(p_behind(law, 10, 1, 2) == Approx(0.16842).epsilon(1e-4));
  CHECK(p_behind(law, 10, 1, 4) == Approx(0.08577).epsilon(1e-4));
  CHECK(p_behind(law, 10, 1, 8) == Approx(0.02442).epsilon(2e-4));
  CHECK(p_behind(lognormal_delay(0, 1), 10, 3) == Approx(0.10048).epsilon(1e-4));
  CHECK(p_behind_periodic(law, 10, 1, 0.5) == Approx(0.19302).epsilon(1e-4));
  CHECK(p_dropped(law, 10, 0, 5, 0) == Approx(0.13245).epsilon(1e-4));
  CHECK(mean_lag(law, 1) == Approx(std::exp(1.0) - 1).epsilon(1e-5));
  CHECK(mean_lag(law, 10) == Approx(0.433275).epsilon(1e-5));
}

TEST_CASE("V06: behind rate, exponential delays, rate x mean delay = 1, no bound: 3 - e") {
  compare("V06", measure({}).behind, 3 - std::exp(1.0), 0.005);
}

TEST_CASE("V07: behind rate against the bound: 0.6667 exp(-B)") {
  for (const double bound : {0.0, 1.0, 2.0, 3.0}) {
    CAPTURE(bound);
    const double expected = p_behind(exponential_delay(1), 10, bound);
    compare("V07", measure({.rate = 10, .bound = bound}).behind, expected, rate_tolerance(expected, 2e5));
  }
}

TEST_CASE("V08: dropped from a tumbling window of 5 mean delays") {
  const double expected = p_dropped(exponential_delay(1), 10, 0, 5, 0);
  compare("V08", measure({.rate = 10, .window = 5}).dropped, expected, 0.03 * expected);
}

TEST_CASE("V08 with allowed lateness: it counts as additional bound for the drop, not for the firing") {
  const double expected = p_dropped(exponential_delay(1), 10, 0.5, 5, 1);
  const Measured measured =
      measure({.rate = 10, .bound = 0.5, .window = 5, .lateness = 1, .records = 1'000'000});
  compare("V08 late", measured.dropped, expected, 0.03 * expected);
}

TEST_CASE("V09: periodic emission every half mean delay") {
  const double expected = p_behind_periodic(exponential_delay(1), 10, 1, 0.5);
  compare("V09", measure({.rate = 10, .bound = 1, .period = 0.5}).behind, expected, 0.02 * expected);
}

TEST_CASE("V10: min-combine over 2, 4, 8 partitions") {
  for (const auto& [partitions, tolerance] : {std::pair{2U, 0.03}, {4U, 0.04}, {8U, 0.08}}) {
    CAPTURE(partitions);
    const double expected = p_behind(exponential_delay(1), 10, 1, static_cast<int>(partitions));
    compare("V10", measure({.rate = 10, .bound = 1, .partitions = partitions}).behind, expected,
            tolerance * expected);
  }
}

TEST_CASE("V11: lognormal delays") {
  const double expected = p_behind(lognormal_delay(0, 1), 10, 3);
  const auto delay = sim::Distribution::lognormal(std::log(kUnitNs), 1);
  compare("V11", measure({.delay = delay, .rate = 10, .bound = 3}).behind, expected, 0.03 * expected);
}

TEST_CASE("V12: mean lag of the watermark over time: e - 1, whatever the bound") {
  compare("V12", measure({}).mean_lag, std::exp(1.0) - 1, 0.02 * (std::exp(1.0) - 1));
  compare("V12, B 2", measure({.rate = 10, .bound = 2}).mean_lag, mean_lag(exponential_delay(1), 10),
          0.02 * 0.433275);
  compare("V12, 4 partitions", measure({.rate = 10, .partitions = 4}).mean_lag,
          mean_lag(exponential_delay(1), 10, 4), 0.02 * mean_lag(exponential_delay(1), 10, 4));
}

TEST_CASE("V13: from the end of a window to its firing: bound plus lag") {
  // A prime-like window, so that window borders and arrivals share no lattice.
  Measured measured = measure({.rate = 10, .bound = 2, .window = 3.0017, .records = 300'000});
  REQUIRE(measured.firing_delays.size() > 6000);
  double mean = 0;
  for (const double delay : measured.firing_delays)
    mean += delay / static_cast<double>(measured.firing_delays.size());
  compare("V13 mean", mean, 2 + mean_lag(exponential_delay(1), 10), 0.01 * 2.4333);
  auto& delays = measured.firing_delays;
  std::nth_element(delays.begin(), delays.begin() + static_cast<std::ptrdiff_t>(delays.size() / 2),
                   delays.end());
  compare("V13 P50", delays[delays.size() / 2], 2.3969, 0.01 * 2.3969);
}

TEST_CASE("V06-V12 over 30 seeds, within 4.5 sigma", "[.nightly]") {
  const DelayLaw law = exponential_delay(1);
  for (std::uint64_t seed = 100; seed < 130; ++seed) {
    CAPTURE(seed);
    compare("V06", measure({.seed = seed}).behind, p_behind(law, 1, 0),
            rate_tolerance(p_behind(law, 1, 0), 2e5));
    for (const std::uint32_t partitions : {1U, 2U, 4U, 8U}) {
      const double expected = p_behind(law, 10, 1, static_cast<int>(partitions));
      compare("V10", measure({.rate = 10, .bound = 1, .partitions = partitions, .seed = seed}).behind,
              expected, rate_tolerance(expected, 2e5));
    }
    const double dropped = p_dropped(law, 10, 0, 5, 0);
    compare("V08", measure({.rate = 10, .window = 5, .seed = seed}).dropped, dropped,
            rate_tolerance(dropped, 2e5));
    const double periodic = p_behind_periodic(law, 10, 1, 0.5);
    compare("V09", measure({.rate = 10, .bound = 1, .period = 0.5, .seed = seed}).behind, periodic,
            rate_tolerance(periodic, 2e5));
    const double tail = p_behind(lognormal_delay(0, 1), 10, 3);
    compare("V11",
            measure({.delay = sim::Distribution::lognormal(std::log(kUnitNs), 1),
                     .rate = 10,
                     .bound = 3,
                     .seed = seed})
                .behind,
            tail, rate_tolerance(tail, 2e5));
    compare("V12", measure({.seed = seed}).mean_lag, mean_lag(law, 1), 0.02 * mean_lag(law, 1));
  }
}

TEST_CASE("V28: scaling time by a power of two, rates and bounds with it, changes no fate") {
  Setting setting{.rate = 8, .bound = 1, .window = 4, .records = 50'000};
  const Measured once = measure(setting);
  setting.delay = sim::Distribution::exponential(2 * kUnitNs);
  setting.rate /= 2;
  setting.bound *= 2;
  setting.window *= 2;
  const Measured twice = measure(setting);
  // Not bit for bit: true times are scaled exactly, but stamped to whole milliseconds (a millionth of a unit
  // here).
  CHECK(twice.behind == Approx(once.behind).margin(5e-5));
  CHECK(twice.dropped == Approx(once.dropped).margin(5e-5));
}

}  // namespace
}  // namespace wrackline::theory
