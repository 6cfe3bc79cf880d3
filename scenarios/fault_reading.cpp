#include "scenarios/fault_reading.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "faults/vocabulary.hpp"
#include "scenarios/catalog.hpp"
#include "scenarios/translate.hpp"
#include "scenarios/units.hpp"
#include "scenarios/vocabulary_rows.hpp"

namespace wrackline::scenarios {

namespace {

using faults::ParamDef;
using faults::ParamType;
using faults::Setting;

/// A law of plain numbers is read as one of seconds, and scaled back. `unit`: the first value that has one,
/// as if it were a time.
Node numbers_as_seconds(Node node, std::optional<Location>& unit) {
  const auto leave = [](std::string_view key) { return key == "sigma" || key == "shape" || key == "weight"; };
  for (Member& member : node.members) {
    if (!leave(member.key)) member.value = numbers_as_seconds(std::move(member.value), unit);
  }
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const bool probability = i == 0 && node.items.size() == 2 && node.items[0].is_numeric();  // of a knot
    if (!probability) node.items[i] = numbers_as_seconds(std::move(node.items[i]), unit);
  }
  if (node.is_string() && !unit) unit = node.at;
  if (node.is_numeric()) {
    const bool far = node.is_integer() || std::abs(node.number) > 1e9;
    node.text = far ? node.text + "s" : fmt::format("{:.9f}s", node.number);
    node.kind = Node::Kind::kString;
  }
  return node;
}

/// Names, brackets in pairs, arguments by commas: what can be said of a selector before there is a world.
bool well_formed_selector(std::string_view text);

class ParameterReader {
 public:
  ParameterReader(const ParamDef& parameter, const Node& node, ReadContext& context)
      : parameter_(parameter), node_(node), context_(context) {}

  std::optional<Setting> read() {
    std::optional<Setting> setting = value();
    if (!setting) return std::nullopt;
    const std::string wrong = faults::check_setting(parameter_, *setting);
    if (wrong.empty()) return setting;
    context_.diagnostics.report("WL1104", node_.at, wrong);
    return std::nullopt;
  }

 private:
  std::optional<Setting> value() {
    switch (parameter_.type) {
      case ParamType::duration:
      case ParamType::offset:
        return law(node_, 1);
      case ParamType::number:
      case ParamType::count:
        return numbers();
      case ParamType::bytes_per_second: {
        const auto bytes = scalar(FieldType::kBandwidth);
        return bytes
                   ? std::optional<Setting>(sim::Distribution::constant(static_cast<double>(bytes->integer)))
                   : std::nullopt;
      }
      case ParamType::ratio:
        if (node_.is_string() && node_.text.find('/') != std::string::npos) return written();
        if (const auto ratio = scalar(FieldType::kRatio)) return Setting(sim::Ratio::nearest(ratio->number));
        return std::nullopt;
      case ParamType::flag:
        if (const auto flag = scalar(FieldType::kBool)) return Setting(flag->integer != 0);
        return std::nullopt;
      case ParamType::choice:
        return choice();
      case ParamType::text: {
        auto text = scalar(FieldType::kString);
        if (!text) return std::nullopt;
        if (parameter_.selects && !selectors(text->text)) return std::nullopt;
        return Setting(std::move(text->text));
      }
    }
    return std::nullopt;
  }

  std::optional<Setting> wrong_type(Location at) {
    context_.diagnostics.report("WL1102", at,
                                fmt::format("\"{}\" must be a {}, or a distribution of such numbers",
                                            parameter_.name, to_string(parameter_.type)));
    return std::nullopt;
  }

  bool selectors(std::string_view text) {
    const std::vector<std::string> all = faults::selectors_in(text);
    const auto bad = std::find_if_not(all.begin(), all.end(), well_formed_selector);
    if (bad == all.end()) return true;
    context_.diagnostics.report(
        "WL1506", node_.at,
        fmt::format("\"{}\": \"{}\" is no selector; write a name or role(arguments)", parameter_.name, *bad));
    return false;
  }

  std::optional<Setting> numbers() {
    // A plain number stays exactly what was written.
    if (node_.is_integer()) return Setting(sim::Distribution::constant(static_cast<double>(node_.integer)));
    if (node_.is_numeric()) return Setting(sim::Distribution::constant(node_.number));
    if (!node_.is_object()) return wrong_type(node_.at);
    std::optional<Location> unit;
    const Node seconds = numbers_as_seconds(node_, unit);
    return unit ? wrong_type(*unit) : law(seconds, 1e-9);
  }

  std::optional<Setting> law(const Node& node, double scale) {
    const std::size_t before = context_.diagnostics.count(Severity::kError);
    const bool below_zero = faults::least(parameter_) < 0;
    Law law;
    read_object(below_zero ? signed_law_decl() : law_decl(), node, &law, context_, parameter_.name);
    if (context_.diagnostics.count(Severity::kError) != before) return std::nullopt;
    const sim::Distribution distribution = distribution_of(law);
    return Setting(scale == 1 ? distribution : distribution.scaled(scale));
  }

  std::optional<FieldValue> scalar(FieldType type) {
    Field field{parameter_.name, type, parameter_.doc};
    if (type == FieldType::kBandwidth || type == FieldType::kRatio) {
      field.min = static_cast<std::int64_t>(faults::least(parameter_));
      field.max = static_cast<std::int64_t>(faults::greatest(parameter_));
    }
    FieldValue value;
    nlohmann::json ignored;
    if (!read_scalar(field, node_, context_, value, ignored)) return std::nullopt;
    return value;
  }

