// V21, V27 and V28 of science.md 4.10 on the whole pipeline: source, producer, log, consumer, windows, sink.
//
// V21 and V28 are exact statements about what arrives when, so they replay made traces: times of a trace are
// whole milliseconds, and stay so when they are stretched. V27 draws its records from the laws of a scenario.
#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <tuple>

#include "engine/event_time/window/batch_oracle.hpp"
#include "engine/event_time/window/time_windows.hpp"
#include "engine/kafka/partitioner.hpp"
#include "scenarios/run/world.hpp"
#include "sim/distribution.hpp"
#include "tests/pipeline/pipeline.hpp"
#include "tests/support/catch.hpp"
#include "tests/theory/closed_forms.hpp"

namespace wrackline::pipeline {
namespace {

using analysis::Fate;

// --- a trace through one broker

struct Row {
  std::string key;
  std::int64_t event_ms = 0;
  std::int64_t arrival_ms = 0;
};
using Trace = std::vector<Row>;

/// What one run is made of. Every time in it is multiplied by `stretch`, those of the trace too.
struct Setting {
  int partitions = 1;
  std::string watermark;  ///< members; $N stands for N ms, stretched
  std::string window;     ///< members, likewise
  std::int64_t stretch = 1;
  std::int64_t seconds = 60;
};

std::string stretched(const std::string& text, std::int64_t by) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$') {
      out += text[i];
      continue;
    }
    std::int64_t ms = 0;
    while (i + 1 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '9') ms = ms * 10 + (text[++i] - '0');
    out += fmt::format("\"{}ms\"", ms * by);
  }
  return out;
}

/// Every trace is a source of its own into one topic.
analysis::RunResult replayed(const std::vector<Trace>& traces, const Setting& setting,
                             sim::Observer* also = nullptr) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / "wrackline-event-time-laws";
  fs::create_directories(folder);
  std::string sources;
  for (std::size_t i = 0; i < traces.size(); ++i) {
    std::ofstream file{folder / fmt::format("t{}.csv", i)};
    file << "key,event_time_ms,arrival_time_ms\n";
    for (const Row& row : traces[i]) file << fmt::format("{},{},{}\n", row.key, row.event_ms, row.arrival_ms);
    sources += fmt::format(
        R"({}"s{}": {{ "topic": "events", "trace": "t{}.csv", "speed": {},
                       "config": {{ "acks": "1", "enable.idempotence": false, "linger.ms": 0 }} }})",
        i == 0 ? "" : ", ", i, i, 1.0 / static_cast<double>(setting.stretch));
  }
  const fs::path scenario = folder / "scenario.jsonc";
  std::ofstream{scenario} << fmt::format(
      R"j({{
        "version": 1, "name": "laws", "duration": "{}s", "warmup": "0s", "liveness_bound": "10m",
        "kafka": {{
          "brokers": 1, "network": {{ "latency": "{}us" }},
          "config": {{ "offsets.topic.replication.factor": 1, "offsets.topic.num.partitions": 1,
                       "group.initial.rebalance.delay.ms": 0 }},
          "topics": {{ "events": {{ "partitions": {}, "config": {{ "replication.factor": 1, "min.insync.replicas": 1 }} }} }}
        }},
        "sources": {{ {} }},
        "jobs": {{ "job": {{
          "from": "events", "to": "store", "watermark": {{ {} }}, "window": {{ {} }}, "commit": "on_close",
          "cost_per_record": "0s", "cost_per_poll": "0s", "config": {{ "auto.offset.reset": "earliest" }}
        }} }},
        "sinks": {{ "store": {{ "kind": "append", "latency": "0s" }} }}
      }})j",
      setting.seconds * setting.stretch, setting.stretch, setting.partitions, sources,
      stretched(setting.watermark, setting.stretch), stretched(setting.window, setting.stretch));
  scenarios::LoadOptions options;
  scenarios::Diagnostics diagnostics;
  const auto plan = scenarios::load_plan(scenario.string(), options, diagnostics);
  if (!plan) FAIL(scenarios::to_text(diagnostics));
  scenarios::RunOptions run;
  if (also != nullptr) {
    run.prepare = [&](scenarios::World& world) { world.analyses().front()->also(*also); };
  }
  analysis::RunResult result = run_single(*plan, run);
  CHECK(result.books.closes());
  CHECK(result.books[Fate::rejected] == 0);
  CHECK(result.broken_promises == 0);
  fs::remove_all(folder);
  return result;
}

/// Where the producer puts a trace's n-th new key.
std::int32_t partition_of(std::uint32_t key_number, std::int32_t partitions) {
  const std::string text = fmt::format("{}", key_number);
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  return kafka::partition_for_key({bytes, text.size()}, partitions);
}

// --- V21

