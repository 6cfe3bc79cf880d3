// The versioned key-value store (KIP-889): every key's values with the time from which each holds.
//
// Modelled: RocksDBVersionedStore's answers. A put older than its stream time - history retention is refused;
// a read as of a time older than that finds only a latest version that already held then; a null value is a
// version too (the key was gone); the latest version never expires. Not modelled: valid_to of answers (the
// DSL's facade does not fill it), segments, caching (the engine caches no versioned store).
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "engine/event_time/streams/record.hpp"

namespace wrackline::event_time::streams {

template <typename Key, typename Value>
class VersionedStore {
 public:
  using Cell = ValueAndTimestamp<Value>;

  explicit VersionedStore(std::int64_t history_retention_ms) : history_retention_ms_(history_retention_ms) {}

  enum class Put : std::uint8_t { latest, superseded, expired };

  Put put(const Key& key, const std::optional<Value>& value, TimestampMs timestamp) {
    if (timestamp < stream_time_ms_ - history_retention_ms_) return Put::expired;
    stream_time_ms_ = std::max(stream_time_ms_, timestamp);
    Row& row = rows_[key];
    forget(row);
    if (row.latest && timestamp >= row.latest->timestamp_ms) {
      if (timestamp > row.latest->timestamp_ms) {
        append(row, row.latest->timestamp_ms, timestamp, row.latest->value);
      }
      row.latest.reset();
      if (value) row.latest = Cell{*value, timestamp};
      return Put::latest;
    }
    if (row.history_end_ms && timestamp < *row.history_end_ms) {
      const auto place = first_from(row, timestamp);
      if (place != row.history.end() && place->valid_from_ms == timestamp) {
        place->value = value;
      } else {
        row.history.insert(place, Version{timestamp, value});
      }
      return Put::superseded;
    }
    if (row.latest) {
      append(row, timestamp, row.latest->timestamp_ms, value);
      return Put::superseded;
    }
    if (value) {
      row.latest = Cell{*value, timestamp};
    } else {
      close_history(row, timestamp);
    }
    return Put::latest;
  }

  std::optional<Cell> get(const Key& key) const {
    const auto row = rows_.find(key);
    return row == rows_.end() ? std::nullopt : row->second.latest;
  }
  std::optional<Cell> get(const Key& key, TimestampMs as_of) const {
    const auto found = rows_.find(key);
    if (found == rows_.end()) return std::nullopt;
    const Row& row = found->second;
    if (row.latest && row.latest->timestamp_ms <= as_of) return row.latest;
    if (as_of < stream_time_ms_ - history_retention_ms_) return std::nullopt;
    if (!row.history_end_ms || *row.history_end_ms <= as_of) return std::nullopt;
    const auto after = first_from(row, as_of + 1);
    if (after == row.history.begin()) return std::nullopt;
    const Version& version = *std::prev(after);
    if (!version.value) return std::nullopt;
    return Cell{*version.value, version.valid_from_ms};
  }

 private:
  struct Version {
    TimestampMs valid_from_ms = 0;
    std::optional<Value> value;
  };
  /// The latest value lies apart from the history, which ends where it says and may hold nothing but that
  /// end: a tombstone. A latest value that is deleted at its own timestamp leaves no trace of its own.
  struct Row {
    std::optional<Cell> latest;
    std::vector<Version> history;  ///< ascending; each version holds until the next, the last until the end
    std::optional<TimestampMs> history_end_ms;
  };

  template <typename AnyRow>
  static auto first_from(AnyRow& row, TimestampMs timestamp) {
    return std::lower_bound(row.history.begin(), row.history.end(), timestamp,
                            [](const Version& v, TimestampMs ts) { return v.valid_from_ms < ts; });
  }
  /// Moves the end of the history; what lay between was nothing.
  static void close_history(Row& row, TimestampMs end_ms) {
    if (row.history_end_ms && *row.history_end_ms < end_ms) {
      row.history.push_back({*row.history_end_ms, std::nullopt});
    }
    row.history_end_ms = end_ms;
  }
  static void append(Row& row, TimestampMs from_ms, TimestampMs to_ms, const std::optional<Value>& value) {
    close_history(row, from_ms);
    row.history.push_back({from_ms, value});
    row.history_end_ms = to_ms;
  }
  /// Versions that ended before the history begins can no longer be asked for.
  void forget(Row& row) const {
    const TimestampMs from = stream_time_ms_ - history_retention_ms_;
    auto keep = row.history.begin();
    while (keep != row.history.end() && std::next(keep) != row.history.end() &&
           std::next(keep)->valid_from_ms <= from) {
      ++keep;
    }
    row.history.erase(row.history.begin(), keep);
  }

  std::int64_t history_retention_ms_;
  TimestampMs stream_time_ms_ = kNoTimestamp;
  std::map<Key, Row> rows_;
};

}  // namespace wrackline::event_time::streams
