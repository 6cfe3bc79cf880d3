#include "engine/properties.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <charconv>

namespace wrackline {

std::optional<Version> parse_version(std::string_view text) {
  int parts[3] = {0, 0, 0};
  int count = 0;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (count < 3) {
    const auto [next, error] = std::from_chars(at, end, parts[count]);
    if (error != std::errc{} || parts[count] < 0) return std::nullopt;
    ++count;
    at = next;
    if (at == end) break;
    if (*at != '.' || count == 3) return std::nullopt;
    ++at;
  }
  if (count < 2 || at != end) return std::nullopt;
  return Version{parts[0], parts[1]};
}

std::string to_string(Version version) { return fmt::format("{}.{}", version.major, version.minor); }

std::string_view to_string(PropertyType type) {
  switch (type) {
    case PropertyType::kBool:
      return "boolean";
    case PropertyType::kInt:
      return "int";
    case PropertyType::kLong:
      return "long";
    case PropertyType::kDouble:
      return "double";
    case PropertyType::kString:
      return "string";
    case PropertyType::kChoice:
      return "string";
    case PropertyType::kList:
      return "list";
  }
  return "";
}

std::string value_text(const PropertyValue& value) {
  struct Visitor {
    std::string operator()(std::monostate) const { return "null"; }
    std::string operator()(bool b) const { return b ? "true" : "false"; }
    std::string operator()(std::int64_t i) const { return fmt::format("{}", i); }
    std::string operator()(double d) const { return fmt::format("{}", d); }
    std::string operator()(const std::string& s) const { return s; }
    std::string operator()(const std::vector<std::string>& list) const {
      return fmt::format("{}", fmt::join(list, ","));
    }
  };
  return std::visit(Visitor{}, value);
}

PropertyTable::PropertyTable(std::string_view component, std::vector<Property> properties)
    : component_(component), properties_(std::move(properties)) {
  std::sort(properties_.begin(), properties_.end(),
            [](const Property& a, const Property& b) { return a.name < b.name; });
  for (std::size_t i = 0; i < properties_.size(); ++i) {
    assert(i == 0 || properties_[i - 1].name != properties_[i].name);
    assert(!properties_[i].defaults.empty());
  }
}

const Property* PropertyTable::find(std::string_view name) const {
  const auto found = std::lower_bound(properties_.begin(), properties_.end(), name,
                                      [](const Property& p, std::string_view n) { return p.name < n; });
  return found == properties_.end() || found->name != name ? nullptr : &*found;
}

std::size_t PropertyTable::index_of(std::string_view name) const {
  const Property* const found = find(name);
  assert(found != nullptr);
  return static_cast<std::size_t>(found - properties_.data());
}

std::optional<std::string_view> PropertyTable::nearest(std::string_view name) const {
  std::vector<std::string_view> names;
  names.reserve(properties_.size());
  for (const Property& property : properties_) names.push_back(property.name);
  return nearest_name(name, names);
}

std::string_view default_text(const Property& property, Version version) {
  std::string_view text = property.defaults.front().text;
  for (const PropertyDefault& candidate : property.defaults) {
    if (candidate.since <= version) text = candidate.text;
  }
  return text;
}

namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

std::string range_text(const Property& property) {
  const bool has_min = property.min != INT64_MIN;
  const bool has_max = property.max != INT64_MAX;
  if (has_min && has_max) return fmt::format("{}..{}", property.min, property.max);
  if (has_min) return fmt::format("at least {}", property.min);
  return fmt::format("at most {}", property.max);
}

ParsedProperty parse_integer(const Property& property, std::string_view text) {
  std::int64_t value = 0;
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return {{}, fmt::format("is no whole number of type {}", to_string(property.type))};
  }
  const bool fits = property.type != PropertyType::kInt || (value >= INT32_MIN && value <= INT32_MAX);
  if (!fits) return {{}, "does not fit the 32-bit int that the engine uses"};
  if (value < property.min || value > property.max) {
    return {{}, fmt::format("is out of range ({})", range_text(property))};
  }
  return {value, {}};
}

ParsedProperty parse_choice(const Property& property, std::string_view text) {
  for (const std::string_view choice : property.choices) {
    if (choice == text) return {std::string(text), {}};
    // A choice that ends in "..." takes any continuation: "by_duration:...".
    if (choice.size() > 3 && choice.substr(choice.size() - 3) == "..." &&
        text.starts_with(choice.substr(0, choice.size() - 3))) {
      return {std::string(text), {}};
    }
  }
  return {{}, fmt::format("is none of {}", fmt::join(property.choices, ", "))};
}

}  // namespace

