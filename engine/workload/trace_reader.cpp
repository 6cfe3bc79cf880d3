#include "engine/workload/trace_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <utility>

#include "engine/workload/trace_layout.hpp"

namespace wrackline::workload {
namespace {

/// Equal rows of one arrival time are looked for among so many.
constexpr std::size_t kSameArrival = 256;

/// Text from outside, fit for a message: short, and without bytes that a terminal would act on.
std::string shown(std::string_view text, std::size_t most = 40) {
  std::string safe;
  for (const char c : text.substr(0, most)) safe += c >= ' ' && c < 0x7f ? c : '?';
  if (text.size() > most) safe += "...";
  return safe;
}

bool later(const TraceRow& a, const TraceRow& b) {
  return a.arrival_ms != b.arrival_ms ? a.arrival_ms > b.arrival_ms : a.line > b.line;
}

std::string plural(std::uint64_t n, std::string_view what) {
  return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
}

}  // namespace

struct TraceReader::Layout : TraceLayout {};

TraceReader::TraceReader(std::istream& input, TraceKeys& keys, TraceProblems& problems,
                         const TraceReadOptions& options)
    : keys_{keys},
      problems_{problems},
      options_{options},
      lines_{input},
      layout_{std::make_unique<Layout>()},
      unquoted_(kMostColumns) {
  assert(options.problems().empty());
  same_arrival_.reserve(kSameArrival);
  read_header();
  counts_.gzip = lines_.is_gzip();
}

TraceReader::~TraceReader() = default;

bool TraceReader::refuse(Kind kind, std::uint32_t column, std::string what, std::string option,
                         std::string value) {
  problems_.add({lines_.number(), column, std::move(what), std::move(option), std::move(value), kind});
  return false;
}

bool TraceReader::next_line(std::string_view& line) {
  while (true) {
    switch (lines_.next(line)) {
      case TraceLines::Got::line:
        return true;
      case TraceLines::Got::too_long:
        refuse(Kind::malformed, 0, fmt::format("the line is longer than {} bytes", kLongestLine));
        break;
      case TraceLines::Got::end:
        if (!lines_.damage().empty()) refuse(Kind::file, 0, lines_.damage());
        return false;
    }
  }
}

void TraceReader::read_header() {
  std::string_view line;
  if (!next_line(line)) {
    problems_.add({1, 0, "the file is empty", {}, {}, Kind::file});
    hopeless_ = true;
    return;
  }
  if (line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
  if (!split(line)) {
    refuse(Kind::header, 0,
           fmt::format("the first line is neither a header nor a record: '{}'", shown(line)));
    hopeless_ = true;
    return;
  }
  const std::span<const std::string_view> fields{fields_.data(), field_count_};
  if (TraceLayout::is_record(fields, options_)) {
    layout_->take_default(fields.size(), options_);
    pending_ = line;
    has_pending_ = true;
  } else {
    counts_.header = true;
    for (TraceLayout::Missing& missing : layout_->take_header(fields, options_)) {
      refuse(Kind::header, 0,
             fmt::format("the header has no column \"{}\"; its columns are {}", missing.name,
                         shown(fmt::format("{}", fmt::join(fields, ",")), 200)),
             std::move(missing.option), missing.nearest.empty() ? "NAME" : std::move(missing.nearest));
      hopeless_ = true;
    }
  }
  counts_.values = layout_->value >= 0;
}

/// Fields of a line into fields_; those in quotes are unquoted.
bool TraceReader::split(std::string_view line) {
  line_ = line;
  field_count_ = 0;
  std::string_view rest = line;
  while (true) {
    if (field_count_ == kMostColumns) return false;
    std::string_view& field = fields_[field_count_];
    if (!rest.starts_with('"')) {
      const std::size_t comma = rest.find(',');
      field = rest.substr(0, comma);
      ++field_count_;
      if (comma == std::string_view::npos) return true;
      rest.remove_prefix(comma + 1);
      continue;
    }
    std::string& text = unquoted_[field_count_];
    text.clear();
    std::size_t at = 1;
    for (;; ++at) {
      if (at >= rest.size()) return false;
      if (rest[at] != '"') {
        text += rest[at];
      } else if (at + 1 < rest.size() && rest[at + 1] == '"') {
        text += rest[at++];
      } else {
        break;
      }
    }
    field = text;
    ++field_count_;
    rest.remove_prefix(at + 1);
    if (rest.empty()) return true;
    if (rest.front() != ',') return false;
    rest.remove_prefix(1);
  }
}

/// Where the field stands in its line, in bytes from 1. Asked only for messages.
std::uint32_t TraceReader::column_of(std::size_t field) const {
  bool quoted = false;
  std::size_t passed = 0;
  for (std::size_t at = 0; at < line_.size(); ++at) {
    if (passed == field) return static_cast<std::uint32_t>(at + 1);
    if (line_[at] == '"') quoted = !quoted;
    if (line_[at] == ',' && !quoted) ++passed;
  }
  return static_cast<std::uint32_t>(line_.size() + 1);
}

bool TraceReader::parse_time(std::size_t field, std::string_view name, std::int64_t& ms) {
  const TraceTime time = parse_trace_time(fields_[field], options_.time_unit);
  ms = time.ms;
  if (time.what == TraceTime::What::good) return true;
  if (time.what == TraceTime::What::no_number) {
    return refuse(Kind::malformed, column_of(field),
                  fmt::format("{} must be an integer (Unix {}), not '{}'", name,
                              unit_text(options_.time_unit), shown(fields_[field])),
                  time.fits_seconds ? "time-unit" : "", time.fits_seconds ? "s" : "");
  }
  const auto unit = unit_that_fits(fields_[field]);
  return refuse(unit ? Kind::unit : Kind::absurd, column_of(field),
                fmt::format("{} lies beyond the year 9999: {}{}", name, shown(fields_[field]),
                            unit ? fmt::format("; these look like {}", unit_text(*unit)) : ""),
                unit ? "time-unit" : "", unit ? std::string{unit_name(*unit)} : "");
}

bool TraceReader::judge_time(std::size_t field, std::string_view name, std::int64_t ms, bool& absurd) {
  if (ms >= kFirstSaneTimeMs && ms < kEndOfSaneTimeMs) [[likely]]
    return true;
  absurd = true;
  if (options_.absurd != AbsurdTimes::reject) return true;
  const auto unit = unit_that_fits(fields_[field]);
  const std::string where = ms < kFirstSaneTimeMs ? "before 1971" : "after 2099";
  if (unit) {
    return refuse(Kind::unit, column_of(field),
                  fmt::format("{} {} lies {}; these look like {}", name, shown(fields_[field]), where,
                              unit_text(*unit)),
                  "time-unit", std::string{unit_name(*unit)});
  }
  return refuse(Kind::absurd, column_of(field),
                fmt::format("{} {} lies {}", name, shown(fields_[field]), where), "absurd", "keep");
}

bool TraceReader::parse(std::string_view line, TraceRow& row) {
  const TraceLayout& layout = *layout_;
  if (!split(line) || field_count_ != layout.columns)
    return refuse(
        Kind::malformed, 0,
        fmt::format("{} columns are expected, {}: '{}'", layout.columns, layout.names, shown(line)));
  row = {};
  row.line = lines_.number();
  const auto event = static_cast<std::size_t>(layout.event);
  const auto arrival = static_cast<std::size_t>(layout.arrival);
  if (!parse_time(event, options_.event_column, row.event_time_ms)) return false;
  if (!parse_time(arrival, options_.arrival_column, row.arrival_ms)) return false;
  bool absurd = false;
  if (!judge_time(event, options_.event_column, row.event_time_ms, absurd)) return false;
  if (!judge_time(arrival, options_.arrival_column, row.arrival_ms, absurd)) return false;
  if (layout.value >= 0) {
    const std::string_view text = fields_[static_cast<std::size_t>(layout.value)];
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), row.value);
    if (error != std::errc{} || end != text.data() + text.size())
      return refuse(Kind::malformed, column_of(static_cast<std::size_t>(layout.value)),
                    fmt::format("{} must be a 64-bit integer, not '{}'", options_.value_column, shown(text)));
  }
  if (absurd && options_.absurd == AbsurdTimes::drop) {
    ++counts_.absurd_dropped;
    return false;
  }
  if (row.event_time_ms > row.arrival_ms) {
    ++counts_.negative;
    switch (options_.negative) {
      case NegativeDelays::keep:
        break;
      case NegativeDelays::clamp:
        row.event_time_ms = row.arrival_ms;
        ++counts_.negative_clamped;
        break;
      case NegativeDelays::drop:
        ++counts_.negative_dropped;
        return false;
      case NegativeDelays::reject:
        --counts_.negative;
        return refuse(
            Kind::negative, column_of(event),
            fmt::format("the event time lies {} ms after the arrival", row.event_time_ms - row.arrival_ms),
            "negative", "keep");
    }
  }
  const auto key_at = static_cast<std::size_t>(layout.key);
  const std::string_view key = layout.key >= 0 ? fields_[key_at] : std::string_view{"all"};
  if (key.empty()) return refuse(Kind::malformed, column_of(key_at), "the key is empty");
  if (key.size() > kLongestKey)
    return refuse(Kind::malformed, column_of(key_at),
                  fmt::format("the key is longer than {} bytes", kLongestKey));
  row.key = keys_.number_of(key);
  if (row.key == TraceKeys::kFull)
    return refuse(Kind::malformed, column_of(key_at),
                  fmt::format("more than {} different keys", TraceKeys::kMostKeys));
  if (absurd) ++counts_.absurd_kept;
  return true;
}

