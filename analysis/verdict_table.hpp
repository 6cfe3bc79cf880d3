// The verdict table: what `wrackline run` prints to stdout. A row for each cell of the matrix; fixed width,
// aligned by what a terminal shows of UTF-8, the same bytes on every machine.
//
// Columns: the axes of the matrix (at least the guarantee), duplicates at the sink, losses by what the
// producer was told (acknowledged / told failed / unknown / fire-and-forget), the late-drop rate, P50, P95
// and P99 of a latency with the number of events that are missing from it, and the verdict. Every line below
// the table that explains a verdict other than pass names the cell by its number.
#pragma once

#include <span>
#include <string>

#include "analysis/run_result.hpp"

namespace wrackline::analysis {

struct TableOptions {
  Phase phase = Phase::all;
  Latency latency = Latency::end_to_end;
  bool reasons = true;           ///< explain every verdict that is not pass
  std::size_t reason_limit = 4;  ///< per row; the rest is counted
};

std::string verdict_table(std::span<const RunResult> cells, const TableOptions& options = {});

/// Columns a terminal needs for the text: one per code point, two for wide ones (East Asian, emoji), none for
/// marks that combine.
std::size_t display_width(std::string_view utf8);

}  // namespace wrackline::analysis
