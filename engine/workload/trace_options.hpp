// What the user decided about a trace: its unit and columns, and what is done with rows that are not as they
// should be. Nothing is guessed and nothing is repaired unasked: where the file does not fit the options, a
// problem says which option would make it fit.
//
// The options and their choices are declared once, in trace_options(): the command line, scenario files and
// Python take their names, values and texts from there.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wrackline::workload {

enum class TimeUnit : std::uint8_t { seconds, milliseconds, microseconds, nanoseconds };
/// Rows that arrive before an earlier row of the file.
enum class Unsorted : std::uint8_t {
  reject,   ///< a problem
  keep,     ///< taken in the order of the file, with the arrival of the row before them; counted
  reorder,  ///< sorted within sort_window_ms; later ones are a problem
};
/// Rows whose event time lies after their arrival.
enum class NegativeDelays : std::uint8_t {
  keep,    ///< as they are; counted
  clamp,   ///< event time = arrival; counted
  drop,    ///< left out; counted
  reject,  ///< a problem
};
/// Times before 1971 or from 2100 on.
enum class AbsurdTimes : std::uint8_t {
  reject,  ///< a problem
  keep,    ///< as they are (times that count from zero, say); counted
  drop,    ///< left out; counted
};
/// Rows that are equal in every column.
enum class DuplicateRows : std::uint8_t {
  keep,    ///< counted
  drop,    ///< the first stays; counted
  reject,  ///< a problem
};

struct TraceReadOptions {
  TimeUnit time_unit = TimeUnit::milliseconds;
  Unsorted unsorted = Unsorted::reject;
  std::int64_t sort_window_ms = 0;  ///< of `reorder`: how far behind the latest arrival a row may be
  NegativeDelays negative = NegativeDelays::keep;
  AbsurdTimes absurd = AbsurdTimes::reject;
  DuplicateRows duplicates = DuplicateRows::keep;
  // Columns by the header's names; a file without a header has them in this order.
  std::string key_column = "key";  ///< empty: there is none, all rows belong together
  std::string event_column = "event_time_ms";
  std::string arrival_column = "arrival_time_ms";
  std::string value_column = "value";  ///< optional in the file

  /// What is impossible about them, in words; empty if nothing.
  std::vector<std::string> problems() const;
};

/// One option with its name as a user writes it ("time-unit"; in a scenario "time_unit").
struct TraceOption {
  std::string_view name;
  std::string_view doc;
  std::string_view fallback;
  /// Value and meaning, in the order of the enumeration; empty for free text (columns) and durations.
  std::vector<std::pair<std::string_view, std::string_view>> choices;
  enum class Kind : std::uint8_t { choice, duration_ms, column } kind = Kind::choice;
  /// Sets a choice by its index, a duration by its ms.
  void (*set_number)(TraceReadOptions&, std::int64_t) = nullptr;
  void (*set_text)(TraceReadOptions&, std::string) = nullptr;
};
std::span<const TraceOption> trace_options();

}  // namespace wrackline::workload
