// Rows that are fed to a strategy or to windows: times are milliseconds, arrivals never fall.
#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>

#include "engine/replay/columns.hpp"

namespace wrackline::python {

/// Raises ValueError for seconds or microseconds: they are the commonest mistake.
inline void check_time(std::int64_t ms, const char* what) {
  if (ms > replay::kLargestTimeMs || ms < -replay::kLargestTimeMs)
    throw std::invalid_argument(std::string{what} + " " + std::to_string(ms) +
                                " lies beyond the year 9999: times are milliseconds");
}

/// Arrivals may be empty; the first is not before `clock_ms`, that of the rows before.
inline void check_rows(std::span<const std::int64_t> event_ms, std::span<const std::int64_t> arrival_ms,
                       std::int64_t clock_ms) {
  for (std::size_t i = 0; i < event_ms.size(); ++i) {
    check_time(event_ms[i], "event_ms");
    if (arrival_ms.empty()) continue;
    check_time(arrival_ms[i], "arrival_ms");
    if (arrival_ms[i] < (i == 0 ? clock_ms : arrival_ms[i - 1]))
      throw pybind11::value_error("arrival_ms falls (row " + std::to_string(i) +
                                  "): records come in order of arrival");
  }
}

}  // namespace wrackline::python
