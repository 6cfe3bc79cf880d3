// What a segmented store keeps, accepts and shows as its own stream time moves: the part of
// InMemoryWindowStore, AbstractRocksDBSegmentedBytesStore and AbstractRocksDBTimeOrderedSegmentedBytesStore
// that changes results.
//
// A store's stream time is the largest window start (session end) that was put, accepted or not. In memory an
// entry goes when it is a retention behind that, to the millisecond, and such a put is refused. On disk a put
// is refused only when its whole segment (half a retention, at least a minute) is behind, but reads hide what
// the in-memory store would have dropped. The time-ordered disk stores, which onWindowClose uses, show
// one millisecond more, and their sessions by end time are hidden only as whole segments go.
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/event_time/streams/record.hpp"

namespace wrackline::event_time::streams {

enum class StoreKind : std::uint8_t {
  in_memory,
  rocks_db,
  rocks_db_time_ordered,  ///< what RocksDB suppliers build for onWindowClose
};

struct StoreSettings {
  StoreKind kind = StoreKind::rocks_db;
  std::int64_t retention_ms = 0;
  bool cached = false;  ///< a record cache lies above; it never evicts here
};

class StoreRetention {
 public:
  enum class Holds : std::uint8_t { windows, sessions };

  explicit StoreRetention(const StoreSettings& settings, Holds holds = Holds::windows)
      : kind_(settings.kind),
        holds_(holds),
        retention_ms_(settings.retention_ms),
        segment_ms_(settings.kind == StoreKind::in_memory
                        ? 1
                        : std::max<std::int64_t>(settings.retention_ms / 2, 60'000)) {}

  /// A put at `timestamp`: true if the store takes it. Moves the store's stream time either way.
  bool put(TimestampMs timestamp) {
    stream_time_ms_ = std::max(stream_time_ms_, timestamp);
    if (kind_ == StoreKind::in_memory) return timestamp > stream_time_ms_ - retention_ms_;
    return segment(timestamp) >= segment(stream_time_ms_ - retention_ms_);
  }
  /// Reads by key, and of all windows: from this timestamp on.
  TimestampMs visible_from() const {
    const bool one_more = kind_ == StoreKind::rocks_db_time_ordered && holds_ == Holds::windows;
    return stream_time_ms_ - retention_ms_ + (one_more ? 0 : 1);
  }
  /// Reads of all sessions by end time: a time-ordered disk store hides nothing that is still there.
  TimestampMs all_sessions_from() const {
    if (kind_ != StoreKind::rocks_db_time_ordered) return visible_from();
    return segment(stream_time_ms_ - retention_ms_) * segment_ms_;
  }
  /// Below this nothing will be seen again.
  TimestampMs gone_before() const {
    return kind_ == StoreKind::in_memory ? visible_from()
                                         : segment(stream_time_ms_ - retention_ms_) * segment_ms_;
  }

 private:
  std::int64_t segment(TimestampMs timestamp) const { return timestamp / segment_ms_; }

  StoreKind kind_;
  Holds holds_;
  std::int64_t retention_ms_;
  std::int64_t segment_ms_;
  TimestampMs stream_time_ms_ = kNoTimestamp;
};

}  // namespace wrackline::event_time::streams
