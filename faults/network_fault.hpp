// Common to the faults that are a rule on links: which packets, the rule's own draws, and the evidence when
// it ends.
#pragma once

#include <string>

#include "faults/fault.hpp"
#include "sim/link_rules.hpp"
#include "sim/network.hpp"

namespace wrackline::faults {

/// Parameters that every such fault has, to be put in front of its own.
ParamDef peers_param();
ParamDef traffic_param();

/// Does it to every connection between a target and a peer (all of them, when none is named), and says what
/// was done.
void to_connections(Scene& scene,
                    std::uint32_t (sim::Network::*act)(const sim::Process& process, const sim::Process* peer),
                    std::string_view what);

class RuleFault : public Fault {
 public:
  void strike(Scene& scene) final;
  void heal(Scene& scene) final;

 protected:
  virtual std::unique_ptr<sim::LinkRule> rule(Scene& scene, sim::PathFilter filter, sim::RuleCounts& counts,
                                              sim::Decider decider) = 0;
  /// "packets delayed"
  virtual std::string effect() const = 0;

 private:
  sim::RuleCounts counts_;
  sim::RuleHandle handle_;
};

}  // namespace wrackline::faults
