// Reads a recorded trace, `key,event_time_ms,arrival_time_ms`, one record a row, from a stream that is never
// held whole.
//
// Taken: a header line with exactly these names; LF or CRLF; a byte-order mark; a last line without its end;
// keys in double quotes (RFC 4180). Times are Unix milliseconds, written as integers. Refused, by line, into
// a list of problems, and skipped: everything else - missing or additional columns, numbers that are none,
// times outside the years +-9999 (seconds and microseconds tend to be told so), overlong lines and keys, rows
// that arrive before an earlier row. The last can be repaired, if the user says so, by sorting within a
// window of rows. Not done here: compressed files, other column orders, guessing units.
#pragma once

#include <cstddef>
#include <cstdint>
#include <istream>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace wrackline::workload {

inline constexpr std::string_view kTraceHeader = "key,event_time_ms,arrival_time_ms";
/// 9999-12-31T23:59:59.999Z.
inline constexpr std::int64_t kLatestTraceTimeMs = 253'402'300'799'999;

struct TraceRow {
  std::int64_t arrival_ms = 0;
  std::int64_t event_time_ms = 0;
  std::uint32_t key = 0;   ///< index in TraceKeys
  std::uint64_t line = 0;  ///< 1 is the header

  std::int64_t delay_ms() const { return arrival_ms - event_time_ms; }
};

/// The keys of a trace, numbered in order of first appearance.
class TraceKeys {
 public:
  static constexpr std::size_t kMostKeys = std::size_t{1} << 22;

  /// The number of the key; kFull if it is new and there are too many already.
  static constexpr std::uint32_t kFull = 0xffffffffU;
  std::uint32_t number_of(std::string_view key);
  const std::string& name_of(std::uint32_t number) const { return *names_[number]; }
  std::size_t size() const { return names_.size(); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  // Only looked up, never walked: its order reaches nothing.
  std::unordered_map<std::string, std::uint32_t, Hash, std::equal_to<>> numbers_;
  std::vector<const std::string*> names_;
};

/// What is wrong with a trace, the first few by line, all of them counted.
class TraceProblems {
 public:
  static constexpr std::size_t kMostListed = 100;
  struct Problem {
    std::uint64_t line = 0;
    std::string what;
    friend bool operator==(const Problem&, const Problem&) = default;
  };

  void add(std::uint64_t line, std::string what);
  bool empty() const { return count_ == 0; }
  std::uint64_t count() const { return count_; }
  const std::vector<Problem>& listed() const { return listed_; }

 private:
  std::vector<Problem> listed_;
  std::uint64_t count_ = 0;
};

class TraceReader {
 public:
  static constexpr std::size_t kLongestLine = 4096;
  static constexpr std::size_t kLongestKey = 256;
  static constexpr std::size_t kLargestSortWindow = std::size_t{1} << 22;

  /// `sort_window_rows`: 0 demands a file in order of arrival; n lets a row be up to n rows too late in the
  /// file. The stream, the keys and the problems outlive the reader.
  TraceReader(std::istream& input, TraceKeys& keys, TraceProblems& problems,
              std::size_t sort_window_rows = 0);

  /// The next good row in order of arrival (ties in order of the file); false at the end.
  bool next(TraceRow& row);

 private:
  bool read_row(TraceRow& row);
  bool read_line(std::string_view& line);
  bool read_raw_line(std::string_view& line, bool& too_long);
  bool parse(std::string_view line, TraceRow& row);
  bool refill();
  bool take_key(std::string_view& rest, std::string_view& key);

  std::istream& input_;
  TraceKeys& keys_;
  TraceProblems& problems_;
  std::size_t sort_window_rows_;

  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool ended_ = false;
  std::uint64_t line_ = 0;
  std::string unquoted_;

  std::vector<TraceRow> window_;  ///< a heap, the earliest arrival on top
  bool any_given_ = false;
  std::int64_t last_arrival_ms_ = 0;
  std::uint64_t last_line_ = 0;
};

/// One pass over a trace: is it fit for use, and what is in it?
struct TraceSummary {
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
TraceSummary summarize_trace(std::istream& input, std::size_t sort_window_rows = 0);

}  // namespace wrackline::workload
