// Parameter values as text: durations in whole milliseconds, ratios, numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wrackline::event_time::strategy {

/// "200ms", "1h30m", "1.5s", "0"; units ms s m min h d. Nothing if it is no duration or no whole number of
/// milliseconds.
std::optional<std::int64_t> parse_duration_ms(std::string_view text);
/// The shortest exact form: "90m" is "1h30m".
std::string format_duration_ms(std::int64_t ms);
/// A decimal number, all of the text; nothing for "inf" and "nan".
std::optional<double> parse_number(std::string_view text);

}  // namespace wrackline::event_time::strategy
