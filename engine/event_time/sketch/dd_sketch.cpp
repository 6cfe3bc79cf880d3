#include "engine/event_time/sketch/dd_sketch.hpp"

#include <algorithm>
#include <cassert>

#include "engine/event_time/sketch/rank.hpp"
#include "sim/math.hpp"

namespace wrackline::event_time::sketch {

DDSketch::DDSketch(double alpha, std::size_t max_bins)
    : alpha_{alpha}, log_gamma_{sim::math::log((1 + alpha) / (1 - alpha))}, max_bins_{max_bins} {
  assert(alpha > 0 && alpha < 1 && max_bins >= 1);
}

std::int32_t DDSketch::bin_of(std::int64_t value) const {
  const double exact = sim::math::log(static_cast<double>(value)) / log_gamma_;
  auto bin = static_cast<std::int32_t>(exact);
  return static_cast<double>(bin) < exact ? bin + 1 : bin;
}

double DDSketch::value_of(std::int32_t bin) const {
  const double gamma = (1 + alpha_) / (1 - alpha_);
  return 2 * sim::math::exp(static_cast<double>(bin) * log_gamma_) / (gamma + 1);
}

void DDSketch::add(std::int64_t value) {
  if (value <= 0) {
    ++zeros_;
  } else {
    add_bin(bin_of(value), 1);
  }
}

void DDSketch::add_bin(std::int32_t bin, std::uint64_t count) {
  binned_ += count;
  if (counts_.empty()) {
    lowest_ = bin;
    counts_.push_back(count);
    return;
  }
  const std::int32_t highest = lowest_ + static_cast<std::int32_t>(counts_.size()) - 1;
  const auto most = static_cast<std::int32_t>(max_bins_);
  if (bin > highest) {
    counts_.resize(static_cast<std::size_t>(bin - lowest_) + 1, 0);
    if (bin - lowest_ >= most) {
      const std::int32_t keep_from = bin - most + 1;
      const auto fold = counts_.begin() + (keep_from - lowest_);
      std::uint64_t folded = 0;
      for (auto at = counts_.begin(); at != fold; ++at) folded += *at;
      counts_.erase(counts_.begin(), fold);
      counts_.front() += folded;
      lowest_ = keep_from;
      collapsed_ = true;
    }
  } else if (bin < lowest_) {
    const std::int32_t reach = std::max(bin, highest - most + 1);
    if (reach > bin) collapsed_ = true;
    if (reach < lowest_) {
      counts_.insert(counts_.begin(), static_cast<std::size_t>(lowest_ - reach), 0);
      lowest_ = reach;
    }
    bin = reach;
  }
  counts_[static_cast<std::size_t>(bin - lowest_)] += count;
}

void DDSketch::merge(const DDSketch& other) {
  assert(alpha_ == other.alpha_ && max_bins_ == other.max_bins_);
  zeros_ += other.zeros_;
  collapsed_ = collapsed_ || other.collapsed_;
  for (std::size_t i = other.counts_.size(); i-- > 0;) {
    if (other.counts_[i] > 0) add_bin(other.lowest_ + static_cast<std::int32_t>(i), other.counts_[i]);
  }
}

void DDSketch::clear() {
  counts_.clear();
  zeros_ = binned_ = 0;
  collapsed_ = false;
}

double DDSketch::quantile(double p) const {
  assert(count() > 0);
  // From the top: the quantiles that are asked for lie there.
  std::uint64_t above = count() - rank_of(p, count());
  for (std::size_t i = counts_.size(); i-- > 0;) {
    if (counts_[i] > above) return value_of(lowest_ + static_cast<std::int32_t>(i));
    above -= counts_[i];
  }
  return 0;
}

double DDSketch::quantile_with(const DDSketch& other, double p) const {
  assert(alpha_ == other.alpha_ && count() + other.count() > 0);
  if (counts_.empty() && other.counts_.empty()) return 0;
  std::uint64_t above = count() + other.count() - rank_of(p, count() + other.count());
  const auto top = [](const DDSketch& a) { return a.counts_.empty() ? INT32_MIN : a.end(); };
  const auto bottom = [](const DDSketch& a) { return a.counts_.empty() ? INT32_MAX : a.lowest_; };
  const std::int32_t lowest = std::min(bottom(*this), bottom(other));
  for (std::int32_t bin = std::max(top(*this), top(other)) - 1; bin >= lowest; --bin) {
    const std::uint64_t here = at(bin) + other.at(bin);
    if (here > above) return value_of(bin);
    above -= here;
  }
  return 0;
}

}  // namespace wrackline::event_time::sketch
