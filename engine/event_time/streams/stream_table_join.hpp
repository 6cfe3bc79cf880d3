// Stream-table join: KStreamKTableJoinProcessor, for tables and global tables, with the buffer of KIP-923.
//
// Only a stream record triggers. Modelled: a plain table answers with its row now, a versioned one with the
// row as of the record's timestamp; with a grace period the record waits in a buffer until the largest
// timestamp buffered is a grace past its own, and leaves in order of (timestamp, key, arrival); only the next
// *stream* record releases it; one that comes already older than that is joined at once, unbuffered; a null
// key reaching the buffer kills the task; what is skipped and what a left join passes, by version: a global
// table's selector that gives null drops the record in 3.9 and gives `left + null` in 4.1. Not modelled: the
// buffer's changelog.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "engine/event_time/streams/record.hpp"
#include "engine/event_time/streams/stream_stream_join.hpp"

namespace wrackline::event_time::streams {

struct StreamTableSettings {
  bool left_join = false;
  std::optional<std::int64_t> grace_ms{};
  Version version = Version::v4_1;

  /// What the DSL refuses of a grace period.
  Refusal refusal(std::optional<std::int64_t> history_retention_ms) const {
    if (!grace_ms) return std::nullopt;
    if (!history_retention_ms)
      return "KTable must be versioned to use a grace period in a stream table join.";
    if (*history_retention_ms < *grace_ms) return "History retention must be at least grace period.";
    return std::nullopt;
  }
};

template <typename Key, typename Stream, typename TableRow>
class StreamTableJoin {
 public:
  using Joined = StreamJoined<Key, Stream, TableRow>;

  explicit StreamTableJoin(const StreamTableSettings& settings) : settings_(settings) {}

  /// `table_key(record)` is an optional key (for a table: the record's own); `row(table key, timestamp)` an
  /// optional row; `sink(Joined)` gets the results.
  template <typename TableKey, typename Row, typename Sink>
  void process(const Record<Key, Stream>& record, TableKey&& table_key, Row&& row, Sink&& sink,
               Drops& drops) {
    if (skipped(record, table_key(record))) {
      drops.push_back({.why = Skip::null_join_key_or_value, .timestamp_ms = record.timestamp_ms});
      return;
    }
    if (!settings_.grace_ms) {
      join(record, table_key, row, sink);
      return;
    }
    if (!record.key) throw StreamsError("NullPointerException", "key cannot be null");
    if (buffer_time_ms_ - *settings_.grace_ms > record.timestamp_ms) {
      join(record, table_key, row, sink);
      return;
    }
    buffer_time_ms_ = std::max(buffer_time_ms_, record.timestamp_ms);
    buffer_.emplace(Place{record.timestamp_ms, *record.key, arrivals_++}, record);
    while (!buffer_.empty() && buffer_.begin()->first.timestamp_ms <= buffer_time_ms_ - *settings_.grace_ms) {
      join(buffer_.begin()->second, table_key, row, sink);
      buffer_.erase(buffer_.begin());
    }
  }

  std::size_t records_held() const { return buffer_.size(); }

 private:
  struct Place {
    TimestampMs timestamp_ms = 0;
    Key key;
    std::uint64_t arrival = 0;
    friend bool operator<(const Place& a, const Place& b) {
      return std::tie(a.timestamp_ms, a.key, a.arrival) < std::tie(b.timestamp_ms, b.key, b.arrival);
    }
  };

  template <typename AnyKey>
  bool skipped(const Record<Key, Stream>& record, const std::optional<AnyKey>& mapped) const {
    if (!record.value) return true;
    if (mapped) return false;
    if (!settings_.left_join) return true;
    return settings_.version == Version::v3_9 && record.key.has_value();
  }

  template <typename TableKey, typename Row, typename Sink>
  void join(const Record<Key, Stream>& record, TableKey& table_key, Row& row, Sink& sink) const {
    const auto mapped = table_key(record);
    std::optional<TableRow> found;
    if (mapped) found = row(*mapped, record.timestamp_ms);
    if (!found && !settings_.left_join) return;
    sink(Joined{record.key, record.value, std::move(found), record.timestamp_ms});
  }

  StreamTableSettings settings_;
  TimestampMs buffer_time_ms_ = kNoTimestamp;
  std::uint64_t arrivals_ = 0;
  std::map<Place, Record<Key, Stream>> buffer_;
};

}  // namespace wrackline::event_time::streams
