#include "engine/event_time/strategy/catalogue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>

#include "engine/event_time/strategy/text.hpp"

namespace wrackline::event_time::strategy {

#define STRATEGY(name) const StrategyType& name##_strategy();
#include "engine/event_time/strategy/all_strategies.inc"
#undef STRATEGY

std::string_view to_string(ParameterType type) {
  switch (type) {
    case ParameterType::duration:
      return "duration";
    case ParameterType::integer:
      return "integer";
    case ParameterType::number:
      return "number";
    case ParameterType::ratio:
      return "ratio";
    case ParameterType::boolean:
      return "boolean";
    case ParameterType::choice:
      return "choice";
  }
  return "";
}

std::span<const StrategyType* const> catalogue() {
  static const std::array all{
#define STRATEGY(name) &name##_strategy(),
#include "engine/event_time/strategy/all_strategies.inc"
#undef STRATEGY
  };
  return all;
}

const StrategyType* find(std::string_view name) {
  for (const StrategyType* type : catalogue()) {
    if (type->name == name) return type;
  }
  return nullptr;
}

const Parameter* StrategyType::find(std::string_view parameter) const {
  for (const Parameter& row : parameters) {
    if (row.name == parameter) return &row;
  }
  return nullptr;
}

const ParameterValue& Spec::at(std::string_view parameter) const {
  const Parameter* const row = type->find(parameter);
  assert(row != nullptr && "a strategy asked for a parameter that it does not declare");
  return values[static_cast<std::size_t>(row - type->parameters.data())];
}

void Spec::set(std::string_view parameter, std::int64_t value) {
  const_cast<ParameterValue&>(at(parameter)) = {value, static_cast<double>(value)};
}

void Spec::set(std::string_view parameter, double value) {
  const_cast<ParameterValue&>(at(parameter)) = {0, value};
}

namespace {

std::string shown(const Parameter& parameter, double value) {
  if (parameter.type == ParameterType::duration) return format_duration_ms(static_cast<std::int64_t>(value));
  return fmt::format("{}", value);
}

/// Empty if the value is in range.
std::string range_error(const Parameter& parameter, const ParameterValue& value) {
  const double v = value.number;
  const bool low = parameter.exclusive_min ? !(v > parameter.min) : !(v >= parameter.min);
  const bool high = parameter.exclusive_max ? v >= parameter.max : v > parameter.max;
  if (low) {
    return fmt::format("must be {} {}, not {}", parameter.exclusive_min ? "above" : "at least",
                       shown(parameter, parameter.min), shown(parameter, v));
  }
  if (high) {
    return fmt::format("must be {} {}, not {}", parameter.exclusive_max ? "below" : "at most",
                       shown(parameter, parameter.max), shown(parameter, v));
  }
  return {};
}

}  // namespace

std::optional<ParameterValue> parse_value(const Parameter& parameter, std::string_view text,
                                          std::string& error) {
  ParameterValue value;
  const auto set_integer = [&](std::int64_t v) { value = {v, static_cast<double>(v)}; };
  switch (parameter.type) {
    case ParameterType::duration: {
      const auto ms = parse_duration_ms(text);
      if (!ms) {
        error = fmt::format("must be a duration in whole milliseconds such as \"250ms\", not \"{}\"", text);
        return std::nullopt;
      }
      set_integer(*ms);
      break;
    }
    case ParameterType::integer:
    case ParameterType::number:
    case ParameterType::ratio: {
      const bool percent = parameter.type == ParameterType::ratio && text.ends_with('%');
      if (percent) text.remove_suffix(1);
      const auto number = parse_number(text);
      const bool whole = number && *number >= -9e15 && *number <= 9e15 &&
                         static_cast<double>(static_cast<std::int64_t>(*number)) == *number;
      if (!number || (parameter.type == ParameterType::integer && !whole)) {
        error = fmt::format("must be {}, not \"{}\"",
                            parameter.type == ParameterType::integer ? "an integer"
                            : parameter.type == ParameterType::ratio ? "a ratio such as 0.01 or \"1%\""
                                                                     : "a number",
                            text);
        return std::nullopt;
      }
      if (parameter.type == ParameterType::integer) {
        set_integer(static_cast<std::int64_t>(*number));
      } else {
        value.number = percent ? *number / 100 : *number;
      }
      break;
    }
    case ParameterType::boolean:
      if (text != "true" && text != "false") {
        error = fmt::format("must be true or false, not \"{}\"", text);
        return std::nullopt;
      }
      set_integer(text == "true" ? 1 : 0);
      break;
    case ParameterType::choice: {
      const auto at = std::find(parameter.choices.begin(), parameter.choices.end(), text);
      if (at == parameter.choices.end()) {
        error = fmt::format("must be one of {}, not \"{}\"", fmt::join(parameter.choices, ", "), text);
        return std::nullopt;
      }
      set_integer(at - parameter.choices.begin());
      break;
    }
  }
  error = range_error(parameter, value);
  if (!error.empty()) return std::nullopt;
  return value;
}

std::string to_text(const Parameter& parameter, const ParameterValue& value) {
  switch (parameter.type) {
    case ParameterType::duration:
      return format_duration_ms(value.integer);
    case ParameterType::integer:
      return fmt::format("{}", value.integer);
    case ParameterType::boolean:
      return value.integer != 0 ? "true" : "false";
    case ParameterType::choice:
      return std::string{parameter.choices[static_cast<std::size_t>(value.integer)]};
    case ParameterType::number:
    case ParameterType::ratio:
      break;
  }
  return fmt::format("{}", value.number);
}

Spec defaults(const StrategyType& type) {
  Spec spec{.type = &type, .values = {}};
  for (const Parameter& parameter : type.parameters) {
    std::string error;
    const auto value = parse_value(parameter, parameter.default_text, error);
    assert(value && "a default that its own declaration refuses");
    spec.values.push_back(*value);
  }
  return spec;
}

std::vector<std::string> problems(const Spec& spec) {
  std::vector<std::string> found;
  assert(spec.type != nullptr && spec.values.size() == spec.type->parameters.size());
  for (std::size_t i = 0; i < spec.values.size(); ++i) {
    const Parameter& parameter = spec.type->parameters[i];
    const std::string error = range_error(parameter, spec.values[i]);
    if (!error.empty()) found.push_back(fmt::format("{}: {} {}", spec.type->name, parameter.name, error));
  }
  if (found.empty() && spec.type->check != nullptr) spec.type->check(spec, found);
  return found;
}

std::vector<std::string> problems(const Block& block) {
  std::vector<std::string> found = problems(block.spec);
  const Options& options = block.options;
  if (options.interval_ms <= 0)
    found.push_back(fmt::format("interval must be above 0 ms, not {} ms", options.interval_ms));
  if (options.idle_timeout_ms < 0)
    found.push_back(fmt::format("idle_timeout must not be negative, not {} ms", options.idle_timeout_ms));
  if (options.emission == Emission::marker && options.marker_every < 1)
    found.push_back(fmt::format("marker_every must be at least 1, not {}", options.marker_every));
  if (options.scope == Scope::task && options.idle_timeout_ms > 0)
    found.push_back("idle_timeout: with scope task there are no partitions to exclude");
  if (options.scope == Scope::task && options.max_drift_ms >= 0)
    found.push_back("max_drift: with scope task there are no partitions to align");
  if (options.combine == Combine::max && options.max_drift_ms >= 0)
    found.push_back("max_drift aligns with the slowest partition, combine max goes by the fastest");
  return found;
}

std::unique_ptr<Generator> make(const Spec& spec) {
  assert(spec.type != nullptr && spec.type->make != nullptr && problems(spec).empty());
  return spec.type->make(spec);
}

}  // namespace wrackline::event_time::strategy
