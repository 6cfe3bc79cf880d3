// Laws of random quantities: delays, service times, gaps, sizes, outages. A `Distribution` is a value: built
// once, copied cheaply, immutable, and drawn from with the caller's own stream. A law of durations counts
// nanoseconds.
//
// Modelled: constant, uniform, exponential, normal, lognormal (by mu and sigma, or by median and P99),
// Pareto, Weibull, gamma, empirical quantile knots (interpolated linearly in the value or in its logarithm,
// science.md 6.3), mixtures, and the marginal law of a two-state stall process; each may be scaled, shifted,
// clamped or redrawn until it lies in a range. Correlated stalls need the time and a memory: `DelayProcess`.
// Not modelled: correlation between successive draws of anything else.
//
// Sampling is portable (sim/math.hpp) and fast: exponential and normal by ziggurat (exact), lognormal,
// Pareto, Weibull and quantile knots by a table of the inverse distribution function with 1024 cells, finer
// towards both ends (of quantile knots: exact there), the outermost 1/8192 on each side exact; the relative
// error of linear interpolation is below 3e-4 (of a Pareto law below index 1: below 1e-3). Gamma by Marsaglia
// and Tsang (2000).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sim/random.hpp"
#include "sim/time.hpp"

namespace wrackline::sim {

class Distribution;

/// One point of an empirical law: a share p of the values is at most `value`.
struct Knot {
  double p = 0;
  double value = 0;
};

namespace law {

/// The inverse distribution function in equal cells of probability; shared by all copies of a law.
class QuantileTable;

struct Constant {
  double value;
};
struct Uniform {
  double low, high;
};
struct Exponential {
  double mean;
};
struct Normal {
  double mean, deviation;
};
struct Lognormal {
  double mu, sigma;
};
struct Pareto {
  double minimum, index;
};
struct Weibull {
  double shape, scale;
};
struct Gamma {
  double shape, scale;
};
struct Empirical {
  std::vector<Knot> knots;
  bool logarithmic;
};
struct Mixture {
  std::vector<double> cumulated;  ///< upper ends of the shares, the last one 1
  std::vector<Distribution> parts;
};
/// Sojourns in both states are exponential; what arrives in a stall is held until it ends, then takes the
/// base delay.
struct Stalls {
  std::vector<Distribution> base;  ///< exactly one
  double mean_gap, mean_stall;
};

using Any = std::variant<Constant, Uniform, Exponential, Normal, Lognormal, Pareto, Weibull, Gamma, Empirical,
                         Mixture, Stalls>;

}  // namespace law

class Distribution {
 public:
  /// Always zero.
  Distribution() : Distribution{law::Constant{0}} {}

  // Each factory asserts its stated precondition; the scenario loader checks user input first.
  static Distribution constant(double value);
  static Distribution constant(Duration value) { return constant(static_cast<double>(value.count())); }
  static Distribution uniform(double low, double high);                     ///< low <= high
  static Distribution exponential(double mean);                             ///< mean >= 0
  static Distribution normal(double mean, double deviation);                ///< deviation >= 0
  static Distribution lognormal(double mu, double sigma);                   ///< of ln(value); sigma >= 0
  static Distribution lognormal_median_p99(double median, double p99);      ///< 0 < median <= p99
  static Distribution lognormal_median_sigma(double median, double sigma);  ///< median > 0
  static Distribution pareto(double minimum, double index);                 ///< both > 0
  static Distribution weibull(double shape, double scale);                  ///< both > 0
  static Distribution gamma(double shape, double scale);                    ///< both > 0
  /// p strictly rising from 0 to 1, values not falling; logarithmic interpolation needs all differences from
  /// the first knot's sign to allow it: values <= 0 are interpolated linearly.
  static Distribution empirical(std::vector<Knot> knots, bool logarithmic = true);
  /// Shares are weights: positive, of any sum.
  static Distribution mixture(std::vector<std::pair<double, Distribution>> weighted);
  static Distribution stalls(Distribution base, double mean_gap, double mean_stall);

  /// value * factor (factor > 0), then + amount; applied to what the law so far gives.
  Distribution scaled(double factor) const;
  Distribution shifted(double amount) const;
  /// Values outside become the nearer end ("cap 10 s").
  Distribution clamped(double low, double high) const;
  /// Values outside are drawn again (after 1000 attempts: the nearer end).
  Distribution redrawn_within(double low, double high) const;

  double sample(Stream& stream) const {
    if (const auto* fixed = std::get_if<law::Constant>(&law_)) return fixed->value;
    return modified_ ? sample_modified(stream) : sample_law(stream);
  }
  /// The value as nanoseconds, rounded, never below zero.
  Duration sample_duration(Stream& stream) const;
  /// The sum of `count` draws; of a constant law without any.
  Duration sample_sum(std::int64_t count, Stream& stream) const;
  /// The value rounded to an integer.
  std::int64_t sample_int(Stream& stream) const;

  /// Closed forms; empty where there is none (a redrawn law, the quantile of a mixture or gamma law, the mean
  /// of a clamped one). A Pareto law of index <= 1 has the mean +inf.
  std::optional<double> mean() const;
  std::optional<double> quantile(double p) const;

  bool is_modified() const { return modified_; }
  bool is_constant() const { return std::holds_alternative<law::Constant>(law_); }
  /// Certainly always zero: a fault of this intensity does nothing.
  bool is_zero() const;
  const law::Any& law() const { return law_; }
  /// "lognormal(mu=18.4, sigma=0.45)"; the same bytes on every machine.
  std::string describe() const;

 private:
  explicit Distribution(law::Any law);
  void note_modified() {
    modified_ = true;
    plain_table_ = nullptr;
  }
  double sample_law(Stream& stream) const;
  double sample_by_law(Stream& stream) const;
  double sample_modified(Stream& stream) const;
  double law_quantile(double p) const;
  bool has_quantile() const;
  double modify(double value) const { return value * factor_ + shift_; }

  const law::QuantileTable* plain_table_ = nullptr;  ///< of a law that is not modified, if it has one
  law::Any law_;
  std::shared_ptr<const law::QuantileTable> table_;
  bool modified_ = false;
  bool redraw_ = false;
  double factor_ = 1;
  double shift_ = 0;
  double low_;
  double high_;
};

/// Delays as a process in time: of a stall law, everything that arrives during one stall is released
/// together; any other law is drawn independently. Ask in order of time. Owns its stream. A stall
/// law that was scaled, shifted or bounded afterwards is drawn independently too: modify its base instead.
class DelayProcess {
 public:
  DelayProcess(Distribution law, Stream stream);
  Duration next(Time now);

 private:
  Distribution law_;
  Stream stream_;
  Time stall_begins_{kStart};  ///< of the current or next stall
  Time stall_ends_{kStart};
};

}  // namespace wrackline::sim
