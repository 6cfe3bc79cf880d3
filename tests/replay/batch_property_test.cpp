// Whole replays against the batch oracle, which has nothing of them: random traces out of order, windows of
// every kind, several aggregates at once. What became of each record, and the last pane of each window that
// has fired, must be what a batch over the same records, each with the watermark that it met, says. And the
// comparison is able to tell: a record, a value or a watermark that is changed on one side is found.
//
// WRACKLINE_PROPERTY_CASES says how many cases (default 3000).
#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>
#include <tuple>

#include <fmt/format.h>

#include "engine/event_time/window/batch_oracle.hpp"
#include "engine/replay/replay.hpp"
#include "sim/random.hpp"
#include "tests/replay/traces.hpp"

namespace wrackline::replay::tests {
namespace {

namespace window = event_time::window;
using Function = AggregateSpec::Function;

std::uint64_t cases() {
  const char* const given = std::getenv("WRACKLINE_PROPERTY_CASES");
  return given == nullptr ? 3000 : std::strtoull(given, nullptr, 10);
}

struct Trace {
  std::vector<std::int64_t> event_ms;
  std::vector<std::int64_t> arrival_ms;
  std::vector<std::uint32_t> key;
  std::vector<std::int64_t> value;
  Columns columns() const { return {event_ms, arrival_ms, key, value}; }
};

WindowSpec random_window(sim::Stream& stream) {
  const std::int64_t unit = stream.between(1, 20);
  switch (stream.below(7)) {
    case 0:
      return WindowSpec::tumbling(unit, stream.between(1 - unit, unit - 1));
    case 1:
      return WindowSpec::hopping(unit * stream.between(1, 8), unit * stream.between(1, 3));
    case 2:
      return WindowSpec::cumulate(unit * stream.between(1, 5), unit);
    case 3:
      return WindowSpec::session(unit * stream.between(1, 4));
    case 4:
      return WindowSpec::count(unit, stream.between(1, unit));
    case 5:
      return WindowSpec::global();
    default:
      return WindowSpec::sliding(stream.between(0, 60));
  }
}

/// The t-digest is left out where contents are merged or come in another order: its result depends on that.
AggregateList random_aggregates(sim::Stream& stream) {
  AggregateList list;
  list.specs.clear();
  const double p = static_cast<double>(stream.between(0, 20)) / 20;
  for (const Function function : {Function::count, Function::sum, Function::mean, Function::distinct,
                                  Function::distinct_sketch, Function::quantile, Function::quantile_sketch}) {
    if (stream.below(3) != 0) continue;
    AggregateSpec& spec = list.specs.emplace_back();
    spec.function = function;
    spec.quantile = p;
    spec.precision = 6;
  }
  if (list.specs.empty()) list.specs.emplace_back().function = Function::max;
  return list;
}

struct Case {
  ReplayConfig config;
  Trace trace;
};

Case make_case(std::uint64_t number) {
  sim::Stream stream{number, "replay", "batch"};
  Case made;
  ReplayConfig& config = made.config;
  config.window = random_window(stream);
  config.aggregates = random_aggregates(stream);
  const bool ends = ends_in_time(config.window.kind);
  if (ends && stream.below(2) == 0) config.allowed_lateness_ms = stream.between(1, 60);
  if (config.window.kind == WindowKind::global) {
    if (stream.below(2) == 0) config.early_every_ms = stream.between(1, 50);
    if (config.early_every_ms == 0 || stream.below(2) == 0) config.early_every_records = stream.between(1, 6);
    config.accumulation = static_cast<window::PanePolicy::Accumulation>(stream.below(3));
  }
  config.watermark = watermark(fmt::format("bounded={}ms,interval={},scope=task", stream.between(0, 40),
                                           stream.below(2) == 0 ? "0" : "7ms"));
  config.keep_fates = true;
  config.rows = RowsOf::keys;
  config.most_rows = 1'000'000;
  REQUIRE(config.problems().empty());
  const std::int64_t disorder = stream.between(1, 80);
  const std::int64_t keys = stream.between(1, 4);
  std::int64_t now_ms = stream.between(-500, 500);
  for (std::int64_t i = stream.between(1, 100); i > 0; --i) {
    now_ms += stream.below(12) == 0 ? stream.between(0, 150) : stream.between(0, 8);
    made.trace.event_ms.push_back(now_ms - stream.between(0, disorder));
    made.trace.arrival_ms.push_back(now_ms);
    made.trace.key.push_back(static_cast<std::uint32_t>(stream.between(0, keys - 1)));
    made.trace.value.push_back(stream.between(-5, 40));
  }
  return made;
}

/// What a window of a key says in the end: its number of records, and each aggregate.
struct Said {
  std::int64_t count = 0;
  std::vector<AggregateResult> detailed;
};
using Where = std::tuple<std::uint32_t, std::int64_t, std::int64_t, std::uint32_t>;

std::map<Where, Said> said_by(const ReplayConfig& config, const ReplayResult& result) {
  std::map<Where, Said> said;
  std::map<std::uint32_t, std::uint32_t> ordinals;
  std::size_t detailed = 0;
  for (const AggregateSpec& spec : config.aggregates.specs) detailed += is_detailed(spec) ? 1 : 0;
  for (std::size_t i = 0; i < result.rows.size(); ++i) {
    const WindowRow& row = result.rows[i];
    if (row.retraction) continue;
    const bool counts = config.window.kind == WindowKind::count;
    const Where where{row.key, row.end_ms, row.start_ms, counts ? ordinals[row.key]++ : 0};
    const auto first = result.row_results.begin() + static_cast<std::ptrdiff_t>(i * detailed);
    const std::vector<AggregateResult> results{first, first + static_cast<std::ptrdiff_t>(detailed)};
    const bool discards = config.accumulation == window::PanePolicy::Accumulation::discarding;
    said[where] = {row.count + (discards ? said[where].count : 0), results};
  }
  return said;
}

class Batch {
 public:
  Batch(const Case& made, const ReplayResult& result) : config_{made.config} {
    const Trace& trace = made.trace;
    for (std::size_t i = 0; i < trace.event_ms.size(); ++i)
      records_.push_back(
          {trace.key[i], trace.event_ms[i], {0, i}, trace.value[i], result.met_watermark_ms[i]});
  }
  std::vector<window::ArrivedRecord>& records() { return records_; }

