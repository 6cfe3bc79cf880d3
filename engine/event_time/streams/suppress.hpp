// suppress(): KTableSuppressProcessor over InMemoryTimeOrderedKeyValueChangeBuffer (KIP-328, rule S-14).
//
// Modelled: one buffered change per windowed key, which keeps the place of its first buffering; eviction in
// order of (buffer time, key) when stream time - wait reaches the buffer time; the stream time is that of the
// *results* that arrive here, not of the input; untilWindowCloses (buffer time = window end, wait = grace,
// for sessions gap + grace, tombstones swallowed) and untilTimeLimit (buffer time = the result's timestamp);
// limits of records and bytes with early emission or shutdown, bytes as the engine estimates them.
// Not modelled: the buffer's changelog.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "engine/event_time/streams/record.hpp"

namespace wrackline::event_time::streams {

struct Suppressed {
  enum class Until : std::uint8_t { window_closes, time_limit };
  enum class WhenFull : std::uint8_t { emit_early, shut_down };

  Until until = Until::window_closes;
  /// The limit; for window_closes the grace (of sessions: gap + grace).
  std::int64_t wait_ms = 0;
  std::int64_t max_records = std::numeric_limits<std::int64_t>::max();
  std::int64_t max_bytes = std::numeric_limits<std::int64_t>::max();
  WhenFull when_full = WhenFull::shut_down;
};

/// The size of a serialized value as the buffer counts it; specialise for other types.
template <typename T>
std::int64_t serialized_bytes(const T&) {
  return sizeof(T);
}
inline std::int64_t serialized_bytes(const std::string& text) {
  return static_cast<std::int64_t>(text.size());
}

template <typename Key, typename Aggregate>
class Suppress {
 public:
  using Change = WindowedChange<Key, Aggregate>;

  /// `node` names the processor in errors. `sessions`: keys carry two timestamps instead of one.
  /// `context_bytes` is the record context's share: two timestamps, a partition and the topic's name.
  Suppress(Suppressed settings, bool sessions, std::string node = "KTABLE-SUPPRESS-0000000003",
           std::size_t topic_length = 2)
      : settings_(settings),
        window_bytes_(sessions ? 16 : 8),
        context_bytes_(20 + static_cast<std::int64_t>(topic_length)),
        node_(std::move(node)) {}

  /// One change of the table above; `sink(Change)` gets what is let through. Throws StreamsError when the
  /// buffer is full and set to shut down.
  template <typename Sink>
  void process(Change change, Sink&& sink) {
    stream_time_ms_ = std::max(stream_time_ms_, change.timestamp_ms);
    buffer(std::move(change));
    evict_while([this] { return buffer_.begin()->first.time_ms <= stream_time_ms_ - settings_.wait_ms; },
                sink);
    if (!over_capacity()) return;
    if (settings_.when_full == Suppressed::WhenFull::shut_down) {
      throw StreamsError("StreamsException", node_ + " buffer exceeded its max capacity. Currently [" +
                                                 std::to_string(buffer_.size()) + "/" +
                                                 std::to_string(settings_.max_records) + "] records and [" +
                                                 std::to_string(bytes_) + "/" +
                                                 std::to_string(settings_.max_bytes) + "] bytes.");
    }
    evict_while([this] { return over_capacity(); }, sink);
  }

  std::size_t records_held() const { return buffer_.size(); }
  std::int64_t bytes_held() const { return bytes_; }
  TimestampMs stream_time_ms() const { return stream_time_ms_; }

 private:
  struct Place {
    TimestampMs time_ms = 0;
    Key key;
    Window window;
    friend bool operator<(const Place& a, const Place& b) {
      return std::tie(a.time_ms, a.key, a.window.end_ms, a.window.start_ms) <
             std::tie(b.time_ms, b.key, b.window.end_ms, b.window.start_ms);
    }
  };
  struct Buffered {
    std::optional<Aggregate> prior;  ///< the row before it was buffered first
    Change change;
    std::int64_t bytes = 0;
  };

  void buffer(Change change) {
    const std::pair row(change.key, change.window);
    const auto known = index_.find(row);
    if (known != index_.end()) {
      Buffered& held = buffer_.at(known->second);
      held.change = std::move(change);
      bytes_ -= held.bytes;
      held.bytes = size_of(held);
      bytes_ += held.bytes;
      return;
    }
    const TimestampMs time =
        settings_.until == Suppressed::Until::window_closes ? change.window.end_ms : change.timestamp_ms;
    Place place{time, change.key, change.window};
    Buffered held{change.old_value, std::move(change)};
    held.bytes = size_of(held);
    bytes_ += held.bytes;
    index_.emplace(row, place);
    buffer_.emplace(std::move(place), std::move(held));
  }

  std::int64_t size_of(const Buffered& held) const {
    const Change& change = held.change;
    std::int64_t bytes = 8 + serialized_bytes(change.key) + window_bytes_ + context_bytes_;
    if (held.prior) bytes += serialized_bytes(*held.prior);
    // Equal prior and old values are kept once.
    if (change.old_value && change.old_value != held.prior) bytes += serialized_bytes(*change.old_value);
    if (change.new_value) bytes += serialized_bytes(*change.new_value);
    return bytes;
  }

  template <typename While, typename Sink>
  void evict_while(While&& evict, Sink& sink) {
    while (!buffer_.empty() && evict()) {
      const auto first = buffer_.begin();
      Change change = std::move(first->second.change);
      bytes_ -= first->second.bytes;
      index_.erase(std::pair(first->first.key, first->first.window));
      buffer_.erase(first);
      // The last word on a window that is gone has no use.
      if (change.new_value || settings_.until == Suppressed::Until::time_limit) sink(std::move(change));
    }
  }
  bool over_capacity() const {
    return static_cast<std::int64_t>(buffer_.size()) > settings_.max_records || bytes_ > settings_.max_bytes;
  }

  Suppressed settings_;
  std::int64_t window_bytes_;
  std::int64_t context_bytes_;
  std::string node_;
  TimestampMs stream_time_ms_ = kNoTimestamp;
  std::int64_t bytes_ = 0;
  std::map<Place, Buffered> buffer_;
  std::map<std::pair<Key, Window>, Place> index_;
};

}  // namespace wrackline::event_time::streams
