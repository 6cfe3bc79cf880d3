// Random streams out of order against the batch oracle, and the invariants of science.md §2. The number of
// cases is WRACKLINE_PROPERTY_CASES, 20 000 without it; the seed of a failing case is in the message.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>

#include <fmt/format.h>

#include "tests/event_time_window/random_case.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::event_time::window {
namespace {

using Accumulation = PanePolicy::Accumulation;
using Kind = WindowDefinition::Kind;
using Verdict = PaneOperator::Verdict;

std::uint64_t cases() {
  const char* const text = std::getenv("WRACKLINE_PROPERTY_CASES");
  return text == nullptr ? 20'000 : std::strtoull(text, nullptr, 10);
}

/// A pane with its records, as a reader of the sink keeps it.
struct Seen {
  ResultPane pane;
  std::vector<sim::EventId> ids;
};

class Check {
 public:
  explicit Check(std::uint64_t seed) : random_{seed}, windows_{random_.spec} {}

  /// Empty, or what is wrong.
  std::string run() {
    for (const Step& step : random_.steps) {
      switch (step.kind) {
        case Step::Kind::record:
          record(step.record);
          break;
        case Step::Kind::watermark: {
          const std::size_t before = panes_.panes.size();
          windows_.advance_watermark(step.to, panes_);
          in_order(before);
          break;
        }
        case Step::Kind::time:
          now_ = step.to;
          windows_.advance_processing_time(now_, panes_);
          break;
        case Step::Kind::failure:
          restart();
          break;
      }
    }
    if (!windows_.empty() || windows_.open_windows() != 0 || windows_.slices_held() != 0)
      fail("state is left");
    read();
    judge();
    return wrong_;
  }

 private:
  void fail(const std::string& what) {
    if (wrong_.empty()) wrong_ = what;
  }

  void record(const ArrivedRecord& record) {
    arrived_.push_back(record);
    const Verdict verdict = windows_.add(RandomCase::partition_of(record.key), record.key, record.timestamp,
                                         record.id, record.value, now_, panes_);
    if (verdict == Verdict::late_dropped) late_.push_back(record.id);
    if (verdict == Verdict::no_window) homeless_.push_back(record.id);
  }

  /// A new operator with the old one's state: nothing may come of it.
  void restart() {
    PaneOperator fresh{random_.spec};
    ResultPanes none;
    fresh.advance_watermark(windows_.watermark(), none);
    for (const PartitionId partition : {0U, 1U}) fresh.restore(partition, windows_.snapshot(partition), now_);
    costs_before_ += windows_.costs().updates;
    records_before_ += windows_.costs().records;
    windows_ = std::move(fresh);
  }

  /// What one watermark fires on time comes by (end, start, partition, key).
  void in_order(std::size_t from) {
    std::tuple<TimestampMs, TimestampMs, PartitionId, std::uint32_t> last{kMinTimestamp, kMinTimestamp, 0, 0};
    for (std::size_t i = from; i < panes_.panes.size(); ++i) {
      const ResultPane& pane = panes_.panes[i];
      if (pane.kind != PaneKind::on_time || pane.retraction) continue;
      const std::tuple here{pane.window.end_ms, pane.window.start_ms, pane.partition, pane.key};
      if (here < last) fail("on-time panes out of order");
      last = here;
    }
  }

  /// From panes to what a reader believes: by key, window and (count windows) number.
  void read() {
    const Accumulation accumulation = random_.spec.panes.accumulation;
    std::map<std::tuple<std::uint32_t, Window>, std::uint32_t> count;
    std::map<std::tuple<std::uint32_t, Window>, std::int64_t> next_index;
    for (const ResultPane& pane : panes_.panes) {
      Seen seen{pane, {}};
      const auto ids = panes_.contributions(pane);
      seen.ids.assign(ids.begin(), ids.end());
      std::sort(seen.ids.begin(), seen.ids.end());
      if (std::adjacent_find(seen.ids.begin(), seen.ids.end()) != seen.ids.end())
        fail("a record twice in a pane");
      std::uint64_t digest = 0;
      for (const sim::EventId id : seen.ids) digest += sim::mix(id);
      if (digest != pane.basic.digest || static_cast<std::int64_t>(seen.ids.size()) != pane.basic.count)
        fail("digest or count of a pane");
      std::uint32_t ordinal = 0;
      if (random_.spec.windows.kind == Kind::count) ordinal = count[{pane.key, pane.window}]++;
      const std::tuple where{pane.key, pane.window, ordinal};
      if (pane.retraction) {
        const auto held = rows_.find(where);
        if (held == rows_.end() || held->second.back().ids != seen.ids ||
            held->second.back().pane.index != pane.index ||
            !(held->second.back().pane.result == pane.result)) {
          fail("a retraction of what was not said");
        } else {
          rows_.erase(held);
        }
        continue;
      }
      if (random_.spec.windows.kind != Kind::session) {
        std::int64_t& expected = next_index[{pane.key, pane.window}];
        if (pane.index != expected++) fail("pane numbers are not 0, 1, 2");
      }
      std::vector<Seen>& rows = rows_[where];
      if (accumulation != Accumulation::discarding && !rows.empty()) {
        if (rows.back().pane.basic.count > pane.basic.count) fail("a later pane holds fewer records");
        if (accumulation == Accumulation::retracting) fail("a pane on top of one that was not taken back");
        rows.clear();
      }
      rows.push_back(std::move(seen));
    }
  }

