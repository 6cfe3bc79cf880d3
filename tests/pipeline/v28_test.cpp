// V28 of science.md 4.10: what must not change when time is stretched, keys are renumbered, or a stream is
// split.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "sim/distribution.hpp"
#include "tests/pipeline/replayed_trace.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::pipeline {

using analysis::Fate;
namespace {

/// Rows of a window as (key's number, start, end, pane): value and when, relative to the window's end. Not
/// those that the end of the input calls forth: when that is noticed is the runner's own affair.
class Rows final : public sim::Observer {
 public:
  explicit Rows(sim::Time until = sim::kNever) : until_{until} {}
  using sim::Observer::visible;
  void visible(const sim::VisibleResult& row, sim::Time at) override {
    if (at > until_) return;
    found[{row.key, row.window_start_ms - sim::kWallEpochMs, row.window_end_ms - sim::kWallEpochMs,
           row.pane}] = {row.value, sim::to_ns(at) - (row.window_end_ms - sim::kWallEpochMs) * 1'000'000};
  }
  using Where = std::tuple<std::uint32_t, std::int64_t, std::int64_t, std::uint32_t>;
  struct What {
    std::int64_t value = 0;
    std::int64_t delay_ns = 0;
  };
  std::map<Where, What> found;

 private:
  sim::Time until_;
};

/// Poisson arrivals with exponential delays in whole milliseconds, as in science.md 4.2. The first rows name
/// the keys in the order `names`, all at one time.
Trace made_trace(std::uint64_t seed, const std::vector<std::string>& names,
                 const std::vector<std::string>& drawn, int records) {
  sim::Stream gaps{seed, "laws", "gaps"};
  sim::Stream delays{seed, "laws", "delays"};
  sim::Stream keys{seed, "laws", "keys"};
  const auto gap = sim::Distribution::exponential(12);
  const auto delay = sim::Distribution::exponential(150);
  constexpr std::int64_t kStart = 1'700'000'000'000;
  Trace trace;
  for (const std::string& name : names) trace.push_back({name, kStart, kStart});
  double at = static_cast<double>(kStart) + 1000;
  for (int i = 0; i < records; ++i) {
    at += gap.sample(gaps);
    const auto event_ms = static_cast<std::int64_t>(at);
    const std::string& key = drawn[keys.below(drawn.size())];
    trace.push_back({key, event_ms, event_ms + 1 + static_cast<std::int64_t>(delay.sample(delays))});
  }
  std::stable_sort(trace.begin(), trace.end(),
                   [](const Row& a, const Row& b) { return a.arrival_ms < b.arrival_ms; });
  return trace;
}

std::vector<std::string> names_of(int keys) {
  std::vector<std::string> names;
  for (int i = 0; i < keys; ++i) names.push_back(fmt::format("n{}", i));
  return names;
}

const std::vector<Setting> kSettings{
    {.watermark = R"("bounded": $200, "interval": "0s")", .window = R"("tumbling": $400)"},
    {.partitions = 3,
     .watermark = R"("bounded": $50, "interval": "0s")",
     .window = R"("hopping": { "size": $900, "slide": $300 }, "allowed_lateness": $150)"},
    {.watermark = R"("k_slack": {}, "interval": "0s")", .window = R"("session": $40)"},
    {.partitions = 2,
     .watermark = R"("sliding_quantile": { "p": 0.9, "n": 200 }, "interval": "0s")",
     .window = R"("cumulate": { "size": $1000, "step": $200 }, "allowed_lateness": $100)"},
    {.watermark = R"("bounded": $100, "marker_every": 7)", .window = R"("tumbling": $500)"},
};

}  // namespace

TEST_CASE("V28: time stretched by c, with every setting, changes no fate and no row") {
  const std::vector<std::string> names = names_of(7);
  const Trace trace = made_trace(1, names, names, 3000);
  const sim::Time over{std::chrono::milliseconds{trace.back().arrival_ms - trace.front().arrival_ms + 5}};
  std::uint64_t late = 0;
  for (const Setting& setting : kSettings) {
    CAPTURE(setting.watermark, setting.window);
    Rows once{over};
    const analysis::RunResult result = replayed({trace}, setting, &once);
    late += result.books[Fate::late_dropped];
    CHECK(once.found.size() > 300);
    for (const std::int64_t by : {2, 5, 10}) {
      CAPTURE(by);
      Setting longer = setting;
      longer.stretch = by;
      Rows more{sim::Time{over.time_since_epoch() * by}};
      const analysis::RunResult other = replayed({trace}, longer, &more);
      CHECK(result.books == other.books);
      CHECK(result.watermark_adaptations == other.watermark_adaptations);
      REQUIRE(once.found.size() == more.found.size());
      std::int64_t apart_ns = 0;
      for (const auto& [where, what] : once.found) {
        const auto& [key, start, end, pane] = where;
        const auto found = more.found.find({key, start * by, end * by, pane});
        REQUIRE(found != more.found.end());
        CHECK(found->second.value == what.value);
        apart_ns = std::max(apart_ns, std::abs(found->second.delay_ns - what.delay_ns * by));
      }
      // What the model adds in units of its own: a few bytes' way through a broker.
      CHECK(apart_ns < 1'000'000);
    }
  }
  CHECK(late > 400);
}