/// `runs` partitions, each with a K-slack of its own. The first record of a partition is the newest of all,
/// so the lateness of each other one is its own draw. Returns updates of K per partition.
double k_slack_updates(int runs, int records, const sim::Distribution& lateness_ms, const std::string& how,
                       std::uint64_t seed) {
  constexpr std::int64_t kNewest = 1'700'000'000'000;
  sim::Stream draws{seed, "k-slack", "lateness"};
  Trace trace;
  std::map<std::int32_t, std::string> key_in;
  for (std::uint32_t number = 0; key_in.size() < static_cast<std::size_t>(runs); ++number) {
    trace.push_back({fmt::format("k{}", number), kNewest, kNewest});
    key_in.try_emplace(partition_of(number, runs), trace.back().key);
  }
  for (int i = 0; i < records; ++i) {
    for (const auto& [partition, key] : key_in) {
      const std::int64_t late = 1 + lateness_ms.sample_int(draws);
      trace.push_back({key, kNewest - late, kNewest + i + 1});
    }
  }
  const analysis::RunResult result =
      replayed({trace}, {.partitions = runs,
                         .watermark = fmt::format(R"("k_slack": {{ {} }}, "interval": "0s")", how),
                         .window = R"("tumbling": "1h")"});
  CHECK(result.books.produced == trace.size());
  return static_cast<double>(result.watermark_adaptations) / runs;
}

void check_v21(int runs_in_all, int records, const sim::Distribution& lateness_ms, double tolerance) {
  constexpr int kAtOnce = 250;
  double updates = 0;
  for (int run = 0; run < runs_in_all / kAtOnce; ++run)
    updates += k_slack_updates(kAtOnce, records, lateness_ms, "", static_cast<std::uint64_t>(run));
  const double measured = updates / (runs_in_all / kAtOnce);
  INFO("n " << records << ": measured " << measured << ", expected " << theory::harmonic(records));
  CHECK(std::fabs(measured - theory::harmonic(records)) <= tolerance);
}

}  // namespace

TEST_CASE("V21: K-slack behind a log changes its mind H_n times in n records") {
  check_v21(2000, 1000, sim::Distribution::uniform(0, 500e6), 0.25);
}
TEST_CASE("V21: whatever the law of the lateness, and the number of records") {
  // Tolerances: as many standard errors as 0.25 is for the figure of the table (4.6).
  check_v21(1000, 100, sim::Distribution::exponential(20e6), 0.28);
  check_v21(1000, 300, sim::Distribution::lognormal(std::log(10e6), 1), 0.32);
}
TEST_CASE("V21: a K-slack that learns nothing from what is behind never changes its mind here") {
  CHECK(k_slack_updates(50, 100, sim::Distribution::uniform(0, 500e6), R"("discard": true)", 1) == 0);
}

// --- V27

namespace {

using event_time::window::ArrivedRecord;
using event_time::window::WindowDefinition;

/// What arrived, what became of it, and every pane that a reader ever saw.
class PaneBook final : public sim::Observer {
 public:
  struct Pane {
    std::uint32_t index = 0;
    std::set<sim::EventId> ids;
    std::size_t records = 0;
    bool taken_back = false;
    bool replaced = false;
  };
  using Cell = std::tuple<std::uint32_t, std::int64_t, std::int64_t>;  ///< key, start, end

  void created(std::span<const sim::CreatedRecord> made) override {
    for (const sim::CreatedRecord& one : made) events[one.id] = one;
  }
  void polled(std::uint32_t, sim::PartitionRef, std::int64_t, std::span<const sim::EventId> ids,
              sim::Time) override {
    arrived += ids.size();
  }
  void processed(std::uint32_t, std::span<const sim::EventId> ids, sim::Time) override {
    taken += ids.size();
    accepted.insert(ids.begin(), ids.end());
  }
  void dropped(sim::DropReason, std::uint32_t, std::span<const sim::EventId> ids, sim::Time) override {
    late += ids.size();
  }
  void late_for_window(std::uint32_t, std::int64_t, std::span<const sim::EventId> ids, sim::Time) override {
    late_for_some += ids.size();
  }
  void visible(const sim::VisibleResult& row, sim::Time) override {
    auto& before = panes[{row.key, row.window_start_ms, row.window_end_ms}];
    if (row.overwrites && !before.empty()) before.back().replaced = true;
    before.push_back(
        {row.pane, {row.contributions.begin(), row.contributions.end()}, row.contributions.size()});
    CHECK(row.value == static_cast<std::int64_t>(row.contributions.size()));
  }
  void withdrawn(const sim::VisibleResult& row, sim::Time) override {
    auto& before = panes[{row.key, row.window_start_ms, row.window_end_ms}];
    REQUIRE_FALSE(before.empty());
    CHECK_FALSE(before.back().taken_back);
    CHECK(before.back().ids == std::set<sim::EventId>(row.contributions.begin(), row.contributions.end()));
    before.back().taken_back = true;
  }

