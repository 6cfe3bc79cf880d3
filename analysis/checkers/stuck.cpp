#include "analysis/checkers/stuck.hpp"

namespace wrackline::analysis {

void Stuck::begin_liveness(sim::Time healed, sim::Duration bound) {
  live_ = true;
  deadline_ = healed + bound;
}

void Stuck::judge(sim::Time ended, std::uint64_t pending, const std::string& waits_for) {
  if (!live_ || pending == 0 || ended < deadline_) return;
  log_.report(Anomaly::stuck, ended, [&] {
    return std::to_string(pending) + " events pending, no progress since " +
           std::to_string(sim::to_ms(last_)) + " ms" +
           (waits_for.empty() ? std::string{} : "; waits for: " + waits_for);
  });
}

}  // namespace wrackline::analysis
