// What the delays say about the sources' clocks. A delay is the way plus the error of two clocks; what a
// clock does shows in the lower envelope, the shortest ways.
//
// Told, per source: an offset against the other sources' medians (three sources at least; a slow way looks
// the same, so it is told as "above the others"), far behind where it is more than an hour; drift, as the
// slope of the smallest delays of up to 64 stretches of time by Theil and Sen's estimator; a step, where two
// levels describe these smallest delays better than a slope; standstills of the event time; negative delays;
// rows that are late by 2^32 microseconds (4,294.97 s), the mark of a wrapped 32-bit counter; rows that
// report source and event time again. Told is only what stands out of the scatter; a source with less than
// 200 sampled rows is not judged for drift and steps.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/fit/statistics.hpp"

namespace wrackline::fit {

enum class TroubleKind : std::uint8_t {
  far_behind,
  far_ahead,
  offset,
  drift,
  step,
  freeze,
  negative,
  wrap32,
  repeats,
};
std::string_view name_of(TroubleKind kind);

struct Trouble {
  TroubleKind kind = TroubleKind::offset;
  std::uint32_t key = 0;
  /// ms; of drift: ppm, fast (+) or slow (-); of negative, wrap32 and repeats: rows.
  double amount = 0;
  std::uint64_t rows = 0;  ///< of the source
  std::int64_t at_ms = 0;  ///< of a step: the arrival around which it happened
  std::string text;        ///< without the source's name
};

/// Worst first.
std::vector<Trouble> clock_trouble(const Statistics& statistics);

/// What is known of one source.
struct SourceSummary {
  std::uint32_t key = 0;
  SourceCounts counts;
  double p50_ms = 0, p95_ms = 0, p99_ms = 0;
  std::uint64_t sampled = 0;
};
/// Most rows first.
std::vector<SourceSummary> source_summaries(const Statistics& statistics);

}  // namespace wrackline::fit
