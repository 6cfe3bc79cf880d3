#include "engine/event_time/window/posix_rule.hpp"

namespace wrackline::event_time::window {

namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : text_{text} {}
  bool at_end() const { return at_ == text_.size(); }
  bool take(char c) {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool name() {
    const std::size_t first = at_;
    if (take('<')) {
      while (!at_end() && text_[at_] != '>') ++at_;
      return take('>');
    }
    while (!at_end() && ((text_[at_] | 0x20) >= 'a' && (text_[at_] | 0x20) <= 'z')) ++at_;
    return at_ - first >= 3;
  }
  std::optional<int> number() {
    const std::size_t first = at_;
    int value = 0;
    while (!at_end() && text_[at_] >= '0' && text_[at_] <= '9' && at_ - first < 4)
      value = value * 10 + (text_[at_++] - '0');
    if (at_ == first) return std::nullopt;
    return value;
  }
  /// [+-]hh[:mm[:ss]] in seconds.
  std::optional<std::int64_t> time() {
    const bool negative = take('-');
    if (!negative) take('+');
    std::int64_t seconds = 0;
    std::int64_t unit = 3600;
    for (int part = 0; part < 3; ++part, unit /= 60) {
      if (part > 0 && !take(':')) break;
      const auto value = number();
      if (!value) return std::nullopt;
      seconds += *value * unit;
    }
    return negative ? -seconds : seconds;
  }
  std::optional<PosixRule::Date> date() {
    using Kind = PosixRule::Date::Kind;
    PosixRule::Date date;
    if (take('M')) {
      const auto month = number();
      if (!month || !take('.')) return std::nullopt;
      const auto week = number();
      if (!week || !take('.')) return std::nullopt;
      const auto day = number();
      if (!day || *month < 1 || *month > 12 || *week < 1 || *week > 5 || *day > 6) return std::nullopt;
      date.month = *month;
      date.week = *week;
      date.day = *day;
    } else {
      date.kind = take('J') ? Kind::julian_without_leap_day : Kind::day_of_year;
      const auto day = number();
      if (!day || *day > 365) return std::nullopt;
      date.day = *day;
    }
    if (take('/')) {
      const auto at = time();
      if (!at) return std::nullopt;
      date.time_s = *at;
    }
    return date;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

bool is_leap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

}  // namespace

std::int64_t days_to(int year, int month) {
  constexpr int kBefore[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
  const std::int64_t past = year - 1;
  constexpr std::int64_t kTo1970 = 719'162;
  const std::int64_t to_year = past * 365 + past / 4 - past / 100 + past / 400 - kTo1970;
  return to_year + kBefore[month - 1] + (month > 2 && is_leap(year) ? 1 : 0);
}

std::int64_t PosixRule::Date::in_year(int year) const {
  std::int64_t days = 0;
  switch (kind) {
    case Kind::day_of_year:
      days = days_to(year, 1) + day;
      break;
    case Kind::julian_without_leap_day:
      // Day 60 is the first of March in every year.
      days = days_to(year, 1) + day - 1 + (is_leap(year) && day >= 60 ? 1 : 0);
      break;
    case Kind::month_week_day: {
      const std::int64_t first = days_to(year, month);
      const std::int64_t next = month == 12 ? days_to(year + 1, 1) : days_to(year, month + 1);
      const std::int64_t weekday = ((first + 4) % 7 + 7) % 7;  // 1970-01-01 was a Thursday
      days = first + (day - weekday + 7) % 7 + (week - 1) * 7;
      if (days >= next) days -= 7;
      break;
    }
  }
  return days * 86'400 + time_s;
}

std::optional<PosixRule> PosixRule::parse(std::string_view text) {
  Reader reader{text};
  PosixRule rule;
  if (!reader.name()) return std::nullopt;
  const auto standard = reader.time();
  if (!standard) return std::nullopt;
  rule.standard_offset_s = -*standard;  // POSIX counts west of Greenwich
  if (reader.at_end()) return rule;
  if (!reader.name()) return std::nullopt;
  rule.has_daylight = true;
  rule.daylight_offset_s = rule.standard_offset_s + 3600;
  if (!reader.take(',')) {
    const auto daylight = reader.time();
    if (!daylight || !reader.take(',')) return std::nullopt;
    rule.daylight_offset_s = -*daylight;
  }
  const auto starts = reader.date();
  if (!starts || !reader.take(',')) return std::nullopt;
  const auto ends = reader.date();
  if (!ends || !reader.at_end()) return std::nullopt;
  rule.starts = *starts;
  rule.ends = *ends;
  return rule;
}

}  // namespace wrackline::event_time::window