bool TraceReader::next_row(TraceRow& row) {
  while (!hopeless_) {
    std::string_view line;
    if (has_pending_) {
      line = pending_;
      has_pending_ = false;
    } else if (!next_line(line)) {
      return false;
    }
    if (parse(line, row)) {
      any_read_ = true;
      return true;
    }
    if (!any_read_ && problems_.count() >= kHopeless) {
      refuse(Kind::file, 0, "no row so far could be used: reading stopped here");
      hopeless_ = true;
    }
  }
  return false;
}

/// Of a file that may be out of order: the earliest row once nothing earlier may come.
bool TraceReader::next_sorted(TraceRow& row) {
  TraceRow read;
  while (window_.empty() || (window_.front().arrival_ms > latest_arrival_ms_ - options_.sort_window_ms &&
                             window_.size() < kMostSorted)) {
    if (!next_row(read)) break;
    const bool first = window_.empty() && !any_given_;
    if (first || read.arrival_ms > latest_arrival_ms_) {
      latest_arrival_ms_ = read.arrival_ms;
    } else if (read.arrival_ms < latest_arrival_ms_ && (!any_given_ || read.arrival_ms >= last_arrival_ms_)) {
      ++counts_.reordered;
    }
    window_.push_back(read);
    std::push_heap(window_.begin(), window_.end(), later);
  }
  if (window_.empty()) return false;
  std::pop_heap(window_.begin(), window_.end(), later);
  row = window_.back();
  window_.pop_back();
  return true;
}

