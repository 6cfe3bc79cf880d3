#include "engine/replay/drop_interval.hpp"

#include <algorithm>
#include <cmath>

#include "sim/math.hpp"

namespace wrackline::replay {

namespace {

/// The smallest y with P(Y <= y) >= p, Y negative binomial: shape r, and each further event has probability
/// q.
double negative_binomial_quantile(double r, double q, double p) {
  double mass = sim::math::pow(1 - q, r);
  double below = mass;
  double y = 0;
  // Far out the steps are coarse anyway; the mean is r q / (1 - q).
  const double furthest = 100 + 20 * (r * q / (1 - q) + 1);
  while (below < p && y < furthest) {
    mass *= (y + r) / (y + 1) * q;
    below += mass;
    ++y;
  }
  return y;
}

}  // namespace

double clustering(const DropBlocks& drops, std::uint64_t records) {
  double phi = kLeastPhi;
  for (const std::uint64_t parts : {100U, 50U, 20U, 10U}) {
    std::uint64_t block_rows = 0;
    const auto blocks = drops.joined(records, std::max<std::uint64_t>(records / parts, 1), block_rows);
    if (blocks.size() < 5) continue;
    const auto count = static_cast<double>(blocks.size());
    double mean = 0;
    for (const std::uint32_t block : blocks) mean += static_cast<double>(block) / count;
    if (mean == 0) continue;
    double variance = 0;
    for (const std::uint32_t block : blocks) {
      const double off = static_cast<double>(block) - mean;
      variance += off * off / (count - 1);
    }
    phi = std::max(phi, variance / mean);
  }
  return phi;
}

DropInterval predict_drops(const DropBlocks& drops, std::uint64_t dropped, std::uint64_t records,
                           std::uint64_t next_records, double level, double least_phi) {
  DropInterval interval;
  if (records == 0 || next_records == 0) return {0, 1, 1};
  interval.phi = std::max(least_phi, clustering(drops, records));
  const double shape = static_cast<double>(dropped) / interval.phi + 0.5;
  const double ratio = static_cast<double>(next_records) / static_cast<double>(records);
  const auto next = static_cast<double>(next_records);
  double low = 0;
  double high = 0;
  if (shape > 500) {
    // So many events are normal: mean m, variance m (1 + ratio).
    const double mean = shape * ratio;
    const double half = sim::math::normal_quantile((1 + level) / 2);
    const double deviation = std::sqrt(mean * (1 + ratio));
    low = mean - half * deviation;
    high = mean + half * deviation;
  } else {
    const double q = ratio / (1 + ratio);
    low = negative_binomial_quantile(shape, q, (1 - level) / 2);
    high = negative_binomial_quantile(shape, q, (1 + level) / 2);
  }
  interval.low = std::clamp(low * interval.phi / next, 0.0, 1.0);
  interval.high = std::clamp(high * interval.phi / next, 0.0, 1.0);
  return interval;
}

}  // namespace wrackline::replay
