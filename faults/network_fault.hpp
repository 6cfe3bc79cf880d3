// Common to the faults that are a rule on links: which packets, the rule's own draws, and the evidence when
// it ends.
#pragma once

#include <string>

#include "faults/fault.hpp"
#include "sim/link_rules.hpp"

namespace wrackline::faults {

/// Parameters that every such fault has, to be put in front of its own.
ParamDef peers_param();
ParamDef traffic_param();

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
