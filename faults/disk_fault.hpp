// Common to the faults that are a condition of disks: impose, and count what it did to operations when it
// ends.
#pragma once

#include "faults/fault.hpp"

namespace wrackline::faults {

class DiskFault : public Fault {
 public:
  void strike(Scene& scene) final;
  void heal(Scene& scene) final;

 protected:
  virtual sim::DiskCondition condition(Scene& scene) = 0;
  /// How many operations it has changed so far, by the disk's own books.
  virtual std::uint64_t effects(const sim::DiskCounts& counts) const = 0;
  /// "operations slowed"
  virtual std::string effect() const = 0;

 private:
  struct Hit {
    sim::Disk* disk;
    std::uint64_t before;
    sim::ConditionHandle handle;
  };
  std::vector<Hit> hits_;
};

}  // namespace wrackline::faults
