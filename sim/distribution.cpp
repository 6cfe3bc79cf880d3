#include "sim/distribution.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cmath>
#include <limits>

#include "sim/math.hpp"
#include "sim/ziggurat.hpp"

namespace wrackline::sim {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNormalP99 = 2.3263478740408411;

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

double empirical_quantile(const law::Empirical& law, double p) {
  const auto& knots = law.knots;
  if (p <= 0) return knots.front().value;
  if (p >= 1) return knots.back().value;
  const auto above =
      std::upper_bound(knots.begin(), knots.end(), p, [](double x, const Knot& knot) { return x < knot.p; });
  const Knot& right = *above;
  const Knot& left = *(above - 1);
  if (left.value == right.value) return left.value;
  const double part = (p - left.p) / (right.p - left.p);
  if (law.logarithmic && left.value > 0) {
    return left.value * math::exp(part * math::log(right.value / left.value));
  }
  return left.value + part * (right.value - left.value);
}

/// Marsaglia & Tsang 2000; shapes below 1 through the next larger one.
double draw_gamma(double shape, Stream& stream) {
  if (shape < 1) {
    const double larger = draw_gamma(shape + 1, stream);
    return larger * math::pow(stream.open_unit(), 1 / shape);
  }
  const double d = shape - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = draw_normal(stream);
    const double root = 1 + c * x;
    if (root <= 0) continue;
    const double v = root * root * root;
    const double u = stream.open_unit();
    if (u < 1 - 0.0331 * x * x * x * x) return d * v;
    if (math::log(u) < 0.5 * x * x + d * (1 - v + math::log(v))) return d * v;
  }
}

}  // namespace

namespace law {

/// The inner 960 of 1024 equal cells, and for each tail 8 octaves of probability (from 2^-5 down to 2^-13) of
/// 32 equal cells each, so that a cell is never wider than a 32nd of its distance from the end. What lies
/// beyond, 1 draw in 4096, is for the quantile function itself.
class QuantileTable {
 public:
  static constexpr std::size_t kCells = 1024;
  static constexpr std::size_t kTailCells = 32;

  template <class Quantile>
  QuantileTable(Quantile quantile, bool has_tails) : has_tails_{has_tails} {
    for (std::size_t i = kTailCells; i <= kCells - kTailCells; ++i) {
      values_[i] = quantile(static_cast<double>(i) / kCells);
    }
    for (std::size_t i = 0; has_tails && i <= kOctaves * kPerOctave; ++i) {
      const double from_end = std::ldexp(1 + static_cast<double>(i % kPerOctave) / kPerOctave,
                                         static_cast<int>(i / kPerOctave) - static_cast<int>(kDeepest));
      tails_[0][i] = quantile(from_end);
      tails_[1][i] = quantile(1 - from_end);
    }
  }

  /// Of the draw with these bits, unless it is one for the quantile function.
  std::optional<double> at(std::uint64_t bits) const {
    const std::size_t cell = bits >> 54;
    if (cell >= kTailCells && cell < kCells - kTailCells) [[likely]]
      return between(&values_[cell], bits << 10);
    return in_tail(bits);
  }

 private:
  static constexpr unsigned kOctaves = 8;
  static constexpr unsigned kPerOctave = 32;
  static constexpr unsigned kDeepest = 13;  ///< the tables begin at 2^-13

  static double between(const double* value, std::uint64_t part) {
    return value[0] + (value[1] - value[0]) * (static_cast<double>(part >> 12) * 0x1p-52);
  }
  std::optional<double> in_tail(std::uint64_t bits) const {
    const std::size_t upper = bits >> 63;
    const std::uint64_t from_end = upper != 0 ? ~bits : bits;
    const auto zeros = static_cast<unsigned>(std::countl_zero(from_end));
    if (!has_tails_ || zeros >= kDeepest) return std::nullopt;
    const std::uint64_t in_octave = from_end << (zeros + 1);
    return between(&tails_[upper][(kDeepest - 1 - zeros) * kPerOctave + (in_octave >> 59)], in_octave << 5);
  }

