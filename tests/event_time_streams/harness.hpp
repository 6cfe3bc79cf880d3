// Small worlds for the tests of engine/event_time/streams: keys are letters, results are lines such as
// "a[0,10)=2@9" (key, window, value, timestamp).
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/event_time/streams/session_window_aggregate.hpp"
#include "engine/event_time/streams/sliding_window_aggregate.hpp"
#include "engine/event_time/streams/stream_stream_join.hpp"
#include "engine/event_time/streams/suppress.hpp"
#include "engine/event_time/streams/window_aggregate.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::event_time::streams::tests {

using Lines = std::vector<std::string>;

struct Count {
  using Value = int;
  using Aggregate = std::int64_t;
  static Aggregate initial() { return 0; }
  static Aggregate add(Aggregate count, const Value*) { return count + 1; }
  static Aggregate merge(Aggregate a, Aggregate b) { return a + b; }
};

template <typename Change>
std::string line(const Change& change, char close) {
  return fmt::format("{}[{},{}{}={}@{}", change.key, change.window.start_ms, change.window.end_ms, close,
                     change.new_value ? std::to_string(*change.new_value) : "null", change.timestamp_ms);
}

/// An aggregation that counts, uncached and in memory unless told otherwise; with or without suppression.
template <typename Operator, char kClose>
class Counting {
 public:
  template <typename Windows>
  explicit Counting(const Windows& windows, AggregateSettings settings = {},
                    std::optional<Suppressed> suppressed = std::nullopt)
      : operator_(windows, with_retention(settings, windows)) {
    if (suppressed) suppress_.emplace(*suppressed, false);
  }

  Lines record(std::optional<std::string> key, TimestampMs timestamp, std::optional<int> value = 1) {
    const auto sink = [this](auto change) {
      if (suppress_) {
        suppress_->process(std::move(change), [this](const auto& c) { lines_.push_back(line(c, kClose)); });
      } else {
        lines_.push_back(line(change, kClose));
      }
    };
    operator_.process({std::move(key), value, timestamp}, wall_clock_ms, sink, drops);
    operator_.flush(sink, drops);
    return std::exchange(lines_, {});
  }

  std::int64_t wall_clock_ms = 0;
  Drops drops;

 private:
  template <typename Windows>
  static AggregateSettings with_retention(AggregateSettings settings, const Windows& windows) {
    if (settings.store.retention_ms == 0) settings.store.retention_ms = windows.default_retention_ms();
    return settings;
  }

  Operator operator_;
  std::optional<Suppress<std::string, std::int64_t>> suppress_;
  Lines lines_;
};

using TimeWindowCount = Counting<WindowAggregate<std::string, Count>, ')'>;
using SlidingCount = Counting<SlidingWindowAggregate<std::string, Count>, ']'>;
using SessionCount = Counting<SessionWindowAggregate<std::string, Count>, ']'>;

inline AggregateSettings in_memory(EmitStrategy emit = EmitStrategy::on_window_update,
                                   std::int64_t emit_interval_ms = 0) {
  return {{StoreKind::in_memory, 0, false}, emit, emit_interval_ms};
}

/// A stream-stream join of texts; results such as "l1+r1@5", "null" for a missing side.
class TextJoin {
 public:
  TextJoin(JoinType type, const JoinWindows& windows, std::int64_t emit_interval_ms = 0,
           StoreKind stores = StoreKind::in_memory)
      : join_(type, windows, stores, emit_interval_ms) {}

  Lines left(std::optional<std::string> key, TimestampMs timestamp, std::optional<std::string> value = "l") {
    join_.process_left({std::move(key), std::move(value), timestamp}, wall_clock_ms, sink(), drops);
    return std::exchange(lines_, {});
  }
  Lines right(std::optional<std::string> key, TimestampMs timestamp, std::optional<std::string> value = "r") {
    join_.process_right({std::move(key), std::move(value), timestamp}, wall_clock_ms, sink(), drops);
    return std::exchange(lines_, {});
  }

  std::int64_t wall_clock_ms = 0;
  Drops drops;

 private:
  struct Sink {
    Lines* lines;
    void operator()(const StreamJoined<std::string, std::string, std::string>& joined) const {
      lines->push_back(fmt::format("{}+{}@{}", joined.left.value_or("null"), joined.right.value_or("null"),
                                   joined.timestamp_ms));
    }
  };
  Sink sink() { return {&lines_}; }

  StreamStreamJoin<std::string, std::string, std::string> join_;
  Lines lines_;
};

}  // namespace wrackline::event_time::streams::tests