bool TraceReader::in_order(TraceRow& row) {
  if (!any_given_ || row.arrival_ms >= last_arrival_ms_) [[likely]]
    return true;
  const std::int64_t by_ms = last_arrival_ms_ - row.arrival_ms;
  if (options_.unsorted == Unsorted::keep) {
    ++counts_.unsorted_kept;
    row.arrival_ms = last_arrival_ms_;
    return true;
  }
  const bool sorts = options_.unsorted == Unsorted::reorder;
  problems_.add(
      {row.line, 0,
       fmt::format(
           "arrives {} ms before line {}; the trace must be in order of arrival{}", by_ms, last_line_,
           sorts ? fmt::format(" within {} ms and {} rows", options_.sort_window_ms, kMostSorted) : ""),
       "sort-window",
       sorts ? fmt::format("{}ms", by_ms + options_.sort_window_ms) : fmt::format("{}ms", by_ms),
       Kind::unsorted});
  return false;
}

bool TraceReader::repeated(const TraceRow& row) {
  if (!same_arrival_.empty() && same_arrival_.front().arrival_ms == row.arrival_ms) {
    for (const TraceRow& known : same_arrival_) {
      if (known.event_time_ms == row.event_time_ms && known.key == row.key && known.value == row.value)
        return true;
    }
  } else {
    same_arrival_.clear();
    same_arrival_at_ = 0;
  }
  if (same_arrival_.size() < kSameArrival) {
    same_arrival_.push_back(row);
  } else {
    same_arrival_[same_arrival_at_++ % kSameArrival] = row;
  }
  return false;
}