  std::array<double, kCells + 1> values_{};
  std::array<std::array<double, kOctaves * kPerOctave + 1>, 2> tails_{};
  bool has_tails_;
};

}  // namespace law

Distribution::Distribution(law::Any law) : law_{std::move(law)}, low_{-kInfinity}, high_{kInfinity} {
  const bool smooth = std::holds_alternative<law::Lognormal>(law_) ||
                      std::holds_alternative<law::Pareto>(law_) || std::holds_alternative<law::Weibull>(law_);
  // The knots of an empirical law often lie close together at its ends.
  if (smooth || std::holds_alternative<law::Empirical>(law_)) {
    table_ = std::make_shared<const law::QuantileTable>([this](double p) { return law_quantile(p); }, smooth);
    plain_table_ = table_.get();
  }
}

Distribution Distribution::constant(double value) { return Distribution{law::Constant{value}}; }
Distribution Distribution::uniform(double low, double high) {
  assert(low <= high);
  return Distribution{law::Uniform{low, high}};
}
Distribution Distribution::exponential(double mean) {
  assert(mean >= 0);
  return mean == 0 ? constant(0.0) : Distribution{law::Exponential{mean}};
}
Distribution Distribution::normal(double mean, double deviation) {
  assert(deviation >= 0);
  return deviation == 0 ? constant(mean) : Distribution{law::Normal{mean, deviation}};
}
Distribution Distribution::lognormal(double mu, double sigma) {
  assert(sigma >= 0);
  return sigma == 0 ? constant(math::exp(mu)) : Distribution{law::Lognormal{mu, sigma}};
}
Distribution Distribution::lognormal_median_sigma(double median, double sigma) {
  assert(median > 0);
  return lognormal(math::log(median), sigma);
}
Distribution Distribution::lognormal_median_p99(double median, double p99) {
  assert(0 < median && median <= p99);
  return lognormal(math::log(median), math::log(p99 / median) / kNormalP99);
}
Distribution Distribution::pareto(double minimum, double index) {
  assert(minimum > 0 && index > 0);
  return Distribution{law::Pareto{minimum, index}};
}
Distribution Distribution::weibull(double shape, double scale) {
  assert(shape > 0 && scale > 0);
  return Distribution{law::Weibull{shape, scale}};
}
Distribution Distribution::gamma(double shape, double scale) {
  assert(shape > 0 && scale > 0);
  return Distribution{law::Gamma{shape, scale}};
}
Distribution Distribution::empirical(std::vector<Knot> knots, bool logarithmic) {
  assert(knots.size() >= 2 && knots.front().p == 0 && knots.back().p == 1);
  for (std::size_t i = 1; i < knots.size(); ++i) {
    assert(knots[i - 1].p < knots[i].p && knots[i - 1].value <= knots[i].value);
  }
  return Distribution{law::Empirical{std::move(knots), logarithmic}};
}
Distribution Distribution::mixture(std::vector<std::pair<double, Distribution>> weighted) {
  assert(!weighted.empty());
  double total = 0;
  for (const auto& [weight, part] : weighted) {
    assert(weight > 0);
    total += weight;
  }
  law::Mixture mixture;
  double sum = 0;
  for (auto& [weight, part] : weighted) {
    sum += weight;
    mixture.cumulated.push_back(sum / total);
    mixture.parts.push_back(std::move(part));
  }
  mixture.cumulated.back() = 1;
  return Distribution{std::move(mixture)};
}
Distribution Distribution::stalls(Distribution base, double mean_gap, double mean_stall) {
  assert(mean_gap > 0 && mean_stall >= 0);
  law::Stalls stalls;
  stalls.base.push_back(std::move(base));
  stalls.mean_gap = mean_gap;
  stalls.mean_stall = mean_stall;
  return Distribution{std::move(stalls)};
}

