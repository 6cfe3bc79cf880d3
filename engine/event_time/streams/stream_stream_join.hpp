// KStreamKStreamJoin: inner, left and outer join of two streams (KIP-633, KAFKA-10847; rules S-11, S-12 with
// the corrections of the recorded vectors).
//
// A left record at t joins the right records in [t - before, t + after]; a right record the other way round.
// Modelled:
//   * grace drops nothing. It adds to the stores' retention and to the time after which an unmatched record
//   of
//     an outer side is emitted. A late record joins with whatever the other side's store still shows;
//   * unmatched records wait in a shared store, ordered by (timestamp, right before left, key), and are
//   looked
//     at only when a record arrives whose timestamp is the join's stream time, at most once per emit
//     interval of wall clock, and only if the smallest waiting timestamp may have closed. That smallest
//     timestamp is the engine's: after a scan it is the last entry looked at;
//   * a record whose window had passed before it came is emitted unmatched at once; a null key on an outer
//   side
//     likewise, and it moves the stream time; null values are dropped;
//   * the record is put into its own side's store after the join.
// Not modelled: self joins, which the optimizer may fuse.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/event_time/streams/join_store.hpp"
#include "engine/event_time/streams/record.hpp"
#include "engine/event_time/streams/windows.hpp"

namespace wrackline::event_time::streams {

enum class JoinType : std::uint8_t { inner, left, outer };

/// A result: both sides, or one of them.
template <typename Key, typename Left, typename Right>
struct StreamJoined {
  std::optional<Key> key;
  std::optional<Left> left;
  std::optional<Right> right;
  TimestampMs timestamp_ms = 0;
};

template <typename Key, typename Left, typename Right>
class StreamStreamJoin {
 public:
  using Joined = StreamJoined<Key, Left, Right>;

  /// `windows` without refusal.
  StreamStreamJoin(JoinType type, const JoinWindows& windows, StoreKind stores,
                   std::int64_t emit_interval_ms = 1000)
      : type_(type),
        windows_(windows),
        holds_unmatched_(type != JoinType::inner && windows.hold_unmatched),
        emit_interval_ms_(emit_interval_ms),
        left_({stores, windows.retention_ms(), false}),
        right_({stores, windows.retention_ms(), false}) {}

  /// `sink(Joined)` gets the results in order.
  template <typename Sink>
  void process_left(const Record<Key, Left>& record, std::int64_t wall_clock_ms, Sink&& sink, Drops& drops) {
    const Side side{true, type_ != JoinType::inner, windows_.before_ms, windows_.after_ms, wall_clock_ms};
    join(side, record, right_, sink, drops, [](const auto& own, const Right* other, TimestampMs timestamp) {
      return Joined{own.key, own.value, other == nullptr ? std::nullopt : std::optional<Right>(*other),
                    timestamp};
    });
    store(left_, record, drops);
  }
  template <typename Sink>
  void process_right(const Record<Key, Right>& record, std::int64_t wall_clock_ms, Sink&& sink,
                     Drops& drops) {
    const Side side{false, type_ == JoinType::outer, windows_.after_ms, windows_.before_ms, wall_clock_ms};
    join(side, record, left_, sink, drops, [](const auto& own, const Left* other, TimestampMs timestamp) {
      return Joined{own.key, other == nullptr ? std::nullopt : std::optional<Left>(*other), own.value,
                    timestamp};
    });
    store(right_, record, drops);
  }

  TimestampMs stream_time_ms() const { return stream_time_ms_; }
  std::size_t unmatched_held() const { return unmatched_.size(); }
  std::size_t records_held() const { return left_.records_held() + right_.records_held(); }

 private:
  struct Place {
    TimestampMs timestamp_ms = 0;
    bool left = false;
    Key key;
    friend bool operator<(const Place& a, const Place& b) {
      return std::tie(a.timestamp_ms, a.left, a.key) < std::tie(b.timestamp_ms, b.left, b.key);
    }
  };

