// Elementary functions that give the same bits on every machine, compiler and optimisation level: only + - *
// / and sqrt of IEEE doubles (correctly rounded by the standard) and integer operations, compiled without
// contraction. libm differs between versions and machines in the last bit, so it may not reach virtual time
// or a result.
//
// Accuracy, as tested: log, exp, log1p, sin and cos of turns within 2 ulp, expm1 within 4, pow within 2 + |y|
// / 4; the normal quantile and the gamma functions within a relative error of 5e-14. Special values: log(0) =
// -inf, log(x < 0) = NaN, exp saturates to 0 and +inf; pow takes a positive base.
#pragma once

namespace wrackline::sim::math {

double log(double x);
double exp(double x);
double log1p(double x);
double expm1(double x);
double pow(double base, double exponent);

/// sin and cos of an angle counted in full turns (1.0 = 2 pi): no argument reduction error for diurnal
/// curves.
double sin_turns(double turns);
double cos_turns(double turns);

/// Inverse of the standard normal distribution function, 0 < p < 1 (Wichura 1988, AS 241).
double normal_quantile(double p);

/// log Gamma(x) and Gamma(x) for x > 0 (Stirling's series after shifting x above 15).
double log_gamma(double x);
double gamma(double x);

/// Regularised lower incomplete gamma function P(a, x), a > 0, x >= 0: the distribution function of a gamma
/// law of shape a and scale 1 (series below a + 1, continued fraction above; absolute error below 1e-13).
double gamma_p(double a, double x);
/// Standard normal distribution function; absolute error below 1e-14, relative below 1e-12 down to x = -30.
double normal_cdf(double x);

/// x to the nearest integer (halves up), saturating at the ends of the range.
long long round_to_int(double x);

}  // namespace wrackline::sim::math