Distribution Distribution::scaled(double factor) const {
  assert(factor > 0);
  Distribution result = *this;
  if (const auto* fixed = std::get_if<law::Constant>(&law_)) return constant(fixed->value * factor);
  result.note_modified();
  result.factor_ *= factor;
  result.shift_ *= factor;
  result.low_ *= factor;
  result.high_ *= factor;
  return result;
}
Distribution Distribution::shifted(double amount) const {
  if (const auto* fixed = std::get_if<law::Constant>(&law_)) return constant(fixed->value + amount);
  Distribution result = *this;
  result.note_modified();
  result.shift_ += amount;
  result.low_ += amount;
  result.high_ += amount;
  return result;
}
Distribution Distribution::clamped(double low, double high) const {
  assert(low <= high);
  if (const auto* fixed = std::get_if<law::Constant>(&law_))
    return constant(std::clamp(fixed->value, low, high));
  if (redraw_) return mixture({{1.0, *this}}).clamped(low, high);
  Distribution result = *this;
  result.note_modified();
  result.low_ = std::clamp(low_, low, high);
  result.high_ = std::clamp(high_, low, high);
  return result;
}
Distribution Distribution::redrawn_within(double low, double high) const {
  if (low_ != -kInfinity || high_ != kInfinity) return mixture({{1.0, *this}}).redrawn_within(low, high);
  Distribution result = clamped(low, high);
  result.redraw_ = true;
  return result;
}

double Distribution::sample_modified(Stream& stream) const {
  if (redraw_) {
    for (int attempt = 0; attempt < 1000; ++attempt) {
      const double value = modify(sample_law(stream));
      if (value >= low_ && value <= high_) return value;
    }
  }
  return std::clamp(modify(sample_law(stream)), low_, high_);
}

double Distribution::sample_law(Stream& stream) const {
  if (table_ == nullptr) return sample_by_law(stream);
  const std::uint64_t bits = stream.next();
  if (const auto value = table_->at(bits)) return *value;
  return law_quantile(draw::open_unit(bits));
}

double Distribution::sample_by_law(Stream& stream) const {
  return std::visit(Overloaded{
                        [](const law::Constant& l) { return l.value; },
                        [&](const law::Uniform& l) { return l.low + (l.high - l.low) * stream.unit(); },
                        [&](const law::Exponential& l) { return l.mean * draw_exponential(stream); },
                        [&](const law::Normal& l) { return l.mean + l.deviation * draw_normal(stream); },
                        [&](const law::Gamma& l) { return l.scale * draw_gamma(l.shape, stream); },
                        [&](const law::Mixture& l) {
                          const double u = stream.unit();
                          std::size_t part = 0;
                          while (u >= l.cumulated[part]) ++part;
                          return l.parts[part].sample(stream);
                        },
                        [&](const law::Stalls& l) {
                          const double stalled = stream.unit() * (l.mean_gap + l.mean_stall);
                          // What is left of an exponential stall is exponential again.
                          const double held =
                              stalled < l.mean_stall ? l.mean_stall * draw_exponential(stream) : 0;
                          return held + l.base.front().sample(stream);
                        },
                        [](const auto&) { return 0.0; },
                    },
                    law_);
}

namespace {
/// 36 years: what no run reaches, and a time can be it or a few of it away without leaving 64 bits.
constexpr std::int64_t kFarNs = std::int64_t{1} << 60;
Duration rounded(double value) {
  if (value <= 0) return Duration{0};
  if (value < static_cast<double>(kFarNs)) [[likely]]
    return Duration{static_cast<std::int64_t>(value + 0.5)};
  return Duration{kFarNs};
}
}  // namespace

