// Which one of n: keys of a skewed key space, weighted choices.
//
//   AliasTable  any weights, one draw and two loads per choice (Walker 1977, Vose 1991); 16 bytes an item
//   Zipf        item k of n (0-based) with weight 1 / (k + 1)^exponent: by alias table up to 65536 items,
//   above by
//               rejection-inversion (Hoermann & Derflinger 1996), which needs no memory at all
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "sim/random.hpp"

namespace wrackline::sim {

class AliasTable {
 public:
  /// Weights: not negative, at least one positive.
  explicit AliasTable(std::span<const double> weights);
  std::uint32_t sample(Stream& stream) const { return pick(stream.next()); }
  /// From 64 random bits: the choice as a pure function of them.
  std::uint32_t pick(std::uint64_t bits) const {
    __extension__ using Product = unsigned __int128;
    const Product product = Product{bits} * cells_.size();
    const Cell& cell = cells_[static_cast<std::size_t>(product >> 64)];
    return static_cast<std::uint64_t>(product) < cell.threshold ? static_cast<std::uint32_t>(product >> 64)
                                                                : cell.other;
  }
  std::size_t size() const { return cells_.size(); }

 private:
  struct Cell {
    std::uint64_t threshold;
    std::uint32_t other;
  };
  std::vector<Cell> cells_;
};

class Zipf {
 public:
  static constexpr std::uint64_t kMostTabulated = 65'536;

  /// count >= 1, exponent >= 0 (0 is uniform).
  Zipf(std::uint64_t count, double exponent);
  std::uint64_t sample(Stream& stream) const { return table_ ? table_->sample(stream) : invert(stream); }
  std::uint64_t count() const { return count_; }
  double exponent() const { return exponent_; }
  /// The probability of item k. Sums over all items: not for hot paths.
  double weight(std::uint64_t k) const;

 private:
  std::uint64_t invert(Stream& stream) const;
  double integral(double x) const;
  double integral_inverse(double y) const;
  double height(double x) const;

  std::uint64_t count_;
  double exponent_;
  double first_ = 0;
  double last_ = 0;
  double shortcut_ = 0;
  std::shared_ptr<const AliasTable> table_;
};

}  // namespace wrackline::sim
