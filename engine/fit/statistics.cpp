#include "engine/fit/statistics.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "sim/math.hpp"
#include "sim/random.hpp"

namespace wrackline::fit {
namespace {

constexpr std::size_t kLately = std::size_t{1} << 16;
constexpr std::uint64_t kFreezeRows = 5;
constexpr std::int64_t kFreezeMs = 10'000;

}  // namespace

void Statistics::add(const Columns& columns) {
  assert(columns.arrival_ms.size() == columns.event_ms.size() &&
         columns.key.size() == columns.event_ms.size());
  assert(columns.value.empty() || columns.value.size() == columns.event_ms.size());
  for (std::size_t i = 0; i < columns.event_ms.size(); ++i) {
    add_row(columns.event_ms[i], columns.arrival_ms[i], columns.key[i],
            columns.value.empty() ? 0 : columns.value[i]);
  }
}

void Statistics::add_row(std::int64_t event_ms, std::int64_t arrival_ms, std::uint32_t key,
                         std::int64_t value) {
  const std::int64_t delay_ms = arrival_ms - event_ms;
  if (delay_ms != logged_delay_ms_) {
    logged_delay_ms_ = delay_ms;
    logged_ = sim::math::log(static_cast<double>(std::max<std::int64_t>(delay_ms, 1)));
  }
  if (rows_ == 0) {
    first_arrival_ms_ = last_arrival_ms_ = arrival_ms;
    largest_event_ms_ = event_ms;
    smallest_delay_ms_ = largest_delay_ms_ = delay_ms;
    log_base_ = logged_;
    lately_.assign(kLately, 0);
  } else {
    const auto gap = static_cast<double>(arrival_ms - last_arrival_ms_);
    const double off = gap - gap_mean_;
    gap_mean_ += off / static_cast<double>(rows_);
    gap_squares_ += off * (gap - gap_mean_);
    log_products_ += (logged_ - log_base_) * (log_last_ - log_base_);
  }
  log_sum_ += logged_ - log_base_;
  log_squares_ += (logged_ - log_base_) * (logged_ - log_base_);
  log_last_ = logged_;
  last_arrival_ms_ = arrival_ms;
  smallest_delay_ms_ = std::min(smallest_delay_ms_, delay_ms);
  largest_delay_ms_ = std::max(largest_delay_ms_, delay_ms);
  if (delay_ms < 0) ++negative_;
  if (event_ms < largest_event_ms_) {
    ++behind_;
    largest_lateness_ms_ = std::max(largest_lateness_ms_, largest_event_ms_ - event_ms);
  } else {
    largest_event_ms_ = event_ms;
  }

  const std::uint64_t print = sim::mix(sim::mix(static_cast<std::uint64_t>(event_ms)) ^
                                       (static_cast<std::uint64_t>(value) * 0x9e3779b97f4a7c15U) ^ key) |
                              1;
  std::uint64_t& known = lately_[(print >> 1) % kLately];
  const bool repeats = known == print;
  known = print;
  if (repeats) ++repeats_;
  if (key < kMostSources) add_to_source(event_ms, arrival_ms, key, repeats);
  if (rows_ % stride_ == 0) add_to_sample({arrival_ms, event_ms, key});
  ++rows_;
}

void Statistics::add_to_source(std::int64_t event_ms, std::int64_t arrival_ms, std::uint32_t key,
                               bool repeats) {
  if (key >= sources_.size()) {
    sources_.resize(key + 1);
    standstills_.resize(key + 1);
  }
  SourceCounts& source = sources_[key];
  Standstill& still = standstills_[key];
  const std::int64_t delay_ms = arrival_ms - event_ms;
  if (source.rows == 0) {
    source.smallest_delay_ms = source.largest_delay_ms = delay_ms;
    still = {event_ms, arrival_ms, event_ms, 0};
  }
  ++source.rows;
  if (delay_ms < 0) ++source.negative;
  if (repeats) ++source.repeats;
  source.smallest_delay_ms = std::min(source.smallest_delay_ms, delay_ms);
  source.largest_delay_ms = std::max(source.largest_delay_ms, delay_ms);
  if (event_ms < still.largest_event_ms) ++source.behind;
  still.largest_event_ms = std::max(still.largest_event_ms, event_ms);
  if (event_ms != still.event_ms) {
    still.event_ms = event_ms;
    still.since_ms = arrival_ms;
    still.rows = 0;
    still.counted = false;
  }
  ++still.rows;
  const std::int64_t stands_ms = arrival_ms - still.since_ms;
  if (still.rows < kFreezeRows || stands_ms < kFreezeMs) return;
  if (!still.counted) ++source.freezes;
  still.counted = true;
  source.longest_freeze_ms = std::max(source.longest_freeze_ms, stands_ms);
}

void Statistics::add_to_sample(const SampledRow& row) {
  if (sample_.size() == kMostSampled) {
    for (std::size_t i = 0; 2 * i < sample_.size(); ++i) sample_[i] = sample_[2 * i];
    sample_.resize(kMostSampled / 2);
    stride_ *= 2;
    if (rows_ % stride_ != 0) return;
  }
  sample_.push_back(row);
}

double Statistics::mean_gap_ms() const { return rows_ < 2 ? 0 : gap_mean_; }

double Statistics::gap_cv() const {
  if (rows_ < 2 || gap_mean_ <= 0) return 0;
  return std::sqrt(gap_squares_ / static_cast<double>(rows_ - 1)) / gap_mean_;
}

double Statistics::lag1_log_delay() const {
  if (rows_ < 2) return 0;
  const auto n = static_cast<double>(rows_);
  const double mean = log_sum_ / n;
  const double variance = log_squares_ - n * mean * mean;
  if (variance <= 1e-12 * n) return 0;
  const double last = log_last_ - log_base_;
  // The first one is the base: zero.
  const double covariance = log_products_ - mean * (2 * log_sum_ - last) + (n - 1) * mean * mean;
  return covariance / variance;
}

}  // namespace wrackline::fit
