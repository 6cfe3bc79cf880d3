// Numbers as the reports of recorded traces print them.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>

#include "engine/fit/duration_text.hpp"

namespace wrackline::cli {

/// "9,600".
inline std::string grouped(std::uint64_t n) {
  std::string digits = fmt::format("{}", n);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

/// "1.844 %"; a share that is not zero is never printed as 0.
inline std::string percent(double share) { return fmt::format("{:.4g} %", share * 100); }

inline std::string ms_text(std::optional<std::int64_t> ms) {
  return ms ? fit::duration_text(static_cast<double>(*ms)) : std::string{"-"};
}

}  // namespace wrackline::cli
