#include "analysis/window_audit.hpp"

#include <cassert>
#include <set>

#include "engine/event_time/oracle.hpp"

namespace wrackline::analysis {

WindowAudit::WindowAudit(const LedgerConfig& config, Aggregate aggregate, ValueOf value_of)
    : config_{config}, aggregate_{aggregate}, value_of_{std::move(value_of)} {
  assert(config_.window.windowed());
}

void WindowAudit::created(std::span<const sim::CreatedRecord> records) {
  for (const sim::CreatedRecord& record : records) {
    events_[record.id] = {record.key, record.event_time_ms, false, false};
  }
}

void WindowAudit::processed(std::uint32_t job, std::span<const sim::EventId> ids, sim::Time /*at*/) {
  if (job != config_.job) return;
  for (const sim::EventId id : ids) {
    if (const auto event = events_.find(id); event != events_.end()) event->second.processed = true;
  }
}

void WindowAudit::dropped(sim::DropReason /*why*/, std::uint32_t job, std::span<const sim::EventId> ids,
                          sim::Time /*at*/) {
  if (job != config_.job) return;
  for (const sim::EventId id : ids) {
    if (const auto event = events_.find(id); event != events_.end()) event->second.dropped = true;
  }
}

void WindowAudit::late_for_window(std::uint32_t job, std::int64_t window_start_ms,
                                  std::span<const sim::EventId> ids, sim::Time /*at*/) {
  if (job != config_.job) return;
  for (const sim::EventId id : ids) late_[{window_start_ms, id}] = true;
}

void WindowAudit::visible(const sim::VisibleResult& result, sim::Time /*at*/) {
  if (result.job != config_.job || result.sink != config_.sink) return;
  Sum& sum = rows_[{result.window_start_ms, result.key}];
  const bool replaces = config_.reading == Reading::upsert        ? result.overwrites
                        : config_.reading == Reading::latest_pane ? sum.any && result.pane > sum.pane
                                                                  : false;
  if (replaces) sum = {};
  sum.any = true;
  sum.pane = std::max(sum.pane, result.pane);
  sum.count += static_cast<std::int64_t>(result.contributions.size());
  sum.digest += result.digest;
  sum.value += result.value;
}

void WindowAudit::withdrawn(const sim::VisibleResult& result, sim::Time /*at*/) {
  if (result.job != config_.job || result.sink != config_.sink) return;
  Sum& sum = rows_[{result.window_start_ms, result.key}];
  sum.count -= static_cast<std::int64_t>(result.contributions.size());
  sum.digest -= result.digest;
  sum.value -= result.value;
}

std::vector<WindowDifference> WindowAudit::compare(std::int64_t windows_due_ms) const {
  using Kind = WindowDifference::Kind;
  const WindowShape& shape = config_.window;
  event_time::WindowOracle oracle{{shape.size_ms, shape.slide_ms, shape.offset_ms}};
  for (const auto& [id, event] : events_) {
    if (!event.processed || event.dropped) continue;
    oracle.add(event.key, event.event_time_ms, id, value_of_ ? value_of_(id) : 0);
  }
  // What was late for a window is no part of it, though it is a part of others.
  std::map<Cell, Sum> late;
  for (const auto& [where, is_late] : late_) {
    const auto event = events_.find(where.second);
    if (event == events_.end() || !event->second.processed || event->second.dropped) continue;
    Sum& sum = late[{where.first, event->second.key}];
    ++sum.count;
    sum.digest += sim::mix(where.second);
    sum.any = true;
  }

  std::vector<WindowDifference> differences;
  std::set<Cell> expected_cells;
  for (const event_time::TimestampMs start : oracle.window_starts()) {
    if (start + shape.size_ms > windows_due_ms) continue;
    for (const event_time::ExpectedResult& expected : oracle.expected(start)) {
      const Cell cell{start, expected.key};
      const auto taken = late.find(cell);
      const std::int64_t count = expected.count - (taken == late.end() ? 0 : taken->second.count);
      const std::uint64_t digest = expected.digest - (taken == late.end() ? 0 : taken->second.digest);
      if (count == 0) continue;
      expected_cells.insert(cell);
      const auto row = rows_.find(cell);
      const auto differ = [&](Kind kind, std::int64_t wanted, std::int64_t seen) {
        differences.push_back({kind, expected.key, start, wanted, seen});
      };
      if (row == rows_.end()) {
        differ(Kind::window_gap, count, 0);
      } else if (row->second.count != count) {
        differ(row->second.count < count ? Kind::missing : Kind::surplus, count, row->second.count);
      } else if (row->second.digest != digest) {
        differ(Kind::digest, count, row->second.count);
      } else if (aggregate_ != Aggregate::unchecked && taken == late.end()) {
        const std::int64_t value = aggregate_ == Aggregate::count ? expected.count
                                   : aggregate_ == Aggregate::sum ? expected.sum
                                   : aggregate_ == Aggregate::min ? expected.min
                                                                  : expected.max;
        if (value != row->second.value) differ(Kind::value, value, row->second.value);
      }
    }
  }
  for (const auto& [cell, sum] : rows_) {
    if (cell.first + shape.size_ms > windows_due_ms || expected_cells.contains(cell) || sum.count == 0)
      continue;
    differences.push_back({Kind::no_such, cell.second, cell.first, 0, sum.count});
  }
  return differences;
}

}  // namespace wrackline::analysis