Duration Distribution::sample_duration(Stream& stream) const {
  if (plain_table_ == nullptr) return rounded(sample(stream));
  const std::uint64_t bits = stream.next();
  const auto value = plain_table_->at(bits);
  return rounded(value ? *value : law_quantile(draw::open_unit(bits)));
}
Duration Distribution::sample_sum(std::int64_t count, Stream& stream) const {
  if (is_constant()) return sample_duration(stream) * count;
  Duration sum{0};
  for (std::int64_t i = 0; i < count; ++i) sum += sample_duration(stream);
  return sum;
}
std::int64_t Distribution::sample_int(Stream& stream) const {
  return std::clamp<std::int64_t>(math::round_to_int(sample(stream)), -kFarNs, kFarNs);
}

double Distribution::law_quantile(double p) const {
  return std::visit(
      Overloaded{
          [](const law::Constant& l) { return l.value; },
          [&](const law::Uniform& l) { return l.low + (l.high - l.low) * p; },
          [&](const law::Exponential& l) { return -l.mean * math::log1p(-p); },
          [&](const law::Normal& l) { return l.mean + l.deviation * math::normal_quantile(p); },
          [&](const law::Lognormal& l) { return math::exp(l.mu + l.sigma * math::normal_quantile(p)); },
          [&](const law::Pareto& l) { return l.minimum * math::pow(1 - p, -1 / l.index); },
          [&](const law::Weibull& l) { return l.scale * math::pow(-math::log1p(-p), 1 / l.shape); },
          [&](const law::Empirical& l) { return empirical_quantile(l, p); },
          [](const auto&) { return 0.0; },
      },
      law_);
}

bool Distribution::has_quantile() const {
  return !redraw_ && !std::holds_alternative<law::Gamma>(law_) &&
         !std::holds_alternative<law::Mixture>(law_) && !std::holds_alternative<law::Stalls>(law_);
}

std::optional<double> Distribution::quantile(double p) const {
  if (!has_quantile()) return std::nullopt;
  return std::clamp(modify(law_quantile(p)), low_, high_);
}

std::optional<double> Distribution::mean() const {
  if (low_ != -kInfinity || high_ != kInfinity) return std::nullopt;
  const std::optional<double> plain =
      std::visit(Overloaded{
                     [](const law::Constant& l) -> std::optional<double> { return l.value; },
                     [](const law::Uniform& l) -> std::optional<double> { return (l.low + l.high) / 2; },
                     [](const law::Exponential& l) -> std::optional<double> { return l.mean; },
                     [](const law::Normal& l) -> std::optional<double> { return l.mean; },
                     [](const law::Lognormal& l) -> std::optional<double> {
                       return math::exp(l.mu + l.sigma * l.sigma / 2);
                     },
                     [](const law::Pareto& l) -> std::optional<double> {
                       return l.index <= 1 ? kInfinity : l.minimum * l.index / (l.index - 1);
                     },
                     [](const law::Weibull& l) -> std::optional<double> {
                       return l.scale * math::gamma(1 + 1 / l.shape);
                     },
                     [](const law::Gamma& l) -> std::optional<double> { return l.shape * l.scale; },
                     [](const law::Empirical& l) -> std::optional<double> {
                       double sum = 0;
                       for (std::size_t i = 1; i < l.knots.size(); ++i) {
                         const double a = l.knots[i - 1].value;
                         const double b = l.knots[i].value;
                         // The mean of a geometric interpolation is the logarithmic mean of its ends.
                         const bool geometric = l.logarithmic && a > 0 && b > a;
                         sum += (l.knots[i].p - l.knots[i - 1].p) *
                                (geometric ? (b - a) / math::log(b / a) : (a + b) / 2);
                       }
                       return sum;
                     },
                     [](const law::Mixture& l) -> std::optional<double> {
                       double sum = 0;
                       double below = 0;
                       for (std::size_t i = 0; i < l.parts.size(); ++i) {
                         const auto part = l.parts[i].mean();
                         if (!part) return std::nullopt;
                         sum += (l.cumulated[i] - below) * *part;
                         below = l.cumulated[i];
                       }
                       return sum;
                     },
                     [](const law::Stalls& l) -> std::optional<double> {
                       const auto base = l.base.front().mean();
                       if (!base) return std::nullopt;
                       return *base + l.mean_stall * l.mean_stall / (l.mean_gap + l.mean_stall);
                     },
                 },
                 law_);
  if (!plain) return std::nullopt;
  return modify(*plain);
}

