#include "engine/workload/trace_layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "engine/workload/trace_reader.hpp"

namespace wrackline::workload {
namespace {

bool is_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.empty()) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

/// Edits that make one of the other; for short names.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

int index_of(std::span<const std::string_view> fields, std::string_view name) {
  const auto found = std::find(fields.begin(), fields.end(), name);
  return found == fields.end() ? -1 : static_cast<int>(found - fields.begin());
}

std::string nearest(std::span<const std::string_view> fields, std::string_view name) {
  std::string best;
  std::size_t least = name.size() / 2 + 1;
  for (const std::string_view field : fields) {
    if (field.empty() || field.size() > 64) continue;
    // "event_time" is near "event_time_ms" however many letters are missing.
    const bool part = field.size() >= 5 && (name.starts_with(field) || field.starts_with(name));
    const std::size_t edits = part ? 1 : distance(field, name);
    if (edits >= least) continue;
    least = edits;
    best = field;
  }
  return best;
}

constexpr std::int64_t per_second(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::seconds:
      return 1;
    case TimeUnit::milliseconds:
      return 1'000;
    case TimeUnit::microseconds:
      return 1'000'000;
    case TimeUnit::nanoseconds:
      break;
  }
  return 1'000'000'000;
}

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

}  // namespace

bool TraceLayout::is_record(std::span<const std::string_view> fields, const TraceReadOptions& options) {
  const std::size_t event = options.key_column.empty() ? 0 : 1;
  return fields.size() > event + 1 && is_number(fields[event]) && is_number(fields[event + 1]);
}

void TraceLayout::take_default(std::size_t fields, const TraceReadOptions& options) {
  int at = 0;
  if (!options.key_column.empty()) key = at++;
  event = at++;
  arrival = at++;
  if (fields > static_cast<std::size_t>(at)) value = at++;
  columns = static_cast<std::size_t>(at);
  names = fmt::format("{}{}{},{}{}{}", options.key_column, key >= 0 ? "," : "", options.event_column,
                      options.arrival_column, value >= 0 ? "," : "", value >= 0 ? options.value_column : "");
}

std::vector<TraceLayout::Missing> TraceLayout::take_header(std::span<const std::string_view> fields,
                                                           const TraceReadOptions& options) {
  std::vector<Missing> missing;
  const auto find = [&](const std::string& name, std::string_view option) {
    const int at = index_of(fields, name);
    if (at < 0) missing.push_back({name, std::string{option}, nearest(fields, name)});
    return at;
  };
  if (!options.key_column.empty()) key = find(options.key_column, "key-column");
  event = find(options.event_column, "event-column");
  arrival = find(options.arrival_column, "arrival-column");
  value = options.value_column.empty() ? -1 : index_of(fields, options.value_column);
  // A column of another name that was asked for must be there.
  if (value < 0 && !options.value_column.empty() && options.value_column != "value")
    missing.push_back({options.value_column, "value-column", nearest(fields, options.value_column)});
  columns = fields.size();
  names = fmt::format("{}", fmt::join(fields, ","));
  return missing;
}

TraceTime parse_trace_time(std::string_view text, TimeUnit unit) {
  TraceTime time;
  std::int64_t whole = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, whole);
  if (error == std::errc::invalid_argument) return {TraceTime::What::no_number};
  const bool fraction = at != end && *at == '.' && end - at > 1 &&
                        std::all_of(at + 1, end, [](char c) { return c >= '0' && c <= '9'; });
  if (at != end && !(fraction && unit == TimeUnit::seconds))
    return {TraceTime::What::no_number, 0, fraction && unit_that_fits(text) == TimeUnit::seconds};
  if (error != std::errc{}) return {TraceTime::What::too_large};
  switch (unit) {
    case TimeUnit::seconds: {
      if (whole > kLatestTraceTimeMs / 1000 || whole < -kLatestTraceTimeMs / 1000)
        return {TraceTime::What::too_large};
      std::int64_t part_ms = 0;
      bool rest = false;
      if (fraction) {
        std::int64_t scale = 100;
        for (const char* digit = at + 1; digit != end; ++digit, scale /= 10) {
          part_ms += (*digit - '0') * scale;
          rest = rest || (scale == 0 && *digit != '0');
        }
      }
      const bool below = text.starts_with('-');
      time.ms = whole * 1000 + (below ? -part_ms - (rest ? 1 : 0) : part_ms);
      break;
    }
    case TimeUnit::milliseconds:
      time.ms = whole;
      break;
    case TimeUnit::microseconds:
      time.ms = floor_div(whole, 1'000);
      break;
    case TimeUnit::nanoseconds:
      time.ms = floor_div(whole, 1'000'000);
      break;
  }
  if (time.ms > kLatestTraceTimeMs || time.ms < -kLatestTraceTimeMs) time.what = TraceTime::What::too_large;
  return time;
}

std::optional<TimeUnit> unit_that_fits(std::string_view text) {
  std::int64_t whole = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), whole).ec != std::errc{}) return std::nullopt;
  for (const TimeUnit unit :
       {TimeUnit::seconds, TimeUnit::milliseconds, TimeUnit::microseconds, TimeUnit::nanoseconds}) {
    const std::int64_t seconds = floor_div(whole, per_second(unit));
    if (seconds >= kFirstSaneTimeMs / 1000 && seconds < kEndOfSaneTimeMs / 1000) return unit;
  }
  return std::nullopt;
}

std::string_view unit_text(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::seconds:
      return "seconds";
    case TimeUnit::milliseconds:
      return "milliseconds";
    case TimeUnit::microseconds:
      return "microseconds";
    case TimeUnit::nanoseconds:
      break;
  }
  return "nanoseconds";
}

std::string_view unit_name(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::seconds:
      return "s";
    case TimeUnit::milliseconds:
      return "ms";
    case TimeUnit::microseconds:
      return "us";
    case TimeUnit::nanoseconds:
      break;
  }
  return "ns";
}

}  // namespace wrackline::workload
