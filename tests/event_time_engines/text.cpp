#include <fmt/format.h>

#include "tests/event_time_engines/engines.hpp"

namespace wrackline::event_time::engines {

namespace {

/// Seconds, with milliseconds where there are any.
std::string seconds(std::int64_t ms) {
  return ms % 1000 == 0 ? std::to_string(ms / 1000) : fmt::format("{}.{:03}", ms / 1000, ms % 1000);
}

}  // namespace

std::string count_text(const std::string& key, std::int64_t start_ms, std::int64_t end_ms, bool end_included,
                       const std::string& value) {
  return fmt::format("{} [{},{}{} = {}", key, seconds(start_ms), seconds(end_ms), end_included ? ']' : ')',
                     value);
}

std::string cell(const std::vector<std::string>& said) {
  if (said.empty()) return "-";
  std::string text;
  for (const std::string& one : said) text += (text.empty() ? "" : "; ") + one;
  return text;
}

std::int64_t key_number(const std::string& key) { return key.front() - 'a'; }
std::string key_text(std::int64_t number) { return std::string(1, static_cast<char>('a' + number)); }

std::string join_name(const std::vector<Arrival>& arrivals, std::size_t at) {
  std::size_t before = 0;
  for (std::size_t i = 0; i <= at; ++i) before += arrivals[i].right == arrivals[at].right ? 1 : 0;
  return (arrivals[at].right ? "R" : "L") + std::to_string(before);
}

}  // namespace wrackline::event_time::engines
