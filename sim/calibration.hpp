// Calibration constants by name: what things cost, with a low, a usual and a high value each, and where the
// value comes from (reference science.md §5). They are inputs of models, not claims: a report that used one
// prints its name and says "simulated".
//
//   const Duration cost = calibration("cpu.producer_record").duration(CalibrationLevel::usual);
//
// Times are nanoseconds, rates bytes per second, shares parts per million.
#pragma once

#include <cassert>
#include <cstdint>
#include <span>
#include <string_view>

#include "sim/time.hpp"

namespace wrackline::sim {

enum class CalibrationLevel : std::uint8_t { low, usual, high };

struct Calibration {
  enum class Unit : std::uint8_t { ns, bytes_per_second, ppm };
  std::string_view name;
  Unit unit;
  std::int64_t low;
  std::int64_t usual;
  std::int64_t high;
  std::string_view meaning;
  std::string_view basis;

  std::int64_t value(CalibrationLevel level) const {
    return level == CalibrationLevel::low ? low : level == CalibrationLevel::usual ? usual : high;
  }
  Duration duration(CalibrationLevel level) const {
    assert(unit == Unit::ns);
    return Duration{value(level)};
  }
};

/// All of them, by name.
std::span<const Calibration> calibrations();
/// Null if there is none of that name.
const Calibration* find_calibration(std::string_view name);
/// Of a name that exists.
const Calibration& calibration(std::string_view name);

}  // namespace wrackline::sim
