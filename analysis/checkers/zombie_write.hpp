// zombie_write: a row becomes visible whose writer worked under an older generation of its group than the
// newest one that has started. Sinks without fencing let it pass (kafka.md 6.1, "zombie overlap", C-15).
#pragma once

#include <cstdint>

#include "analysis/checkers/checker.hpp"

namespace wrackline::analysis {

class ZombieWrite final : public Checker {
 public:
  ZombieWrite(AnomalyLog& log, std::uint32_t job) : Checker{log}, job_{job} {}
  void generation(std::uint32_t job, std::int32_t generation, sim::Time at) override;
  void visible(const sim::VisibleResult& result, sim::Time at) override;

 private:
  std::uint32_t job_;
  std::int32_t newest_ = -1;
};

}  // namespace wrackline::analysis
