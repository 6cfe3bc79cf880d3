// Common to the faults that pull a lever of the model: the lever has the fault's name, and is given the
// target and then the fault's parameters in the order of their declaration, as text: durations in whole
// nanoseconds, shares as ratios, numbers as they print. A fault that lasts gives its length, in nanoseconds,
// as the last argument; the model ends it by itself.
#pragma once

#include "faults/fault.hpp"

namespace wrackline::faults {

class LeverFault : public Fault {
 public:
  void strike(Scene& scene) final;

 protected:
  virtual const FaultType& type() const = 0;
};

}  // namespace wrackline::faults
