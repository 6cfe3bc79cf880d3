#include "engine/fit/values.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

namespace wrackline::fit {
namespace {

constexpr std::size_t kMostDistinct = std::size_t{1} << 16;
constexpr double kBinWidth = 1 + 1.0 / 4096;

}  // namespace

Values values_of(std::span<const std::int64_t> delays_ms, std::int64_t shift_ms) {
  std::vector<std::int64_t> sorted(delays_ms.begin(), delays_ms.end());
  for (std::int64_t& delay : sorted) delay = std::max<std::int64_t>(delay + shift_ms, 1);
  std::sort(sorted.begin(), sorted.end());
  Values values;
  for (const std::int64_t delay : sorted) {
    const auto x = static_cast<double>(delay);
    if (!values.empty() && values.back().x == x) {
      values.back().n += 1;
    } else {
      values.push_back({x, 1});
    }
  }
  if (values.size() <= kMostDistinct) return values;
  Values binned;
  double from = 0;
  double sum = 0;
  for (const Value& value : values) {
    if (binned.empty() || value.x > from * kBinWidth) {
      if (!binned.empty()) binned.back().x = sum / binned.back().n;
      from = value.x;
      sum = 0;
      binned.push_back({value.x, 0});
    }
    binned.back().n += value.n;
    sum += value.x * value.n;
  }
  binned.back().x = sum / binned.back().n;
  return binned;
}

double count(const Values& values) {
  double n = 0;
  for (const Value& value : values) n += value.n;
  return n;
}

double mean(const Values& values) {
  double sum = 0;
  for (const Value& value : values) sum += value.x * value.n;
  return sum / count(values);
}

double quantile(std::span<const std::int64_t> sorted, double p) {
  assert(!sorted.empty());
  const double at = p * static_cast<double>(sorted.size() - 1);
  const auto below = std::min(static_cast<std::size_t>(at), sorted.size() - 1);
  const auto low = static_cast<double>(sorted[below]);
  if (below + 1 >= sorted.size()) return low;
  const double between = (at - static_cast<double>(below)) * (static_cast<double>(sorted[below + 1]) - low);
  // p is no exact binary number: what is less than a nanosecond is not meant.
  return std::floor((low + between) * 1e6 + 0.5) / 1e6;
}

double quantile(const Values& values, double p) {
  assert(!values.empty());
  const double at = p * (count(values) - 1);
  const double below = std::floor(at);
  double passed = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    passed += values[i].n;
    if (below >= passed) continue;
    if (below + 1 < passed || i + 1 == values.size()) return values[i].x;
    return values[i].x + (at - below) * (values[i + 1].x - values[i].x);
  }
  return values.back().x;
}

Values between(const Values& values, double from, double to) {
  Values some;
  for (const Value& value : values) {
    if (value.x >= from && value.x < to) some.push_back(value);
  }
  return some;
}

double ks_distance(const Values& values, double half, const std::function<double(double)>& cdf) {
  const double all = count(values);
  double passed = 0;
  double largest = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double before = passed / all;
    passed += values[i].n;
    largest = std::max(largest, std::fabs(before - cdf(values[i].x - half)));
    largest = std::max(largest, std::fabs(passed / all - cdf(values[i].x + half)));
  }
  return largest;
}

double ks_distance(const Values& a, const Values& b) {
  const double all_a = count(a);
  const double all_b = count(b);
  double passed_a = 0;
  double passed_b = 0;
  double largest = 0;
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() || j < b.size()) {
    const double x = std::min(i < a.size() ? a[i].x : std::numeric_limits<double>::infinity(),
                              j < b.size() ? b[j].x : std::numeric_limits<double>::infinity());
    for (; i < a.size() && a[i].x <= x; ++i) passed_a += a[i].n;
    for (; j < b.size() && b[j].x <= x; ++j) passed_b += b[j].n;
    largest = std::max(largest, std::fabs(passed_a / all_a - passed_b / all_b));
  }
  return largest;
}

}  // namespace wrackline::fit
