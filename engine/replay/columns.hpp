// What a replay is fed with: columns of records in order of arrival, one chunk after the other.
//
// A chunk is only looked at while feed() runs; nothing of it is kept. Key and value may be empty: then every
// record has key 0 and value 1. Keys are numbers from 0 on (interned: a trace reader hands them out in order
// of first appearance), because per-key state lies in arrays indexed by them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace wrackline::replay {

/// Times further from 1970 than this (year 9999) are refused: they are errors of units, and every sum of two
/// times stays far from the ends of the axis.
inline constexpr std::int64_t kLargestTimeMs = 253'402'300'799'999;

struct Columns {
  std::span<const std::int64_t> event_ms;
  std::span<const std::int64_t> arrival_ms;  ///< never falls
  std::span<const std::uint32_t> key = {};
  std::span<const std::int64_t> value = {};

  std::size_t size() const { return event_ms.size(); }
  Columns slice(std::size_t from, std::size_t count) const {
    return {event_ms.subspan(from, count), arrival_ms.subspan(from, count),
            key.empty() ? key : key.subspan(from, count), value.empty() ? value : value.subspan(from, count)};
  }
};

}  // namespace wrackline::replay
