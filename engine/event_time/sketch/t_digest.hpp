// t-digest: quantiles from a few hundred centroids that are small near the ends of the distribution.
//
// Modelled, after the published definition (Dunning, Ertl 2014/2019, merging variant): values wait in a
// buffer, are sorted and merged into the centroids from left to right; neighbours join as long as the weight
// stays within 4 n q (1 - q) / compression, q taken at the middle of the joined centroid, and a single value
// always has room. That bound gives the rank error q (1 - q) * O(1 / compression): a percent of a percent at
// the tails. Between centroids the answer is interpolated; the smallest and the largest value are kept
// exactly. Only + - * /, so the same bytes on every machine. Not modelled: scale functions with logarithms,
// weighted values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace wrackline::event_time::sketch {

class TDigest {
 public:
  /// compression >= 10.
  explicit TDigest(double compression);

  void add(std::int64_t value) {
    buffer_.push_back(static_cast<double>(value));
    if (buffer_.size() >= buffer_limit_) flush();
  }
  void merge(const TDigest& other);
  void clear();

  std::uint64_t count() const { return count_ + buffer_.size(); }
  /// count() > 0. Flushes the buffer.
  double quantile(double p);
  std::size_t centroids();
  std::size_t bytes() const {
    return (centroids_.capacity() + merged_.capacity()) * sizeof(Centroid) +
           buffer_.capacity() * sizeof(double);
  }

 private:
  struct Centroid {
    double mean = 0;
    double weight = 0;
  };
  void flush();
  void compress(std::vector<Centroid>& sorted);

  double compression_;
  std::size_t buffer_limit_;
  std::uint64_t count_ = 0;  ///< in the centroids
  double min_ = 0;
  double max_ = 0;
  std::vector<Centroid> centroids_;
  std::vector<double> buffer_;
  std::vector<Centroid> merged_;  // scratch
};

}  // namespace wrackline::event_time::sketch