TEST_CASE("V28: other numbers for the keys change nothing but the names") {
  const std::vector<std::string> names = names_of(60);
  for (const Setting& setting : kSettings) {
    CAPTURE(setting.watermark, setting.window);
    // Key number n becomes number other[n], in the same partition.
    std::vector<std::uint32_t> other(names.size());
    std::map<std::int32_t, std::vector<std::uint32_t>> classes;
    for (std::uint32_t n = 0; n < names.size(); ++n)
      classes[partition_of(n, setting.partitions)].push_back(n);
    for (const auto& [partition, numbers] : classes) {
      for (std::size_t i = 0; i < numbers.size(); ++i) other[numbers[i]] = numbers[(i + 1) % numbers.size()];
    }
    std::vector<std::string> renumbered(names.size());
    for (std::size_t n = 0; n < names.size(); ++n) renumbered[other[n]] = names[n];
    Rows once;
    Rows more;
    const auto result = replayed({made_trace(2, names, names, 2500)}, setting, &once);
    const auto again = replayed({made_trace(2, renumbered, names, 2500)}, setting, &more);
    CHECK(result.books == again.books);
    CHECK(result.watermark_adaptations == again.watermark_adaptations);
    for (const analysis::Latency kind : {analysis::Latency::end_to_end, analysis::Latency::result_latency}) {
      CHECK(result.latency(kind, analysis::Phase::all).seen.count() ==
            again.latency(kind, analysis::Phase::all).seen.count());
    }
    REQUIRE(once.found.size() == more.found.size());
    std::size_t moved = 0;
    for (const auto& [where, what] : once.found) {
      const auto& [key, start, end, pane] = where;
      const auto found = more.found.find({other[key], start, end, pane});
      REQUIRE(found != more.found.end());
      CHECK(found->second.value == what.value);
      moved += other[key] == key ? 0U : 1U;
    }
    CHECK(moved > once.found.size() / 2);
  }
}

TEST_CASE("V28: records split over several sources, and seeds over several runs, add up to the same") {
  const std::vector<std::string> names = names_of(7);
  const Trace whole = made_trace(3, names, names, 3000);
  for (const Setting& setting : {kSettings[0], kSettings[2], kSettings[4]}) {
    CAPTURE(setting.watermark, setting.window);
    // All begin with the rows that name the keys, and a millisecond's rows go to one source: so keys have the
    // same numbers, and the order in the log is the trace's.
    std::vector<Trace> parts(3, Trace{whole.begin(), whole.begin() + 7});
    for (const Row& row : std::span{whole}.subspan(7))
      parts[static_cast<std::size_t>(row.arrival_ms % 3)].push_back(row);
    const auto one = replayed({whole}, setting);
    const auto three = replayed(parts, setting);
    CHECK(one.books.produced + 14 == three.books.produced);
    CHECK(one.books[Fate::late_dropped] == three.books[Fate::late_dropped]);
    CHECK(one.books[Fate::delivered] + 14 == three.books[Fate::delivered]);
    CHECK(one.watermark_adaptations == three.watermark_adaptations);
  }
  const auto together = run_all(plan_of(kSmall, "", {1, 2, 3}));
  analysis::RunResult merged;
  for (const Run& run : together) merged.merge(run.result);
  analysis::RunResult apart;
  for (const std::uint64_t seed : {3U, 1U, 2U}) apart.merge(run_single(plan_of(kSmall, "", {seed})));
  CHECK(merged.books == apart.books);
  CHECK(merged.latencies == apart.latencies);
  CHECK(merged.seeds.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) CHECK(merged.seeds[i].hash == apart.seeds[i].hash);
}

}  // namespace wrackline::pipeline
