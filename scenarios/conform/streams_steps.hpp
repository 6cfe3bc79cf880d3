// What the drivers of the Kafka Streams kinds share: the engine's words for drops and errors, properties, and
// the clock of the recorded TopologyTestDriver (which commits after every record).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/event_time/streams/record.hpp"
#include "engine/event_time/streams/store_retention.hpp"
#include "engine/event_time/streams/task_time.hpp"
#include "scenarios/conform/conform.hpp"

namespace wrackline::conform {

/// The properties that a case may name; any other makes it not modelled.
struct StreamsProperties {
  bool in_memory = false;
  bool cached = true;  ///< the default cache is 10 MiB, more than any case fills
  std::int64_t aggregation_emit_interval_ms = 1000;
  std::int64_t outer_join_emit_interval_ms = 1000;
  event_time::streams::TimestampExtractor extractor =
      event_time::streams::TimestampExtractor::fail_on_invalid;
};
StreamsProperties streams_properties(const Json& config);
event_time::streams::Version streams_version(const Json& recorded_case);

/// "Skipping ..." lines as the recording cut them; drops that the engine only counts have none.
Json streams_reasons(const event_time::streams::Drops& drops, bool window_end_exclusive);

/// `error` of a step: the wrapper's class, the inner class, the innermost message.
Json streams_error(std::string_view wrapper, const event_time::streams::StreamsError& error);
Json refused(const std::string& message);

/// Adds `dropped` and `reasons` to a step's answer where there are any.
void add_drops(Json& out, const event_time::streams::Drops& drops, bool window_end_exclusive = true);

template <typename T>
Json json_or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

}  // namespace wrackline::conform
