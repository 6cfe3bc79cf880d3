#include "engine/workload/trace_options.hpp"

#include <array>

namespace wrackline::workload {

std::vector<std::string> TraceReadOptions::problems() const {
  std::vector<std::string> found;
  if (unsorted == Unsorted::reorder && sort_window_ms <= 0)
    found.push_back("to reorder needs a sort window longer than 0 ms");
  if (sort_window_ms != 0 && unsorted != Unsorted::reorder)
    found.push_back("a sort window is of use only where unsorted rows are reordered");
  if (event_column.empty() || arrival_column.empty())
    found.push_back("the columns of event time and arrival must have a name");
  if (event_column == arrival_column) found.push_back("event time and arrival can not be the same column");
  return found;
}

std::span<const TraceOption> trace_options() {
  using Kind = TraceOption::Kind;
  static const std::array<TraceOption, 10> options{{
      {"time-unit",
       "Unit of both times in the file.",
       "ms",
       {{"s", "seconds, also with a decimal fraction"},
        {"ms", "milliseconds"},
        {"us", "microseconds; rounded down to milliseconds"},
        {"ns", "nanoseconds; rounded down to milliseconds"}},
       Kind::choice,
       [](TraceReadOptions& o, std::int64_t i) { o.time_unit = static_cast<TimeUnit>(i); }},
      {"unsorted",
       "Rows that arrive before an earlier row of the file.",
       "reject",
       {{"reject", "an error"},
        {"keep", "taken in the order of the file, as if they arrived with the row before them; counted"},
        {"reorder", "sorted within the sort window; counted"}},
       Kind::choice,
       [](TraceReadOptions& o, std::int64_t i) { o.unsorted = static_cast<Unsorted>(i); }},
      {"sort-window",
       "Of reorder: how far behind the latest arrival a row may stand in the file.",
       "",
       {},
       Kind::duration_ms,
       [](TraceReadOptions& o, std::int64_t ms) {
         o.sort_window_ms = ms;
         o.unsorted = Unsorted::reorder;
       }},
      {"negative",
       "Rows whose event time lies after their arrival.",
       "keep",
       {{"keep", "as they are; counted"},
        {"clamp", "event time becomes the arrival; counted"},
        {"drop", "left out; counted"},
        {"reject", "an error"}},
       Kind::choice,
       [](TraceReadOptions& o, std::int64_t i) { o.negative = static_cast<NegativeDelays>(i); }},
      {"absurd",
       "Times before 1971 or from 2100 on.",
       "reject",
       {{"reject", "an error"},
        {"keep", "as they are (times that count from zero, say); counted"},
        {"drop", "left out; counted"}},
       Kind::choice,
       [](TraceReadOptions& o, std::int64_t i) { o.absurd = static_cast<AbsurdTimes>(i); }},
      {"duplicates",
       "Rows that are equal in every column.",
       "keep",
       {{"keep", "as they are; counted"}, {"drop", "the first stays; counted"}, {"reject", "an error"}},
       Kind::choice,
       [](TraceReadOptions& o, std::int64_t i) { o.duplicates = static_cast<DuplicateRows>(i); }},
      {"key-column",
       "Name of the key's column; empty: there is none.",
       "key",
       {},
       Kind::column,
       nullptr,
       [](TraceReadOptions& o, std::string name) { o.key_column = std::move(name); }},
      {"event-column",
       "Name of the event time's column.",
       "event_time_ms",
       {},
       Kind::column,
       nullptr,
       [](TraceReadOptions& o, std::string name) { o.event_column = std::move(name); }},
      {"arrival-column",
       "Name of the arrival time's column.",
       "arrival_time_ms",
       {},
       Kind::column,
       nullptr,
       [](TraceReadOptions& o, std::string name) { o.arrival_column = std::move(name); }},
      {"value-column",
       "Name of the value's column, where there is one.",
       "value",
       {},
       Kind::column,
       nullptr,
       [](TraceReadOptions& o, std::string name) { o.value_column = std::move(name); }},
  }};
  return options;
}

}  // namespace wrackline::workload