  std::optional<Setting> choice() {
    Field field{parameter_.name, FieldType::kChoice, parameter_.doc};
    for (const std::string_view name : parameter_.choices) field.choices.emplace_back(name, "");
    FieldValue value;
    nlohmann::json ignored;
    if (!read_scalar(field, node_, context_, value, ignored)) return std::nullopt;
    return Setting(value.text);
  }

  std::optional<Setting> written() {
    std::string error;
    auto setting = faults::parse_setting(parameter_, node_.text, &error);
    if (!setting) {
      const bool named = error.starts_with('"');
      context_.diagnostics.report(named ? "WL1104" : "WL1106", node_.at,
                                  named ? error : fmt::format("\"{}\": {}", parameter_.name, error));
    }
    return setting;
  }

  const ParamDef& parameter_;
  const Node& node_;
  ReadContext& context_;
};

/// Attributes of the moment, by name; integers.
void read_where(const Node& node, FaultSpec& fault, nlohmann::json& resolved, ReadContext& context) {
  const sim::MomentDef* const moment = find_moment(fault.when);
  if (!node.is_object()) {
    context.diagnostics.report("WL1102", node.at,
                               "\"where\" must be an object: a value by attribute of the moment");
    return;
  }
  for (const Member& member : node.members) {
    if (member.key == "$comment") continue;
    if (!member.value.is_integer()) {
      context.diagnostics.report("WL1102", member.value.at,
                                 fmt::format("the attribute \"{}\" must be an integer", member.key));
      continue;
    }
    const auto* const end = moment != nullptr ? moment->attributes.begin() +
                                                    static_cast<std::ptrdiff_t>(moment->attribute_count())
                                              : nullptr;
    if (moment != nullptr && std::find(moment->attributes.begin(), end, member.key) == end) {
      const std::vector<std::string_view> known(moment->attributes.begin(), end);
      context.diagnostics.report("WL1505", member.key_at,
                                 fmt::format("{} has no attribute \"{}\"", moment->name, member.key),
                                 std::string(nearest_name(member.key, known).value_or("")));
      continue;
    }
    fault.where[member.key] = member.value.integer;
    resolved["where"][member.key] = member.value.integer;
  }
}

bool well_formed_selector(std::string_view text) {
  int depth = 0;
  bool name = false;
  for (const char c : text) {
    const bool part = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '.' || c == '_' || c == '-' || c == '/';
    if (part) {
      name = true;
    } else if (c == '(') {
      if (!name) return false;
      ++depth;
      name = false;
    } else if (c == ')') {
      if (--depth < 0 || !name) return false;
    } else if (c == ',') {
      if (depth == 0 || !name) return false;
      name = false;
    } else if (c != ' ') {
      return false;
    }
  }
  return depth == 0 && name;
}

void check_target(const FaultSpec& fault, const faults::FaultType& type, const Node& object,
                  ReadContext& context) {
  const Member* const given = object.member("target");
  if (type.targets == faults::TargetKind::none) {
    if (given != nullptr)
      context.diagnostics.report("WL1502", given->key_at, fmt::format("{} takes no target", type.name));
  } else if (fault.target.empty()) {
    if (given == nullptr || given->value.is_null())
      context.diagnostics.report(
          "WL1503", object.at, fmt::format("{} needs a \"target\": {}", type.name, to_string(type.targets)));
  } else if (type.targets != faults::TargetKind::name && !well_formed_selector(fault.target)) {
    context.diagnostics.report(
        "WL1506", given->value.at,
        fmt::format("\"{}\" is no selector; write a name or role(arguments)", fault.target));
  }
}

}  // namespace

void read_fault_parameters(ReadContext& context, const Node& object, void* target, nlohmann::json& resolved) {
  auto& fault = *static_cast<FaultSpec*>(target);
  if (const Node* const where = object.find("where"); where != nullptr && !where->is_null())
    read_where(*where, fault, resolved, context);
  if (fault.action.empty()) return;  // missing or of the wrong type: reported
  const faults::FaultType* const type = faults::find_fault(fault.action);
  if (type == nullptr) {
    std::vector<std::string_view> known;
    for (const faults::FaultType* candidate : faults::vocabulary()) known.push_back(candidate->name);
    context.diagnostics.report("WL1501", object.member("do")->value.at,
                               fmt::format("there is no fault \"{}\"", fault.action),
                               std::string(nearest_name(fault.action, known).value_or("")));
    return;
  }
  check_target(fault, *type, object, context);
  if (fault.duration && !type->lasts) {
    context.diagnostics.report("WL1502", object.member("for")->key_at,
                               fmt::format("{} strikes and is over: it has no duration", type->name));
  }
  std::vector<std::string_view> known;
  for (const ParamDef& parameter : type->params) known.push_back(parameter.name);
  for (const Field& field : fault_decl().fields) known.push_back(field.name);
  for (const Member& member : object.members) {
    if (member.key == "$comment" || std::find(known.begin(), known.end(), member.key) != known.end())
      continue;
    context.diagnostics.report("WL1502", member.key_at,
                               fmt::format("{} has no parameter \"{}\"", type->name, member.key),
                               std::string(nearest_name(member.key, known).value_or("")));
  }
  for (const ParamDef& parameter : type->params) {
    const Member* const member = object.member(parameter.name);
    if (member == nullptr || member->value.is_null()) {
      if (parameter.required) {
        context.diagnostics.report(
            "WL1503", object.at,
            fmt::format("{} needs \"{}\": {}", type->name, parameter.name, parameter.doc));
      }
      continue;
    }
    if (auto setting = ParameterReader(parameter, member->value, context).read()) {
      resolved[std::string(parameter.name)] = faults::describe(parameter, *setting);
      fault.parameters.insert_or_assign(std::string(parameter.name), std::move(*setting));
    }
  }
}

}  // namespace wrackline::scenarios