bool Distribution::is_zero() const {
  const auto* fixed = std::get_if<law::Constant>(&law_);
  return (fixed != nullptr && fixed->value == 0) || (modified_ && low_ == 0 && high_ == 0);
}

std::string Distribution::describe() const {
  std::string text = std::visit(
      Overloaded{
          [](const law::Constant& l) { return fmt::format("{}", l.value); },
          [](const law::Uniform& l) { return fmt::format("uniform({}, {})", l.low, l.high); },
          [](const law::Exponential& l) { return fmt::format("exponential(mean={})", l.mean); },
          [](const law::Normal& l) {
            return fmt::format("normal(mean={}, deviation={})", l.mean, l.deviation);
          },
          [](const law::Lognormal& l) { return fmt::format("lognormal(mu={}, sigma={})", l.mu, l.sigma); },
          [](const law::Pareto& l) {
            return fmt::format("pareto(minimum={}, index={})", l.minimum, l.index);
          },
          [](const law::Weibull& l) { return fmt::format("weibull(shape={}, scale={})", l.shape, l.scale); },
          [](const law::Gamma& l) { return fmt::format("gamma(shape={}, scale={})", l.shape, l.scale); },
          [](const law::Empirical& l) {
            return fmt::format("quantiles({} knots, {} to {})", l.knots.size(), l.knots.front().value,
                               l.knots.back().value);
          },
          [](const law::Mixture& l) {
            std::string parts;
            double below = 0;
            for (std::size_t i = 0; i < l.parts.size(); ++i) {
              parts += fmt::format("{}{:.6g} {}", i == 0 ? "" : " + ", l.cumulated[i] - below,
                                   l.parts[i].describe());
              below = l.cumulated[i];
            }
            return "mixture(" + parts + ")";
          },
          [](const law::Stalls& l) {
            return fmt::format("stalls(base={}, mean_gap={}, mean_stall={})", l.base.front().describe(),
                               l.mean_gap, l.mean_stall);
          },
      },
      law_);
  if (factor_ != 1) text += fmt::format(" * {}", factor_);
  if (shift_ != 0) text += fmt::format(" + {}", shift_);
  if (low_ != -kInfinity || high_ != kInfinity) {
    text += fmt::format(" {} [{}, {}]", redraw_ ? "redrawn within" : "clamped to", low_, high_);
  }
  return text;
}

DelayProcess::DelayProcess(Distribution law, Stream stream) : law_{std::move(law)}, stream_{stream} {
  if (const auto* stalls = std::get_if<law::Stalls>(&law_.law())) {
    stall_begins_ = kStart + Duration{math::round_to_int(stalls->mean_gap * draw_exponential(stream_))};
    stall_ends_ =
        stall_begins_ + Duration{math::round_to_int(stalls->mean_stall * draw_exponential(stream_))};
  }
}

Duration DelayProcess::next(Time now) {
  const auto* stalls = std::get_if<law::Stalls>(&law_.law());
  if (stalls == nullptr || law_.is_modified()) return law_.sample_duration(stream_);
  while (now >= stall_ends_) {
    stall_begins_ =
        stall_ends_ + Duration{1 + math::round_to_int(stalls->mean_gap * draw_exponential(stream_))};
    stall_ends_ =
        stall_begins_ + Duration{math::round_to_int(stalls->mean_stall * draw_exponential(stream_))};
  }
  const Duration held = now >= stall_begins_ ? stall_ends_ - now : Duration{0};
  return held + stalls->base.front().sample_duration(stream_);
}

}  // namespace wrackline::sim
