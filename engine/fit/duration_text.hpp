// Milliseconds as a person reads them: "107 ms", "3.46 s", "48.6 min", "2.65 d", "2.6 a".
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <string>

namespace wrackline::fit {

inline std::string duration_text(double ms) {
  const double size = std::fabs(ms);
  if (size < 1'000) return fmt::format("{:.4g} ms", ms);
  if (size < 120'000) return fmt::format("{:.4g} s", ms / 1e3);
  if (size < 7'200'000) return fmt::format("{:.4g} min", ms / 6e4);
  if (size < 172'800'000) return fmt::format("{:.4g} h", ms / 3.6e6);
  if (size < 365.25 * 86'400'000) return fmt::format("{:.4g} d", ms / 8.64e7);
  return fmt::format("{:.3g} years", ms / (365.25 * 86'400'000));
}

}  // namespace wrackline::fit
