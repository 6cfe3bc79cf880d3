// Reading by declaration: every check that a field's row can express is made here, once for all fields.
#include <fmt/format.h>

#include <algorithm>

#include "scenarios/read_detail.hpp"
#include "scenarios/vocabulary.hpp"

namespace wrackline::scenarios {

namespace {

using Json = nlohmann::json;
using Kind = Node::Kind;

void read_properties(const Field& field, const Node& node, void* target, ReadContext& context,
                     Json& resolved) {
  PropertyValues& values = field.values(target);
  const PropertyTable& table = field.properties();
  values = PropertyValues(table, context.version);
  resolved = Json::object();
  if (node.is_null()) return;
  if (!node.is_object()) {
    context.diagnostics.report(
        "WL1102", node.at,
        fmt::format("\"{}\" must be an object of properties, not {}", field.name, shown(node)));
    return;
  }
  for (const Member& member : node.members) {
    if (member.key == "$comment") continue;
    const Property* const property = table.find(member.key);
    if (property == nullptr) {
      context.diagnostics.report("WL1201", member.key_at,
                                 fmt::format("{} has no property \"{}\"", table.component(), member.key),
                                 std::string(table.nearest(member.key).value_or("")));
      continue;
    }
    if (property->since > context.version) {
      context.diagnostics.report(
          "WL1206", member.key_at,
          fmt::format("{} knows \"{}\" from version {} on; this is {}", table.component(), property->name,
                      to_string(property->since), to_string(context.version)));
      continue;
    }
    std::string text;
    if (member.value.is_string() || member.value.is_numeric()) {
      text = member.value.text;
    } else if (member.value.is(Kind::kBool)) {
      text = member.value.boolean ? "true" : "false";
    } else if (member.value.is_array() && property->type == PropertyType::kList) {
      for (const Node& item : member.value.items) text += (text.empty() ? "" : ",") + item.text;
    } else {
      context.diagnostics.report("WL1202", member.value.at,
                                 fmt::format("\"{}\" takes a {}, not {}", property->name,
                                             to_string(property->type), shown(member.value)));
      continue;
    }
    ParsedProperty parsed = parse_property(*property, text);
    if (!parsed.error.empty()) {
      std::string suggestion;
      if (property->type == PropertyType::kChoice)
        suggestion = std::string(nearest_name(text, property->choices).value_or(""));
      context.diagnostics.report(
          "WL1202", member.value.at,
          fmt::format("\"{}\": {} {}", property->name, shown(member.value), parsed.error),
          std::move(suggestion));
      continue;
    }
    if (property->effect == PropertyClass::kWithoutEffect) {
      context.diagnostics.report("WL1205", member.key_at,
                                 fmt::format("\"{}\" is a property of {}, but has no effect here",
                                             property->name, table.component()));
    }
    resolved[std::string(property->name)] = value_text(parsed.value);
    values.set(property->name, std::move(parsed.value));
  }
}

/// A default as it would stand in a file.
Node default_node(const Field& field) {
  Node node;
  const bool bare =
      field.type == FieldType::kInteger || field.type == FieldType::kNumber || field.type == FieldType::kBool;
  if (bare) return parse_value(field.default_text, {});
  const bool numeric_ratio =
      field.type == FieldType::kRatio && field.default_text.find('%') == std::string_view::npos;
  if (numeric_ratio) return parse_value(field.default_text, {});
  node.kind = Kind::kString;
  node.text = std::string(field.default_text);
  return node;
}

void check_groups(const ObjectDecl& decl, const Node& node, ReadContext& context) {
  const auto given = [&](const std::vector<std::string_view>& group) {
    std::vector<const Member*> found;
    for (const Member& member : node.members) {
      if (member.value.is_null()) continue;  // taken back, as if it were not there
      if (std::find(group.begin(), group.end(), member.key) != group.end()) found.push_back(&member);
    }
    return found;
  };
  const auto too_many = [&](const std::vector<const Member*>& found) {
    context.diagnostics.report(
        "WL1107", found[1]->key_at,
        fmt::format("\"{}\" and \"{}\" exclude each other", found[0]->key, found[1]->key));
  };
  for (const auto& group : decl.exactly_one) {
    const auto found = given(group);
    if (found.size() > 1) too_many(found);
    if (found.empty()) {
      context.diagnostics.report("WL1107", node.at,
                                 fmt::format("{} needs one of {}", decl.name, fmt::join(group, ", ")));
    }
  }
  for (const auto& group : decl.at_most_one) {
    const auto found = given(group);
    if (found.size() > 1) too_many(found);
  }
}

/// A field whose default would compete with what was chosen instead of it.
bool outdone(const ObjectDecl& decl, const Field& field, const Node& node) {
  for (const auto& group : decl.at_most_one) {
    if (std::find(group.begin(), group.end(), field.name) == group.end()) continue;
    for (const Member& member : node.members) {
      const bool given = !member.value.is_null();
      if (given && std::find(group.begin(), group.end(), member.key) != group.end()) return true;
    }
  }
  return false;
}

void read_elements(const Field& field, const Node& node, void* target, ReadContext& context, Json& resolved) {
  const ObjectDecl& decl = field.object();
  if (field.type == FieldType::kList) {
    resolved = Json::array();
    if (!node.is_array()) {
      context.diagnostics.report("WL1102", node.at,
                                 fmt::format("\"{}\" must be a list, not {}", field.name, shown(node)));
      return;
    }
    if (node.items.empty() && field.min > 0) {
      context.diagnostics.report("WL1113", node.at, fmt::format("\"{}\" is an empty list", field.name));
    }
    for (const Node& item : node.items) {
      resolved.push_back(read_object(decl, item, field.part(target, {}, item.at), context));
    }
    return;
  }
  resolved = Json::object();
  if (!node.is_object()) {
    context.diagnostics.report("WL1102", node.at,
                               fmt::format("\"{}\" must be an object with a name for each {}, not {}",
                                           field.name, decl.name, shown(node)));
    return;
  }
  std::vector<const Member*> by_name;
  for (const Member& member : node.members) {
    if (member.key == "$comment") continue;
    if (!is_name(member.key)) {
      context.diagnostics.report(
          "WL1111", member.key_at,
          fmt::format("\"{}\" is no name: letters, digits, '.', '_' and '-' make one", member.key));
      continue;
    }
    by_name.push_back(&member);
  }
  std::sort(by_name.begin(), by_name.end(), [](const Member* a, const Member* b) { return a->key < b->key; });
  for (const Member* member : by_name) {
    resolved[member->key] =
        read_object(decl, member->value, field.part(target, member->key, member->key_at), context);
  }
}

void read_field(const Field& field, const Node& node, void* target, ReadContext& context, Json& resolved,
                std::string_view called = {}) {
  switch (field.type) {
    case FieldType::kAny:
      return;
    case FieldType::kProperties:
      return read_properties(field, node, target, context, resolved);
    case FieldType::kMap:
    case FieldType::kList:
      if (field.part) read_elements(field, node, target, context, resolved);
      return;
    case FieldType::kObject:
      if (field.part)
        resolved = read_object(field.object(), node, field.part(target, {}, node.at), context,
                               called.empty() ? field.name : called);
      return;
    default:
      break;
  }
  FieldValue value;
  if (read_scalar(field, node, context, value, resolved, called) && field.bind) field.bind(target, value);
}

/// Absent fields: defaults, and properties at their defaults.
void read_absent(const Field& field, const Node& parent, void* target, ReadContext& context, Json& resolved) {
  if (field.required) {
    context.diagnostics.report("WL1103", parent.at,
                               fmt::format("\"{}\" is missing: {}", field.name, field.doc));
    return;
  }
  Json value;
  if (field.type == FieldType::kProperties) {
    read_properties(field, Node{}, target, context, value);
  } else if (!field.default_text.empty()) {
    const Node node = default_node(field);
    read_field(field, node, target, context, value);
  } else if (field.type == FieldType::kObject && field.part && !field.only_if_given &&
             field.object().exactly_one.empty()) {
    // An object that is not there has defaults inside; a union that is not there is not there.
    Node nothing;
    nothing.kind = Kind::kObject;
    nothing.at = parent.at;
    bool needs_more = false;
    for (const Field& inner : field.object().fields) needs_more = needs_more || inner.required;
    if (needs_more) return;
    value = read_object(field.object(), nothing, field.part(target, {}, parent.at), context);
    // Nothing given and nothing by default: as if there were no such field.
    if (value.empty()) return;
  } else {
    return;
  }
  if (!value.is_null()) resolved[std::string(field.name)] = std::move(value);
}

}  // namespace

nlohmann::json read_object(const ObjectDecl& decl, const Node& given, void* target, ReadContext& context,
                           std::string_view called) {
  Json resolved = Json::object();
  Node wrapped;
  const Node* node = &given;
  if (!given.is_object()) {
    const bool scalar = !given.is_null();
    if (decl.shorthand.empty() || !scalar) {
      context.diagnostics.report("WL1102", given.at,
                                 fmt::format("{} must be an object, not {}", decl.name, shown(given)));
      return resolved;
    }
    wrapped.kind = Kind::kObject;
    wrapped.at = given.at;
    wrapped.members.push_back({std::string(decl.shorthand), given.at, given});
    node = &wrapped;
  }
  check_groups(decl, *node, context);
  for (const Field& field : decl.fields) {
    const Member* const member = node->member(field.name);
    if (member == nullptr || member->value.is_null()) {
      if (outdone(decl, field, *node)) continue;
      read_absent(field, *node, target, context, resolved);
    } else {
      Json value;
      read_field(field, member->value, target, context, value,
                 node == &wrapped ? called : std::string_view{});
      if (!value.is_null()) resolved[std::string(field.name)] = std::move(value);
    }
  }
  if (decl.check) decl.check(context, *node, target);
  if (decl.others) {
    decl.others(context, *node, target, resolved);
    return resolved;
  }
  std::vector<std::string_view> known;
  for (const Field& field : decl.fields) known.push_back(field.name);
  for (const Member& member : node->members) {
    if (member.key == "$comment" || decl.find(member.key) != nullptr) continue;
    context.diagnostics.report("WL1101", member.key_at,
                               fmt::format("{} has no field \"{}\"", decl.name, member.key),
                               std::string(nearest_name(member.key, known).value_or("")));
  }
  return resolved;
}

}  // namespace wrackline::scenarios
