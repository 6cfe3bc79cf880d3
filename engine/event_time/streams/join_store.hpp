// The window store of one side of a stream-stream join: every record of the side, duplicates kept, for the
// retention before + after + grace.
//
// Modelled: InMemoryWindowStore and RocksDBWindowStore with retainDuplicates. A null value is not stored; in
// memory it still moves the store's stream time, and can be refused as outside the retention.
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "engine/event_time/streams/record.hpp"
#include "engine/event_time/streams/store_retention.hpp"

namespace wrackline::event_time::streams {

template <typename Key, typename Value>
class JoinStore {
 public:
  struct Entry {
    TimestampMs timestamp_ms = 0;
    Value value;
  };

  explicit JoinStore(const StoreSettings& settings) : kind_(settings.kind), retention_(settings) {}

  /// false: outside the retention.
  bool put(const Key& key, const std::optional<Value>& value, TimestampMs timestamp) {
    if (!value && kind_ != StoreKind::in_memory) return true;
    if (!retention_.put(timestamp)) return false;
    if (!value) return true;
    Row& row = rows_[key];
    const auto place = std::upper_bound(row.begin(), row.end(), timestamp,
                                        [](TimestampMs ts, const Entry& e) { return ts < e.timestamp_ms; });
    row.insert(place, Entry{timestamp, *value});
    sweep(row);
    return true;
  }

  /// The key's records in [from, to], by time, then by arrival. Valid until the next put.
  std::pair<const Entry*, const Entry*> fetch(const Key& key, TimestampMs from_ms, TimestampMs to_ms) const {
    const auto row = rows_.find(key);
    if (row == rows_.end()) return {nullptr, nullptr};
    const Entry* const begin = row->second.data();
    const Entry* const end = begin + row->second.size();
    const TimestampMs from = std::max(from_ms, retention_.visible_from());
    const Entry* const first = std::lower_bound(
        begin, end, from, [](const Entry& e, TimestampMs ts) { return e.timestamp_ms < ts; });
    const Entry* last = first;
    while (last != end && last->timestamp_ms <= to_ms) ++last;
    return {first, last};
  }

  std::size_t records_held() const {
    std::size_t held = 0;
    for (const auto& row : rows_) held += row.second.size();
    return held;
  }

 private:
  using Row = std::vector<Entry>;

  void sweep(Row& written) {
    const TimestampMs gone = retention_.visible_from();
    forget(written, gone);
    if (++puts_since_sweep_ < 2 * rows_.size() + 16) return;
    puts_since_sweep_ = 0;
    for (auto row = rows_.begin(); row != rows_.end();) {
      forget(row->second, gone);
      row = row->second.empty() ? rows_.erase(row) : std::next(row);
    }
  }
  static void forget(Row& row, TimestampMs gone_before) {
    const auto live = std::lower_bound(row.begin(), row.end(), gone_before,
                                       [](const Entry& e, TimestampMs ts) { return e.timestamp_ms < ts; });
    row.erase(row.begin(), live);
  }

  StoreKind kind_;
  StoreRetention retention_;
  std::map<Key, Row> rows_;
  std::size_t puts_since_sweep_ = 0;
};

}  // namespace wrackline::event_time::streams