  /// As Java adds: the "nothing waits" value wraps, and the check passes.
  static TimestampMs wrapping_add(TimestampMs a, std::int64_t b) {
    return static_cast<TimestampMs>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
  }

  /// The side that a record came on: its reach into the other side, and whether it may stay alone.
  struct Side {
    bool left = false;
    bool outer = false;
    std::int64_t before_ms = 0;
    std::int64_t after_ms = 0;
    std::int64_t wall_clock_ms = 0;
  };

  template <typename Own, typename Other, typename Sink, typename Make>
  void join(const Side& side, const Record<Key, Own>& record, const JoinStore<Key, Other>& others, Sink& sink,
            Drops& drops, Make&& make) {
    const TimestampMs timestamp = record.timestamp_ms;
    stream_time_ms_ = std::max(stream_time_ms_, timestamp);
    if (side.outer && !record.key && record.value) {
      sink(make(record, nullptr, timestamp));
      return;
    }
    if (!record.key || !record.value) {
      drops.push_back({.why = Skip::null_key_or_value, .timestamp_ms = timestamp});
      return;
    }
    if (holds_unmatched_ && timestamp == stream_time_ms_) emit_unmatched(side, sink);

    const TimestampMs from = std::max<TimestampMs>(0, timestamp - side.before_ms);
    const TimestampMs to = std::max<TimestampMs>(0, timestamp + side.after_ms);
    const auto [first, last] = others.fetch(*record.key, from, to);
    for (const auto* other = first; other != last; ++other) {
      if (holds_unmatched_) unmatched_.erase(Place{other->timestamp_ms, !side.left, *record.key});
      sink(make(record, &other->value, std::max(timestamp, other->timestamp_ms)));
    }
    if (!side.outer || first != last) return;
    if (!holds_unmatched_ || to < stream_time_ms_) {
      sink(make(record, nullptr, timestamp));
    } else {
      min_waiting_ms_ = std::min(min_waiting_ms_, timestamp);
      unmatched_[Place{timestamp, side.left, *record.key}].push_back(make(record, nullptr, timestamp));
    }
  }

  template <typename Sink>
  void emit_unmatched(const Side& side, Sink& sink) {
    if (open(min_waiting_ms_, side.after_ms)) return;
    if (side.wall_clock_ms < next_emit_ms_) return;
    next_emit_ms_ = side.wall_clock_ms + emit_interval_ms_;
    min_waiting_ms_ = std::numeric_limits<TimestampMs>::max();
    bool left_open = false;
    bool right_open = false;
    for (auto waiting = unmatched_.begin(); waiting != unmatched_.end();) {
      const Place& place = waiting->first;
      min_waiting_ms_ = place.timestamp_ms;
      if (left_open && right_open) return;
      if (open(place.timestamp_ms, place.left ? windows_.after_ms : windows_.before_ms)) {
        (place.left ? left_open : right_open) = true;
        ++waiting;
        continue;
      }
      for (Joined& alone : waiting->second) sink(std::move(alone));
      waiting = unmatched_.erase(waiting);
    }
  }
  bool open(TimestampMs timestamp, std::int64_t reach_ms) const {
    return wrapping_add(wrapping_add(timestamp, reach_ms), windows_.grace_ms) >= stream_time_ms_;
  }

  template <typename Own>
  static void store(JoinStore<Key, Own>& own, const Record<Key, Own>& record, Drops& drops) {
    if (record.key && !own.put(*record.key, record.value, record.timestamp_ms)) {
      drops.push_back({.why = Skip::expired_segment, .timestamp_ms = record.timestamp_ms});
    }
  }

  JoinType type_;
  JoinWindows windows_;
  bool holds_unmatched_;
  std::int64_t emit_interval_ms_;
  JoinStore<Key, Left> left_;
  JoinStore<Key, Right> right_;
  std::map<Place, std::vector<Joined>> unmatched_;
  TimestampMs stream_time_ms_ = kNoTimestamp;
  TimestampMs min_waiting_ms_ = std::numeric_limits<TimestampMs>::max();
  std::int64_t next_emit_ms_ = 0;
};

}  // namespace wrackline::event_time::streams