ParsedProperty parse_property(const Property& property, std::string_view raw) {
  const std::string_view text = trimmed(raw);
  switch (property.type) {
    case PropertyType::kBool:
      if (equals_ignoring_case(text, "true")) return {true, {}};
      if (equals_ignoring_case(text, "false")) return {false, {}};
      return {{}, "is neither true nor false"};
    case PropertyType::kInt:
    case PropertyType::kLong:
      return parse_integer(property, text);
    case PropertyType::kDouble: {
      double value = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (error != std::errc{} || end != text.data() + text.size())
        return {{}, "is no number of type double"};
      const bool below = property.min != INT64_MIN && value < static_cast<double>(property.min);
      const bool above = property.max != INT64_MAX && value > static_cast<double>(property.max);
      if (below || above) return {{}, fmt::format("is out of range ({})", range_text(property))};
      return {value, {}};
    }
    case PropertyType::kString:
      if (text.empty()) return {{}, "is empty"};
      return {std::string(text), {}};
    case PropertyType::kChoice:
      return parse_choice(property, text);
    case PropertyType::kList: {
      std::vector<std::string> entries;
      std::string_view rest = text;
      while (!rest.empty()) {
        const std::size_t comma = rest.find(',');
        const std::string_view entry = trimmed(rest.substr(0, comma));
        if (entry.empty()) return {{}, "has an empty entry"};
        if (!property.choices.empty()) {
          if (ParsedProperty known = parse_choice(property, entry); !known.error.empty()) {
            return {{}, fmt::format("has the entry '{}', which {}", entry, known.error)};
          }
        }
        entries.emplace_back(entry);
        rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
      }
      return {std::move(entries), {}};
    }
  }
  return {{}, "has no type"};
}

PropertyValues::PropertyValues(const PropertyTable& table, Version version)
    : table_(&table), version_(version) {
  values_.reserve(table.all().size());
  for (const Property& property : table.all()) {
    const std::string_view text = default_text(property, version);
    if (text == "null" || (text.empty() && property.type != PropertyType::kList)) {
      values_.emplace_back();
      continue;
    }
    ParsedProperty parsed = parse_property(property, text);
    assert(parsed.error.empty() && "a default must be a valid value");
    values_.push_back(std::move(parsed.value));
  }
  explicit_.assign(values_.size(), false);
}

void PropertyValues::set(std::string_view name, PropertyValue value) {
  const std::size_t index = table_->index_of(name);
  values_[index] = std::move(value);
  explicit_[index] = true;
}

bool PropertyValues::is_explicit(std::string_view name) const { return explicit_[table_->index_of(name)]; }
bool PropertyValues::is_null(std::string_view name) const {
  return std::holds_alternative<std::monostate>(get(name));
}
const PropertyValue& PropertyValues::get(std::string_view name) const {
  const std::size_t index = table_->index_of(name);
  if (reads_) (*reads_)[index] = true;
  return values_[index];
}
bool PropertyValues::get_bool(std::string_view name) const { return std::get<bool>(get(name)); }
std::int64_t PropertyValues::get_int(std::string_view name) const {
  return std::get<std::int64_t>(get(name));
}
double PropertyValues::get_double(std::string_view name) const { return std::get<double>(get(name)); }
const std::string& PropertyValues::get_string(std::string_view name) const {
  return std::get<std::string>(get(name));
}
const std::vector<std::string>& PropertyValues::get_list(std::string_view name) const {
  return std::get<std::vector<std::string>>(get(name));
}

std::vector<std::string_view> PropertyValues::explicit_names() const {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < explicit_.size(); ++i) {
    if (explicit_[i]) names.push_back(table_->all()[i].name);
  }
  return names;
}

std::vector<std::string_view> PropertyValues::without_effect() const {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < explicit_.size(); ++i) {
    const Property& property = table_->all()[i];
    if (explicit_[i] && property.effect == PropertyClass::kWithoutEffect) names.push_back(property.name);
  }
  return names;
}

namespace {

/// Damerau-Levenshtein distance with adjacent swaps, cut off above `limit`.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit) {
  if (a.size() > b.size() + limit || b.size() > a.size() + limit) return limit + 1;
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({replace, last[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

std::optional<std::string_view> nearest_name(std::string_view name,
                                             std::span<const std::string_view> candidates) {
  if (name.size() > 200) return std::nullopt;
  const std::size_t limit = std::max<std::size_t>(2, name.size() / 3);
  std::optional<std::string_view> best;
  std::size_t best_distance = limit + 1;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(name, candidate, limit);
    // Ties go to the alphabetically first, so that the answer does not depend on the order of the table.
    if (distance < best_distance || (best && distance == best_distance && candidate < *best)) {
      best = candidate;
      best_distance = distance;
    }
  }
  if (best && best_distance >= name.size() && best_distance > 0) return std::nullopt;  // nothing in common
  return best;
}

}  // namespace wrackline
