#include "engine/replay/meaningless.hpp"

#include <array>

namespace wrackline::replay {

namespace {
constexpr std::string_view kUnknown =
    "not known: which sliding windows a dropped record would have been in depends on records that are gone";
constexpr std::array<Meaningless, 2> kSliding{{{"completeness", kUnknown}, {"lost", kUnknown}}};
constexpr std::string_view kNoEnd = "none: a count window ends with its last record, not in event time";
constexpr std::array<Meaningless, 4> kCount{
    {{"dropped", kNoEnd}, {"result_latency", kNoEnd}, {"completeness", kNoEnd}, {"lost", kNoEnd}}};
constexpr std::string_view kForEver =
    "none: a global window never ends, so nothing is late and no answer is the last";
constexpr std::array<Meaningless, 4> kGlobal{
    {{"dropped", kForEver}, {"result_latency", kForEver}, {"completeness", kForEver}, {"lost", kForEver}}};
}  // namespace

std::span<const Meaningless> meaningless(WindowKind kind) {
  switch (kind) {
    case WindowKind::sliding:
      return kSliding;
    case WindowKind::count:
      return kCount;
    case WindowKind::global:
      return kGlobal;
    case WindowKind::tumbling:
    case WindowKind::hopping:
    case WindowKind::cumulate:
    case WindowKind::session:
      break;
  }
  return {};
}

}  // namespace wrackline::replay
