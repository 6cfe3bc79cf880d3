// network.partition: nothing passes between the groups: two sides, one way only, several islands, or islands
// with a bridge.
#include "faults/network_fault.hpp"

#include <algorithm>

namespace wrackline::faults {
namespace {

/// Blocks what passes between machines that are in groups but share none.
class IslandRule final : public sim::LinkRule {
 public:
  IslandRule(std::vector<std::vector<sim::Node*>> groups, bool hold, sim::RuleCounts& counts)
      : groups_{std::move(groups)}, hold_{hold}, counts_{counts} {}
  sim::Verdict decide(const sim::Packet& packet) override {
    const std::uint64_t source = membership(packet.from.node());
    const std::uint64_t target = membership(packet.to.node());
    if (source == 0 || target == 0) return sim::Verdict::pass();
    ++counts_.seen;
    if ((source & target) != 0) return sim::Verdict::pass();
    ++counts_.struck;
    return hold_ ? sim::Verdict::hold() : sim::Verdict::drop();
  }

 private:
  std::uint64_t membership(const sim::Node& node) const {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < groups_.size(); ++i) {
      if (std::find(groups_[i].begin(), groups_[i].end(), &node) != groups_[i].end())
        bits |= std::uint64_t{1} << i;
    }
    return bits;
  }
  std::vector<std::vector<sim::Node*>> groups_;
  bool hold_;
  sim::RuleCounts& counts_;
};

class Partition final : public RuleFault {
  std::unique_ptr<sim::LinkRule> rule(Scene& scene, sim::PathFilter filter, sim::RuleCounts& counts,
                                      sim::Decider) override {
    const bool hold = scene.text("mode") == "hold";
    const std::string& islands = scene.text("islands");
    if (islands.empty()) return std::make_unique<sim::CutRule>(std::move(filter), counts, hold);
    std::vector<std::vector<sim::Node*>> groups{scene.nodes()};
    for (std::size_t begin = 0; begin <= islands.size() && groups.size() < 64;) {
      const std::size_t end = std::min(islands.find('|', begin), islands.size());
      std::vector<sim::Node*>& group = groups.emplace_back();
      for (std::size_t at = begin; at < end;) {
        const std::size_t stop = std::min(islands.find('+', at), end);
        for (sim::Node* node : scene.nodes_of(islands.substr(at, stop - at))) group.push_back(node);
        at = stop + 1;
      }
      begin = end + 1;
    }
    return std::make_unique<IslandRule>(std::move(groups), hold, counts);
  }
  std::string effect() const override { return "packets stopped by the partition"; }
};

}  // namespace

const FaultType& network_partition() {
  static const FaultType type{
      .name = "network.partition",
      .summary = "the targets can not reach their peers: both ways, one way, or as islands",
      .targets = TargetKind::nodes,
      .lasts = true,
      .params = {peers_param(),
                 traffic_param(),
                 {.name = "islands",
                  .type = ParamType::text,
                  .fallback = "",
                  .doc = "further groups besides the targets, selectors joined by '+', groups parted by '|'; "
                         "a machine in two groups is a bridge; replaces peers and traffic",
                  .selects = true},
                 {.name = "mode",
                  .type = ParamType::choice,
                  .fallback = "hold",
                  .doc = "what is sent meanwhile goes out when it heals (TCP), or is lost",
                  .choices = {"hold", "drop"}}},
      .basis = "known_failures.md K: M1, M4",
      .make = &make<Partition>,
  };
  return type;
}

}  // namespace wrackline::faults
