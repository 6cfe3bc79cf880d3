// The rows of a store with retention: per key, entries ascending by the time that retention goes by (a
// window's start, a session's end, a record's time), and when memory lets go of those that no read can show
// again.
//
// Only memory is decided here, never a result: what a read shows is StoreRetention's. Real stores let go of
// whole segments; here the row that is written forgets at once, the others now and then.
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <map>
#include <vector>

#include "engine/event_time/streams/record.hpp"

namespace wrackline::event_time::streams {

/// `Entry` has `retention_time_ms()` and `held()`, true while something besides retention needs it.
template <typename Key, typename Entry>
class RetainedRows {
 public:
  using Row = std::vector<Entry>;

  /// The first entry of the row at or after the time.
  template <typename AnyRow>
  static auto first_at(AnyRow& row, TimestampMs time_ms) {
    return std::lower_bound(row.begin(), row.end(), time_ms, [](const Entry& entry, TimestampMs time) {
      return entry.retention_time_ms() < time;
    });
  }

  Row& of(const Key& key) { return rows_[key]; }
  const Row* find(const Key& key) const {
    const auto row = rows_.find(key);
    return row == rows_.end() ? nullptr : &row->second;
  }
  void erase(const Key& key) { rows_.erase(key); }
  auto begin() const { return rows_.begin(); }
  auto end() const { return rows_.end(); }

  /// After a put into `written`: forgets what lies before `gone_before`.
  void sweep(Row& written, TimestampMs gone_before) {
    forget(written, gone_before);
    if (++puts_since_sweep_ < 2 * rows_.size() + 16) return;
    puts_since_sweep_ = 0;
    for (auto row = rows_.begin(); row != rows_.end();) {
      forget(row->second, gone_before);
      row = row->second.empty() ? rows_.erase(row) : std::next(row);
    }
  }

  std::size_t entries_held() const {
    std::size_t entries = 0;
    for (const auto& row : rows_) entries += row.second.size();
    return entries;
  }

 private:
  static void forget(Row& row, TimestampMs gone_before) {
    const auto live = first_at(row, gone_before);
    row.erase(std::remove_if(row.begin(), live, [](const Entry& entry) { return !entry.held(); }), live);
  }

  std::map<Key, Row> rows_;
  std::size_t puts_since_sweep_ = 0;
};

}  // namespace wrackline::event_time::streams
