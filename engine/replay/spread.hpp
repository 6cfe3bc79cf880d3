// How a quantity in milliseconds is spread: count, exact mean, extremes and percentiles, in fixed memory.
//
// A log-linear histogram of integers with seven bits below the leading one, on both sides of zero (delays are
// negative where clocks disagree): values up to 255 are exact, larger ones off by less than 0.4 %. The mean
// is exact. No floating point reaches a bucket, and merging is addition, so results do not depend on how the
// input was cut. A percentile says nothing about what never came: whoever prints one prints the number that
// is missing from it beside it.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace wrackline::replay {

class Spread {
 public:
  static constexpr int kSubBits = 7;

  void insert(std::int64_t value) {
    ++cell_of(value);
    ++count_;
    sum_ += value;
    least_ = std::min(least_, value);
    greatest_ = std::max(greatest_, value);
  }
  /// `times` values near `value` whose sum is known exactly.
  void insert(std::int64_t value, std::uint64_t times, std::int64_t exact_sum);

  void merge(const Spread& other);

  std::uint64_t count() const { return count_; }
  double mean() const;
  std::optional<std::int64_t> least() const;
  std::optional<std::int64_t> greatest() const;
  /// The value of rank ceil(per_10000 / 10000 * count), as the middle of its bucket and within the extremes.
  std::optional<std::int64_t> quantile(std::uint32_t per_10000) const;

  friend bool operator==(const Spread& a, const Spread& b);

 private:
  std::uint64_t& cell_of(std::int64_t value) {
    // A negative value v lies where ~v >= 0 does on the other side.
    const bool negative = value < 0;
    std::vector<std::uint64_t>& side = negative ? below_ : counts_;
    const std::size_t bucket = bucket_of(static_cast<std::uint64_t>(negative ? ~value : value));
    if (bucket >= side.size()) [[unlikely]]
      side.resize((bucket | 127) + 1);
    return side[bucket];
  }
  static std::size_t bucket_of(std::uint64_t size) {
    const int shift = std::max(0, 63 - kSubBits - std::countl_zero(size | 1));
    return (static_cast<std::size_t>(shift) << kSubBits) + static_cast<std::size_t>(size >> shift);
  }
  static std::int64_t middle_of(std::size_t bucket);

  std::vector<std::uint64_t> counts_;  ///< as far as the largest value reaches
  std::vector<std::uint64_t> below_;   ///< of negative ones
  std::uint64_t count_ = 0;
  __extension__ __int128 sum_ = 0;
  std::int64_t least_ = INT64_MAX;
  std::int64_t greatest_ = INT64_MIN;
};

}  // namespace wrackline::replay
