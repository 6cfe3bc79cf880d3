#include "scenarios/schema.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "engine/kafka/config/properties.hpp"
#include "faults/vocabulary.hpp"
#include "scenarios/guarantees.hpp"
#include "scenarios/units.hpp"
#include "scenarios/vocabulary.hpp"

namespace wrackline::scenarios {

namespace {

using Json = nlohmann::json;

constexpr std::string_view kNamePattern = "^[A-Za-z0-9._-]{1,249}$";
constexpr std::string_view kSignedDurationPattern = "^ *-? *([0-9][0-9_.]* *(d|h|m|min|s|ms|us|ns) *)+$";
constexpr std::string_view kDurationPattern = "^ *([0-9][0-9_.]* *(d|h|m|min|s|ms|us|ns) *)+$";
constexpr std::string_view kRatePattern = "^ *[0-9][0-9_.]* *[kMG]? */ *(d|h|m|min|s|ms|us) *$";
constexpr std::string_view kSizePattern = "^ *[0-9][0-9_.]* *([kKMGT]?B|[KMGT]iB) *$";
constexpr std::string_view kBandwidthPattern = "^ *[0-9][0-9_.]* *([kKMGT]?B|[KMGT]iB) */ *s *$";

Json text_matching(std::string_view pattern) { return {{"type", "string"}, {"pattern", pattern}}; }

class SchemaWriter {
 public:
  Json write() {
    Json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", "wrackline scenario"}};
    Json whole = reference(scenario_decl());
    partial_ = true;
    Json part = reference(scenario_decl());
    schema["if"] = {{"required", {"extends"}}};
    schema["then"] = std::move(part);
    schema["else"] = std::move(whole);
    schema["$defs"] = std::move(defs_);
    return schema;
  }

 private:
  Json reference(const ObjectDecl& decl) {
    std::string name(decl.name);
    if (partial_) name = "part of " + name;
    if (!decl.variant.empty()) name += fmt::format(" {}", decl.variant);
    for (char& c : name) c = c == ' ' ? '_' : c;
    if (!defs_.contains(name)) {
      defs_[name] = Json::object();  // a distribution refers to itself
      defs_[name] = object_schema(decl);
    }
    Json ref{{"$ref", "#/$defs/" + name}};
    const Field* const shorthand = decl.find(decl.shorthand);
    if (shorthand == nullptr) return ref;
    return {{"anyOf", {std::move(ref), field_schema(*shorthand)}}};
  }

  Json object_schema(const ObjectDecl& decl) {
    Json schema{{"type", "object"}, {"description", decl.doc}};
    Json properties = Json::object();
    Json required = Json::array();
    for (const Field& field : decl.fields) {
      Json value = field_schema(field);
      if (partial_) value = {{"anyOf", {std::move(value), {{"type", "null"}}}}};
      value["description"] = described(field.doc, in_words(field) ? range_text(field) : "");
      if (!field.default_text.empty()) value["default"] = default_value(field);
      properties[std::string(field.name)] = std::move(value);
      // What `extends` or a guarantee brings need not stand in this file, so only an inner object can demand
      // it.
      if (field.required && !partial_ && &decl != &scenario_decl()) required.push_back(field.name);
    }
    properties["$comment"] = {{"type", "string"}};
    schema["properties"] = std::move(properties);
    if (!required.empty()) schema["required"] = std::move(required);
    if (decl.others) {
      parameters(schema);
    } else {
      schema["additionalProperties"] = false;
    }
    for (const auto& group : decl.exactly_one) {
      if (partial_) break;
      Json alternatives = Json::array();
      for (const std::string_view name : group) alternatives.push_back({{"required", {name}}});
      schema["oneOf"] = std::move(alternatives);
    }
    return schema;
  }

  /// What a pattern can not say.
  static bool in_words(const Field& field) {
    return field.type == FieldType::kDuration || field.type == FieldType::kSize ||
           field.type == FieldType::kBandwidth || field.type == FieldType::kKnots;
  }
  static std::string described(std::string_view doc, const std::string& range) {
    return range.empty() ? std::string(doc) : fmt::format("{} Range: {}.", doc, range);
  }

