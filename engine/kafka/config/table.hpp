// Helpers with which the tables of Kafka's properties are written, one row a property.
#pragma once

#include "engine/kafka/config/properties.hpp"

namespace wrackline::kafka::rows {

inline constexpr std::int64_t kInt = INT32_MAX;
inline constexpr std::int64_t kLong = INT64_MAX;

inline Property row(std::string_view name, PropertyType type, std::string_view unit, std::string_view value,
                    std::int64_t min, std::int64_t max, std::vector<std::string_view> choices,
                    std::string_view doc) {
  return {name, type, unit, {{{0, 0}, value}}, min, max, std::move(choices), PropertyClass::kModelled,
          {},   doc};
}

inline Property integer(std::string_view name, std::string_view unit, std::string_view value,
                        std::int64_t min, std::int64_t max, std::string_view doc) {
  return row(name, PropertyType::kInt, unit, value, min, max, {}, doc);
}
inline Property long_integer(std::string_view name, std::string_view unit, std::string_view value,
                             std::int64_t min, std::int64_t max, std::string_view doc) {
  return row(name, PropertyType::kLong, unit, value, min, max, {}, doc);
}
inline Property boolean(std::string_view name, std::string_view value, std::string_view doc) {
  return row(name, PropertyType::kBool, "", value, INT64_MIN, INT64_MAX, {}, doc);
}
inline Property real(std::string_view name, std::string_view value, std::int64_t min, std::int64_t max,
                     std::string_view doc) {
  return row(name, PropertyType::kDouble, "", value, min, max, {}, doc);
}
inline Property text(std::string_view name, std::string_view value, std::string_view doc) {
  return row(name, PropertyType::kString, "", value, INT64_MIN, INT64_MAX, {}, doc);
}
inline Property choice(std::string_view name, std::string_view value, std::vector<std::string_view> choices,
                       std::string_view doc) {
  return row(name, PropertyType::kChoice, "", value, INT64_MIN, INT64_MAX, std::move(choices), doc);
}
inline Property list(std::string_view name, std::string_view value, std::vector<std::string_view> choices,
                     std::string_view doc) {
  return row(name, PropertyType::kList, "", value, INT64_MIN, INT64_MAX, std::move(choices), doc);
}

/// The default that holds from `since` on.
inline Property from(Property property, Version since, std::string_view value) {
  property.defaults.push_back({since, value});
  return property;
}
/// The name is known from `since` on only.
inline Property added(Property property, Version since) {
  property.since = since;
  return property;
}
/// Known, accepted, changes nothing here.
inline Property no_effect(Property property) {
  property.effect = PropertyClass::kWithoutEffect;
  return property;
}

}  // namespace wrackline::kafka::rows
