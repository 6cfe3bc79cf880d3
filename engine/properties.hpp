// Properties of the real engines by their real names: one table per system declares each property once, and
// parsing, validation, schema, `explain` and documentation are derived from it.
//
// Modelled: name, type, unit, default by version, valid range, list of choices, and the class of the
// property: *modelled* (it changes what the model does) or *known without effect* (accepted, and listed in
// every report). A name that is in no table is *unknown*: an error, answered with the nearest name. Not
// modelled: dynamic reconfiguration, password and class types.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace wrackline {

/// Version of a real system, e.g. 4.1; patch releases change no default.
struct Version {
  int major = 0;
  int minor = 0;
  friend constexpr auto operator<=>(const Version&, const Version&) = default;
};

/// "4.1" or "4.1.2"; nothing when the text is no version.
std::optional<Version> parse_version(std::string_view text);
std::string to_string(Version version);

enum class PropertyType { kBool, kInt, kLong, kDouble, kString, kChoice, kList };
std::string_view to_string(PropertyType type);

enum class PropertyClass {
  kModelled,       ///< changes what the model does
  kWithoutEffect,  ///< a real property that changes nothing here; accepted and listed
};

/// Value of a property. Int and long are both held as 64 bits. `monostate` is the engine's `null` (not set).
using PropertyValue =
    std::variant<std::monostate, bool, std::int64_t, double, std::string, std::vector<std::string>>;

/// The value as the engine's configuration file would show it; null is "null".
std::string value_text(const PropertyValue& value);

/// A default and the first version in which it holds.
struct PropertyDefault {
  Version since;
  std::string_view text;  ///< as in the engine's configuration file; "null" for not set
};

struct Property {
  std::string_view name;
  PropertyType type;
  std::string_view unit;  ///< "ms", "bytes", ... or empty
  std::vector<PropertyDefault>
      defaults;  ///< by ascending version; the first holds for everything older as well
  std::int64_t min = INT64_MIN;
  std::int64_t max = INT64_MAX;
  std::vector<std::string_view> choices;  ///< of kChoice, and the known entries of kList
  PropertyClass effect = PropertyClass::kModelled;
  Version since{};  ///< first version that knows the name; {0,0}: all modelled versions
  std::string_view doc;
};

/// The properties of one component of one system ("kafka.producer").
class PropertyTable {
 public:
  PropertyTable(std::string_view component, std::vector<Property> properties);

  std::string_view component() const { return component_; }
  /// Sorted by name.
  std::span<const Property> all() const { return properties_; }
  const Property* find(std::string_view name) const;
  std::size_t index_of(std::string_view name) const;  ///< asserts that the name is known
  /// The known name with the least edit distance, where one is near enough to be meant.
  std::optional<std::string_view> nearest(std::string_view name) const;

 private:
  std::string_view component_;
  std::vector<Property> properties_;
};

std::string_view default_text(const Property& property, Version version);

/// Reads a value as the engine's own parser would. On failure returns what is wrong, in one clause.
struct ParsedProperty {
  PropertyValue value;
  std::string error;  ///< empty when the value is good
};
ParsedProperty parse_property(const Property& property, std::string_view text);

/// All properties of one component at one version: the explicit values over the defaults.
///
///   PropertyValues producer(kafka::producer_properties(), Version{4, 1});
///   producer.set("acks", std::string("1"));
///   producer.get_int("linger.ms");   // 5, the default of 4.x
class PropertyValues {
 public:
  PropertyValues() = default;
  PropertyValues(const PropertyTable& table, Version version);

  bool valid() const { return table_ != nullptr; }
  const PropertyTable& table() const { return *table_; }
  Version version() const { return version_; }

  void set(std::string_view name, PropertyValue value);  ///< asserts that the name is known
  bool is_explicit(std::string_view name) const;
  bool is_null(std::string_view name) const;
  const PropertyValue& get(std::string_view name) const;
  bool get_bool(std::string_view name) const;
  std::int64_t get_int(std::string_view name) const;
  double get_double(std::string_view name) const;
  const std::string& get_string(std::string_view name) const;
  const std::vector<std::string>& get_list(std::string_view name) const;

  /// From now on remembers which names are asked for: how the tests hold the marks in the tables against what
  /// the models read.
  void record_reads() { reads_ = std::make_shared<std::vector<bool>>(values_.size()); }
  bool was_read(std::string_view name) const { return reads_ && (*reads_)[table_->index_of(name)]; }

  /// Names set explicitly, sorted.
  std::vector<std::string_view> explicit_names() const;
  /// Names set explicitly that have no effect here, sorted: every report lists them.
  std::vector<std::string_view> without_effect() const;

 private:
  const PropertyTable* table_ = nullptr;
  Version version_{};
  std::vector<PropertyValue> values_;
  std::vector<bool> explicit_;
  std::shared_ptr<std::vector<bool>> reads_;  ///< shared with copies, as they are read in place of this
};

/// A broken rule between properties, worded as the engine's own exception would.
struct PropertyConflict {
  std::string_view property;  ///< where the user should look
  std::string message;
  bool fatal = true;  ///< false: the engine starts, but not with what was asked for
};

/// The candidate with the least edit distance to `name`, where one is near enough to be meant.
std::optional<std::string_view> nearest_name(std::string_view name,
                                             std::span<const std::string_view> candidates);

}  // namespace wrackline
