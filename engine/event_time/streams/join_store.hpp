// The window store of one side of a stream-stream join: every record of the side, duplicates kept, for the
// retention before + after + grace.
//
// Modelled: InMemoryWindowStore and RocksDBWindowStore with retainDuplicates. A null value is not stored; in
// memory it still moves the store's stream time, and can be refused as outside the retention.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "engine/event_time/streams/record.hpp"
#include "engine/event_time/streams/retained_rows.hpp"
#include "engine/event_time/streams/store_retention.hpp"

namespace wrackline::event_time::streams {

template <typename Key, typename Value>
class JoinStore {
 public:
  struct Entry {
    TimestampMs timestamp_ms = 0;
    Value value;

    TimestampMs retention_time_ms() const { return timestamp_ms; }
    static bool held() { return false; }
  };

  explicit JoinStore(const StoreSettings& settings) : kind_(settings.kind), retention_(settings) {}

  /// false: outside the retention.
  bool put(const Key& key, const std::optional<Value>& value, TimestampMs timestamp) {
    if (!value && kind_ != StoreKind::in_memory) return true;
    if (!retention_.put(timestamp)) return false;
    if (!value) return true;
    auto& row = rows_.of(key);
    const auto place = std::upper_bound(row.begin(), row.end(), timestamp,
                                        [](TimestampMs ts, const Entry& e) { return ts < e.timestamp_ms; });
    row.insert(place, Entry{timestamp, *value});
    // Every put inside a segment that is still there is taken, but no read goes further back than this.
    rows_.sweep(row, retention_.visible_from());
    return true;
  }

  /// The key's records in [from, to], by time, then by arrival. Valid until the next put.
  std::pair<const Entry*, const Entry*> fetch(const Key& key, TimestampMs from_ms, TimestampMs to_ms) const {
    const auto* const row = rows_.find(key);
    if (row == nullptr) return {nullptr, nullptr};
    const Entry* const end = row->data() + row->size();
    const auto visible = rows_.first_at(*row, std::max(from_ms, retention_.visible_from()));
    const Entry* const first = row->data() + (visible - row->begin());
    const Entry* last = first;
    while (last != end && last->timestamp_ms <= to_ms) ++last;
    return {first, last};
  }

  /// Records in memory, invisible ones that were not let go of yet among them.
  std::size_t records_held() const { return rows_.entries_held(); }

 private:
  StoreKind kind_;
  StoreRetention retention_;
  RetainedRows<Key, Entry> rows_;
};

}  // namespace wrackline::event_time::streams
