// W10 AQ-K-slack: a share alpha of the greatest lateness is enough, if the mean of the aggregated values may
// be off by `error` with probability 1 - `confidence`.
//
// Modelled, as derived in science.md 1.1 (Ji et al., DEBS 2015): after every `batch` records the coverage
// that the error allows follows from the batch's coefficient of variation, lost late records taken as
// Bernoulli sampling; a PD controller moves alpha towards it; K = alpha * K_max. The coverage that was
// reached is counted over the same batch. Not modelled: coverage by window (the batch stands for the recent
// windows).
#pragma once

#include <cstdint>

#include "engine/event_time/strategy/catalogue.hpp"

namespace wrackline::event_time::strategy {

/// theta*, the smaller root of (1 + z^2 s2) t^2 - (2 (1 - eps) + z^2 s2) t + (1 - eps)^2 = 0, where s2 = (1 +
/// CV^2) / n and z is the two-sided normal quantile of the confidence.
double required_coverage(double error, double z, double squared_cv, double n);

class AqKSlack {
 public:
  explicit AqKSlack(const Spec& spec);

  bool update(const Observation& seen, std::int64_t lateness_ms, bool behind);
  std::int64_t slack_ms() const { return k_ms_; }
  std::size_t bytes() const { return 0; }
  double alpha() const { return alpha_; }

 private:
  void control();

  double error_;
  double z_;
  double kp_;
  double kd_;
  std::int64_t batch_;
  std::int64_t max_k_ms_;
  std::int64_t greatest_ms_ = 0;
  std::int64_t k_ms_ = 0;
  double alpha_ = 1;
  double last_miss_ = 0;
  // Of the running batch.
  std::int64_t records_ = 0;
  std::int64_t on_time_ = 0;
  double mean_ = 0;
  double squares_ = 0;  ///< sum of squared distances from the mean (Welford)
};

}  // namespace wrackline::event_time::strategy