  void judge() {
    const BatchResult truth = batch_windows(random_.spec.windows, random_.spec.aggregate,
                                            random_.spec.panes.allowed_lateness_ms, arrived_);
    if (sorted(late_) != sorted(truth.late)) fail("late records");
    if (sorted(homeless_) != sorted(truth.homeless)) fail("records without a window");
    std::size_t matched = 0;
    for (const BatchWindow& expected : truth.windows) {
      std::vector<Seen> rows = rows_of(expected);
      if (rows.empty()) {
        fail(fmt::format("key {} window [{}, {}) is missing", expected.key, expected.window.start_ms,
                         expected.window.end_ms));
        return;
      }
      ++matched;
      std::vector<sim::EventId> ids;
      for (const Seen& row : rows) ids.insert(ids.end(), row.ids.begin(), row.ids.end());
      if (sorted(ids) != expected.ids) fail("contents of a window");
      if (rows.size() == 1 && !(rows.front().pane.result == expected.result))
        fail(fmt::format("value {} instead of {}", rows.front().pane.result.value, expected.result.value));
      if (rows.size() > 1) totals(rows, expected);
    }
    if (matched == truth.windows.size() && left_over(truth)) fail("a window that should not be");
    costs(truth);
  }

  /// Discarding: what can be summed up, does.
  void totals(const std::vector<Seen>& rows, const BatchWindow& expected) {
    std::int64_t sum = 0;
    for (const Seen& row : rows) sum += row.pane.result.value;
    using Function = AggregateSpec::Function;
    const Function function = random_.spec.aggregate.function;
    if ((function == Function::count || function == Function::sum) && sum != expected.result.value)
      fail("the panes do not add up");
  }

  /// Sessions that merged after a pane leave that pane with the reader, unless panes are retracting.
  std::vector<Seen> rows_of(const BatchWindow& expected) {
    std::vector<Seen> found;
    const bool parts = random_.spec.windows.kind == Kind::session &&
                       random_.spec.panes.accumulation == Accumulation::discarding;
    for (const auto& [where, rows] : rows_) {
      const auto& [key, window, ordinal] = where;
      if (key != expected.key) continue;
      const bool same = window == expected.window && ordinal == expected.ordinal;
      // By its records: an older session that is gone already may lie inside a younger one.
      const auto inside = [&](const Seen& row) {
        return std::includes(expected.ids.begin(), expected.ids.end(), row.ids.begin(), row.ids.end());
      };
      if (same || (parts && std::all_of(rows.begin(), rows.end(), inside)))
        found.insert(found.end(), rows.begin(), rows.end());
    }
    return found;
  }

  bool left_over(const BatchResult& truth) {
    if (random_.spec.windows.kind != Kind::session ||
        random_.spec.panes.accumulation == Accumulation::retracting)
      return rows_.size() != truth.windows.size();
    for (const auto& [where, rows] : rows_) {
      const std::uint32_t row_key = std::get<0>(where);
      const Window row_window = std::get<1>(where);
      const auto within = [&](const BatchWindow& whole) {
        return whole.key == row_key && row_window.start_ms >= whole.window.start_ms &&
               row_window.end_ms <= whole.window.end_ms;
      };
      if (std::none_of(truth.windows.begin(), truth.windows.end(), within)) return true;
    }
    return false;
  }

  /// science.md §2: slices update once per record, buckets once per window.
  void costs(const BatchResult& truth) {
    if (!random_.spec.windows.by_timestamp()) return;
    const std::uint64_t updates = costs_before_ + windows_.costs().updates;
    std::uint64_t wanted = records_before_ + windows_.costs().records;
    if (wanted != arrived_.size() - late_.size() - homeless_.size()) fail("accepted + dropped = arrived");
    if (!windows_.slicing()) {
      wanted = 0;
      for (const BatchWindow& window : truth.windows) wanted += window.ids.size();
    }
    if (updates != wanted) fail(fmt::format("{} updates instead of {}", updates, wanted));
  }

  static std::vector<sim::EventId> sorted(std::vector<sim::EventId> ids) {
    std::sort(ids.begin(), ids.end());
    return ids;
  }

  RandomCase random_;
  PaneOperator windows_;
  ResultPanes panes_;
  std::int64_t now_ = 0;
  std::uint64_t costs_before_ = 0;
  std::uint64_t records_before_ = 0;
  std::vector<ArrivedRecord> arrived_;
  std::vector<sim::EventId> late_;
  std::vector<sim::EventId> homeless_;
  std::map<std::tuple<std::uint32_t, Window, std::uint32_t>, std::vector<Seen>> rows_;
  std::string wrong_;
};

}  // namespace

TEST_CASE("windows, panes and aggregates agree with the batch oracle") {
  const std::uint64_t count = cases();
  std::uint64_t differences = 0;
  std::string first;
  for (std::uint64_t seed = 0; seed < count; ++seed) {
    const std::string wrong = Check{seed}.run();
    if (wrong.empty()) continue;
    if (differences++ < 5) first += fmt::format("case {}: {}\n", seed, wrong);
  }
  INFO(count << " cases\n" << first);
  CHECK(differences == 0);
}

}  // namespace wrackline::event_time::window
