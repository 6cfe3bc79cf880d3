// Quantities with units, as scenario files write them: "1h30m", "250ms", "5k/s", "64KiB", "1%".
//
// Our own fields demand a unit, so that no reader has to guess; engine properties keep the engine's (plain
// numbers). Results are exact integers: a quantity that does not come out whole in its base unit is refused,
// never rounded.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "scenarios/scenario.hpp"

namespace wrackline::scenarios {

template <typename T>
struct Parsed {
  std::optional<T> value;
  std::string error;       ///< what is wrong, empty when there is a value
  std::size_t offset = 0;  ///< in code units of the text: where it is wrong
};

/// "30s", "250ms", "1h30m", "-5ms"; units ns us ms s m h d, largest first.
Parsed<Duration> parse_duration(std::string_view text);
/// "5k/s", "200/min", "0.5/s"; prefixes k M G, per s, min, h, ms or d.
Parsed<Rate> parse_rate(std::string_view text);
/// "64KiB", "1MB", "100B"; binary and decimal prefixes up to T.
Parsed<std::int64_t> parse_size(std::string_view text);
/// "64KiB/s", in bytes per second.
Parsed<std::int64_t> parse_bandwidth(std::string_view text);
/// "1%", "0.5 %" or "0.01".
Parsed<double> parse_ratio(std::string_view text);

/// The shortest exact form that reads back as the same value.
std::string format_duration(Duration value);
std::string format_rate(const Rate& value);
std::string format_size(std::int64_t bytes);

}  // namespace wrackline::scenarios
