// stuck: the liveness phase. From the moment when the last fault has healed, the pipeline has a bound in
// which to drain; events that are still pending after it are stuck. What they wait for is the kernel's
// business to say (its deadlock report), and is passed through.
#pragma once

#include <cstdint>
#include <string>

#include "analysis/checkers/checker.hpp"

namespace wrackline::analysis {

class Stuck final : public Checker {
 public:
  using Checker::Checker;

  /// All faults are healed and the sources have stopped; drained by `healed + bound`, or stuck.
  void begin_liveness(sim::Time healed, sim::Duration bound);
  /// Progress is any record that reached a later stage.
  void appended(sim::PartitionRef, std::int64_t, std::span<const sim::EventId>, sim::Time at) override {
    last_ = at;
  }
  void processed(std::uint32_t, std::span<const sim::EventId>, sim::Time at) override { last_ = at; }
  void visible(const sim::VisibleResult&, sim::Time at) override { last_ = at; }

  /// When the run has ended. `waits_for`: one line per waiting task, may be empty.
  void judge(sim::Time ended, std::uint64_t pending, const std::string& waits_for);

 private:
  bool live_ = false;
  sim::Time deadline_{};
  sim::Time last_{};
};

}  // namespace wrackline::analysis
