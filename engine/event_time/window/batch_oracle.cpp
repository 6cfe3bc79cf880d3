#include "engine/event_time/window/batch_oracle.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace wrackline::event_time::window {

namespace {

using Kind = WindowDefinition::Kind;
using Group = std::vector<const ArrivedRecord*>;
constexpr std::int64_t kDayMs = 86'400'000;

TimestampMs plus(TimestampMs a, std::int64_t b) {
  return a > 0 && b > kMaxTimestamp - a ? kMaxTimestamp : a + b;
}

class Batch {
 public:
  Batch(const WindowDefinition& windows, std::int64_t lateness_ms)
      : windows_{windows}, lateness_ms_{lateness_ms} {}

  bool open(const Window& window, const ArrivedRecord& record) const {
    return plus(window.end_ms - 1, lateness_ms_) > record.watermark;
  }

  /// The earliest instant at which the wall clock shows `local` or more, among all instants that could be it.
  TimestampMs reached(std::int64_t local) const {
    if (windows_.zone == nullptr) return local;
    const auto& zone = *windows_.zone;
    std::vector<TimestampMs> candidates;
    for (const TimeZone::Transition& one : zone.transitions()) {
      candidates.push_back(local - one.offset_ms);
      if (one.at_ms > local - 3 * kDayMs && one.at_ms < local + 3 * kDayMs) candidates.push_back(one.at_ms);
    }
    std::sort(candidates.begin(), candidates.end());
    for (const TimestampMs t : candidates)
      if (t > local - 3 * kDayMs && t + zone.offset_at(t) >= local) return t;
    return local;
  }

  std::vector<Window> windows_of(TimestampMs ts) const {
    std::set<std::pair<TimestampMs, TimestampMs>> found;
    const std::int64_t slack = windows_.zone == nullptr ? 0 : kDayMs;
    const bool cumulate = windows_.kind == Kind::cumulate;
    const std::int64_t turn = cumulate ? windows_.size_ms : windows_.slide_ms;
    const std::int64_t first = (ts - windows_.offset_ms - windows_.size_ms - slack) / turn - 2;
    const std::int64_t last = (ts - windows_.offset_ms + slack) / turn + 2;
    for (std::int64_t k = first; k <= last; ++k) {
      const std::int64_t start = windows_.offset_ms + k * turn;
      for (std::int64_t length = cumulate ? windows_.slide_ms : windows_.size_ms; length <= windows_.size_ms;
           length += windows_.slide_ms) {
        const TimestampMs from = reached(start);
        const TimestampMs to = reached(start + length);
        if (from <= ts && ts < to) found.insert({to, from});
        if (!cumulate) break;
      }
    }
    std::vector<Window> windows;
    for (const auto& [to, from] : found) windows.push_back({from, to});
    return windows;
  }

