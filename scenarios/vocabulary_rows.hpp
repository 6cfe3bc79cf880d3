// Helpers with which the declarations of the scenario format are written: one row a field, bound to a member
// of its struct.
#pragma once

#include <optional>
#include <type_traits>

#include "scenarios/vocabulary.hpp"

namespace wrackline::scenarios::rows {

inline constexpr std::int64_t kMs = 1'000'000;
inline constexpr std::int64_t kSecond = 1'000 * kMs;
inline constexpr std::int64_t kDay = 86'400 * kSecond;

struct Range {
  std::int64_t min = INT64_MIN;
  std::int64_t max = INT64_MAX;
};

template <typename S>
S& as(void* target) {
  return *static_cast<S*>(target);
}

template <typename S, typename M>
Field duration(std::string_view name, M S::* member, std::string_view value, Range range,
               std::string_view doc) {
  Field field{name, FieldType::kDuration, doc, value};
  field.min = range.min;
  field.max = range.max;
  field.bind = [member](void* target, const FieldValue& v) { as<S>(target).*member = Duration{v.integer}; };
  return field;
}
template <typename S, typename M>
Field integer(std::string_view name, M S::* member, std::string_view value, Range range,
              std::string_view doc) {
  Field field{name, FieldType::kInteger, doc, value};
  field.min = range.min;
  field.max = range.max;
  field.bind = [member](void* target, const FieldValue& v) {
    as<S>(target).*member = static_cast<M>(v.integer);
  };
  return field;
}
template <typename S>
Field size(std::string_view name, std::int64_t S::* member, std::string_view value, Range range,
           std::string_view doc) {
  Field field{name, FieldType::kSize, doc, value};
  field.min = range.min;
  field.max = range.max;
  field.bind = [member](void* target, const FieldValue& v) { as<S>(target).*member = v.integer; };
  return field;
}
template <typename S>
Field bandwidth(std::string_view name, std::int64_t S::* member, std::string_view doc) {
  Field field{name, FieldType::kBandwidth, doc};
  field.min = 1;
  field.bind = [member](void* target, const FieldValue& v) { as<S>(target).*member = v.integer; };
  return field;
}
template <typename S, typename M>
Field number(std::string_view name, M S::* member, std::string_view value, Range range,
             std::string_view doc) {
  Field field{name, FieldType::kNumber, doc, value};
  field.min = range.min;
  field.max = range.max;
  field.bind = [member](void* target, const FieldValue& v) { as<S>(target).*member = v.number; };
  return field;
}
template <typename S>
Field ratio(std::string_view name, double S::* member, std::string_view value, std::string_view doc) {
  Field field{name, FieldType::kRatio, doc, value};
  field.min = 0;
  field.max = 1;
  field.bind = [member](void* target, const FieldValue& v) { as<S>(target).*member = v.number; };
  return field;
}
template <typename S>
Field boolean(std::string_view name, bool S::* member, std::string_view value, std::string_view doc) {
  Field field{name, FieldType::kBool, doc, value};
  field.bind = [member](void* target, const FieldValue& v) { as<S>(target).*member = v.integer != 0; };
  return field;
}
template <typename S, typename M>
Field rate(std::string_view name, M S::* member, std::string_view value, std::string_view doc) {
  Field field{name, FieldType::kRate, doc, value};
  field.bind = [member](void* target, const FieldValue& v) { as<S>(target).*member = v.rate; };
  return field;
}
template <typename S, typename M>
Field text(FieldType type, std::string_view name, M S::* member, std::string_view doc) {
  Field field{name, type, doc};
  field.bind = [member](void* target, const FieldValue& v) { as<S>(target).*member = v.text; };
  return field;
}
template <typename S>
Field names(std::string_view name, std::vector<std::string> S::* member, std::string_view doc) {
  Field field{name, FieldType::kNames, doc};
  field.bind = [member](void* target, const FieldValue& v) { as<S>(target).*member = v.names; };
  return field;
}
/// A choice whose names stand in the order of the enumeration.
template <typename S, typename E>
Field choice(std::string_view name, E S::* member, std::string_view value,
             std::vector<std::pair<std::string_view, std::string_view>> choices, std::string_view doc) {
  Field field{name, FieldType::kChoice, doc, value};
  field.choices = std::move(choices);
  field.bind = [member](void* target, const FieldValue& v) {
    as<S>(target).*member = static_cast<E>(v.integer);
  };
  return field;
}
template <typename S>
Field properties(std::string_view name, PropertyValues S::* member, const PropertyTable& (*table)(),
                 std::string_view doc) {
  Field field{name, FieldType::kProperties, doc};
  field.properties = table;
  field.values = [member](void* target) -> PropertyValues& { return as<S>(target).*member; };
  return field;
}
template <typename S, typename T>
Field object(std::string_view name, T S::* member, const ObjectDecl& (*decl)(), std::string_view doc) {
  Field field{name, FieldType::kObject, doc};
  field.object = decl;
  field.part = [member](void* target, const std::string&, Location) -> void* {
    return &(as<S>(target).*member);
  };
  return field;
}
template <typename S, typename T>
Field object(std::string_view name, std::optional<T> S::* member, const ObjectDecl& (*decl)(),
             std::string_view doc) {
  Field field{name, FieldType::kObject, doc};
  field.object = decl;
  field.part = [member](void* target, const std::string&, Location) -> void* {
    return &(as<S>(target).*member).emplace();
  };
  return field;
}
/// An object whose fields fill the same struct.
inline Field inline_object(std::string_view name, const ObjectDecl& (*decl)(), std::string_view doc) {
  Field field{name, FieldType::kObject, doc};
  field.object = decl;
  field.part = [](void* target, const std::string&, Location) { return target; };
  return field;
}
template <typename S, typename T>
Field map(std::string_view name, std::vector<T> S::* member, const ObjectDecl& (*decl)(),
          std::string_view doc) {
  Field field{name, FieldType::kMap, doc};
  field.object = decl;
  field.part = [member](void* target, const std::string& element, Location) -> void* {
    T& added = (as<S>(target).*member).emplace_back();
    added.name = element;
    return &added;
  };
  return field;
}
template <typename S, typename T>
Field list(std::string_view name, std::vector<T> S::* member, const ObjectDecl& (*decl)(),
           std::string_view doc) {
  Field field{name, FieldType::kList, doc};
  field.object = decl;
  field.part = [member](void* target, const std::string&, Location at) -> void* {
    T& added = (as<S>(target).*member).emplace_back();
    if constexpr (std::is_same_v<T, FaultSpec>) added.place = at;
    if constexpr (std::is_same_v<T, ExpectSpec>) added.where = at;
    return &added;
  };
  return field;
}

inline Field required(Field field) {
  field.required = true;
  return field;
}
template <typename S, typename M>
Field positive_number(std::string_view name, M S::* member, std::string_view value, Range range,
                      std::string_view doc) {
  Field field = number(name, member, value, range, doc);
  field.positive = true;
  return field;
}
inline Field at_least_one(Field field) {
  field.min = 1;
  return field;
}
inline Field with_default(Field field, std::string_view value) {
  field.default_text = value;
  return field;
}
/// Runs after the binding: for unions, where the presence of the field says the kind.
inline Field also(Field field, const std::function<void(void*)>& then) {
  if (field.bind) {
    field.bind = [bind = field.bind, then](void* target, const FieldValue& v) {
      bind(target, v);
      then(target);
    };
  } else {
    field.part = [part = field.part, then](void* target, const std::string& element, Location at) {
      then(target);
      return part(target, element, at);
    };
  }
  return field;
}

}  // namespace wrackline::scenarios::rows
