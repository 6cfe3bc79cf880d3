// The families of laws, each fitted to values in the way its textbook names: maximum likelihood where it is
// simple (lognormal, Weibull, gamma, Pareto, shifted exponential), expectation-maximisation for mixtures of
// exponentials, Hill's estimator above a quantile for the Pareto tail. Not fitted: laws with more parts.
#pragma once

#include <vector>

#include "engine/fit/law.hpp"
#include "engine/fit/values.hpp"

namespace wrackline::fit {

/// The values to fit, and half the resolution of their clock: a value stands for [x - half, x + half).
struct Sample {
  Values values;
  double half_ms = 0.5;
};

Law fit_family(Family family, const Sample& sample);

/// Mean of the logarithm of the probability that the law gives to what was seen, in nats a record; a
/// probability below 1e-12 counts as that.
double log_score(const Law& law, const Sample& sample);

/// Hill's estimator of the tail index from the largest `share` of the values: k = floor(share * n) values
/// above the one before them. 0 where they are too few or all alike.
double hill_index(std::span<const std::int64_t> sorted, double share);

}  // namespace wrackline::fit
