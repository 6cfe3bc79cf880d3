// How many bytes a record takes in a batch of magic 2 (DefaultRecord): what the dirty ratio of the log
// cleaner and the length of a cleaned log are made of.
#pragma once

#include <algorithm>
#include <cstdint>

namespace wrackline::kafka {

constexpr std::int32_t varint_bytes(std::int64_t value) {
  auto zigzag = (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
  std::int32_t bytes = 1;
  for (; zigzag >= 0x80; zigzag >>= 7) ++bytes;
  return bytes;
}

/// Length, attributes, deltas, key, value and an empty list of headers; -1 = null.
constexpr std::int32_t record_bytes(std::int64_t timestamp_delta, std::int64_t offset_delta,
                                    std::int32_t key_bytes, std::int32_t value_bytes) {
  const std::int32_t body = 1 + varint_bytes(timestamp_delta) + varint_bytes(offset_delta) +
                            varint_bytes(key_bytes) + std::max(key_bytes, 0) + varint_bytes(value_bytes) +
                            std::max(value_bytes, 0) + 1;
  return body + varint_bytes(body);
}

/// The record of a transaction marker: a key of 4 and a value of 6 bytes.
inline constexpr std::int32_t kMarkerRecordBytes = record_bytes(0, 0, 4, 6);

}  // namespace wrackline::kafka
