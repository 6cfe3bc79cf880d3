// What travels through the Kafka Streams operators of this folder: records in, changes out, drops counted.
//
// Modelled: Record with a key or a value that may be null, Change (new and old value of a table row) and the
// reasons for which an operator skips a record, with the figures that the engine logs.
// `dropped-records-total` is the number of Dropped entries: a record in several closed windows is counted
// once for each of them. Not modelled: headers, serdes, partitions (an operator here is the one task of one
// partition).
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "engine/event_time/timestamp.hpp"

namespace wrackline::event_time::streams {

/// ConsumerRecord.NO_TIMESTAMP: stream time before the first record.
inline constexpr TimestampMs kNoTimestamp = -1;

/// The releases whose rules differ here.
enum class Version : std::uint8_t { v3_9, v4_1 };

/// A window's two ends. Time windows exclude the end; sliding and session windows include it.
struct Window {
  TimestampMs start_ms = 0;
  TimestampMs end_ms = 0;
  friend auto operator<=>(const Window&, const Window&) = default;
};

template <typename Key, typename Value>
struct Record {
  std::optional<Key> key;
  std::optional<Value> value;
  TimestampMs timestamp_ms = 0;
};

/// A row of a windowed table changed. `new_value` empty: the row is gone (a retracted session).
template <typename Key, typename Aggregate>
struct WindowedChange {
  Key key;
  Window window;
  std::optional<Aggregate> new_value;
  std::optional<Aggregate> old_value;  ///< what suppression accounts for
  TimestampMs timestamp_ms = 0;
};

template <typename Value>
struct ValueAndTimestamp {
  Value value;
  TimestampMs timestamp_ms = 0;
};

enum class Skip : std::uint8_t {
  null_key,
  null_key_or_value,
  null_join_key_or_value,
  null_foreign_key,
  expired_window,     ///< the window had closed
  expired_segment,    ///< a window or session store refused the put: outside its retention
  expired_put,        ///< a versioned store refused the put: outside its history retention
  invalid_timestamp,  ///< LogAndSkipOnInvalidTimestamp
  out_of_order,       ///< a versioned table's update that is not its latest: counted, not logged
  stale_response,     ///< a foreign-key response to a row that has changed meanwhile: counted, not logged
};

struct Dropped {
  Skip why = Skip::null_key;
  // Filled for expired_window, as the engine logs them.
  TimestampMs timestamp_ms = 0;
  Window window{};
  TimestampMs close_time_ms = 0;
  TimestampMs stream_time_ms = 0;
};
using Drops = std::vector<Dropped>;

/// An exception that kills the task. `exception` is the class that the operator throws; the runtime wraps it.
class StreamsError : public std::runtime_error {
 public:
  StreamsError(std::string exception, const std::string& message)
      : std::runtime_error(message), exception_(std::move(exception)) {}
  const std::string& exception() const { return exception_; }

 private:
  std::string exception_;
};

/// Why the DSL refuses a definition, in the engine's words; always an IllegalArgumentException.
using Refusal = std::optional<std::string>;

}  // namespace wrackline::event_time::streams
