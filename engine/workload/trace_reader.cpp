#include "engine/workload/trace_reader.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace wrackline::workload {
namespace {

constexpr std::size_t kBufferBytes = 64 * 1024;
static_assert(kBufferBytes > 2 * TraceReader::kLongestLine);

/// Text from outside, fit for a message: short, and without bytes that a terminal would act on.
std::string shown(std::string_view text) {
  constexpr std::size_t kMost = 40;
  std::string safe;
  for (const char c : text.substr(0, kMost)) safe += c >= ' ' && c < 0x7f ? c : '?';
  if (text.size() > kMost) safe += "...";
  return safe;
}

bool later(const TraceRow& a, const TraceRow& b) {
  return a.arrival_ms != b.arrival_ms ? a.arrival_ms > b.arrival_ms : a.line > b.line;
}

}  // namespace

std::uint32_t TraceKeys::number_of(std::string_view key) {
  const auto known = numbers_.find(key);
  if (known != numbers_.end()) return known->second;
  if (names_.size() >= kMostKeys) return kFull;
  const auto number = static_cast<std::uint32_t>(names_.size());
  names_.push_back(&numbers_.emplace(std::string{key}, number).first->first);
  return number;
}

void TraceProblems::add(std::uint64_t line, std::string what) {
  if (listed_.size() < kMostListed) listed_.push_back({line, std::move(what)});
  ++count_;
}

TraceReader::TraceReader(std::istream& input, TraceKeys& keys, TraceProblems& problems,
                         std::size_t sort_window_rows)
    : input_{input},
      keys_{keys},
      problems_{problems},
      sort_window_rows_{std::min(sort_window_rows, kLargestSortWindow)},
      buffer_(kBufferBytes) {
  std::string_view header;
  if (!read_line(header)) {
    problems_.add(1, fmt::format("the file is empty; its first line must be {}", kTraceHeader));
    return;
  }
  if (header.starts_with("\xEF\xBB\xBF")) header.remove_prefix(3);
  if (header != kTraceHeader)
    problems_.add(1, fmt::format("the first line must be {}, not '{}'", kTraceHeader, shown(header)));
}

bool TraceReader::refill() {
  if (ended_) return false;
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  input_.read(buffer_.data() + end_, static_cast<std::streamsize>(buffer_.size() - end_));
  const auto got = static_cast<std::size_t>(input_.gcount());
  end_ += got;
  if (got == 0) ended_ = true;
  return got > 0;
}

bool TraceReader::read_line(std::string_view& line) {
  bool too_long = true;
  while (too_long) {
    ++line_;
    if (!read_raw_line(line, too_long)) return false;
    if (too_long) problems_.add(line_, fmt::format("the line is longer than {} bytes", kLongestLine));
  }
  if (line.ends_with('\r')) line.remove_suffix(1);
  return true;
}

bool TraceReader::read_raw_line(std::string_view& line, bool& too_long) {
  too_long = false;
  std::size_t searched = 0;
  while (true) {
    const char* start = buffer_.data() + begin_;
    const auto* newline =
        static_cast<const char*>(std::memchr(start + searched, '\n', end_ - begin_ - searched));
    if (newline != nullptr) {
      line = {start, static_cast<std::size_t>(newline - start)};
      begin_ += line.size() + 1;
      break;
    }
    searched = end_ - begin_;
    if (searched > kLongestLine) {
      // What is too long is passed over in pieces, not collected.
      too_long = true;
      begin_ = end_;
      searched = 0;
    }
    if (!refill()) {
      line = {buffer_.data() + begin_, searched};
      begin_ = end_;
      if (searched == 0 && !too_long) return false;
      break;
    }
  }
  too_long = too_long || line.size() > kLongestLine;
  return true;
}