  /// Faults: the parameters depend on what "do" names.
  void parameters(Json& schema) {
    Json names = Json::array();
    Json each = Json::array();
    for (const faults::FaultType* fault : faults::vocabulary()) {
      names.push_back(fault->name);
      Json properties = Json::object();
      for (const faults::ParamDef& parameter : fault->params) {
        const std::string name(parameter.name);
        Json& property = schema["properties"][name];
        if (property.is_null())
          property = {{"description", fmt::format("Of {}: {}", fault->name, parameter.doc)}};
        properties[name] = parameter_schema(parameter);
      }
      if (properties.empty()) continue;
      each.push_back({{"if", {{"properties", {{"do", {{"const", fault->name}}}}}, {"required", {"do"}}}},
                      {"then", {{"properties", std::move(properties)}}}});
    }
    schema["properties"]["do"]["enum"] = std::move(names);
    schema["allOf"] = std::move(each);
    schema["additionalProperties"] = false;
  }

  Json parameter_schema(const faults::ParamDef& parameter) {
    using faults::ParamType;
    Json schema = Json::object();
    const auto numbers = [&](std::string_view type) {
      return Json{{"type", type},
                  {"minimum", bound(faults::least(parameter))},
                  {"maximum", bound(faults::greatest(parameter))}};
    };
    switch (parameter.type) {
      case ParamType::duration:
      case ParamType::offset:
        schema = reference(faults::least(parameter) < 0 ? signed_law_decl() : law_decl());
        break;
      case ParamType::number:
      case ParamType::count:
        schema["anyOf"] = {numbers(parameter.type == ParamType::count ? "integer" : "number"),
                           {{"type", "object"}}};
        break;
      case ParamType::ratio:
        schema["anyOf"] = {numbers("number"), text_matching("^ *[0-9][0-9_.]* *(%|/ *[0-9]+)? *$")};
        break;
      case ParamType::bytes_per_second:
        schema = text_matching(kBandwidthPattern);
        break;
      case ParamType::flag:
        schema["type"] = "boolean";
        break;
      case ParamType::choice:
        schema["enum"] = parameter.choices;
        break;
      case ParamType::text:
        schema = {{"type", "string"}, {"minLength", 1}};
        break;
    }
    schema["description"] = described(fmt::format("{}.", parameter.doc), faults::range_text(parameter));
    return schema;
  }
  static Json bound(double value) {
    const auto whole = static_cast<std::int64_t>(value);
    return static_cast<double>(whole) == value ? Json(whole) : Json(value);
  }

  static Json default_value(const Field& field) {
    const bool bare = field.type == FieldType::kInteger || field.type == FieldType::kNumber ||
                      field.type == FieldType::kBool;
    return bare ? Json::parse(field.default_text, nullptr, false) : Json(field.default_text);
  }