  const WindowDefinition& windows_;
  std::int64_t lateness_ms_;
};

struct Cell {
  Window window;
  std::uint32_t ordinal = 0;
  Group group;
};

void by_timestamp(const Batch& batch, const Group& records, std::vector<Cell>& cells, BatchResult& result) {
  std::map<std::pair<TimestampMs, TimestampMs>, Group> groups;
  for (const ArrivedRecord* record : records) {
    const std::vector<Window> windows = batch.windows_of(record->timestamp);
    bool taken = false;
    for (const Window& window : windows) {
      if (!batch.open(window, *record)) continue;
      groups[{window.end_ms, window.start_ms}].push_back(record);
      taken = true;
    }
    if (taken) continue;
    const bool late = !windows.empty() || plus(record->timestamp, batch.lateness_ms_) <= record->watermark;
    (late ? result.late : result.homeless).push_back(record->id);
  }
  for (auto& [where, group] : groups) cells.push_back({{where.second, where.first}, 0, std::move(group)});
}

/// Stretches [timestamp, timestamp + gap) that overlap or touch, taken together.
std::vector<Cell> unions(const WindowDefinition& windows, Group records) {
  std::stable_sort(records.begin(), records.end(), [](const ArrivedRecord* a, const ArrivedRecord* b) {
    return a->timestamp < b->timestamp;
  });
  std::vector<Cell> cells;
  for (const ArrivedRecord* record : records) {
    const TimestampMs end = record->timestamp + windows.gap(record->key, record->value);
    if (cells.empty() || record->timestamp > cells.back().window.end_ms)
      cells.push_back({{record->timestamp, end}, 0, {}});
    cells.back().window.end_ms = std::max(cells.back().window.end_ms, end);
    cells.back().group.push_back(record);
  }
  return cells;
}

void sessions(const Batch& batch, const Group& records, std::vector<Cell>& cells, BatchResult& result) {
  Group live;
  for (const ArrivedRecord* record : records) {
    Group kept;
    for (Cell& cell : unions(batch.windows_, live)) {
      if (batch.open(cell.window, *record)) {
        kept.insert(kept.end(), cell.group.begin(), cell.group.end());
      } else {
        cells.push_back(std::move(cell));
      }
    }
    live = kept;
    kept.push_back(record);
    for (const Cell& cell : unions(batch.windows_, kept)) {
      if (std::find(cell.group.begin(), cell.group.end(), record) == cell.group.end()) continue;
      if (batch.open(cell.window, *record)) {
        live.push_back(record);
      } else {
        result.late.push_back(record->id);
      }
    }
  }
  for (Cell& cell : unions(batch.windows_, live)) cells.push_back(std::move(cell));
}

void sliding(const Batch& batch, const Group& records, std::vector<Cell>& cells, BatchResult& result) {
  const std::int64_t difference = batch.windows_.size_ms;
  std::set<std::pair<TimestampMs, TimestampMs>> defined;
  Group accepted;
  for (const ArrivedRecord* record : records) {
    const TimestampMs t = record->timestamp;
    const Window left{t - difference, t + 1};
    const Window right{t + 1, t + difference + 2};
    if (!batch.open(right, *record)) {
      result.late.push_back(record->id);
      continue;
    }
    accepted.push_back(record);
    if (batch.open(left, *record)) defined.insert({left.end_ms, left.start_ms});
    defined.insert({right.end_ms, right.start_ms});
  }
  for (const auto& [to, from] : defined) {
    Cell cell{{from, to}, 0, {}};
    for (const ArrivedRecord* record : accepted)
      if (record->timestamp >= from && record->timestamp < to && batch.open(cell.window, *record))
        cell.group.push_back(record);
    if (!cell.group.empty()) cells.push_back(std::move(cell));
  }
}

void counted(const Batch& batch, const Group& records, std::vector<Cell>& cells, BatchResult& result) {
  const Window all{kMinTimestamp + 1, kMaxTimestamp};
  Group accepted;
  for (const ArrivedRecord* record : records) {
    if (batch.open(all, *record)) {
      accepted.push_back(record);
    } else {
      result.late.push_back(record->id);
    }
  }
  if (accepted.empty()) return;
  if (batch.windows_.kind == Kind::global) {
    cells.push_back({all, 0, std::move(accepted)});
    return;
  }
  const auto size = static_cast<std::size_t>(batch.windows_.records);
  const auto every = static_cast<std::size_t>(batch.windows_.every);
  for (std::size_t end = every; end < accepted.size() + every; end += every) {
    const std::size_t to = std::min(end, accepted.size());
    // What is left at the end of the input: of windows that follow each other, the rest; of overlapping ones,
    // the last n.
    const std::size_t from = size == every ? end - every : to > size ? to - size : 0;
    cells.push_back({all, static_cast<std::uint32_t>(end / every - 1),
                     Group{accepted.begin() + static_cast<std::ptrdiff_t>(from),
                           accepted.begin() + static_cast<std::ptrdiff_t>(to)}});
  }
}

}  // namespace

