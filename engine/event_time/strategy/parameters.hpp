// Rows that the declarations of several strategies have in common.
#pragma once

#include "engine/event_time/strategy/catalogue.hpp"

namespace wrackline::event_time::strategy {

inline constexpr double kSecondMs = 1000;
inline constexpr double kDayMs = 86'400 * kSecondMs;
inline constexpr double kYearMs = 366 * kDayMs;

inline Parameter max_silence(std::string_view value = "10min") {
  return {
      "max_silence",
      ParameterType::duration,
      value,
      0,
      kYearMs,
      "If event time goes on but the watermark does not for so long, it moves to twice the 99th percentile "
      "of recent lateness; 0: never."};
}
inline Parameter quantile(std::string_view value = "0.99") {
  return {.name = "p",
          .type = ParameterType::ratio,
          .default_text = value,
          .min = 0,
          .max = 1,
          .doc = "The share of records that should not be behind.",
          .exclusive_min = true};
}
inline Parameter integer(std::string_view name, std::string_view value, double min, double max,
                         std::string_view doc) {
  return {name, ParameterType::integer, value, min, max, doc};
}
inline Parameter duration(std::string_view name, std::string_view value, double min, double max,
                          std::string_view doc) {
  return {name, ParameterType::duration, value, min, max, doc};
}
inline Parameter number(std::string_view name, std::string_view value, double min, double max,
                        std::string_view doc) {
  return {name, ParameterType::number, value, min, max, doc};
}
inline Parameter above(Parameter parameter) {
  parameter.exclusive_min = true;
  return parameter;
}
inline Parameter below(Parameter parameter) {
  parameter.exclusive_max = true;
  return parameter;
}

}  // namespace wrackline::event_time::strategy
