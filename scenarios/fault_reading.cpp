#include "scenarios/fault_reading.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "scenarios/catalog.hpp"
#include "scenarios/vocabulary_rows.hpp"

namespace wrackline::scenarios {

namespace {

/// A parameter is read like a field of its type.
Field field_of(const ParameterDecl& parameter) {
  Field field{parameter.name, FieldType::kInteger, parameter.doc, parameter.default_text};
  switch (parameter.type) {
    case FaultValue::Type::kInteger:
      break;
    case FaultValue::Type::kNumber:
      field.type = FieldType::kRatio;
      break;
    case FaultValue::Type::kDuration:
      field.type = FieldType::kDuration;
      break;
    case FaultValue::Type::kSize:
      field.type = FieldType::kSize;
      break;
    case FaultValue::Type::kText:
      field.type = FieldType::kString;
      break;
    case FaultValue::Type::kBool:
      field.type = FieldType::kBool;
      break;
    case FaultValue::Type::kLaw:
      break;
  }
  return field;
}

}  // namespace

void read_fault_parameters(ReadContext& context, const Node& object, void* target, nlohmann::json& resolved) {
  auto& fault = *static_cast<FaultSpec*>(target);
  fault.where = object.at;
  if (fault.action.empty()) return;  // missing or of the wrong type: reported
  const Member* const action_at = object.member("do");
  const FaultDecl* const decl = find_fault(fault.action);
  if (decl == nullptr) {
    std::vector<std::string_view> known;
    for (const FaultDecl& candidate : fault_catalog()) known.push_back(candidate.name);
    context.diagnostics.report("WL1501", action_at->value.at,
                               fmt::format("there is no fault \"{}\"", fault.action),
                               std::string(nearest_name(fault.action, known).value_or("")));
    return;
  }
  if (fault.target.empty() && !decl->targets.empty()) {
    context.diagnostics.report("WL1503", object.at,
                               fmt::format("{} needs a \"target\": {}", decl->name, decl->targets));
  }
  if (fault.duration && !decl->lasts) {
    context.diagnostics.report("WL1502", object.member("for")->key_at,
                               fmt::format("{} happens at once, it has no duration", decl->name));
  }
  std::vector<std::string_view> known;
  for (const ParameterDecl& parameter : decl->parameters) known.push_back(parameter.name);
  for (const Member& member : object.members) {
    if (member.key == "$comment" || fault_decl().find(member.key) != nullptr) continue;
    if (std::find(known.begin(), known.end(), member.key) != known.end()) continue;
    std::vector<std::string_view> candidates = known;
    for (const Field& field : fault_decl().fields) candidates.push_back(field.name);
    context.diagnostics.report("WL1502", member.key_at,
                               fmt::format("{} has no parameter \"{}\"", decl->name, member.key),
                               std::string(nearest_name(member.key, candidates).value_or("")));
  }
  for (const ParameterDecl& parameter : decl->parameters) {
    const Member* const member = object.member(parameter.name);
    Node node;
    if (member != nullptr && !member->value.is_null()) {
      node = member->value;
    } else if (parameter.required) {
      context.diagnostics.report(
          "WL1503", object.at, fmt::format("{} needs \"{}\": {}", decl->name, parameter.name, parameter.doc));
      continue;
    } else if (!parameter.default_text.empty()) {
      node = parse_value(parameter.default_text, {});
    } else {
      continue;
    }
    FaultValue value;
    value.type = parameter.type;
    nlohmann::json canonical;
    if (parameter.type == FaultValue::Type::kLaw) {
      canonical = read_object(law_decl(), node, &value.law, context);
    } else {
      const Field field = field_of(parameter);
      FieldValue read;
      if (!read_scalar(field, node, context, read, canonical)) continue;
      value.integer = read.integer;
      value.number = read.number;
      value.text = read.text;
    }
    resolved[std::string(parameter.name)] = std::move(canonical);
    fault.parameters[std::string(parameter.name)] = std::move(value);
  }
}

}  // namespace wrackline::scenarios
