// The watermark of a job: one field for each strategy of the catalogue, made from its own declaration, and
// the options of emission and combination beside them.
#include <array>
#include <utility>

#include "scenarios/vocabulary_rows.hpp"
#include "scenarios/watermark_block.hpp"

namespace wrackline::scenarios {

namespace {

using namespace rows;
namespace strategy = event_time::strategy;
using strategy::ParameterType;
using strategy::ParameterValue;

ParameterValue value_of(ParameterType type, const FieldValue& v) {
  switch (type) {
    case ParameterType::duration: {
      const std::int64_t ms = v.integer / kMs;
      return {ms, static_cast<double>(ms)};
    }
    case ParameterType::integer:
    case ParameterType::boolean:
    case ParameterType::choice:
      return {v.integer, static_cast<double>(v.integer)};
    case ParameterType::number:
    case ParameterType::ratio:
      break;
  }
  return {0, v.number};
}

/// Type, default, range and meaning; who takes the value is left open.
Field field_of(const strategy::Parameter& parameter) {
  Field field{parameter.name, FieldType::kNumber, parameter.doc, parameter.default_text};
  field.min = static_cast<std::int64_t>(parameter.min);
  field.max = static_cast<std::int64_t>(parameter.max);
  field.positive = parameter.exclusive_min && parameter.min == 0;
  switch (parameter.type) {
    case ParameterType::duration:
      field.type = FieldType::kDuration;
      field.min *= kMs;
      field.max *= kMs;
      break;
    case ParameterType::integer:
      field.type = FieldType::kInteger;
      break;
    case ParameterType::number:
      break;
    case ParameterType::ratio:
      field.type = FieldType::kRatio;
      field.min = 0;
      field.max = 1;
      break;
    case ParameterType::boolean:
      field.type = FieldType::kBool;
      break;
    case ParameterType::choice:
      field.type = FieldType::kChoice;
      for (const std::string_view choice : parameter.choices) field.choices.emplace_back(choice, "");
      break;
  }
  return field;
}

ObjectDecl declare(const strategy::StrategyType& type) {
  ObjectDecl decl{.name = type.name, .doc = type.doc, .fields = {}};
  for (std::size_t i = 0; i < type.parameters.size(); ++i) {
    Field field = field_of(type.parameters[i]);
    field.bind = [i, kind = type.parameters[i].type](void* target, const FieldValue& v) {
      as<WatermarkSpec>(target).strategy.values[i] = value_of(kind, v);
    };
    decl.fields.push_back(std::move(field));
  }
  if (!type.parameters.empty()) decl.shorthand = type.parameters.front().name;
  return decl;
}

constexpr std::size_t kStrategies = 0
#define STRATEGY(name) +1  // NOLINT(bugprone-macro-parentheses): a sum
#include "engine/event_time/strategy/all_strategies.inc"
#undef STRATEGY
    ;

template <std::size_t I>
const ObjectDecl& strategy_decl() {
  static const ObjectDecl decl = declare(*strategy::catalogue()[I]);
  return decl;
}

template <std::size_t... I>
constexpr auto decls(std::index_sequence<I...>) {
  return std::array<const ObjectDecl& (*)(), sizeof...(I)>{&strategy_decl<I>...};
}

/// Null for the one that has its own field, and for what a running pipeline can not use.
bool has_field(const strategy::StrategyType& type) { return type.name != "bounded" && type.make != nullptr; }

Field strategy_field(const strategy::StrategyType& type, const ObjectDecl& (*decl)()) {
  Field field{type.name, FieldType::kObject, type.doc};
  field.object = decl;
  field.only_if_given = true;
  field.part = [&type](void* target, const std::string&, Location) {
    auto& watermark = as<WatermarkSpec>(target);
    watermark.strategy = strategy::defaults(type);
    watermark.options.scope = type.default_scope;
    return target;
  };
  return field;
}

ObjectDecl watermark() {
  ObjectDecl decl{
      .name = "watermark",
      .doc =
          "How far event time is believed to be complete; one watermark a partition, combined by their "
          "minimum.",
      .fields = {duration("bounded", &WatermarkSpec::bounded, "0s", {0, kDay * 366},
                          "Bounded out-of-orderness: greatest event time seen minus this.")},
      .shorthand = "bounded",
      .at_most_one = {{"bounded"}, {"interval", "marker_every"}}};
  constexpr auto kDecls = decls(std::make_index_sequence<kStrategies>{});
  for (std::size_t i = 0; i < kStrategies; ++i) {
    const strategy::StrategyType& type = *strategy::catalogue()[i];
    if (!has_field(type)) continue;
    decl.fields.push_back(strategy_field(type, kDecls[i]));
    decl.at_most_one.front().push_back(type.name);
  }
  decl.fields.push_back(duration("idle_timeout", &WatermarkSpec::idle_timeout, "", {kMs, kDay * 366},
                                 "A partition without records for so long no longer holds the others back."));
  decl.fields.push_back(duration("interval", &WatermarkSpec::interval, "200ms", {0, kDay},
                                 "How often watermarks are emitted; 0: after every record."));
  for (const strategy::OptionField& option : strategy::option_fields()) {
    if (decl.find(option.parameter.name) != nullptr) continue;
    Field field = field_of(option.parameter);
    field.default_text = {};  // what the strategies take for granted is said in the documentation
    field.bind = [&option](void* target, const FieldValue& v) {
      option.apply(as<WatermarkSpec>(target).options, value_of(option.parameter.type, v));
    };
    decl.fields.push_back(std::move(field));
  }
  decl.check = [](ReadContext& context, const Node& node, const void* target) {
    const auto& spec = *static_cast<const WatermarkSpec*>(target);
    for (std::string& problem : strategy::problems(block_of(spec)))
      context.diagnostics.report("WL1107", node.at, std::move(problem));
  };
  return decl;
}

}  // namespace

const ObjectDecl& watermark_decl() {
  static const ObjectDecl decl = watermark();
  return decl;
}

}  // namespace wrackline::scenarios
