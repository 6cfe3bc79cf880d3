// The scenario format, declared once: every field with its type, unit, default, range and meaning.
//
// Reading and validating (read.cpp), the JSON Schema (schema.cpp), `explain`, completion and the
// documentation are derived from these declarations; to add a field is to add one row, with the member of
// scenario.hpp that it fills. Objects nest, so a field's full name is its path:
// "sources.*.delay.lognormal.sigma", where * is a name the user chose.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "scenarios/document.hpp"
#include "scenarios/scenario.hpp"

namespace wrackline::scenarios {

enum class FieldType {
  kBool,
  kInteger,
  kNumber,
  kRatio,
  kDuration,
  kRate,
  kSize,
  kBandwidth,
  kString,
  kName,  ///< letters, digits, '.', '_', '-'
  kChoice,
  kPath,  ///< of a file, relative to the scenario's
  kVersion,
  kObject,
  kMap,         ///< objects by names that the user chooses
  kList,        ///< objects
  kNames,       ///< one name or a list of them
  kKnots,       ///< [[probability, duration], ...]
  kProperties,  ///< engine properties by real name
  kAny,         ///< checked elsewhere
};
std::string_view to_string(FieldType type);

struct ReadContext {
  Diagnostics& diagnostics;
  Version version;  ///< of Kafka
};

/// A value of a field after its type was checked: one of these is meant, by the field's type.
struct FieldValue {
  std::int64_t integer = 0;  ///< also durations in ns, sizes in bytes, the index of a choice
  double number = 0;
  std::string text;
  Rate rate;
  std::vector<std::string> names;
  std::vector<std::pair<double, Duration>> knots;
};

struct ObjectDecl;

struct Field {
  std::string_view name;
  FieldType type;
  std::string_view doc;
  std::string_view default_text = {};  ///< as it would stand in a file, without quotes; empty: none
  bool required = false;
  bool only_if_given = false;    ///< of kObject: one that is not there has no defaults either
  bool positive = false;         ///< of kNumber: above zero
  std::int64_t min = INT64_MIN;  ///< in the base unit: ns, bytes, ...; of kList: number of entries; of
                                 ///< kKnots: of their durations
  std::int64_t max = INT64_MAX;
  std::vector<std::pair<std::string_view, std::string_view>> choices = {};  ///< name, meaning
  std::vector<std::pair<std::string_view, std::string_view>> not_built =
      {};                                          ///< choices to come: refused by name
  const ObjectDecl& (*object)() = nullptr;         ///< of kObject, kMap, kList
  const PropertyTable& (*properties)() = nullptr;  ///< of kProperties
  std::function<void(void* target, const FieldValue&)> bind = {};
  /// Of kObject, kMap, kList: the part of the target that the object (the element called `name`) fills.
  std::function<void*(void* target, const std::string& name, Location at)> part = {};
  std::function<PropertyValues&(void* target)> values = {};  ///< of kProperties
};

/// "1ms..366d", in the field's unit; "above 0"; empty: any value. Of lists nothing.
std::string range_text(const Field& field);

struct ObjectDecl {
  std::string_view name;  ///< of the object in the schema
  std::string_view doc;
  std::vector<Field> fields;
  std::string_view shorthand = {};  ///< field that a bare scalar (or list) in place of the object stands for
  std::vector<std::vector<std::string_view>> exactly_one = {};
  std::vector<std::vector<std::string_view>> at_most_one = {};
  /// Reads the members that are no field; without it they are unknown.
  std::function<void(ReadContext&, const Node& object, void* target, nlohmann::json& resolved)> others = {};
  /// Checks what concerns several fields, after they were read.
  std::function<void(ReadContext&, const Node& object, const void* target)> check = {};
  std::string_view variant = {};  ///< tells declarations of one name apart in the schema

  const Field* find(std::string_view field) const;
};

/// The whole file.
const ObjectDecl& scenario_decl();
const ObjectDecl& kafka_decl();
const ObjectDecl& source_decl();
const ObjectDecl& job_decl();
const ObjectDecl& watermark_decl();
const ObjectDecl& sink_decl();
const ObjectDecl& fault_decl();
const ObjectDecl& expectation_decl();
const ObjectDecl& matrix_decl();
const ObjectDecl& seeds_decl();
const ObjectDecl& guarantee_decl();
/// Of what takes time.
const ObjectDecl& law_decl();
/// The same for what may be negative: errors of clocks.
const ObjectDecl& signed_law_decl();
const ObjectDecl& window_decl();
/// Of a job: what its windows compute.
Field aggregate_field();
/// Of a job: its second input.
Field join_field();
/// Of a source: also laws under which neighbours hang together, and models by name.
const ObjectDecl& delay_decl();

/// `called` is the name of the field that holds the object, for messages about a short form ("200ms").
/// Reads an object by its declaration into the target; returns it with defaults applied and values in
/// canonical form.
nlohmann::json read_object(const ObjectDecl& decl, const Node& node, void* target, ReadContext& context,
                           std::string_view called = {});

/// Reads one value by its field's type; reports and returns false when it is not valid.
bool read_scalar(const Field& field, const Node& node, ReadContext& context, FieldValue& value,
                 nlohmann::json& resolved, std::string_view called = {});

}  // namespace wrackline::scenarios
