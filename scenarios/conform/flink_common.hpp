// What the drivers of the flink.* kinds share: versions, refused configurations, errors as events, names as
// numbers.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/event_time/flink/version.hpp"
#include "engine/event_time/flink/watermark_event.hpp"
#include "scenarios/conform/conform.hpp"

namespace wrackline::conform::flink {

namespace model = event_time::flink;

inline model::Version version_of(const Json& recorded_case) {
  const std::string version = recorded_case.at("version");
  if (version.starts_with("1.20.")) return model::Version::v1_20;
  if (version.starts_with("2.2.")) return model::Version::v2_2;
  throw NotModelledError{"Flink " + version};
}

/// Throws for the first key that is not in `known`: a setting or operation that no rule here looks at.
inline void only(const Json& object, std::string_view what, const std::set<std::string>& known) {
  for (const auto& item : object.items())
    if (!known.contains(item.key())) throw NotModelledError{std::string{what} + " " + item.key()};
}

inline Json error(const std::string& exception, const std::string& message) {
  return {{"type", "error"}, {"exception", exception}, {"message", message}};
}

inline Json event(const model::WatermarkEvent& said) {
  if (said.kind == model::WatermarkEvent::Kind::watermark)
    return {{"type", "watermark"}, {"ts", said.timestamp}};
  const bool idle = said.kind == model::WatermarkEvent::Kind::idle;
  return {{"type", "status"}, {"status", idle ? "idle" : "active"}};
}

inline model::WatermarkStatus status_of(const Json& name) {
  if (name == "idle") return model::WatermarkStatus::idle;
  if (name == "active") return model::WatermarkStatus::active;
  throw NotModelledError{"status " + name.dump()};
}

/// An input, channel or output by number.
inline std::size_t index_of(const Json& number, std::size_t count, std::string_view what) {
  const std::int64_t index = number;
  if (index < 0 || static_cast<std::size_t>(index) >= count)
    throw NotModelledError{std::string{what} + " " + std::to_string(index) + " of " + std::to_string(count)};
  return static_cast<std::size_t>(index);
}

/// Interns the names of a case: numbers in order of appearance.
class Names {
 public:
  std::uint32_t id(const std::string& name) {
    const auto [at, added] = ids_.emplace(name, static_cast<std::uint32_t>(names_.size()));
    if (added) names_.push_back(name);
    return at->second;
  }
  const std::string& name(std::uint32_t id) const { return names_.at(id); }

 private:
  std::map<std::string, std::uint32_t> ids_;
  std::vector<std::string> names_;
};

}  // namespace wrackline::conform::flink
