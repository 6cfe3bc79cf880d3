#include "engine/event_time/sketch/t_digest.hpp"

#include <algorithm>
#include <cassert>

namespace wrackline::event_time::sketch {

TDigest::TDigest(double compression)
    : compression_{compression}, buffer_limit_{static_cast<std::size_t>(compression) * 5} {
  assert(compression >= 10);
  buffer_.reserve(buffer_limit_);
}

void TDigest::flush() {
  if (buffer_.empty()) return;
  std::sort(buffer_.begin(), buffer_.end());
  min_ = count_ == 0 ? buffer_.front() : std::min(min_, buffer_.front());
  max_ = count_ == 0 ? buffer_.back() : std::max(max_, buffer_.back());
  merged_.clear();
  std::size_t next = 0;
  for (const Centroid& centroid : centroids_) {
    while (next < buffer_.size() && buffer_[next] < centroid.mean) merged_.push_back({buffer_[next++], 1});
    merged_.push_back(centroid);
  }
  while (next < buffer_.size()) merged_.push_back({buffer_[next++], 1});
  count_ += buffer_.size();
  buffer_.clear();
  compress(merged_);
}

void TDigest::compress(std::vector<Centroid>& sorted) {
  centroids_.clear();
  const auto total = static_cast<double>(count_);
  double before = 0;  // weight left of the centroid that is being built
  Centroid building = sorted.front();
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    const Centroid& next = sorted[i];
    const double joined = building.weight + next.weight;
    const double q = (before + joined / 2) / total;
    if (joined <= 4 * total * q * (1 - q) / compression_) {
      building.mean += (next.mean - building.mean) * next.weight / joined;
      building.weight = joined;
    } else {
      centroids_.push_back(building);
      before += building.weight;
      building = next;
    }
  }
  centroids_.push_back(building);
}

void TDigest::merge(const TDigest& other) {
  flush();
  buffer_.insert(buffer_.end(), other.buffer_.begin(), other.buffer_.end());
  flush();
  if (other.centroids_.empty()) return;
  min_ = count_ == 0 ? other.min_ : std::min(min_, other.min_);
  max_ = count_ == 0 ? other.max_ : std::max(max_, other.max_);
  count_ += other.count_;
  merged_.resize(centroids_.size() + other.centroids_.size());
  std::merge(centroids_.begin(), centroids_.end(), other.centroids_.begin(), other.centroids_.end(),
             merged_.begin(), [](const Centroid& a, const Centroid& b) { return a.mean < b.mean; });
  compress(merged_);
}

void TDigest::clear() {
  centroids_.clear();
  buffer_.clear();
  count_ = 0;
}

std::size_t TDigest::centroids() {
  flush();
  return centroids_.size();
}

double TDigest::quantile(double p) {
  flush();
  assert(count_ > 0);
  const double target = p * static_cast<double>(count_);
  // A centroid's mean stands at the middle of its weight; the extremes stand at the ends.
  double left_at = 0;
  double left = min_;
  double before = 0;
  for (const Centroid& centroid : centroids_) {
    const double at = before + centroid.weight / 2;
    if (target < at) return left + (centroid.mean - left) * (target - left_at) / (at - left_at);
    left_at = at;
    left = centroid.mean;
    before += centroid.weight;
  }
  const double end = static_cast<double>(count_);
  if (target >= end || end == left_at) return max_;
  return left + (max_ - left) * (target - left_at) / (end - left_at);
}

}  // namespace wrackline::event_time::sketch
