// The text forms of a watermark block (catalogue.hpp): JSON and the command line, read into the same draft.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/event_time/strategy/catalogue.hpp"
#include "engine/event_time/strategy/text.hpp"
#include "sim/nearest.hpp"

namespace wrackline::event_time::strategy {

namespace {

using Json = nlohmann::json;

std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates) {
  const auto nearest = sim::nearest_names(name, candidates, 1);
  return nearest.empty() ? std::string{} : fmt::format("; did you mean \"{}\"?", nearest.front());
}

std::vector<std::string> strategy_names() {
  std::vector<std::string> names;
  for (const StrategyType* type : catalogue()) names.emplace_back(type->name);
  return names;
}
std::vector<std::string> option_names() {
  std::vector<std::string> names;
  for (const OptionField& field : option_fields()) names.emplace_back(field.parameter.name);
  return names;
}
std::vector<std::string> parameter_names(const StrategyType& type) {
  std::vector<std::string> names;
  for (const Parameter& parameter : type.parameters) names.emplace_back(parameter.name);
  return names;
}
std::vector<std::string> joined(std::vector<std::string> a, const std::vector<std::string>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// Collects what is written and everything that is wrong with it.
class Reader {
 public:
  void strategy(const StrategyType& type) {
    if (block_.spec.type != nullptr) {
      error(fmt::format("{} and {} exclude each other", block_.spec.type->name, type.name));
      return;
    }
    block_.spec = defaults(type);
    block_.options.scope = type.default_scope;
  }
  void unknown_strategy(std::string_view name) {
    error(fmt::format("there is no watermark strategy \"{}\"{}", name, did_you_mean(name, strategy_names())));
  }
  void shorthand(std::string_view text) {
    const StrategyType& type = *block_.spec.type;
    if (type.parameters.empty()) {
      error(fmt::format("{} takes no value", type.name));
      return;
    }
    parameter(type.parameters.front().name, text);
  }
  void parameter(std::string_view name, std::string_view text) {
    const StrategyType& type = *block_.spec.type;
    const Parameter* const row = type.find(name);
    if (row == nullptr) {
      error(fmt::format("{} has no parameter \"{}\"{}", type.name, name,
                        did_you_mean(name, parameter_names(type))));
      return;
    }
    if (twice(fmt::format("{}.{}", type.name, name))) return;
    std::string problem;
    const auto value = parse_value(*row, text, problem);
    if (!value) {
      error(fmt::format("{}: {} {}", type.name, name, problem));
      return;
    }
    block_.spec.values[static_cast<std::size_t>(row - type.parameters.data())] = *value;
  }
  void option(const OptionField& field, std::string_view text) {
    if (twice(field.parameter.name)) return;
    std::string problem;
    const auto value = parse_value(field.parameter, text, problem);
    if (!value) {
      error(fmt::format("{} {}", field.parameter.name, problem));
      return;
    }
    written_.emplace_back(&field, *value);
  }
  void error(std::string text) { result_.errors.push_back(std::move(text)); }
  const StrategyType* type() const { return block_.spec.type; }

  ParsedBlock finish() {
    if (block_.spec.type == nullptr && result_.errors.empty())
      error(fmt::format("a watermark needs a strategy: {}", fmt::join(strategy_names(), ", ")));
    // After the strategy, which has a say in the scope.
    for (const auto& [field, value] : written_) field->apply(block_.options, value);
    if (given("interval") && given("marker_every")) error("interval and marker_every exclude each other");
    if (result_.errors.empty()) result_.errors = problems(block_);
    if (result_.errors.empty()) result_.block = std::move(block_);
    return std::move(result_);
  }

 private:
  bool given(std::string_view name) const {
    return std::find(seen_.begin(), seen_.end(), name) != seen_.end();
  }
  bool twice(std::string_view name) {
    if (given(name)) {
      error(fmt::format("{} is given twice", name));
      return true;
    }
    seen_.emplace_back(name);
    return false;
  }

  Block block_;
  ParsedBlock result_;
  std::vector<std::string> seen_;
  std::vector<std::pair<const OptionField*, ParameterValue>> written_;
};

const OptionField* find_option(std::string_view name) {
  for (const OptionField& field : option_fields()) {
    if (field.parameter.name == name) return &field;
  }
  return nullptr;
}

std::string scalar_text(const Json& value) {
  return value.is_string() ? value.get<std::string>()
                           : value.dump(-1, ' ', true, Json::error_handler_t::replace);
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

ParsedBlock parse_json(const Json& value) {
  if (value.is_string()) return parse_text(value.get<std::string>());
  Reader reader;
  if (!value.is_object()) {
    reader.error("a watermark must be an object or a text such as \"bounded=200ms\"");
    return reader.finish();
  }
  for (const auto& [name, inner] : value.items()) {
    if (inner.is_null() || name == "$comment") continue;
    if (const StrategyType* const type = find(name)) {
      const StrategyType* const before = reader.type();
      reader.strategy(*type);
      if (before != nullptr) continue;
      if (!inner.is_object()) {
        reader.shorthand(scalar_text(inner));
        continue;
      }
      for (const auto& [parameter, setting] : inner.items()) {
        if (!setting.is_null() && parameter != "$comment") reader.parameter(parameter, scalar_text(setting));
      }
    } else if (const OptionField* const field = find_option(name)) {
      reader.option(*field, scalar_text(inner));
    } else {
      reader.error(fmt::format("a watermark has no field \"{}\"{}", name,
                               did_you_mean(name, joined(strategy_names(), option_names()))));
    }
  }
  return reader.finish();
}

ParsedBlock parse_text(std::string_view text) {
  Reader reader;
  bool first = true;
  while (first || !text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view item = trimmed(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
    const std::size_t equals = item.find('=');
    const std::string_view name = trimmed(item.substr(0, equals));
    const bool has_value = equals != std::string_view::npos;
    const std::string_view value = has_value ? trimmed(item.substr(equals + 1)) : std::string_view{};
    if (std::exchange(first, false)) {
      const bool bare_bound = !has_value && parse_duration_ms(name).has_value();
      const StrategyType* const type = find(bare_bound ? "bounded" : name);
      if (type == nullptr) {
        reader.unknown_strategy(name);
        return reader.finish();
      }
      reader.strategy(*type);
      if (has_value || bare_bound) reader.shorthand(bare_bound ? name : value);
      continue;
    }
    if (!has_value) {
      reader.error(fmt::format("\"{}\" needs a value: name=value", item));
    } else if (const OptionField* const field = find_option(name)) {
      reader.option(*field, value);
    } else if (reader.type()->find(name) != nullptr) {
      reader.parameter(name, value);
    } else {
      reader.error(fmt::format("{} has no parameter \"{}\"{}", reader.type()->name, name,
                               did_you_mean(name, joined(parameter_names(*reader.type()), option_names()))));
    }
  }
  return reader.finish();
}

std::string to_text(const Spec& spec) {
  std::string text{spec.type->name};
  const Spec plain = defaults(*spec.type);
  for (std::size_t i = 0; i < spec.values.size(); ++i) {
    if (spec.values[i] == plain.values[i]) continue;
    const Parameter& parameter = spec.type->parameters[i];
    const std::string value = to_text(parameter, spec.values[i]);
    text += i == 0 ? fmt::format("={}", value) : fmt::format(",{}={}", parameter.name, value);
  }
  return text;
}

std::string to_text(const Block& block) {
  std::string text = to_text(block.spec);
  for (const OptionField& field : option_fields()) {
    const std::string value = field.text(block.options);
    const bool own_scope =
        field.parameter.name == "scope" && block.options.scope == block.spec.type->default_scope;
    if (!value.empty() && !own_scope) text += fmt::format(",{}={}", field.parameter.name, value);
  }
  return text;
}

}  // namespace wrackline::event_time::strategy
