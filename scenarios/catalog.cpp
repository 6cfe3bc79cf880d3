#include "scenarios/catalog.hpp"

#include <algorithm>
#include <array>

namespace wrackline::scenarios {

namespace {

const std::vector<FaultDecl>& faults() {
  static const std::vector<FaultDecl> table{
      {"process.crash", "Kill a process; with `for`, start it again after that time.", "a process", true, {}},
      {"process.pause", "Freeze a process.", "a process", true, {}},
      {"clock.step",
       "A node's wall clock jumps.",
       "a node",
       true,
       {{"by", FaultValue::Type::kDuration, true, "", "How far; negative: back."}}},
  };
  return table;
}

constexpr std::array kMoments{
    MomentDecl{"kafka.leader.elected", "A partition got a new leader."},
    MomentDecl{"kafka.produce.appended", "The leader wrote a batch."},
};

}  // namespace

std::span<const FaultDecl> fault_catalog() { return faults(); }
std::span<const MomentDecl> moment_catalog() { return kMoments; }

const FaultDecl* find_fault(std::string_view name) {
  const auto& all = faults();
  const auto found = std::find_if(all.begin(), all.end(), [&](const FaultDecl& f) { return f.name == name; });
  return found == all.end() ? nullptr : &*found;
}

const MomentDecl* find_moment(std::string_view name) {
  const auto* const found =
      std::find_if(kMoments.begin(), kMoments.end(), [&](const MomentDecl& m) { return m.name == name; });
  return found == kMoments.end() ? nullptr : &*found;
}

}  // namespace wrackline::scenarios