  std::vector<bool> dropped() const {
    std::vector<bool> found(records_.size(), false);
    for (const sim::EventId id : batch(AggregateSpec{}).late) found[id.ordinal()] = true;
    return found;
  }
  /// `fired(end)`: has the watermark got so far?
  std::map<Where, Said> said(std::int64_t watermark) const {
    std::map<Where, Said> all;
    std::vector<AggregateSpec> detailed;
    for (const AggregateSpec& spec : config_.aggregates.specs)
      if (is_detailed(spec)) detailed.push_back(spec);
    for (std::size_t i = 0; i <= detailed.size(); ++i) {
      for (const window::BatchWindow& one : batch(i == 0 ? AggregateSpec{} : detailed[i - 1]).windows) {
        if (ends_in_time(config_.window.kind) && one.window.end_ms - 1 > watermark) continue;
        Said& said = all[{one.key, one.window.end_ms, one.window.start_ms, one.ordinal}];
        said.count = static_cast<std::int64_t>(one.ids.size());
        if (i > 0) said.detailed.push_back(one.result);
      }
    }
    return all;
  }

 private:
  window::BatchResult batch(const AggregateSpec& spec) const {
    return window::batch_windows(config_.window.definition(), spec, config_.allowed_lateness_ms, records_);
  }
  const ReplayConfig& config_;
  std::vector<window::ArrivedRecord> records_;
};

/// The watermark when the last record had been taken in.
std::int64_t last_watermark(const Case& made) {
  Case longer = made;
  Trace& trace = longer.trace;
  trace.event_ms.push_back(-1'000'000);
  trace.arrival_ms.push_back(trace.arrival_ms.back());
  trace.key.push_back(0);
  trace.value.push_back(0);
  const ReplayOutcome outcome = replay({longer.config}, trace.columns());
  return outcome.results.front().met_watermark_ms.back();
}

/// Empty, or how the replay and the batch differ.
std::string difference(const Case& made, const ReplayResult& result, const Batch& batch) {
  const std::vector<bool> dropped = batch.dropped();
  for (std::size_t i = 0; i < dropped.size(); ++i)
    if (dropped[i] != (result.fates[i] == Fate::dropped))
      return fmt::format("record {} is dropped or not", i);
  std::map<Where, Said> mine = said_by(made.config, result);
  std::map<Where, Said> theirs = batch.said(last_watermark(made));
  if (made.config.window.kind == WindowKind::global) {
    // The end of the input is not flushed: what no pane has shown is missing, and said to be.
    std::int64_t shown = 0;
    std::int64_t all = 0;
    for (const auto& [where, said] : mine) shown += said.count;
    for (const auto& [where, said] : theirs) all += said.count;
    if (shown + static_cast<std::int64_t>(result.windows.unfired) != all) return "global windows";
    if (result.windows.unfired > 0) return {};
    if (made.config.accumulation == window::PanePolicy::Accumulation::discarding) return {};
  }
  if (made.config.window.kind == WindowKind::count) {
    // Nor are count windows: the last of a key may be short.
    std::map<std::uint32_t, std::uint64_t> records;
    for (const std::uint32_t key : made.trace.key) ++records[key];
    const auto every = static_cast<std::uint64_t>(made.config.window.every);
    for (const auto& [key, count] : records)
      if (count % every != 0)
        theirs.erase({key, event_time::kMaxTimestamp, event_time::kMinTimestamp + 1,
                      static_cast<std::uint32_t>(count / every)});
  }
  if (made.config.window.kind == WindowKind::session) {
    // A session that spoke and then grew leaves its old rows with the reader, inside the whole one.
    const std::map<Where, Said> whole = batch.said(event_time::kMaxTimestamp);
    std::erase_if(mine, [&](const auto& one) {
      const auto& [key, end, start, ordinal] = one.first;
      if (theirs.contains(one.first)) return false;
      return std::any_of(whole.begin(), whole.end(), [&, k = key, e = end, s = start](const auto& all) {
        return std::get<0>(all.first) == k && std::get<1>(all.first) >= e && std::get<2>(all.first) <= s;
      });
    });
  }
  if (mine.size() != theirs.size())
    return fmt::format("{} windows, {} in the batch", mine.size(), theirs.size());
  for (const auto& [where, said] : theirs) {
    const auto at = mine.find(where);
    if (at == mine.end())
      return fmt::format("the window of key {} to {} is missing", std::get<0>(where), std::get<1>(where));
    if (at->second.count != said.count) return fmt::format("{} records for {}", at->second.count, said.count);
    if (at->second.detailed != said.detailed) return "a value";
  }
  return {};
}

TEST_CASE("replays of all kinds of windows and aggregates agree with the batch oracle") {
  std::map<WindowKind, std::uint64_t> rows;
  for (std::uint64_t number = 0; number < cases(); ++number) {
    const Case made = make_case(number);
    INFO("case " << number << ": " << to_text(made.config.window) << ", lateness "
                 << made.config.allowed_lateness_ms << ", " << made.config.aggregates.text());
    const ReplayOutcome outcome = replay({made.config}, made.trace.columns());
    REQUIRE(outcome.error.empty());
    const ReplayResult& result = outcome.results.front();
    REQUIRE(difference(made, result, Batch{made, result}) == "");
    rows[made.config.window.kind] += result.rows.size();
  }
  CHECK(rows.size() == 7);
  for (const auto& [kind, count] : rows) CHECK(count > cases() / 4);
}

TEST_CASE("the comparison with the batch fires where one side is changed") {
  std::uint64_t content = 0;
  std::uint64_t value = 0;
  std::uint64_t dropped = 0;
  for (std::uint64_t number = 0; number < 200; ++number) {
    const Case made = make_case(number);
    const ReplayResult result = replay({made.config}, made.trace.columns()).results.front();
    if (result.rows.empty() || made.trace.event_ms.size() < 20) continue;
    Batch less{made, result};
    less.records().erase(less.records().begin() + 3);
    for (std::size_t i = 3; i < less.records().size(); ++i) less.records()[i].id = {0, i};
    if (!difference(made, result, less).empty()) ++content;
    Batch other{made, result};
    for (window::ArrivedRecord& record : other.records()) record.value += 1000;
    if (made.config.aggregates.detailed() && !difference(made, result, other).empty()) ++value;
    Batch late{made, result};
    late.records()[4].watermark = 1'000'000;
    if (!difference(made, result, late).empty()) ++dropped;
  }
  CHECK(content > 100);
  CHECK(value > 50);
  CHECK(dropped > 80);
}

}  // namespace
}  // namespace wrackline::replay::tests
