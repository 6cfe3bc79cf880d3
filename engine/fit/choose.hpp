// Which law describes the delays: each family is fitted to half of the trace and judged on the other half.
//
// The trace is cut into forty stretches; the odd ones are fitted to, the even ones held back, so that both
// see the whole time and a law is not blamed for a trend. How far the first half of the time differs from the
// second is told beside it: no law of all times can be nearer to both than half of that.
//
// A law fits if, on what was held back, its Kolmogorov-Smirnov distance is small and its P99 lies within a
// quarter of the one seen there, or as near to it as the P99 of the half it was fitted to: a law that is right
// in the middle and wrong in the tail would mislead whoever sets a watermark by it. Small is 0.05, and up to
// 0.10 where correlated neighbours make the halves differ by chance: 1.36 * sqrt(2 / n'), the 5 % bound of the
// two-sample test, n' = n (1 - r) / (1 + r) with the lag-1 autocorrelation r. Among those that fit, the one
// with the highest log score wins; laws within 0.01 nats a record are equal, and the Akaike criterion on the
// fitted half decides. None fits: the thirteen empirical knots. The winner is fitted again to the whole.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/fit/families.hpp"

namespace wrackline::fit {

struct Candidate {
  Law law;               ///< as fitted to one half
  double score = 0;      ///< nats a record, on what was held back
  double ks = 0;         ///< the same
  double p99_ratio = 0;  ///< its P99 over the one seen there
  double aic = 0;        ///< on the fitted half
  bool fits = false;
};

struct Choice {
  std::vector<Candidate> candidates;  ///< best score first
  Law law;                            ///< the winner, fitted to the whole
  bool parametric = false;            ///< false: none fits, the knots
  double ks_of_halves = 0;            ///< how far the first half of the time differs from the second
  double small_ks = 0;                ///< what counts as small
  double ks = 0;                      ///< of the winner, on what was held back
  std::string reason;
  std::int64_t shift_ms = 0;  ///< the law is of delay + shift (negative delays)
  std::uint64_t records = 0;
};

/// `delays_ms` in order of arrival, of that lag-1 autocorrelation. Less than two hundred: no law is tried.
Choice choose_law(std::span<const std::int64_t> delays_ms, std::int64_t shift_ms, double lag1);

}  // namespace wrackline::fit
