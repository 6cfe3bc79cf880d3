// All that watches one job during one run, as one object: ledger, checkers, meters - and the RunResult at the
// end.
//
//   RunAnalysis analysis{config};
//   pipeline.observe(analysis.observer());   // every hook of sim/observer.hpp
//   analysis.fault_struck(now);              // each time a fault strikes
//   analysis.settle_before(event_time_ms);   // now and then: keeps memory flat; ledger.hpp says when it is
//   true analysis.begin_liveness(now, bound);     // once: faults are healed, sources have stopped
//   analysis.ledger().hold(ids);             // at the end: what something alive still holds
//   RunResult result = analysis.close(end);  // closes the books
//   ...                                      // the caller adds faults, moments, expectations, names
//   judge(result);                           // the verdict
//
// A pipeline with several jobs has one RunAnalysis for each, all behind one ObserverList.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "analysis/checkers/checker.hpp"
#include "analysis/checkers/partition_truth.hpp"
#include "analysis/checkers/stuck.hpp"
#include "analysis/ledger.hpp"
#include "analysis/meters.hpp"
#include "analysis/observer_list.hpp"
#include "analysis/run_result.hpp"

namespace wrackline::analysis {

struct RunAnalysisConfig {
  LedgerConfig ledger;
  Guarantee guarantee = Guarantee::none;
  std::int64_t watermark_bound_ms = 0;           ///< of the job's watermark strategy (wrongly_late)
  std::vector<std::uint16_t> topics_with_holes;  ///< compacted or transactional (poll-skip)
  bool send_order = true;  ///< look for nonmonotonic-send: a look-up per appended record
};

class RunAnalysis {
 public:
  struct End {
    sim::Time at{};
    std::int64_t windows_due_ms = std::numeric_limits<std::int64_t>::max();  ///< see Closing
    std::uint64_t seed = 0;
    std::string run_id;
    std::string hash;
    std::string waits_for;  ///< the kernel's report of waiting tasks, if the run did not drain
  };

  explicit RunAnalysis(RunAnalysisConfig config);
  RunAnalysis(const RunAnalysis&) = delete;
  RunAnalysis& operator=(const RunAnalysis&) = delete;

  sim::Observer& observer() { return observers_; }
  /// One more observer behind the same door (a recording, a test).
  void also(sim::Observer& observer) { observers_.add(observer); }
  Ledger& ledger() { return ledger_; }
  AnomalyLog& anomalies() { return log_; }

  void fault_struck(sim::Time at) { recovery_.struck(at); }
  void begin_liveness(sim::Time healed, sim::Duration bound) { stuck_.begin_liveness(healed, bound); }
  void settle_before(std::int64_t event_time_ms, std::vector<OpenSession> open = {});
  void fold_before(std::int64_t event_time_ms) { ledger_.fold_before(event_time_ms); }
  /// Committed in the log, and the group has not committed its offset beyond them.
  std::vector<sim::EventId> unread() { return truth_.unread(); }

  /// Once, last. What the consumers have not read yet is held by the log; that much is known here.
  RunResult close(const End& end);

 private:
  template <class Kind, class... Arguments>
  void add_checker(Arguments&&... arguments);

  RunAnalysisConfig config_;
  AnomalyLog log_;
  Ledger ledger_;
  PartitionTruth truth_;
  Stuck stuck_;
  WatermarkMeter watermarks_;
  LagMeter lag_;
  RecoveryMeter recovery_;
  std::vector<std::unique_ptr<Checker>> checkers_;
  ObserverList observers_;
};

}  // namespace wrackline::analysis
