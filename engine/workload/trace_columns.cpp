#include "engine/workload/trace_columns.hpp"

namespace wrackline::workload {

std::uint32_t TraceKeys::number_of(std::string_view key) {
  const auto known = numbers_.find(key);
  if (known != numbers_.end()) return known->second;
  if (names_.size() >= kMostKeys) return kFull;
  const auto number = static_cast<std::uint32_t>(names_.size());
  names_.push_back(&numbers_.emplace(std::string{key}, number).first->first);
  return number;
}

}  // namespace wrackline::workload