bool TraceReader::take_key(std::string_view& rest, std::string_view& key) {
  if (!rest.starts_with('"')) {
    const std::size_t comma = rest.find(',');
    if (comma == std::string_view::npos) return false;
    key = rest.substr(0, comma);
    rest.remove_prefix(comma + 1);
    return true;
  }
  unquoted_.clear();
  for (std::size_t at = 1; at < rest.size(); ++at) {
    if (rest[at] != '"') {
      unquoted_ += rest[at];
    } else if (at + 1 < rest.size() && rest[at + 1] == '"') {
      unquoted_ += rest[at++];
    } else {
      if (at + 1 >= rest.size() || rest[at + 1] != ',') return false;
      key = unquoted_;
      rest.remove_prefix(at + 2);
      return true;
    }
  }
  return false;
}

bool TraceReader::parse(std::string_view line, TraceRow& row) {
  const auto refuse = [&](std::string what) {
    problems_.add(line_, std::move(what));
    return false;
  };
  std::string_view rest = line;
  std::string_view key;
  const std::size_t comma_in_times = take_key(rest, key) ? rest.find(',') : std::string_view::npos;
  if (comma_in_times == std::string_view::npos ||
      rest.find(',', comma_in_times + 1) != std::string_view::npos)
    return refuse(fmt::format("three columns are expected, {}: '{}'", kTraceHeader, shown(line)));
  if (key.empty()) return refuse("the key is empty");
  if (key.size() > kLongestKey) return refuse(fmt::format("the key is longer than {} bytes", kLongestKey));

  const auto take_time = [&](std::string_view text, std::string_view column, std::int64_t& ms) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ms);
    if (error == std::errc::invalid_argument || end != text.data() + text.size())
      return refuse(fmt::format("{} must be an integer (Unix milliseconds), not '{}'", column, shown(text)));
    if (error != std::errc{} || ms > kLatestTraceTimeMs || ms < -kLatestTraceTimeMs)
      return refuse(
          fmt::format("{} lies beyond the year 9999: {}; are these microseconds?", column, shown(text)));
    return true;
  };
  if (!take_time(rest.substr(0, comma_in_times), "event_time_ms", row.event_time_ms)) return false;
  if (!take_time(rest.substr(comma_in_times + 1), "arrival_time_ms", row.arrival_ms)) return false;
  row.line = line_;
  row.key = keys_.number_of(key);
  if (row.key == TraceKeys::kFull)
    return refuse(fmt::format("more than {} different keys", TraceKeys::kMostKeys));
  return true;
}

bool TraceReader::read_row(TraceRow& row) {
  std::string_view line;
  while (read_line(line))
    if (parse(line, row)) return true;
  return false;
}

bool TraceReader::next(TraceRow& row) {
  while (true) {
    if (sort_window_rows_ == 0) {
      if (!read_row(row)) return false;
    } else {
      TraceRow read;
      while (window_.size() <= sort_window_rows_ && read_row(read)) {
        window_.push_back(read);
        std::push_heap(window_.begin(), window_.end(), later);
      }
      if (window_.empty()) return false;
      std::pop_heap(window_.begin(), window_.end(), later);
      row = window_.back();
      window_.pop_back();
    }
    if (!any_given_ || row.arrival_ms >= last_arrival_ms_) {
      any_given_ = true;
      last_arrival_ms_ = row.arrival_ms;
      last_line_ = row.line;
      return true;
    }
    problems_.add(row.line,
                  fmt::format("arrives {} ms before line {}; the trace must be in order of arrival{}",
                              last_arrival_ms_ - row.arrival_ms, last_line_,
                              sort_window_rows_ == 0 ? " (or be given a sort window)"
                                                     : fmt::format(" within {} rows", sort_window_rows_)));
  }
}

TraceSummary summarize_trace(std::istream& input, std::size_t sort_window_rows) {
  TraceSummary summary;
  TraceKeys keys;
  TraceReader reader{input, keys, summary.problems, sort_window_rows};
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
  if (summary.rows == 0) summary.problems.add(1, "there is no row that can be used");
  summary.keys = keys.size();
  return summary;
}

}  // namespace wrackline::workload
