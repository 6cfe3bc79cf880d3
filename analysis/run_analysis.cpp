#include "analysis/run_analysis.hpp"

#include "analysis/checkers/poll_order.hpp"
#include "analysis/checkers/premature_fire.hpp"
#include "analysis/checkers/send_order.hpp"
#include "analysis/checkers/sink_order.hpp"
#include "analysis/checkers/watermark_regression.hpp"
#include "analysis/checkers/wrongly_late.hpp"
#include "analysis/checkers/zombie_write.hpp"

namespace wrackline::analysis {

template <class Kind, class... Arguments>
void RunAnalysis::add_checker(Arguments&&... arguments) {
  checkers_.push_back(std::make_unique<Kind>(log_, std::forward<Arguments>(arguments)...));
  observers_.add(*checkers_.back());
}

RunAnalysis::RunAnalysis(RunAnalysisConfig config)
    : config_{std::move(config)},
      ledger_{config_.ledger, log_},
      truth_{log_, config_.ledger.job},
      stuck_{log_},
      watermarks_{{.job = config_.ledger.job,
                   .start_ms = config_.ledger.start_ms,
                   .steady_from = config_.ledger.steady_from,
                   .steady_until = config_.ledger.steady_until}},
      lag_{config_.ledger.steady_from, config_.ledger.steady_until},
      recovery_{ledger_} {
  const std::uint32_t job = config_.ledger.job;
  const std::uint32_t sink = config_.ledger.sink;
  observers_.hear_only(config_.ledger.topics, config_.ledger.consumers);
  // The ledger first: the others ask it about events.
  observers_.add(ledger_);
  observers_.add(truth_);
  observers_.add(stuck_);
  observers_.add(watermarks_);
  observers_.add(lag_);
  observers_.add(recovery_);
  add_checker<WatermarkRegression>(job);
  // Early panes speak before the end on purpose, and count and global windows have none.
  const FreeWindows* const free = config_.ledger.window.free.get();
  if (free == nullptr || (free->timed() && !free->panes().early())) {
    add_checker<PrematureFire>(job, config_.ledger.start_ms);
    add_checker<SinkOrder>(job, sink);
  }
  add_checker<ZombieWrite>(job);
  add_checker<WronglyLate>(ledger_, WronglyLate::Config{job, config_.ledger.window,
                                                        config_.watermark_bound_ms, config_.ledger.start_ms});
  if (config_.send_order) add_checker<SendOrder>(ledger_);
  add_checker<PollOrder>();
  for (const std::uint16_t topic : config_.topics_with_holes) {
    static_cast<PollOrder&>(*checkers_.back()).holes(topic);
  }
}

void RunAnalysis::settle_before(std::int64_t event_time_ms, std::vector<OpenSession> open) {
  ledger_.settle_before(event_time_ms, std::move(open));
}

RunResult RunAnalysis::close(const End& end) {
  ledger_.hold(truth_.unread());
  ledger_.close({end.at, end.windows_due_ms});
  watermarks_.close(end.at);
  recovery_.close();
  stuck_.judge(end.at, ledger_.books(Phase::all)[Fate::pending], end.waits_for);

  RunResult result;
  result.guarantee = config_.guarantee;
  result.seeds = {{end.seed, end.run_id, end.hash, sim::to_ns(end.at), Outcome::pass}};
  result.books = ledger_.books(Phase::all);
  result.steady_books = ledger_.books(Phase::steady);
  for (const Phase phase : {Phase::all, Phase::steady}) {
    for (const Latency kind : {Latency::end_to_end, Latency::arrival_to_visible, Latency::result_latency}) {
      result.latency(kind, phase) = ledger_.latency(kind, phase);
    }
    result.latency(Latency::watermark_lag, phase) = watermarks_.stat(phase == Phase::steady);
    result.latency(Latency::consumer_lag, phase) = lag_.stat(phase == Phase::steady);
    result.latency(Latency::time_to_recover, phase) = recovery_.stat();
  }
  result.broken_promises = ledger_.broken_promises();
  log_.seal(end.seed);
  result.anomalies = log_;
  return result;
}

}  // namespace wrackline::analysis
