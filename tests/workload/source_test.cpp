// Generated sources: when, which key, how late, by which clock; and the levers.
#include <chrono>
#include <cmath>
#include <vector>

#include "engine/workload/delay_profiles.hpp"
#include "engine/workload/source.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::workload {
namespace {

using namespace std::chrono_literals;

SourceOptions steady(double rate, ArrivalLaw::Spacing spacing = ArrivalLaw::Spacing::constant) {
  SourceOptions options;
  options.name = "app";
  options.index = 7;
  options.arrivals.records_per_second = rate;
  options.arrivals.spacing = spacing;
  return options;
}

/// Everything up to `until`, pulled in steps of `step`.
ArrivalBatch pull_all(RecordSource& source, sim::Duration until, sim::Duration step) {
  ArrivalBatch batch;
  for (sim::Time at = sim::kStart + step; at <= sim::kStart + until; at += step) source.pull(at, batch);
  return batch;
}

std::vector<std::int64_t> arrivals_ms(const ArrivalBatch& batch) {
  std::vector<std::int64_t> found;
  for (const sim::Time at : batch.arrived_at) found.push_back(sim::to_ms(at));
  return found;
}

TEST_CASE("A constant source makes one record per gap, within a nanosecond, without drift") {
  Source source{steady(3'000'000), 1};
  const ArrivalBatch batch = pull_all(source, 1s, 10ms);
  // A gap of 333.3 ns: the fraction is carried, so a million records later nothing has moved.
  CHECK(batch.size() == 3'000'000);
  CHECK(sim::to_ns(batch.arrived_at[2]) >= 999);
  CHECK(sim::to_ns(batch.arrived_at.back()) >= 999'999'999);
  CHECK(batch.created.size() == batch.size());
  CHECK(batch.ids[5] == sim::EventId{7, 5});
  CHECK(batch.event_times_ms[0] == sim::kWallEpochMs);
}

TEST_CASE("A Poisson source has exponential gaps: mean, spread and count") {
  Source source{steady(1000, ArrivalLaw::Spacing::poisson), 5};
  const ArrivalBatch batch = pull_all(source, 1000s, 1s);
  const auto n = static_cast<double>(batch.size());
  CHECK(n == Approx(1e6).margin(4.5 * 1e3));
  double squares = 0;
  for (std::size_t i = 1; i < batch.size(); ++i) {
    const auto gap = static_cast<double>((batch.arrived_at[i] - batch.arrived_at[i - 1]).count());
    squares += gap * gap;
  }
  CHECK(squares / n == Approx(2e12).epsilon(0.02));
}

TEST_CASE("The step in which a source is pulled changes nothing") {
  SourceOptions options = steady(5000, ArrivalLaw::Spacing::poisson);
  options.keys = KeyLaw::zipf(1.1, 100);
  options.delay = sim::Distribution::exponential(50e6);
  options.size_bytes = sim::Distribution::uniform(50, 150);
  Source fine{options, 3};
  Source coarse{options, 3};
  const ArrivalBatch a = pull_all(fine, 4s, 1ms);
  const ArrivalBatch b = pull_all(coarse, 4s, 500ms);
  CHECK(a.ids == b.ids);
  CHECK(a.arrived_at == b.arrived_at);
  CHECK(a.keys == b.keys);
  CHECK(a.event_times_ms == b.event_times_ms);
  CHECK(a.sizes_bytes == b.sizes_bytes);
  for (std::size_t i = 0; i < a.size(); ++i) {
    const std::uint64_t n = a.ids[i].ordinal();
    CHECK(a.keys[i] == fine.key_of(n));
    CHECK(a.sizes_bytes[i] == fine.size_of(n));
  }
}

TEST_CASE("Delays reorder: arrivals ascend, every record comes exactly once, memory is what is in flight") {
  SourceOptions options = steady(10'000, ArrivalLaw::Spacing::poisson);
  options.delay =
      sim::Distribution::mixture({{0.99, sim::Distribution::exponential(20e6)},
                                  {0.01, sim::Distribution::pareto(300e6, 1.5).clamped(0, 10e9)}});
  options.end = sim::kStart + 30s;
  Source source{options, 11};
  ArrivalBatch batch;
  std::size_t most_in_flight = 0;
  for (sim::Time at = sim::kStart; !source.exhausted(); at += 7ms) {
    CHECK(source.next_event() >= at - 7ms);
    source.pull(at, batch);
    most_in_flight = std::max(most_in_flight, source.in_flight());
  }
  CHECK(batch.size() == source.created_count());
  CHECK(batch.created.size() == batch.size());
  CHECK(most_in_flight < 2000);
  std::vector<bool> seen(batch.size(), false);
  std::size_t overtaken = 0;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    CHECK_FALSE(seen[batch.ids[i].ordinal()]);
    seen[batch.ids[i].ordinal()] = true;
    CHECK(batch.arrived_at[i] >= batch.created_at[i]);
    if (i == 0) continue;
    CHECK(batch.arrived_at[i] >= batch.arrived_at[i - 1]);
    if (batch.ids[i].ordinal() < batch.ids[i - 1].ordinal()) ++overtaken;
  }
  CHECK(overtaken > 1000);
}

TEST_CASE("next_event is a lower bound that is met: waking up only then finds everything at its own time") {
  SourceOptions options = steady(100, ArrivalLaw::Spacing::poisson);
  options.delay = sim::Distribution::lognormal_median_sigma(30e6, 1.0);
  options.count = 2000;
  Source source{options, 4};
  ArrivalBatch batch;
  while (!source.exhausted()) {
    const sim::Time at = source.next_event();
    batch.clear();
    source.pull(at, batch);
    CHECK(batch.created.size() + batch.size() > 0);
    for (const sim::Time arrived : batch.arrived_at) CHECK(arrived == at);
  }
  CHECK(source.created_count() == 2000);
  CHECK(source.in_flight() == 0);
}

TEST_CASE("Bursts and days: the rate follows its pieces, the mean of on_off and sine is the base rate") {
  SourceOptions bursts = steady(1000);
  bursts.arrivals.shape = BurstyRate{.quiet = 900ms, .burst = 100ms, .quiet_factor = 0, .burst_factor = 10};
  Source bursty{bursts, 1};
  const ArrivalBatch b = pull_all(bursty, 10s, 100ms);
  CHECK(b.size() == Approx(10'000).margin(20));
  for (const std::int64_t ms : arrivals_ms(b)) CHECK((ms % 1000 >= 900 || ms % 1000 == 0));

  bursts.arrivals.shape = BurstyRate::on_off(1s, 0.25);
  Source on_off{bursts, 1};
  CHECK(pull_all(on_off, 40s, 100ms).size() == Approx(40'000).margin(50));

  bursts.arrivals.shape = DiurnalRate::sine(24h, 0.5);
  bursts.arrivals.records_per_second = 1;
  Source daily{bursts, 1};
  const ArrivalBatch day = pull_all(daily, 24h, 1h);
  CHECK(day.size() == Approx(86'400).margin(2));
  std::size_t morning = 0;
  for (const sim::Time at : day.arrived_at)
    if (at < sim::kStart + 12h) ++morning;
  // The integral of 1 + 0.5 sin over half a period: 1/2 + 0.5 / pi of the whole.
  CHECK(static_cast<double>(morning) == Approx(86'400 * (0.5 + 0.5 / 3.14159265358979)).epsilon(0.001));

  SourceOptions random = steady(1000, ArrivalLaw::Spacing::poisson);
  random.arrivals.shape =
      BurstyRate{.quiet = 1s, .burst = 1s, .quiet_factor = 0, .burst_factor = 2, .random_lengths = true};
  Source interrupted{random, 9};
  CHECK(pull_all(interrupted, 4000s, 1s).size() == Approx(4e6).epsilon(0.1));
}

TEST_CASE(
    "The rate lever works from its moment on, in the middle of a gap too; 0 stops, and is not the end") {
  Source source{steady(10), 1};
  ArrivalBatch batch;
  source.pull(sim::kStart + 250ms, batch);
  source.set_rate_factor(sim::kStart + 250ms, 10);
  // Half of the third gap is left, now ten times as fast; then every 10 ms.
  source.pull(sim::kStart + 280ms, batch);
  CHECK(arrivals_ms(batch) == std::vector<std::int64_t>{100, 200, 255, 265, 275});
  source.set_rate_factor(sim::kStart + 280ms, 0);
  source.pull(sim::kStart + 10s, batch);
  CHECK(batch.size() == 5);
  CHECK(source.next_event() == sim::kNever);
  CHECK_FALSE(source.exhausted());
  source.set_rate_factor(sim::kStart + 10s, 1);
  source.pull(sim::kStart + 10s + 60ms, batch);
  CHECK(arrivals_ms(batch).back() == 10'050);

  Source poisson{steady(1000, ArrivalLaw::Spacing::poisson), 2};
  ArrivalBatch before;
  ArrivalBatch after;
  poisson.pull(sim::kStart + 100s, before);
  poisson.set_rate_factor(sim::kStart + 100s, 3);
  poisson.pull(sim::kStart + 200s, after);
  CHECK(after.size() == Approx(3e5).margin(4.5 * std::sqrt(3e5)));
}

TEST_CASE("Stall and replay: nothing comes through, then all at once or at the pace ordered, in order") {
  for (const double speed : {0.0, 2.0}) {
    Source source{steady(10), 1};
    ArrivalBatch batch;
    source.pull(sim::kStart + 1s, batch);
    source.stall(sim::kStart + 1s, sim::kStart + 2s, speed);
    CHECK(source.next_event() == sim::kStart + 1100ms);
    source.pull(sim::kStart + 1999ms, batch);
    CHECK(batch.size() == 10);
    CHECK(batch.created.size() == 19);
    source.pull(sim::kStart + 5s, batch);
    const auto at = arrivals_ms(batch);
    CHECK(at.size() == 50);
    if (speed == 0) {
      CHECK(
          std::vector<std::int64_t>(at.begin() + 10, at.begin() + 22) ==
          std::vector<std::int64_t>{2000, 2000, 2000, 2000, 2000, 2000, 2000, 2000, 2000, 2000, 2100, 2200});
    } else {
      // At twice the pace, a stall of 1 s is caught up 1 s after its end.
      CHECK(std::vector<std::int64_t>(at.begin() + 10, at.begin() + 32) ==
            std::vector<std::int64_t>{2050, 2100, 2150, 2200, 2250, 2300, 2350, 2400, 2450, 2500, 2550,
                                      2600, 2650, 2700, 2750, 2800, 2850, 2900, 2950, 3000, 3100, 3200});
    }
  }
}

TEST_CASE("Overlapping stalls hold until the later end; a delayed source is held too") {
  SourceOptions options = steady(1000, ArrivalLaw::Spacing::poisson);
  options.delay = sim::Distribution::exponential(20e6);
  Source source{options, 1};
  ArrivalBatch batch;
  source.pull(sim::kStart + 1s, batch);
  const std::size_t before = batch.size();
  source.stall(sim::kStart + 1s, sim::kStart + 3s, 0);
  source.pull(sim::kStart + 2s, batch);
  source.stall(sim::kStart + 2s, sim::kStart + 4s, 0);
  source.pull(sim::kStart + 3999ms, batch);
  CHECK(batch.size() == before);
  source.pull(sim::kStart + 6s, batch);
  for (std::size_t i = before; i < batch.size(); ++i) {
    CHECK(batch.arrived_at[i] >= sim::kStart + 4s);
    CHECK(batch.arrived_at[i] >= batch.arrived_at[i - 1]);
  }
  CHECK(batch.size() + source.in_flight() == source.created_count());
}

TEST_CASE("The source's own clock stamps the event time: offset, drift, a step in the middle") {
  SourceOptions options = steady(10);
  options.clock_offset = -2h;
  options.clock_drift_ppb = 1'000'000;  // 1 ms a second
  Source source{options, 1};
  ArrivalBatch batch;
  source.pull(sim::kStart + 100s, batch);
  CHECK(batch.event_times_ms.back() == sim::kWallEpochMs - 7'200'000 + 100'000 + 100);
  source.clock_at(sim::kStart + 100s).step(sim::kStart + 100s, 1h);
  source.pull(sim::kStart + 101s, batch);
  CHECK(batch.event_times_ms.back() == sim::kWallEpochMs - 3'600'000 + 101'000 + 101);
  CHECK(batch.created_at.back() == sim::kStart + 101s);
}

TEST_CASE("Keys: uniform, Zipf and hot keys have their shares; none is none") {
  const auto shares = [](const KeyLaw& law) {
    SourceOptions options = steady(100'000);
    options.keys = law;
    Source source{options, 8};
    const ArrivalBatch batch = pull_all(source, 10s, 1s);
    std::vector<double> share(law.count + 1);
    for (const std::uint32_t key : batch.keys)
      share[key == kNoKey ? law.count : key] += 1 / static_cast<double>(batch.size());
    return share;
  };
  const auto uniform = shares(KeyLaw::uniform(10));
  for (std::size_t key = 0; key < 10; ++key) CHECK(uniform[key] == Approx(0.1).margin(0.0014));
  const auto zipf = shares(KeyLaw::zipf(1, 4));
  CHECK(zipf[0] == Approx(12.0 / 25).margin(0.003));
  CHECK(zipf[1] == Approx(6.0 / 25).margin(0.003));
  CHECK(zipf[3] == Approx(3.0 / 25).margin(0.003));
  const auto hot = shares(KeyLaw::hot(2, 0.8, 10));
  CHECK(hot[0] == Approx(0.4).margin(0.003));
  CHECK(hot[9] == Approx(0.025).margin(0.001));
  CHECK(shares(KeyLaw::none())[1] == Approx(1));
}

TEST_CASE("Values and poison are functions of the identity") {
  SourceOptions options = steady(1000);
  options.values = {-3, 6};
  options.poison = sim::Ratio{1, 10};
  Source source{options, 8};
  std::vector<int> counts(10);
  int poison = 0;
  for (std::uint64_t n = 0; n < 10'000; ++n) {
    const std::int64_t value = source.value_of({7, n});
    REQUIRE((value >= -3 && value <= 6));
    ++counts[static_cast<std::size_t>(value + 3)];
    if (source.is_poison({7, n})) ++poison;
  }
  for (const int count : counts) CHECK(count == Approx(1000).margin(140));
  CHECK(poison == Approx(1000).margin(140));

  Source healthy{steady(1000), 8};
  ArrivalBatch batch;
  healthy.pull(sim::kStart + 1s, batch);
  healthy.poison_next(sim::kStart + 1s, 2);
  CHECK_FALSE(healthy.is_poison({7, 999}));
  CHECK(healthy.is_poison({7, 1000}));
  CHECK(healthy.is_poison({7, 1001}));
  CHECK_FALSE(healthy.is_poison({7, 1002}));
}

TEST_CASE("Common random numbers: the n-th record is the same whatever the rate and the others do") {
  SourceOptions options = steady(1000, ArrivalLaw::Spacing::poisson);
  options.keys = KeyLaw::uniform(1000);
  options.delay = sim::Distribution::exponential(20e6);
  Source slow{options, 3};
  options.arrivals.records_per_second = 4000;
  Source fast{options, 3};
  ArrivalBatch a;
  ArrivalBatch b;
  slow.pull(sim::kStart + 40s, a);
  fast.pull(sim::kStart + 10s, b);
  const auto by_ordinal = [](const ArrivalBatch& batch) {
    std::vector<std::pair<std::uint32_t, std::int64_t>> found(batch.size() + 1000);
    for (std::size_t i = 0; i < batch.size(); ++i)
      if (batch.ids[i].ordinal() < found.size())
        found[batch.ids[i].ordinal()] = {batch.keys[i], (batch.arrived_at[i] - batch.created_at[i]).count()};
    return found;
  };
  const auto from_a = by_ordinal(a);
  const auto from_b = by_ordinal(b);
  for (std::size_t n = 0; n < 30'000; ++n) CHECK(from_a[n] == from_b[n]);
}

TEST_CASE(
    "A zero rate factor for all time, an end before the first record, a count of 0: exhausted or stopped, "
    "not stuck") {
  SourceOptions options = steady(1);
  options.end = sim::kStart + 500ms;
  CHECK(Source{options, 1}.exhausted());
  options = steady(1);
  options.count = 0;
  CHECK(Source{options, 1}.exhausted());
  options = steady(1);
  options.end = sim::kStart + 10s;
  Source stopped{options, 1};
  stopped.set_rate_factor(sim::kStart + 5s, 0);
  CHECK_FALSE(stopped.exhausted());
  ArrivalBatch batch;
  stopped.pull(sim::kStart + 10s, batch);
  CHECK(stopped.exhausted());
}

TEST_CASE("Impossible sources are described, all problems at once") {
  SourceOptions options = steady(0);
  options.keys = KeyLaw::hot(10, 1.5, 10);
  options.values = {5, 1};
  options.poison = sim::Ratio{3, 2};
  options.start = sim::kStart + 2s;
  options.end = sim::kStart + 1s;
  CHECK(options.problems().size() == 6);
  options = steady(1);
  options.arrivals.shape = DiurnalRate{};
  CHECK(options.problems().size() == 2);
  options.arrivals.shape = BurstyRate{};
  CHECK(options.problems().size() == 1);
}

TEST_CASE("Delay profiles: the law has the knots of the trace") {
  CHECK(delay_profiles().size() == 10);
  CHECK(find_delay_profile("umts-d9") == nullptr);
  const auto law = delay_law(*find_delay_profile("umts-d1"));
  CHECK(*law.quantile(0.5) == Approx(107e6));
  CHECK(*law.quantile(0.99) == Approx(306e6));
  CHECK(*delay_law(*find_delay_profile("exchange-coinbase")).quantile(0.5) == Approx(-13e6));
  for (const DelayProfile& profile : delay_profiles()) {
    CAPTURE(std::string{profile.name});
    SourceOptions options = steady(1000);
    options.delay = delay_law(profile);
    options.count = 20'000;
    Source source{options, 6};
    ArrivalBatch batch;
    source.pull(sim::kStart + 24h, batch);
    std::vector<std::int64_t> delays;
    for (std::size_t i = 0; i < batch.size(); ++i)
      delays.push_back((batch.arrived_at[i] - batch.created_at[i]).count());
    REQUIRE(delays.size() == 20'000);
    std::sort(delays.begin(), delays.end());
    CHECK(static_cast<double>(delays[10'000]) ==
          Approx(std::max(0.0, profile.knots_ms[5] * 1e6)).epsilon(0.05));
    CHECK(static_cast<double>(delays[18'000]) ==
          Approx(std::max(0.0, profile.knots_ms[7] * 1e6)).epsilon(0.1));
  }
}

}  // namespace
}  // namespace wrackline::workload
