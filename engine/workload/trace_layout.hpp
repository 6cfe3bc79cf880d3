// Which column of a trace is what, and how its times are read: for trace_reader.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/workload/trace_options.hpp"

namespace wrackline::workload {

struct TraceLayout {
  int key = -1;
  int event = -1;
  int arrival = -1;
  int value = -1;
  std::size_t columns = 0;
  std::string names;  ///< of the columns, for messages

  struct Missing {
    std::string name;
    std::string option;   ///< that names the column
    std::string nearest;  ///< name in the header; empty: none is near
  };

  /// The first line is a record, not a header: where event and arrival stand in a file without a header, it
  /// has numbers.
  static bool is_record(std::span<const std::string_view> fields, const TraceReadOptions& options);
  void take_default(std::size_t fields, const TraceReadOptions& options);
  std::vector<Missing> take_header(std::span<const std::string_view> fields, const TraceReadOptions& options);
};

struct TraceTime {
  enum class What : std::uint8_t { good, no_number, too_large };
  What what = What::good;
  std::int64_t ms = 0;
  bool fits_seconds = false;  ///< of no_number: it would be seconds with a fraction
};
/// Exact integers; rounds down to milliseconds.
TraceTime parse_trace_time(std::string_view text, TimeUnit unit);
/// The only unit in which the number is a time from 1971 to 2099, if there is one.
std::optional<TimeUnit> unit_that_fits(std::string_view text);
std::string_view unit_text(TimeUnit unit);
std::string_view unit_name(TimeUnit unit);

}  // namespace wrackline::workload
