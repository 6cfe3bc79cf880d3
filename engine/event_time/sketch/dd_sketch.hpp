// DDSketch: quantiles of positive values within a relative error alpha, in bins of geometric width.
//
// Modelled, after the published definition (Masson, Rim, Lee, VLDB 2019): gamma = (1 + alpha) / (1 - alpha),
// value v > 0 falls into bin i = ceil(log_gamma v), which answers 2 gamma^i / (gamma + 1); zeros are counted
// apart; beyond `max_bins` the lowest bins are collapsed into one, so that high quantiles keep the guarantee;
// two sketches of one alpha merge exactly. Values are whole milliseconds, negative ones count as zero. Not
// modelled: collapsing from the top, sparse stores.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace wrackline::event_time::sketch {

class DDSketch {
 public:
  /// 0 < alpha < 1, max_bins >= 1.
  DDSketch(double alpha, std::size_t max_bins);

  void add(std::int64_t value);
  /// The other sketch must have the same parameters.
  void merge(const DDSketch& other);
  void clear();

  std::uint64_t count() const { return zeros_ + binned_; }
  /// The value at rank ceil(p * count), within alpha of the exact one unless its bin was collapsed;
  /// count() > 0.
  double quantile(double p) const;
  /// What quantile() would say after merge(other), without merging; count() + other.count() > 0.
  double quantile_with(const DDSketch& other, double p) const;
  double alpha() const { return alpha_; }
  /// Bins in use, from the lowest to the highest that holds a value.
  std::size_t bins() const { return counts_.size(); }
  bool collapsed() const { return collapsed_; }
  std::size_t bytes() const { return counts_.capacity() * sizeof(std::uint64_t); }

 private:
  std::int32_t bin_of(std::int64_t value) const;
  double value_of(std::int32_t bin) const;
  std::int32_t end() const { return lowest_ + static_cast<std::int32_t>(counts_.size()); }
  std::uint64_t at(std::int32_t bin) const {
    return bin >= lowest_ && bin < end() ? counts_[static_cast<std::size_t>(bin - lowest_)] : 0;
  }
  void add_bin(std::int32_t bin, std::uint64_t count);

  double alpha_;
  double log_gamma_;
  std::size_t max_bins_;
  std::int32_t lowest_ = 0;  ///< the bin of counts_[0]
  std::vector<std::uint64_t> counts_;
  std::uint64_t zeros_ = 0;
  std::uint64_t binned_ = 0;
  bool collapsed_ = false;
};

}  // namespace wrackline::event_time::sketch