AggregateResult batch_aggregate(const AggregateSpec& spec, std::vector<std::int64_t> values) {
  using Function = AggregateSpec::Function;
  std::sort(values.begin(), values.end());
  const auto n = static_cast<std::int64_t>(values.size());
  std::uint64_t sum = 0;
  for (const std::int64_t value : values) sum += static_cast<std::uint64_t>(value);
  const auto total = static_cast<std::int64_t>(sum);
  const auto exactly = [](std::int64_t value) { return AggregateResult{value, static_cast<double>(value)}; };
  const auto about = [](double real) {
    return AggregateResult{static_cast<std::int64_t>(std::floor(real + 0.5)), real};
  };
  switch (spec.function) {
    case Function::count:
      return exactly(n);
    case Function::sum:
      return exactly(total);
    case Function::min:
      return exactly(values.front());
    case Function::max:
      return exactly(values.back());
    case Function::mean:
      return {total / n, static_cast<double>(total) / static_cast<double>(n)};
    case Function::distinct:
      return exactly(static_cast<std::int64_t>(std::set<std::int64_t>(values.begin(), values.end()).size()));
    case Function::quantile: {
      // The first value that at least a share p of all values does not exceed; p n is compared with a hair's
      // breadth of tolerance, as 0.07 * 100 is not 7 in binary.
      for (std::int64_t rank = 1; rank <= n; ++rank)
        if (static_cast<double>(rank) >=
            spec.quantile * static_cast<double>(n) - 1e-9 * static_cast<double>(n))
          return exactly(values[static_cast<std::size_t>(rank - 1)]);
      return exactly(values.back());
    }
    case Function::distinct_sketch: {
      sketch::HyperLogLog sketch{spec.precision};
      for (const std::int64_t value : values) sketch.add(value);
      return about(sketch.estimate());
    }
    case Function::quantile_sketch: {
      sketch::DDSketch sketch{spec.alpha, 2048};
      for (const std::int64_t value : values) sketch.add(value);
      return about(sketch.quantile(spec.quantile));
    }
    case Function::quantile_t_digest: {
      sketch::TDigest sketch{spec.compression};
      for (const std::int64_t value : values) sketch.add(value);
      return about(sketch.quantile(spec.quantile));
    }
  }
  return {};
}

BatchResult batch_windows(const WindowDefinition& windows, const AggregateSpec& aggregate,
                          std::int64_t allowed_lateness_ms, std::span<const ArrivedRecord> records) {
  const Batch batch{windows, allowed_lateness_ms};
  BatchResult result;
  std::map<std::uint32_t, Group> by_key;
  for (const ArrivedRecord& record : records) by_key[record.key].push_back(&record);
  for (const auto& [key, group] : by_key) {
    std::vector<Cell> cells;
    switch (windows.kind) {
      case Kind::tumbling:
      case Kind::hopping:
      case Kind::cumulate:
        by_timestamp(batch, group, cells, result);
        break;
      case Kind::session:
        sessions(batch, group, cells, result);
        break;
      case Kind::sliding:
        sliding(batch, group, cells, result);
        break;
      case Kind::count:
      case Kind::global:
        counted(batch, group, cells, result);
        break;
    }
    std::stable_sort(cells.begin(), cells.end(), [](const Cell& a, const Cell& b) {
      return std::tuple{a.window.end_ms, a.window.start_ms, a.ordinal} <
             std::tuple{b.window.end_ms, b.window.start_ms, b.ordinal};
    });
    for (const Cell& cell : cells) {
      BatchWindow& made = result.windows.emplace_back();
      made.key = key;
      made.window = cell.window;
      made.ordinal = cell.ordinal;
      std::vector<std::int64_t> values;
      for (const ArrivedRecord* record : cell.group) {
        made.ids.push_back(record->id);
        values.push_back(record->value);
      }
      std::sort(made.ids.begin(), made.ids.end());
      made.result = batch_aggregate(aggregate, std::move(values));
    }
  }
  return result;
}

}  // namespace wrackline::event_time::window