  Json field_schema(const Field& field) {
    Json schema = Json::object();
    switch (field.type) {
      case FieldType::kBool:
        return {{"type", "boolean"}};
      case FieldType::kInteger:
        schema["type"] = "integer";
        break;
      case FieldType::kNumber:
        schema["type"] = "number";
        break;
      case FieldType::kRatio:
        return {{"anyOf",
                 {{{"type", "number"}, {"minimum", 0}, {"maximum", 1}},
                  text_matching("^ *[0-9][0-9_.]* *%? *$")}}};
      case FieldType::kDuration:
        return text_matching(field.min >= 0 ? kDurationPattern : kSignedDurationPattern);
      case FieldType::kRate:
        return text_matching(kRatePattern);
      case FieldType::kSize:
        return text_matching(kSizePattern);
      case FieldType::kBandwidth:
        return text_matching(kBandwidthPattern);
      case FieldType::kString:
      case FieldType::kPath:
        return {{"type", "string"}, {"minLength", 1}};
      case FieldType::kName:
        return text_matching(kNamePattern);
      case FieldType::kVersion:
        return {{"type", "string"}, {"pattern", "^[0-9]+\\.[0-9]+(\\.[0-9]+)?$"}};
      case FieldType::kChoice: {
        Json values = Json::array();
        for (const auto& [name, doc] : field.choices) values.push_back(name);
        return {{"enum", std::move(values)}};
      }
      case FieldType::kNames: {
        const bool paths = field.name == "extends";
        const Json name = paths ? Json{{"type", "string"}, {"minLength", 1}} : text_matching(kNamePattern);
        return {{"anyOf", {name, {{"type", "array"}, {"items", name}, {"minItems", 1}}}}};
      }
      case FieldType::kKnots:
        return {{"type", "array"},
                {"minItems", 2},
                {"items",
                 {{"type", "array"},
                  {"prefixItems",
                   {{{"type", "number"}, {"minimum", 0}, {"maximum", 1}},
                    text_matching(field.min >= 0 ? kDurationPattern : kSignedDurationPattern)}}}}};
      case FieldType::kObject: {
        Json ref = reference(field.object());
        if (field.object == seeds_decl)
          ref["anyOf"].push_back({{"type", "array"}, {"items", {{"type", "integer"}, {"minimum", 0}}}});
        return ref;
      }
      case FieldType::kMap: {
        Json element = reference(field.object());
        if (partial_) element = {{"anyOf", {std::move(element), {{"type", "null"}}}}};
        return {{"type", "object"},
                {"propertyNames", {{"anyOf", {text_matching(kNamePattern), {{"const", "$comment"}}}}}},
                {"additionalProperties", std::move(element)}};
      }
      case FieldType::kList: {
        const bool partial = std::exchange(partial_, false);  // lists are replaced as a whole
        schema = {{"type", "array"}, {"items", reference(field.object())}};
        partial_ = partial;
        if (field.min > 0) schema["minItems"] = field.min;
        return schema;
      }
      case FieldType::kProperties:
        return properties_schema(field.properties());
      case FieldType::kAny:
        return any_schema(field);
    }
    if (field.positive) {
      schema["exclusiveMinimum"] = 0;
    } else if (field.min != INT64_MIN) {
      schema["minimum"] = field.min;
    }
    if (field.max != INT64_MAX) schema["maximum"] = field.max;
    return schema;
  }

  Json any_schema(const Field& field) {
    if (field.name == "axes")
      return {{"type", "object"}, {"additionalProperties", {{"type", "array"}, {"minItems", 1}}}};
    if (field.name == "producer") return properties_schema(kafka::producer_properties());
    if (field.name == "consumer") return properties_schema(kafka::consumer_properties());
    return Json::object();
  }

  Json properties_schema(const PropertyTable& table) {
    const std::string name(table.component());
    if (!defs_.contains(name)) {
      Json properties = Json::object();
      for (const Property& property : table.all()) {
        Json value = property_schema(property);
        value["description"] = property.effect == PropertyClass::kWithoutEffect
                                   ? fmt::format("{} (Known; no effect here.)", property.doc)
                                   : std::string(property.doc);
        properties[std::string(property.name)] = std::move(value);
      }
      properties["$comment"] = {{"type", "string"}};
      defs_[name] = {
          {"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
    }
    return {{"$ref", "#/$defs/" + name}};
  }

  static Json property_schema(const Property& property) {
    switch (property.type) {
      case PropertyType::kBool:
        return {{"enum", {true, false, "true", "false"}}};
      case PropertyType::kInt:
      case PropertyType::kLong: {
        Json number{{"type", "integer"}};
        if (property.min != INT64_MIN) number["minimum"] = property.min;
        if (property.max != INT64_MAX) number["maximum"] = property.max;
        return {{"anyOf", {std::move(number), text_matching("^ *[-+]?[0-9]+ *$")}}};
      }
      case PropertyType::kDouble:
        return {{"type", {"number", "string"}}};
      case PropertyType::kString:
        return {{"type", {"string", "number"}}};
      case PropertyType::kChoice: {
        Json values = Json::array();
        bool open = false;
        for (const std::string_view choice : property.choices) {
          values.push_back(choice);
          open = open || choice.ends_with("...");
          if (choice == "0" || choice == "1" || choice == "-1")
            values.push_back(choice == "-1" ? -1 : choice == "1" ? 1 : 0);
        }
        if (open) return {{"type", "string"}};
        return {{"enum", std::move(values)}};
      }
      case PropertyType::kList:
        return {{"anyOf", {{{"type", "string"}}, {{"type", "array"}, {"items", {{"type", "string"}}}}}}};
    }
    return Json::object();
  }

  Json defs_ = Json::object();
  /// Of a file that extends others: what is missing may come from there, and null takes back what does.
  bool partial_ = false;
};

}  // namespace

nlohmann::json scenario_schema() { return SchemaWriter().write(); }

}  // namespace wrackline::scenarios
