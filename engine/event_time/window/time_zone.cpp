#include "engine/event_time/window/time_zone.hpp"

#include <algorithm>
#include <cassert>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include <fmt/format.h>

#include "engine/event_time/window/posix_rule.hpp"
#include "sim/event_id.hpp"

namespace wrackline::event_time::window {

namespace {

constexpr int kLastYear = 2200;
constexpr std::int64_t kTwoDaysMs = 2 * 86'400'000;

/// One data block of a TZif file: sizes first, then transitions and types.
struct Block {
  std::int64_t counts[6] = {};  ///< isut, isstd, leap, time, type, char
  std::int64_t time_bytes = 4;

  std::int64_t bytes() const {
    return counts[3] * time_bytes + counts[3] + counts[4] * 6 + counts[5] + counts[2] * (time_bytes + 4) +
           counts[1] + counts[0];
  }
};

class Bytes {
 public:
  explicit Bytes(std::span<const unsigned char> bytes) : bytes_{bytes} {}
  bool has(std::size_t at, std::int64_t count) const {
    return count >= 0 && at <= bytes_.size() && static_cast<std::uint64_t>(count) <= bytes_.size() - at;
  }
  std::int64_t number(std::size_t at, std::int64_t width) const {
    std::uint64_t value = (bytes_[at] & 0x80U) != 0 ? ~std::uint64_t{0} : 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(width); ++i) value = (value << 8) | bytes_[at + i];
    return static_cast<std::int64_t>(value);
  }
  unsigned char at(std::size_t i) const { return bytes_[i]; }
  std::size_t size() const { return bytes_.size(); }

 private:
  std::span<const unsigned char> bytes_;
};

constexpr std::size_t kHeader = 44;

bool read_header(const Bytes& bytes, std::size_t at, Block& block) {
  if (!bytes.has(at, kHeader)) return false;
  if (bytes.at(at) != 'T' || bytes.at(at + 1) != 'Z' || bytes.at(at + 2) != 'i' || bytes.at(at + 3) != 'f')
    return false;
  for (std::size_t i = 0; i < 6; ++i) {
    block.counts[i] = bytes.number(at + 20 + 4 * i, 4);
    if (block.counts[i] < 0 || block.counts[i] > 1'000'000) return false;
  }
  return bytes.has(at + kHeader, block.bytes());
}

void add_years(const PosixRule& rule, std::vector<TimeZone::Transition>& transitions) {
  const TimestampMs from = transitions.back().at_ms;
  if (!rule.has_daylight) return;
  for (int year = 1970; year <= kLastYear; ++year) {
    TimeZone::Transition pair[2] = {
        {(rule.starts.in_year(year) - rule.standard_offset_s) * 1000, rule.daylight_offset_s * 1000},
        {(rule.ends.in_year(year) - rule.daylight_offset_s) * 1000, rule.standard_offset_s * 1000}};
    if (pair[1].at_ms < pair[0].at_ms) std::swap(pair[0], pair[1]);
    for (const TimeZone::Transition& one : pair)
      if (one.at_ms > from) transitions.push_back(one);
  }
}

bool is_zone_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
           c == '_' || c == '-' || c == '+';
  };
  return !name.empty() && name.size() < 100 && name.front() != '/' && name.back() != '/' &&
         std::all_of(name.begin(), name.end(), allowed);
}

}  // namespace

