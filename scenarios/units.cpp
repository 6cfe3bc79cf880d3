#include "scenarios/units.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <numeric>

namespace wrackline::scenarios {

namespace {

using namespace std::chrono_literals;

struct Unit {
  std::string_view name;
  std::int64_t value;
};

constexpr std::array kTimeUnits{Unit{"d", 86'400'000'000'000},
                                Unit{"h", 3'600'000'000'000},
                                Unit{"m", 60'000'000'000},
                                Unit{"min", 60'000'000'000},
                                Unit{"s", 1'000'000'000},
                                Unit{"ms", 1'000'000},
                                Unit{"us", 1'000},
                                Unit{"ns", 1}};
constexpr std::array kSizeUnits{
    Unit{"B", 1},           Unit{"kB", 1'000},         Unit{"KB", 1'000},
    Unit{"MB", 1'000'000},  Unit{"GB", 1'000'000'000}, Unit{"TB", 1'000'000'000'000},
    Unit{"KiB", 1LL << 10}, Unit{"MiB", 1LL << 20},    Unit{"GiB", 1LL << 30},
    Unit{"TiB", 1LL << 40}};
constexpr std::array kCountUnits{Unit{"", 1}, Unit{"k", 1'000}, Unit{"M", 1'000'000},
                                 Unit{"G", 1'000'000'000}};

template <std::size_t N>
const Unit* find_unit(const std::array<Unit, N>& units, std::string_view name) {
  for (const Unit& unit : units) {
    if (unit.name == name) return &unit;
  }
  return nullptr;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// digits / scale, scale a power of ten: a decimal number without rounding.
struct Decimal {
  std::int64_t digits = 0;
  std::int64_t scale = 1;
};

/// Reads a text from the left; remembers where it is for the caret.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}
  bool at_end() const { return i_ >= text_.size(); }
  std::size_t offset() const { return i_; }
  void skip_blanks() {
    while (!at_end() && text_[i_] == ' ') ++i_;
  }
  bool take(char c) {
    if (at_end() || text_[i_] != c) return false;
    ++i_;
    return true;
  }
  std::optional<Decimal> decimal() {
    Decimal value;
    bool any = false;
    bool fraction = false;
    while (!at_end()) {
      const char c = text_[i_];
      if (c == '.' && any && !fraction) {
        fraction = true;
      } else if (is_digit(c)) {
        if (value.digits > (INT64_MAX - 9) / 10 || (fraction && value.scale > INT64_MAX / 10))
          return std::nullopt;
        value.digits = value.digits * 10 + (c - '0');
        if (fraction) value.scale *= 10;
        any = true;
      } else if (c != '_') {
        break;
      }
      ++i_;
    }
    return any ? std::optional(value) : std::nullopt;
  }
  std::string_view letters() {
    const std::size_t begin = i_;
    while (!at_end() && is_letter(text_[i_])) ++i_;
    return text_.substr(begin, i_ - begin);
  }

 private:
  std::string_view text_;
  std::size_t i_ = 0;
};

/// Exact product of a decimal and a unit; nothing when it is not whole or does not fit.
std::optional<std::int64_t> times(const Decimal& value, std::int64_t unit) {
  const __int128 product = static_cast<__int128>(value.digits) * unit;
  if (product % value.scale != 0) return std::nullopt;
  const __int128 result = product / value.scale;
  if (result > INT64_MAX) return std::nullopt;
  return static_cast<std::int64_t>(result);
}

template <typename T>
Parsed<T> wrong(std::string error, std::size_t offset) {
  return {std::nullopt, std::move(error), offset};
}

constexpr std::string_view kTimeHelp =
    "write it with units ns, us, ms, s, m, h or d, e.g. \"250ms\" or \"1h30m\"";
constexpr std::string_view kRateHelp = "write it as events per time, e.g. \"5k/s\" or \"200/min\"";
constexpr std::string_view kSizeHelp = "write it with a unit, e.g. \"64KiB\", \"1MB\" or \"100B\"";

}  // namespace

Parsed<Duration> parse_duration(std::string_view text) {
  Reader reader(text);
  reader.skip_blanks();
  const bool negative = reader.take('-');
  std::int64_t total = 0;
  std::int64_t last_unit = INT64_MAX;
  bool any = false;
  while (!reader.at_end()) {
    const std::size_t begin = reader.offset();
    const auto number = reader.decimal();
    if (!number) return wrong<Duration>(fmt::format("a number is expected; {}", kTimeHelp), begin);
    reader.skip_blanks();
    const std::size_t unit_at = reader.offset();
    const std::string_view name = reader.letters();
    if (name.empty()) return wrong<Duration>(fmt::format("the unit is missing; {}", kTimeHelp), unit_at);
    const Unit* const unit = find_unit(kTimeUnits, name);
    if (unit == nullptr)
      return wrong<Duration>(fmt::format("\"{}\" is no unit of time; {}", name, kTimeHelp), unit_at);
    if (unit->value >= last_unit)
      return wrong<Duration>("the units must go from the largest to the smallest, each once", unit_at);
    last_unit = unit->value;
    const auto part = times(*number, unit->value);
    if (!part) return wrong<Duration>("is not a whole number of nanoseconds that fits 64 bits", begin);
    if (*part > INT64_MAX - total) return wrong<Duration>("is longer than 292 years", begin);
    total += *part;
    any = true;
    reader.skip_blanks();
  }
  if (!any) return wrong<Duration>(fmt::format("a number is expected; {}", kTimeHelp), reader.offset());
  return {Duration{negative ? -total : total}, {}, 0};
}

Parsed<Rate> parse_rate(std::string_view text) {
  Reader reader(text);
  reader.skip_blanks();
  const auto number = reader.decimal();
  if (!number) return wrong<Rate>(fmt::format("a number is expected; {}", kRateHelp), reader.offset());
  reader.skip_blanks();
  const std::size_t prefix_at = reader.offset();
  const std::string_view prefix = reader.letters();
  const Unit* const multiple = find_unit(kCountUnits, prefix);
  if (multiple == nullptr)
    return wrong<Rate>(fmt::format("\"{}\" is no multiple; k, M and G are", prefix), prefix_at);
  reader.skip_blanks();
  if (!reader.take('/')) return wrong<Rate>(fmt::format("\"/s\" is missing; {}", kRateHelp), reader.offset());
  reader.skip_blanks();
  const std::size_t unit_at = reader.offset();
  const std::string_view name = reader.letters();
  const Unit* const unit = find_unit(kTimeUnits, name);
  if (unit == nullptr || unit->value < 1'000) {
    return wrong<Rate>(fmt::format("\"{}\" is no unit of time; {}", name, kRateHelp), unit_at);
  }
  reader.skip_blanks();
  if (!reader.at_end())
    return wrong<Rate>(fmt::format("more follows than a rate; {}", kRateHelp), reader.offset());
  // digits/scale events per unit = digits*multiple events per scale*unit, in lowest terms.
  const __int128 events = static_cast<__int128>(number->digits) * multiple->value;
  const std::int64_t scale = number->scale;
  const __int128 common = scale == 1 ? 1 : std::gcd(static_cast<std::int64_t>(events % scale), scale);
  const __int128 count = events / common;
  const __int128 per = static_cast<__int128>(unit->value) * (scale / common);
  if (count > 1'000'000'000'000 || per > 366LL * 86'400'000'000'000) {
    return wrong<Rate>("is out of range (at most 1e12 events per unit)", prefix_at);
  }
  return {Rate{static_cast<std::int64_t>(count), Duration{static_cast<std::int64_t>(per)}}, {}, 0};
}

namespace {

Parsed<std::int64_t> read_size(Reader& reader) {
  reader.skip_blanks();
  const std::size_t begin = reader.offset();
  const auto number = reader.decimal();
  if (!number) return wrong<std::int64_t>(fmt::format("a number is expected; {}", kSizeHelp), begin);
  reader.skip_blanks();
  const std::size_t unit_at = reader.offset();
  const std::string_view name = reader.letters();
  if (name.empty()) return wrong<std::int64_t>(fmt::format("the unit is missing; {}", kSizeHelp), unit_at);
  const Unit* const unit = find_unit(kSizeUnits, name);
  if (unit == nullptr)
    return wrong<std::int64_t>(fmt::format("\"{}\" is no unit of size; {}", name, kSizeHelp), unit_at);
  const auto bytes = times(*number, unit->value);
  if (!bytes) return wrong<std::int64_t>("is not a whole number of bytes that fits 64 bits", begin);
  reader.skip_blanks();
  return {bytes, {}, 0};
}

}  // namespace

Parsed<std::int64_t> parse_size(std::string_view text) {
  Reader reader(text);
  Parsed<std::int64_t> size = read_size(reader);
  if (size.value && !reader.at_end())
    return wrong<std::int64_t>(fmt::format("more follows than a size; {}", kSizeHelp), reader.offset());
  return size;
}

Parsed<std::int64_t> parse_bandwidth(std::string_view text) {
  Reader reader(text);
  Parsed<std::int64_t> size = read_size(reader);
  if (!size.value) return size;
  reader.take('/');
  reader.skip_blanks();
  const std::size_t unit_at = reader.offset();
  if (reader.letters() != "s" || !reader.at_end())
    return wrong<std::int64_t>("write it as size per second, e.g. \"100MB/s\"", unit_at);
  return size;
}

Parsed<double> parse_ratio(std::string_view text) {
  Reader reader(text);
  reader.skip_blanks();
  const auto number = reader.decimal();
  if (!number)
    return wrong<double>("a number or a percentage is expected, e.g. \"1%\" or 0.01", reader.offset());
  reader.skip_blanks();
  const bool percent = reader.take('%');
  reader.skip_blanks();
  if (!reader.at_end()) return wrong<double>("more follows than a ratio, e.g. \"1%\"", reader.offset());
  const double value = static_cast<double>(number->digits) / static_cast<double>(number->scale);
  return {percent ? value / 100 : value, {}, 0};
}

std::string format_duration(Duration value) {
  std::int64_t rest = value.count();
  if (rest == 0) return "0s";
  std::string out = rest < 0 ? "-" : "";
  // Unsigned, because the least value has no positive counterpart.
  auto left = rest < 0 ? 0 - static_cast<std::uint64_t>(rest) : static_cast<std::uint64_t>(rest);
  for (const Unit& unit : kTimeUnits) {
    if (unit.name == "min") continue;
    const auto whole = static_cast<std::uint64_t>(unit.value);
    if (left >= whole) {
      out += fmt::format("{}{}", left / whole, unit.name);
      left %= whole;
    }
  }
  return out;
}

std::string format_rate(const Rate& rate) {
  std::int64_t count = rate.count;
  std::string_view prefix;
  for (const Unit& unit : kCountUnits) {
    if (count != 0 && rate.count % unit.value == 0) {
      count = rate.count / unit.value;
      prefix = unit.name;
    }
  }
  for (const Unit& unit : kTimeUnits) {
    if (rate.per.count() == unit.value)
      return fmt::format("{}{}/{}", count, prefix, unit.name == "m" ? "min" : unit.name);
  }
  // Slower than one unit: events per second as a decimal.
  return fmt::format("{}/s", static_cast<double>(rate.count) * 1e9 / static_cast<double>(rate.per.count()));
}

std::string format_size(std::int64_t bytes) {
  for (const std::string_view name : {"TiB", "GiB", "MiB", "KiB", "TB", "GB", "MB", "kB"}) {
    const Unit* const unit = find_unit(kSizeUnits, name);
    if (bytes != 0 && bytes % unit->value == 0) return fmt::format("{}{}", bytes / unit->value, name);
  }
  return fmt::format("{}B", bytes);
}

}  // namespace wrackline::scenarios