  std::map<sim::EventId, sim::CreatedRecord> events;
  std::set<sim::EventId> accepted;
  std::map<Cell, std::vector<Pane>> panes;
  std::size_t arrived = 0;
  std::size_t taken = 0;
  std::size_t late = 0;
  std::size_t late_for_some = 0;
};

struct PaneCase {
  std::string window;
  WindowDefinition definition;
  enum class Mode : std::uint8_t { accumulating, discarding, retracting } mode = Mode::accumulating;
  bool no_end_of_lateness = false;
};

const std::string kForEver = R"("allowed_lateness": "365d")";

/// A job of 250 events a second with exponential delays over two consumers, four partitions, for 14 s.
analysis::RunResult run_panes(const PaneCase& asked, int bound_ms, PaneBook& book,
                              const std::string& more = "", const std::string& sink = "append") {
  scenarios::RunOptions options;
  options.prepare = [&](scenarios::World& world) { world.analyses().front()->also(book); };
  const bool tumbling = asked.window.find("tumbling") != std::string::npos;
  const std::string top = fmt::format(
      R"j("sources": {{ "app": {{ "delay": {{ "exponential": "300ms" }} }} }},
          "jobs": {{ "job": {{ "window": {{ {}{} }}, "watermark": {{ "bounded": "{}ms" }} }} }},
          "sinks": {{ "store": {{ "kind": "{}" }} }}{})j",
      tumbling ? "" : R"("tumbling": null, )", asked.window, bound_ms, sink, more);
  analysis::RunResult result = run_single(plan_of(kSmall, top), options);
  INFO(story_of(result));
  CHECK(result.books.closes());
  CHECK(result.broken_promises == 0);
  return result;
}

std::size_t memberships(const PaneCase& asked, const PaneBook& book) {
  if (!asked.definition.by_timestamp()) return book.accepted.size();
  const event_time::window::TimeWindows windows{asked.definition};
  std::vector<event_time::Window> of;
  std::size_t sum = 0;
  for (const sim::EventId id : book.accepted) {
    windows.assign(book.events.at(id).event_time_ms, of);
    sum += of.size();
  }
  return sum - book.late_for_some;
}

/// The identities of science.md §2.
void check_panes(const PaneCase& asked, const PaneBook& book) {
  using Mode = PaneCase::Mode;
  CHECK(book.taken + book.late == book.arrived);
  std::size_t counted = 0;
  std::size_t several = 0;
  for (const auto& [cell, panes] : book.panes) {
    std::set<sim::EventId> so_far;
    bool grows = true;
    for (std::size_t i = 0; i < panes.size(); ++i) {
      REQUIRE(panes[i].records == panes[i].ids.size());
      if (asked.mode == Mode::discarding) {
        counted += panes[i].records;
        for (const sim::EventId id : panes[i].ids) REQUIRE(so_far.insert(id).second);
        continue;
      }
      grows = grows && panes[i].records >= so_far.size() &&
              std::includes(panes[i].ids.begin(), panes[i].ids.end(), so_far.begin(), so_far.end());
      so_far = panes[i].ids;
      const bool last = i + 1 == panes.size();
      if (asked.mode == Mode::retracting && !last) CHECK(panes[i].taken_back);
    }
    CHECK(grows);
    several += panes.size() > 1 ? 1U : 0U;
    if (asked.mode == Mode::accumulating) counted += so_far.size();
    if (asked.mode == Mode::retracting && !panes.back().taken_back) counted += so_far.size();
  }
  CHECK(counted == memberships(asked, book));
  CHECK(several > 0);
}

/// The last pane of every window is the batch answer over all that was created.
void check_batch(const PaneCase& asked, const PaneBook& book) {
  std::vector<ArrivedRecord> records;
  for (const auto& [id, event] : book.events)
    records.push_back({event.key, event.event_time_ms, id, 1, event_time::kMinTimestamp});
  const auto batch = event_time::window::batch_windows(asked.definition, {}, 0, records);
  CHECK(batch.late.empty());
  std::size_t standing = 0;
  for (const auto& [cell, panes] : book.panes) standing += panes.back().taken_back ? 0U : 1U;
  CHECK(batch.windows.size() == standing);
  for (const auto& wanted : batch.windows) {
    const auto found = book.panes.find({wanted.key, wanted.window.start_ms, wanted.window.end_ms});
    REQUIRE(found != book.panes.end());
    CHECK(found->second.back().ids == std::set<sim::EventId>(wanted.ids.begin(), wanted.ids.end()));
  }
}

}  // namespace

