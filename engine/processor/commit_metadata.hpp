// What a windowed job writes into the metadata of an offset that it commits: its watermark, in decimal. A
// successor that starts from the offset judges replayed records by it and does not open again what is final.
// Kafka Streams does the same with its partition time (StreamTask, TopicPartitionMetadata).
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/event_time/timestamp.hpp"

namespace wrackline::processor {

inline std::string commit_metadata(std::int64_t watermark_ms) { return std::to_string(watermark_ms); }

/// Metadata that no job of ours wrote says nothing.
inline std::int64_t watermark_in(std::string_view metadata) {
  std::int64_t watermark_ms = 0;
  const auto [end, error] = std::from_chars(metadata.data(), metadata.data() + metadata.size(), watermark_ms);
  return error == std::errc{} && end == metadata.data() + metadata.size() ? watermark_ms
                                                                          : event_time::kMinTimestamp;
}

}  // namespace wrackline::processor
