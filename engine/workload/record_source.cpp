#include "engine/workload/record_source.hpp"

namespace wrackline::workload {

bool PoisonMarks::marks_slowly(std::uint64_t ordinal) const {
  for (const auto& [first, end] : named_)
    if (ordinal >= first && ordinal < end) return true;
  return decider_.chance(ordinal, share_);
}

}  // namespace wrackline::workload