TEST_CASE("V27: discarding panes add up to what was accepted; arrived = accepted + dropped") {
  const std::string discards = R"(, "accumulation": "discarding", )";
  const PaneCase asked = GENERATE_COPY(
      PaneCase{R"("tumbling": "1s", "early_every": "200ms", "allowed_lateness": "500ms")" +
                   discards.substr(0, discards.size() - 2),
               WindowDefinition::tumbling(1000), PaneCase::Mode::discarding},
      PaneCase{
          R"("hopping": { "size": "2s", "slide": "500ms" }, "early_records": 2, "accumulation": "discarding")",
          WindowDefinition::hopping(2000, 500), PaneCase::Mode::discarding},
      PaneCase{
          R"("cumulate": { "size": "2s", "step": "500ms" }, "allowed_lateness": "1s", "accumulation": "discarding")",
          WindowDefinition::cumulate(2000, 500), PaneCase::Mode::discarding},
      PaneCase{R"("global": true, "early_every": "700ms", "accumulation": "discarding")",
               WindowDefinition::global(), PaneCase::Mode::discarding});
  for (const int bound_ms : {0, 300}) {
    CAPTURE(asked.window, bound_ms);
    PaneBook book;
    run_panes(asked, bound_ms, book);
    if (asked.definition.by_timestamp()) CHECK(book.late + book.late_for_some > 0);
    check_panes(asked, book);
  }
}

TEST_CASE("V27: accumulating panes never shrink, and the last holds what was accepted") {
  const PaneCase asked = GENERATE_COPY(
      PaneCase{R"("tumbling": "1s", "allowed_lateness": "500ms")", WindowDefinition::tumbling(1000)},
      PaneCase{
          R"("hopping": { "size": "2s", "slide": "500ms" }, "allowed_lateness": "300ms", "early_every": "300ms")",
          WindowDefinition::hopping(2000, 500)},
      PaneCase{R"("cumulate": { "size": "2s", "step": "1s" }, "allowed_lateness": "2s", "late_records": 3)",
               WindowDefinition::cumulate(2000, 1000)},
      PaneCase{
          R"("session": "700ms", "early_records": 3, "allowed_lateness": "300ms", "accumulation": "retracting")",
          WindowDefinition::session(700), PaneCase::Mode::retracting},
      PaneCase{
          R"("tumbling": "1s", "early_records": 2, "allowed_lateness": "500ms", "accumulation": "retracting")",
          WindowDefinition::tumbling(1000), PaneCase::Mode::retracting});
  for (const int bound_ms : {0, 300}) {
    CAPTURE(asked.window, bound_ms);
    PaneBook book;
    run_panes(asked, bound_ms, book);
    check_panes(asked, book);
  }
}

TEST_CASE("V27: with lateness without end the last panes are the batch answer, whatever the bound") {
  const PaneCase asked = GENERATE_COPY(
      PaneCase{R"("tumbling": "1s", )" + kForEver, WindowDefinition::tumbling(1000)},
      PaneCase{R"("hopping": { "size": "2s", "slide": "500ms" }, )" + kForEver,
               WindowDefinition::hopping(2000, 500)},
      PaneCase{R"("cumulate": { "size": "2s", "step": "500ms" }, "late_every": "500ms", )" + kForEver,
               WindowDefinition::cumulate(2000, 500)},
      PaneCase{R"("session": "700ms", "accumulation": "retracting", )" + kForEver,
               WindowDefinition::session(700), PaneCase::Mode::retracting});
  for (const int bound_ms : {0, 200, 2000}) {
    CAPTURE(asked.window, bound_ms);
    PaneBook book;
    const analysis::RunResult result = run_panes(asked, bound_ms, book);
    CHECK(result.books[Fate::late_dropped] == 0);
    CHECK(book.late_for_some == 0);
    check_batch(asked, book);
  }
}

TEST_CASE("V27: a crash changes none of it for a reader of an upsert sink") {
  const std::string crash =
      R"j(, "faults": [{ "at": "7s", "do": "process.crash", "target": "process(job-1)", "for": "1s" }])j";
  const PaneCase asked = GENERATE_COPY(
      PaneCase{R"("tumbling": "1s", )" + kForEver, WindowDefinition::tumbling(1000)},
      PaneCase{R"("cumulate": { "size": "2s", "step": "500ms" }, "early_every": "300ms", )" + kForEver,
               WindowDefinition::cumulate(2000, 500)});
  CAPTURE(asked.window);
  PaneBook book;
  const analysis::RunResult result = run_panes(asked, 100, book, crash, "upsert");
  CHECK(result.faults.at(0).runs_struck == 1);
  check_batch(asked, book);
}

// --- V28

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
    friend bool operator==(const What&, const What&) = default;
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
