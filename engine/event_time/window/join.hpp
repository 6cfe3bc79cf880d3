// Joins of two streams of one key, and of a stream with a table: the parts they share.
//
//   interval_join.hpp   l.ts + lower <= r.ts <= l.ts + upper
//   window_join.hpp     both in the same tumbling, hopping or cumulate window
//   table_join.hpp      a record with the version of its key that the table holds when it arrives (stream -
//                       table), or that was valid at its timestamp (temporal)
//
// One watermark for both sides: the caller combines the inputs' (their minimum). A record is late, and
// dropped, iff timestamp + allowed lateness <= watermark. What has no partner is padded, once, as soon as no
// partner can come any more. All are pure logic; each has a batch oracle in join_oracle.hpp.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/event_time/timestamp.hpp"
#include "engine/event_time/window_assigner.hpp"
#include "sim/event_id.hpp"

namespace wrackline::event_time::window {

enum class JoinType : std::uint8_t { inner, left, right, full };
enum class JoinSide : std::uint8_t { left, right };

constexpr bool pads_left_rows(JoinType type) { return type == JoinType::left || type == JoinType::full; }
constexpr bool pads_right_rows(JoinType type) { return type == JoinType::right || type == JoinType::full; }

struct JoinRecord {
  TimestampMs timestamp = 0;
  sim::EventId id;
  std::int64_t value = 0;
  friend auto operator<=>(const JoinRecord&, const JoinRecord&) = default;
};

/// A pair, or one record with nothing beside it.
struct JoinedRow {
  std::uint32_t key = 0;
  bool has_left = false;
  bool has_right = false;
  JoinRecord left;
  JoinRecord right;
  Window window;  ///< of window joins
  friend auto operator<=>(const JoinedRow&, const JoinedRow&) = default;
};

inline JoinedRow joined(std::uint32_t key, const JoinRecord* left, const JoinRecord* right,
                        const Window& window = {}) {
  JoinedRow row;
  row.key = key;
  row.window = window;
  if (left != nullptr) {
    row.has_left = true;
    row.left = *left;
  }
  if (right != nullptr) {
    row.has_right = true;
    row.right = *right;
  }
  return row;
}

enum class JoinVerdict : std::uint8_t { accepted, late_dropped };

}  // namespace wrackline::event_time::window