TimeZone::Loaded TimeZone::parse(std::string_view name, std::span<const unsigned char> raw) {
  const auto damaged = [&](std::string_view what) {
    return Loaded{nullptr, fmt::format("the time zone file of \"{}\" is damaged: {}", name, what)};
  };
  const Bytes bytes{raw};
  Block block;
  if (!read_header(bytes, 0, block)) return damaged("no TZif header");
  std::size_t at = kHeader;
  const bool has_second = bytes.at(4) >= '2';
  if (has_second) {
    const std::size_t second = kHeader + static_cast<std::size_t>(block.bytes());
    block.time_bytes = 8;
    if (!read_header(bytes, second, block)) return damaged("no 64-bit data");
    at = second + kHeader;
  }
  if (block.counts[4] == 0) return damaged("no local time type");

  const auto count = static_cast<std::size_t>(block.counts[3]);
  const auto width = static_cast<std::size_t>(block.time_bytes);
  const std::size_t kinds = at + count * width;
  const std::size_t types = kinds + count;
  const auto offset_of = [&](std::size_t type) { return bytes.number(types + type * 6, 4) * 1000; };
  std::vector<Transition> transitions{{kMinTimestamp, offset_of(0)}};
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t type = bytes.at(kinds + i);
    const std::int64_t seconds = bytes.number(at + i * width, block.time_bytes);
    if (type >= static_cast<std::size_t>(block.counts[4])) return damaged("a transition to no type");
    // Some files begin with a transition at -2^59: the beginning of time.
    if (seconds < -(std::int64_t{1} << 50)) {
      transitions.front().offset_ms = offset_of(type);
      continue;
    }
    if (seconds > (std::int64_t{1} << 50) || seconds * 1000 <= transitions.back().at_ms)
      return damaged("transitions out of order");
    transitions.push_back({seconds * 1000, offset_of(type)});
  }
  if (has_second) {
    const std::size_t footer = at + static_cast<std::size_t>(block.bytes());
    std::string text;
    for (std::size_t i = footer + 1; i < bytes.size() && bytes.at(i) != '\n'; ++i)
      text.push_back(static_cast<char>(bytes.at(i)));
    if (!text.empty()) {
      const auto rule = PosixRule::parse(text);
      if (!rule) return damaged(fmt::format("the rule \"{}\" can not be read", text));
      add_years(*rule, transitions);
    }
  }
  return {std::make_shared<const TimeZone>(std::string{name}, std::move(transitions)), {}};
}

TimeZone::Loaded TimeZone::load(std::string_view name, std::string_view directory) {
  if (!is_zone_name(name)) {
    return {nullptr,
            fmt::format("\"{}\" is no name of a time zone; an IANA name is, such as Europe/Berlin", name)};
  }
  const std::string path = fmt::format("{}/{}", directory, name);
  std::vector<unsigned char> bytes;
  std::error_code none;
  std::ifstream file;
  if (std::filesystem::is_regular_file(path, none)) file.open(path, std::ios::binary);
  if (file.is_open()) bytes.assign(std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{});
  if (bytes.empty()) {
    return {nullptr,
            fmt::format("there is no time zone \"{}\": {} can not be read (is the package tzdata installed?)",
                        name, path)};
  }
  return parse(name, bytes);
}

TimeZone::TimeZone(std::string name, std::vector<Transition> transitions)
    : name_{std::move(name)}, transitions_{std::move(transitions)} {
  assert(!transitions_.empty());
  transitions_.front().at_ms = kMinTimestamp;
}

std::size_t TimeZone::segment_of(TimestampMs at) const {
  const auto after = std::upper_bound(transitions_.begin(), transitions_.end(), at,
                                      [](TimestampMs t, const Transition& one) { return t < one.at_ms; });
  return static_cast<std::size_t>(after - transitions_.begin()) - 1;
}

std::int64_t TimeZone::high_local(TimestampMs at) const {
  const std::size_t segment = segment_of(at);
  std::int64_t high = saturating_add(at, transitions_[segment].offset_ms);
  for (std::size_t i = segment; i > 0 && transitions_[i].at_ms > saturating_sub(at, kTwoDaysMs); --i)
    high = std::max(high, transitions_[i].at_ms + transitions_[i - 1].offset_ms - 1);
  return high;
}

TimestampMs TimeZone::instant_of(std::int64_t local_ms) const {
  std::size_t i = segment_of(saturating_sub(local_ms, kTwoDaysMs));
  // The first stretch between two transitions in which the wall clock gets so far.
  while (i + 1 < transitions_.size() && transitions_[i + 1].at_ms + transitions_[i].offset_ms <= local_ms)
    ++i;
  return std::max(transitions_[i].at_ms, saturating_sub(local_ms, transitions_[i].offset_ms));
}

std::uint64_t TimeZone::digest() const {
  std::uint64_t digest = 0;
  for (const Transition& one : transitions_) {
    digest = sim::mix(digest ^ static_cast<std::uint64_t>(one.at_ms));
    digest = sim::mix(digest ^ static_cast<std::uint64_t>(one.offset_ms));
  }
  return digest;
}

}  // namespace wrackline::event_time::window
