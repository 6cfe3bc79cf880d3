// Reads a recorded trace, one record a row, in order of arrival, from a stream that is never held whole.
//
// Taken: CSV, plain or gzip; a header line that names the columns (in any order, others beside them), or
// none, and then key,event_time_ms,arrival_time_ms and perhaps value; LF or CRLF; a byte-order mark; a last
// line without its end; fields in double quotes (RFC 4180). Times are integers since 1970 in the unit that
// the options name; what comes out is milliseconds. Everything else is refused by line and column into a list
// of problems, each with the option that would help, and the row is left out: fields that are missing or no
// numbers, times that fit another unit, lie before 1971 or after 2099, rows that arrive before an earlier
// row. Repairs happen only where the options ask for them (trace_options.hpp), and are counted (TraceCounts).
//
//   TraceReader reader{input, keys, problems, options};
//   TraceColumns chunk;
//   while (reader.read(chunk, 65536)) { ...; chunk.clear(); }
//
// Memory: a chunk, the keys, and the rows of the sort window. Equal rows are found among the last 256 of one
// arrival time. Not done here: other separators than the comma, written dates, several files as one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/workload/trace_columns.hpp"
#include "engine/workload/trace_lines.hpp"
#include "engine/workload/trace_options.hpp"
#include "engine/workload/trace_problems.hpp"

namespace wrackline::workload {

inline constexpr std::string_view kTraceHeader = "key,event_time_ms,arrival_time_ms";
/// 9999-12-31T23:59:59.999Z: no time beyond is ever taken.
inline constexpr std::int64_t kLatestTraceTimeMs = 253'402'300'799'999;
/// 1971-01-01 and 2100-01-01: times outside are absurd.
inline constexpr std::int64_t kFirstSaneTimeMs = 31'536'000'000;
inline constexpr std::int64_t kEndOfSaneTimeMs = 4'102'444'800'000;

/// What was read, and what was repaired because the options asked for it.
struct TraceCounts {
  std::uint64_t rows = 0;              ///< given out
  std::uint64_t negative = 0;          ///< event time after the arrival: kept, clamped or dropped
  std::uint64_t negative_clamped = 0;  ///< of these
  std::uint64_t negative_dropped = 0;  ///< of these
  std::uint64_t absurd_kept = 0;
  std::uint64_t absurd_dropped = 0;
  std::uint64_t unsorted_kept = 0;       ///< taken with the arrival of the row before them
  std::uint64_t reordered = 0;           ///< rows that stood behind a later arrival and were moved
  std::uint64_t duplicates = 0;          ///< equal rows beyond the first: kept or dropped
  std::uint64_t duplicates_dropped = 0;  ///< of these
  bool header = false;
  bool gzip = false;
  bool values = false;  ///< there is a value column

  /// One line each, for a person: "12 rows moved into order of arrival, as asked". Empty if nothing was
  /// repaired or found.
  std::vector<std::string> notes() const;
};

class TraceReader {
 public:
  static constexpr std::size_t kLongestLine = TraceLines::kLongestLine;
  static constexpr std::size_t kLongestKey = 256;
  static constexpr std::size_t kMostColumns = 64;
  /// Rows held to be sorted; a window that holds more gives its earliest out.
  static constexpr std::size_t kMostSorted = std::size_t{1} << 20;
  /// A file of which so many rows are refused and none is good is not read further.
  static constexpr std::uint64_t kHopeless = 10'000;

  /// The stream, the keys and the problems outlive the reader. The options have no problems().
  TraceReader(std::istream& input, TraceKeys& keys, TraceProblems& problems,
              const TraceReadOptions& options = {});
  ~TraceReader();

  /// The next good row in order of arrival (ties in order of the file); false at the end.
  bool next(TraceRow& row);
  /// Appends up to `rows` of them; false if there was none left.
  bool read(TraceColumns& columns, std::size_t rows);

  bool has_values() const { return counts_.values; }
  const TraceCounts& counts() const { return counts_; }

 private:
  struct Layout;
  using Kind = TraceProblems::Kind;

  void read_header();
  bool next_line(std::string_view& line);
  bool next_row(TraceRow& row);
  bool next_sorted(TraceRow& row);
  bool split(std::string_view line);
  bool parse(std::string_view line, TraceRow& row);
  bool parse_time(std::size_t field, std::string_view name, std::int64_t& ms);
  bool judge_time(std::size_t field, std::string_view name, std::int64_t ms, bool& absurd);
  bool in_order(TraceRow& row);
  bool sane(TraceRow& row);
  bool repeated(const TraceRow& row);
  std::uint32_t column_of(std::size_t field) const;
  bool refuse(Kind kind, std::uint32_t column, std::string what, std::string option = {},
              std::string value = {});

  TraceKeys& keys_;
  TraceProblems& problems_;
  TraceReadOptions options_;
  TraceLines lines_;
  TraceCounts counts_;
  std::unique_ptr<Layout> layout_;
  std::string_view pending_;  ///< the first line, where it is no header
  bool has_pending_ = false;
  bool hopeless_ = false;

  std::string_view line_;
  std::array<std::string_view, kMostColumns> fields_;
  std::size_t field_count_ = 0;
  std::vector<std::string> unquoted_;

  std::vector<TraceRow> window_;  ///< a heap, the earliest arrival on top
  std::int64_t latest_arrival_ms_ = 0;
  bool any_read_ = false;

  bool any_given_ = false;
  std::int64_t last_arrival_ms_ = 0;
  std::uint64_t last_line_ = 0;
  std::vector<TraceRow> same_arrival_;
  std::size_t same_arrival_at_ = 0;
};

/// A trace file opened for reading from its beginning; null if it can not be opened or is a directory.
std::unique_ptr<std::istream> open_trace(const std::string& path);

/// One pass over a trace: is it fit for use, and what is in it?
struct TraceSummary {
  TraceCounts counts;
  std::uint64_t rows = 0;
  std::size_t keys = 0;
  std::int64_t first_arrival_ms = 0;
  std::int64_t last_arrival_ms = 0;
  std::int64_t earliest_event_ms = 0;
  std::int64_t latest_event_ms = 0;
  std::int64_t smallest_delay_ms = 0;
  std::int64_t largest_delay_ms = 0;
  std::uint64_t out_of_order = 0;  ///< event time below the largest one seen so far
  TraceProblems problems;
};
TraceSummary summarize_trace(std::istream& input, const TraceReadOptions& options = {});

}  // namespace wrackline::workload
