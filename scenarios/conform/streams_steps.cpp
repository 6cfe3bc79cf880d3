#include "scenarios/conform/streams_steps.hpp"

#include <fmt/format.h>

namespace wrackline::conform {

using namespace event_time::streams;

StreamsProperties streams_properties(const Json& config) {
  StreamsProperties known;
  const auto properties = config.find("properties");
  if (properties == config.end()) return known;
  for (const auto& [name, value] : properties->items()) {
    if (name == "dsl.store.suppliers.class") {
      known.in_memory = value.get<std::string>().ends_with("InMemoryDslStoreSuppliers");
    } else if (name == "statestore.cache.max.bytes") {
      const auto bytes = value.get<std::int64_t>();
      if (bytes != 0 && bytes < 1024 * 1024) throw NotModelledError{"a record cache small enough to evict"};
      known.cached = bytes != 0;
    } else if (name == "__emit.interval.ms.kstreams.windowed.aggregation__") {
      known.aggregation_emit_interval_ms = value.get<std::int64_t>();
    } else if (name == "__emit.interval.ms.kstreams.outer.join.spurious.results.fix__") {
      known.outer_join_emit_interval_ms = value.get<std::int64_t>();
    } else if (name == "default.timestamp.extractor") {
      const auto extractor = value.get<std::string>();
      if (extractor.ends_with(".FailOnInvalidTimestamp")) {
        known.extractor = TimestampExtractor::fail_on_invalid;
      } else if (extractor.ends_with(".LogAndSkipOnInvalidTimestamp")) {
        known.extractor = TimestampExtractor::log_and_skip_on_invalid;
      } else if (extractor.ends_with(".UsePartitionTimeOnInvalidTimestamp")) {
        known.extractor = TimestampExtractor::use_partition_time_on_invalid;
      } else {
        throw NotModelledError{"timestamp extractor " + extractor};
      }
    } else {
      throw NotModelledError{"property " + name};
    }
  }
  return known;
}

Version streams_version(const Json& recorded_case) {
  return recorded_case.at("version").get<std::string>().starts_with("3.") ? Version::v3_9 : Version::v4_1;
}

Json streams_reasons(const Drops& drops, bool window_end_exclusive) {
  Json reasons = Json::array();
  for (const Dropped& dropped : drops) {
    switch (dropped.why) {
      case Skip::null_key:
        reasons.push_back("Skipping record due to null key");
        break;
      case Skip::null_key_or_value:
        reasons.push_back("Skipping record due to null key or value");
        break;
      case Skip::null_join_key_or_value:
        reasons.push_back("Skipping record due to null join key or value");
        break;
      case Skip::null_foreign_key:
        reasons.push_back("Skipping record due to null foreign key");
        break;
      case Skip::expired_window:
        reasons.push_back(
            fmt::format("Skipping record for expired window timestamp=[{}] window=[{},{}{} expiration=[{}] "
                        "streamTime=[{}]",
                        dropped.timestamp_ms, dropped.window.start_ms, dropped.window.end_ms,
                        window_end_exclusive ? ')' : ']', dropped.close_time_ms, dropped.stream_time_ms));
        break;
      case Skip::expired_segment:
        reasons.push_back("Skipping record for expired segment");
        break;
      case Skip::expired_put:
        reasons.push_back("Skipping record for expired put");
        break;
      case Skip::invalid_timestamp:
        reasons.push_back("Input record will be dropped because it has an invalid (negative) timestamp");
        reasons.push_back("Skipping record due to negative extracted timestamp");
        break;
      case Skip::out_of_order:
      case Skip::stale_response:
        break;
    }
  }
  return reasons;
}

Json streams_error(std::string_view wrapper, const StreamsError& error) {
  return {{"class", wrapper}, {"causes", Json::array({error.exception()})}, {"message", error.what()}};
}

Json refused(const std::string& message) {
  return {{"error", {{"class", "IllegalArgumentException"}, {"message", message}}}};
}

void add_drops(Json& out, const Drops& drops, bool window_end_exclusive) {
  if (drops.empty()) return;
  out["dropped"] = drops.size();
  Json reasons = streams_reasons(drops, window_end_exclusive);
  if (!reasons.empty()) out["reasons"] = std::move(reasons);
}

}  // namespace wrackline::conform
