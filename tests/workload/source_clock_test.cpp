// The clock of a source at given times, and events that are reported twice.
#include <algorithm>
#include <chrono>
#include <map>
#include <vector>

#include "engine/workload/source.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::workload {
namespace {

using namespace std::chrono_literals;
using Kind = ClockChange::Kind;

SourceOptions steady(double rate) {
  SourceOptions options;
  options.name = "app";
  options.index = 7;
  options.arrivals.records_per_second = rate;
  options.arrivals.spacing = ArrivalLaw::Spacing::constant;
  return options;
}

ArrivalBatch pull_all(RecordSource& source, sim::Duration until, sim::Duration step) {
  ArrivalBatch batch;
  for (sim::Time at = sim::kStart + step; at <= sim::kStart + until; at += step) source.pull(at, batch);
  return batch;
}

/// How far ahead of the truth the clock was that stamped the record made at `at`.
std::int64_t error_ms(const ArrivalBatch& batch, sim::Duration at) {
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (batch.created_at[i] == sim::kStart + at)
      return batch.event_times_ms[i] - sim::true_wall_ms(batch.created_at[i]);
  }
  FAIL("no record was made then");
  return 0;
}

TEST_CASE("A clock steps, drifts, stands still and catches up at the times that were named, to the record") {
  SourceOptions options = steady(10);
  options.clock_changes = {{sim::kStart + 70s, Kind::thaw_and_catch_up, {}, 0},
                           {sim::kStart + 10s, Kind::step, -3s, 0},
                           {sim::kStart + 60s, Kind::freeze, {}, 0},
                           {sim::kStart + 20s, Kind::step, 3s, 0},
                           {sim::kStart + 30s, Kind::drift, {}, 1'000'000},
                           {sim::kStart + 40s, Kind::drift, {}, 0}};
  Source source{options, 1};
  const auto batch = pull_all(source, 90s, 7s);
  CHECK(error_ms(batch, 9900ms) == 0);
  CHECK(error_ms(batch, 10s) == -3000);
  CHECK(error_ms(batch, 20s) == 0);
  CHECK(error_ms(batch, 35s) == 5);
  CHECK(error_ms(batch, 50s) == 10);
  CHECK(error_ms(batch, 65s) == 10 - 5000);
  CHECK(error_ms(batch, 80s) == 10);
}

TEST_CASE("A wrapped 32-bit counter of microseconds is 4294.967296 s behind until it is set") {
  SourceOptions options = steady(10);
  options.clock_changes = {{sim::kStart + 10s, Kind::step, -kWrap32, 0},
                           {sim::kStart + 20s, Kind::step, kWrap32, 0}};
  Source source{options, 1};
  const auto batch = pull_all(source, 30s, 1s);
  CHECK(error_ms(batch, 15s) == -4'294'968);  // rounded down
  CHECK(error_ms(batch, 25s) == 0);
}

TEST_CASE("How it is pulled changes nothing, with changes of the clock too") {
  SourceOptions options = steady(100);
  options.delay = sim::Distribution::exponential(2e8);
  options.reported_again = {1, 5};
  options.clock_changes = {{sim::kStart + 3s, Kind::step, 1s, 0},
                           {sim::kStart + 5s, Kind::drift, {}, 50'000}};
  Source fine{options, 9};
  Source coarse{options, 9};
  const auto a = pull_all(fine, 12s, 10ms);
  const auto b = pull_all(coarse, 12s, 3s);
  CHECK(a.ids == b.ids);
  CHECK(a.event_times_ms == b.event_times_ms);
  CHECK(a.arrived_at == b.arrived_at);
}

TEST_CASE(
    "A second report has key, value, size and event time of the first, another arrival, and is marked") {
  SourceOptions options = steady(1000);
  options.keys = KeyLaw::uniform(500);
  options.values = {1, 1'000'000};
  options.delay = sim::Distribution::exponential(5e7);
  options.reported_again = {1, 4};
  options.again_after = sim::Distribution::constant(1e7);
  Source source{options, 3};
  const auto batch = pull_all(source, 40s, 100ms);
  std::map<std::uint64_t, std::size_t> at;
  for (std::size_t i = 0; i < batch.size(); ++i) at[batch.ids[i].ordinal()] = i;
  std::uint64_t again = 0;
  std::uint64_t same_arrival = 0;
  for (const sim::CreatedRecord& record : batch.created) {
    const std::uint64_t n = record.id.ordinal();
    if (!record.reported_again) {
      CHECK(source.first_report(record.id) == record.id);
      continue;
    }
    ++again;
    const sim::EventId first{7, n - 1};
    REQUIRE(source.first_report(record.id) == first);
    REQUIRE(source.value_of(record.id) == source.value_of(first));
    if (!at.contains(n) || !at.contains(n - 1)) continue;
    REQUIRE(batch.keys[at[n]] == batch.keys[at[n - 1]]);
    REQUIRE(batch.event_times_ms[at[n]] == batch.event_times_ms[at[n - 1]]);
    REQUIRE(source.key_of(n) == source.key_of(n - 1));
    same_arrival += batch.arrived_at[at[n]] == batch.arrived_at[at[n - 1]] ? 1 : 0;
  }
  const auto events = static_cast<double>(batch.created.size() - again);
  CHECK(static_cast<double>(again) / events == Approx(0.25).epsilon(0.05));
  CHECK(same_arrival == 0);
}

TEST_CASE("Second reports by a lever begin and end at their times; without any, nothing changes") {
  Source source{steady(100), 3};
  CHECK(source.report_again(sim::kStart + 10s, sim::kStart + 20s, {1, 1}));
  const auto batch = pull_all(source, 30s, 100ms);
  for (const sim::CreatedRecord& record : batch.created) {
    const bool within = record.created >= sim::kStart + 10s && record.created < sim::kStart + 20s;
    if (!within) CHECK_FALSE(record.reported_again);
  }
  const auto again = std::count_if(batch.created.begin(), batch.created.end(),
                                   [](const sim::CreatedRecord& record) { return record.reported_again; });
  CHECK(again == Approx(1000).margin(2));
  CHECK(batch.created.size() == static_cast<std::size_t>(3000 + again));
}

}  // namespace
}  // namespace wrackline::workload
