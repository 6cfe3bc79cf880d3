#include "analysis/histogram.hpp"

namespace wrackline::analysis {

void Histogram::merge(const Histogram& other) {
  if (other.empty()) return;
  if (counts_.empty()) {
    *this = other;
    return;
  }
  for (std::size_t i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  negative_ += other.negative_;
  sum_ += other.sum_;
  least_ = std::min(least_, other.least_);
  greatest_ = std::max(greatest_, other.greatest_);
}

std::optional<std::int64_t> Histogram::quantile(Quantile q) const {
  if (empty()) return std::nullopt;
  const auto scaled = static_cast<unsigned __int128>(count_) * q.per_10000;
  const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>((scaled + 9999) / 10000));
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    below += counts_[i];
    if (below < rank) continue;
    const std::int64_t from = floor_of(i);
    const std::int64_t width = i + 1 < kBuckets ? floor_of(i + 1) - from : 1;
    return std::clamp(from + width / 2, least_, greatest_);
  }
  return greatest_;
}

std::vector<Histogram::Bucket> Histogram::buckets() const {
  std::vector<Bucket> used;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] != 0) used.push_back({floor_of(i), counts_[i]});
  }
  return used;
}

bool operator==(const Histogram& a, const Histogram& b) {
  if (a.count_ != b.count_) return false;
  return a.empty() || (a.negative_ == b.negative_ && a.sum_ == b.sum_ && a.least_ == b.least_ &&
                       a.greatest_ == b.greatest_ && a.counts_ == b.counts_);
}

}  // namespace wrackline::analysis
