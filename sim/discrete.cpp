#include "sim/discrete.hpp"

#include <cassert>
#include <cmath>

#include "sim/math.hpp"

namespace wrackline::sim {

AliasTable::AliasTable(std::span<const double> weights) {
  assert(!weights.empty() && weights.size() <= 0xffffffffU);
  double total = 0;
  for (const double weight : weights) {
    assert(weight >= 0);
    total += weight;
  }
  assert(total > 0);
  const auto n = static_cast<double>(weights.size());
  std::vector<double> share;
  std::vector<std::uint32_t> poor;
  std::vector<std::uint32_t> rich;
  share.reserve(weights.size());
  for (const double weight : weights) {
    (weight * n / total < 1 ? poor : rich).push_back(static_cast<std::uint32_t>(share.size()));
    share.push_back(weight * n / total);
  }
  constexpr std::uint64_t kWhole = ~std::uint64_t{0};
  cells_.resize(weights.size(), Cell{kWhole, 0});
  while (!poor.empty() && !rich.empty()) {
    const std::uint32_t taker = poor.back();
    const std::uint32_t giver = rich.back();
    poor.pop_back();
    cells_[taker] = {static_cast<std::uint64_t>(share[taker] * 0x1p64 * (1 - 0x1p-53)), giver};
    share[giver] -= 1 - share[taker];
    if (share[giver] < 1) {
      rich.pop_back();
      poor.push_back(giver);
    }
  }
  // Rounding leaves some cells over: they keep all of theirs.
  for (const auto& left : {poor, rich}) {
    for (const std::uint32_t item : left) cells_[item] = {kWhole, item};
  }
}

Zipf::Zipf(std::uint64_t count, double exponent) : count_{count}, exponent_{exponent} {
  assert(count >= 1 && exponent >= 0);
  if (count <= kMostTabulated) {
    std::vector<double> weights;
    weights.reserve(count);
    for (std::uint64_t k = 0; k < count; ++k) weights.push_back(height(static_cast<double>(k + 1)));
    table_ = std::make_shared<const AliasTable>(weights);
    return;
  }
  first_ = integral(1.5) - 1;
  last_ = integral(static_cast<double>(count) + 0.5);
  shortcut_ = 2 - integral_inverse(integral(2.5) - height(2));
}

double Zipf::height(double x) const { return math::pow(x, -exponent_); }

/// The integral of x^-s, through expm1 so that it is smooth in s around 1.
double Zipf::integral(double x) const {
  const double log_x = math::log(x);
  const double t = (1 - exponent_) * log_x;
  return (std::fabs(t) > 1e-8 ? math::expm1(t) / t : 1 + t / 2) * log_x;
}

double Zipf::integral_inverse(double y) const {
  const double t = std::fmax(-1, y * (1 - exponent_));
  return math::exp((std::fabs(t) > 1e-8 ? math::log1p(t) / t : 1 - t / 2) * y);
}

std::uint64_t Zipf::invert(Stream& stream) const {
  for (;;) {
    const double u = last_ + stream.unit() * (first_ - last_);
    const double x = integral_inverse(u);
    double k = std::floor(x + 0.5);
    if (k < 1) k = 1;
    if (k > static_cast<double>(count_)) k = static_cast<double>(count_);
    if (k - x <= shortcut_ || u >= integral(k + 0.5) - height(k)) return static_cast<std::uint64_t>(k) - 1;
  }
}

double Zipf::weight(std::uint64_t k) const {
  double total = 0;
  for (std::uint64_t i = count_; i > 0; --i) total += height(static_cast<double>(i));
  return height(static_cast<double>(k + 1)) / total;
}

}  // namespace wrackline::sim
