// The footer of a TZif file: a POSIX TZ string such as "CET-1CEST,M3.5.0,M10.5.0/3", the rule for all years
// after the file's last transition. Modelled: names in letters or <...>, offsets and times with hours from
// -167 to 167 (RFC 9636), dates Mm.w.d, Jn and n.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace wrackline::event_time::window {

struct PosixRule {
  /// A day of the year and a wall-clock time on it.
  struct Date {
    enum class Kind : std::uint8_t { month_week_day, julian_without_leap_day, day_of_year };
    Kind kind = Kind::month_week_day;
    int month = 1;
    int week = 1;  ///< 5: the last
    int day = 0;   ///< of the week (0: Sunday), or of the year
    std::int64_t time_s = 7200;
    /// Seconds since 1970 of this date in the year, on the wall clock.
    std::int64_t in_year(int year) const;
  };
  std::int64_t standard_offset_s = 0;
  bool has_daylight = false;
  std::int64_t daylight_offset_s = 0;
  Date starts;
  Date ends;

  static std::optional<PosixRule> parse(std::string_view text);
};

/// Days from 1970-01-01 to the first of the month, by the Gregorian calendar.
std::int64_t days_to(int year, int month);

}  // namespace wrackline::event_time::window