bool TraceReader::sane(TraceRow& row) {
  if (!in_order(row)) return false;
  if (repeated(row)) {
    if (options_.duplicates == DuplicateRows::reject) {
      problems_.add(
          {row.line, 0, "the row is equal to an earlier one", "duplicates", "keep", Kind::duplicate});
      return false;
    }
    ++counts_.duplicates;
    if (options_.duplicates == DuplicateRows::drop) {
      ++counts_.duplicates_dropped;
      return false;
    }
  }
  any_given_ = true;
  last_arrival_ms_ = row.arrival_ms;
  last_line_ = row.line;
  return true;
}

bool TraceReader::next(TraceRow& row) {
  const bool sorts = options_.unsorted == Unsorted::reorder;
  while (sorts ? next_sorted(row) : next_row(row)) {
    if (!sane(row)) continue;
    ++counts_.rows;
    return true;
  }
  return false;
}

bool TraceReader::read(TraceColumns& columns, std::size_t rows) {
  TraceRow row;
  std::size_t read = 0;
  for (; read < rows && next(row); ++read) {
    columns.event_ms.push_back(row.event_time_ms);
    columns.arrival_ms.push_back(row.arrival_ms);
    columns.key.push_back(row.key);
    if (counts_.values) columns.value.push_back(row.value);
  }
  return read > 0;
}

std::vector<std::string> TraceCounts::notes() const {
  std::vector<std::string> all;
  const auto note = [&](std::uint64_t n, std::string_view what, std::string_view how) {
    if (n > 0) all.push_back(fmt::format("{} {}", plural(n, what), how));
  };
  note(negative - negative_clamped - negative_dropped, "negative delay", "kept");
  note(negative_clamped, "negative delay", "set to zero, as asked");
  note(negative_dropped, "row", "with a negative delay left out, as asked");
  note(absurd_kept, "row", "with a time before 1971 or after 2099 kept, as asked");
  note(absurd_dropped, "row", "with a time before 1971 or after 2099 left out, as asked");
  note(unsorted_kept, "row", "out of order taken as arriving with the row before them, as asked");
  note(reordered, "row", "moved into order of arrival, as asked");
  note(duplicates - duplicates_dropped, "row", "equal to an earlier one kept");
  note(duplicates_dropped, "row", "equal to an earlier one left out, as asked");
  return all;
}

std::unique_ptr<std::istream> open_trace(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return nullptr;
  auto file = std::make_unique<std::ifstream>(path, std::ios::binary);
  if (!*file) return nullptr;
  return file;
}

TraceSummary summarize_trace(std::istream& input, const TraceReadOptions& options) {
  TraceSummary summary;
  TraceKeys keys;
  TraceReader reader{input, keys, summary.problems, options};
  TraceRow row;
  while (reader.next(row)) {
    if (summary.rows++ == 0) {
      summary.first_arrival_ms = row.arrival_ms;
      summary.earliest_event_ms = summary.latest_event_ms = row.event_time_ms;
      summary.smallest_delay_ms = summary.largest_delay_ms = row.delay_ms();
    }
    if (row.event_time_ms < summary.latest_event_ms) ++summary.out_of_order;
    summary.last_arrival_ms = row.arrival_ms;
    summary.earliest_event_ms = std::min(summary.earliest_event_ms, row.event_time_ms);
    summary.latest_event_ms = std::max(summary.latest_event_ms, row.event_time_ms);
    summary.smallest_delay_ms = std::min(summary.smallest_delay_ms, row.delay_ms());
    summary.largest_delay_ms = std::max(summary.largest_delay_ms, row.delay_ms());
  }
  if (summary.rows == 0)
    summary.problems.add({0, 0, "there is no row that can be used", {}, {}, TraceProblems::Kind::file});
  summary.counts = reader.counts();
  summary.keys = keys.size();
  return summary;
}

}  // namespace wrackline::workload
