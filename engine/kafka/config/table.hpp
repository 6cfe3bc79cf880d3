// Helpers with which the tables of Kafka's properties are written, one row a property.
#pragma once

#include "engine/kafka/config/properties.hpp"

namespace wrackline::kafka::rows {

inline constexpr std::int64_t kInt = INT32_MAX;
inline constexpr std::int64_t kLong = INT64_MAX;

inline Property integer(std::string_view name, std::string_view unit, std::string_view value,
                        std::int64_t min, std::int64_t max, std::string_view doc) {
  return {name, PropertyType::kInt, unit, {{{0, 0}, value}}, min, max, {}, PropertyClass::kModelled, {}, doc};
}
inline Property long_integer(std::string_view name, std::string_view unit, std::string_view value,
                             std::int64_t min, std::int64_t max, std::string_view doc) {
  return {name, PropertyType::kLong, unit, {{{0, 0}, value}}, min, max, {}, PropertyClass::kModelled, {},
          doc};
}
inline Property boolean(std::string_view name, std::string_view value, std::string_view doc) {
  return {name,      PropertyType::kBool,
          "",        {{{0, 0}, value}},
          INT64_MIN, INT64_MAX,
          {},        PropertyClass::kModelled,
          {},        doc};
}
inline Property real(std::string_view name, std::string_view value, std::int64_t min, std::int64_t max,
                     std::string_view doc) {
  return {name, PropertyType::kDouble, "", {{{0, 0}, value}}, min, max, {}, PropertyClass::kModelled, {},
          doc};
}
inline Property text(std::string_view name, std::string_view value, std::string_view doc) {
  return {name,      PropertyType::kString,
          "",        {{{0, 0}, value}},
          INT64_MIN, INT64_MAX,
          {},        PropertyClass::kModelled,
          {},        doc};
}
inline Property choice(std::string_view name, std::string_view value, std::vector<std::string_view> choices,
                       std::string_view doc) {
  return {name,
          PropertyType::kChoice,
          "",
          {{{0, 0}, value}},
          INT64_MIN,
          INT64_MAX,
          std::move(choices),
          PropertyClass::kModelled,
          {},
          doc};
}
inline Property list(std::string_view name, std::string_view value, std::vector<std::string_view> choices,
                     std::string_view doc) {
  return {name,
          PropertyType::kList,
          "",
          {{{0, 0}, value}},
          INT64_MIN,
          INT64_MAX,
          std::move(choices),
          PropertyClass::kModelled,
          {},
          doc};
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
