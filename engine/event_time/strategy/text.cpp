#include "engine/event_time/strategy/text.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

namespace wrackline::event_time::strategy {

namespace {

constexpr std::array<std::pair<std::string_view, std::int64_t>, 6> kUnits{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"min", 60'000}, {"ms", 1}, {"m", 60'000}, {"s", 1000}}};

bool digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::optional<std::int64_t> parse_duration_ms(std::string_view text) {
  if (text == "0") return 0;
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  std::int64_t last_unit = INT64_MAX;
  while (!text.empty()) {
    std::int64_t whole = 0;
    std::int64_t fraction = 0;
    std::int64_t scale = 1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), whole);
    if (error != std::errc{} || !digit(text.front())) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.starts_with('.')) {
      text.remove_prefix(1);
      if (text.empty() || !digit(text.front())) return std::nullopt;
      for (; !text.empty() && digit(text.front()); text.remove_prefix(1)) {
        if (scale >= 100'000'000) return std::nullopt;
        fraction = fraction * 10 + (text.front() - '0');
        scale *= 10;
      }
    }
    auto unit = kUnits.begin();
    while (unit != kUnits.end() && !text.starts_with(unit->first)) ++unit;
    if (unit == kUnits.end() || unit->second >= last_unit) return std::nullopt;
    text.remove_prefix(unit->first.size());
    last_unit = unit->second;
    std::int64_t part = 0;
    if (__builtin_mul_overflow(whole, unit->second, &part)) return std::nullopt;
    if (fraction * unit->second % scale != 0) return std::nullopt;
    part += fraction * unit->second / scale;
    if (__builtin_add_overflow(total, part, &total)) return std::nullopt;
  }
  return negative ? -total : total;
}

std::string format_duration_ms(std::int64_t ms) {
  if (ms == 0) return "0s";
  std::string text = ms < 0 ? "-" : "";
  auto rest = ms < 0 ? -static_cast<std::uint64_t>(ms) : static_cast<std::uint64_t>(ms);
  constexpr std::array<std::pair<std::string_view, std::uint64_t>, 5> kUnitsDown{
      {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};
  for (const auto& [name, size] : kUnitsDown) {
    if (rest >= size) text += fmt::format("{}{}", rest / size, name);
    rest %= size;
  }
  return text;
}

std::optional<double> parse_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (!(value - value == 0)) return std::nullopt;
  return value;
}

}  // namespace wrackline::event_time::strategy
