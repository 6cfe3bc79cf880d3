// Which law describes the delays: each family is fitted to the first half of the trace and judged on the
// second.
//
// A law fits if, on the half it has not seen, its Kolmogorov-Smirnov distance is at most 0.05, or not larger
// than that of the thirteen empirical knots of the first half (which bear the same drift between the halves),
// and its P99 lies within a quarter of the P99 seen there, or nearer than that of the knots: a law that is
// right in the middle and wrong in the tail would mislead whoever sets a watermark by it. Among those that
// fit, the one with the highest log score on the second half wins; laws within 0.01 nats a record are equal,
// and the Akaike criterion on the first half decides. None fits: the knots. The winner is fitted again to the
// whole.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/fit/families.hpp"

namespace wrackline::fit {

struct Candidate {
  Law law;               ///< as fitted to the first half
  double score = 0;      ///< nats a record, on the second half
  double ks = 0;         ///< on the second half
  double p99_ratio = 0;  ///< its P99 over the one seen in the second half
  double aic = 0;        ///< on the first half
  bool fits = false;
};

struct Choice {
  std::vector<Candidate> candidates;  ///< best score first
  Law law;                            ///< the winner, fitted to the whole
  bool parametric = false;            ///< false: none fits, the knots
  double ks_of_halves = 0;            ///< how far the two halves differ from each other
  double ks = 0;                      ///< of the winner, on the second half
  std::string reason;
  std::int64_t shift_ms = 0;  ///< the law is of delay + shift (negative delays)
  std::uint64_t records = 0;
};

/// `delays_ms` in order of arrival. Less than two hundred: no law is tried.
Choice choose_law(std::span<const std::int64_t> delays_ms, std::int64_t shift_ms);

}  // namespace wrackline::fit
