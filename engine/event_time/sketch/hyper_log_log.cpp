#include "engine/event_time/sketch/hyper_log_log.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>

#include "sim/event_id.hpp"

namespace wrackline::event_time::sketch {

namespace {

constexpr double kAlphaInfinity = 0.721347520444481703680;  // 1 / (2 ln 2)

/// sigma(x) = x + sum over k of x^(2^k) 2^(k-1), for the registers that are still zero.
double sigma(double x) {
  double y = 1;
  double z = x;
  for (double before = -1; z != before;) {
    x *= x;
    before = z;
    z += x * y;
    y += y;
  }
  return z;
}

/// The same for the registers that are full.
double tau(double x) {
  if (x == 0 || x == 1) return 0;
  double y = 1;
  double z = 1 - x;
  for (double before = -1; z != before;) {
    x = std::sqrt(x);
    before = z;
    y *= 0.5;
    z -= (1 - x) * (1 - x) * y;
  }
  return z / 3;
}

}  // namespace

HyperLogLog::HyperLogLog(int precision) : precision_{precision} {
  assert(precision >= kLeastPrecision && precision <= kGreatestPrecision);
}

void HyperLogLog::add(std::int64_t value) { add_hash(sim::mix(static_cast<std::uint64_t>(value))); }

void HyperLogLog::add_hash(std::uint64_t hash) {
  const auto reg = static_cast<std::uint32_t>(hash >> (64 - precision_));
  const std::uint64_t rest = hash << precision_;
  const int run = rest == 0 ? 64 - precision_ + 1 : std::countl_zero(rest) + 1;
  put(reg, static_cast<std::uint8_t>(run));
}

void HyperLogLog::put(std::uint32_t reg, std::uint8_t run) {
  if (!registers_.empty()) {
    registers_[reg] = std::max(registers_[reg], run);
    return;
  }
  const auto at = std::lower_bound(few_.begin(), few_.end(), reg << 8);
  if (at != few_.end() && *at >> 8 == reg) {
    *at = std::max(*at, (reg << 8) | run);
    return;
  }
  few_.insert(at, (reg << 8) | run);
  if (few_.size() * 8 > std::size_t{1} << precision_) make_dense();
}

void HyperLogLog::make_dense() {
  registers_.assign(std::size_t{1} << precision_, 0);
  for (const std::uint32_t one : few_) registers_[one >> 8] = static_cast<std::uint8_t>(one & 0xffU);
  few_ = {};
}

void HyperLogLog::merge(const HyperLogLog& other) {
  assert(precision_ == other.precision_);
  if (other.registers_.empty()) {
    for (const std::uint32_t one : other.few_) put(one >> 8, static_cast<std::uint8_t>(one & 0xffU));
    return;
  }
  if (registers_.empty()) make_dense();
  for (std::size_t i = 0; i < registers_.size(); ++i)
    registers_[i] = std::max(registers_[i], other.registers_[i]);
}

double HyperLogLog::estimate() const {
  const int longest = 64 - precision_ + 1;
  const auto m = static_cast<double>(std::size_t{1} << precision_);
  std::vector<std::uint32_t> with_run(static_cast<std::size_t>(longest) + 1, 0);
  if (registers_.empty()) {
    with_run[0] = static_cast<std::uint32_t>((std::size_t{1} << precision_) - few_.size());
    for (const std::uint32_t one : few_) ++with_run[one & 0xffU];
  } else {
    for (const std::uint8_t run : registers_) ++with_run[run];
  }
  if (static_cast<double>(with_run[0]) == m) return 0;
  double z = m * tau(1 - static_cast<double>(with_run[static_cast<std::size_t>(longest)]) / m);
  for (int run = longest - 1; run >= 1; --run)
    z = 0.5 * (z + static_cast<double>(with_run[static_cast<std::size_t>(run)]));
  z += m * sigma(static_cast<double>(with_run[0]) / m);
  return kAlphaInfinity * m * m / z;
}

std::int64_t HyperLogLog::count() const { return static_cast<std::int64_t>(estimate() + 0.5); }

bool operator==(const HyperLogLog& a, const HyperLogLog& b) {
  if (a.precision_ != b.precision_) return false;
  const auto dense = [](const HyperLogLog& sketch) {
    HyperLogLog copy = sketch;
    if (copy.registers_.empty()) copy.make_dense();
    return copy.registers_;
  };
  return dense(a) == dense(b);
}

}  // namespace wrackline::event_time::sketch
