// Integer log-linear histogram: what every latency and lag is collected in.
//
// Values below 128 are exact; above, each power of two is cut into 128 equal buckets and a value is reported
// as the middle of its bucket, so the error is below 0.4 % (kernel.md §4, "log-linear, 7 bits"). No floating
// point: the same bytes everywhere, and merging is addition, so the order in which a campaign merges can not
// matter.
//
// A percentile alone lies when events never arrive. Every reader prints the number that is *missing* beside
// it; the histogram does not know that number, the ledger does (see LatencyStat).
//
// Not modelled: values below zero are counted in a bucket of their own and reported as 0.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <vector>

namespace wrackline::analysis {

/// A quantile as an exact ratio: 9900 of 10000 is P99.
struct Quantile {
  std::uint32_t per_10000 = 5000;
  friend constexpr auto operator<=>(Quantile, Quantile) = default;
};
inline constexpr Quantile kP50{5000};
inline constexpr Quantile kP95{9500};
inline constexpr Quantile kP99{9900};

class Histogram {
 public:
  static constexpr int kSubBits = 7;
  static constexpr std::uint64_t kSub = std::uint64_t{1} << kSubBits;
  static constexpr std::size_t kBuckets = (64 - kSubBits) * kSub;

  void insert(std::int64_t value) { insert(value, 1); }
  void insert(std::int64_t value, std::uint64_t times) {
    if (value < 0) {
      negative_ += times;
      value = 0;
    }
    if (counts_.empty()) [[unlikely]]
      counts_.resize(kBuckets);
    counts_[bucket_of(static_cast<std::uint64_t>(value))] += times;
    count_ += times;
    sum_ += static_cast<unsigned __int128>(static_cast<std::uint64_t>(value)) * times;
    least_ = std::min(least_, value);
    greatest_ = std::max(greatest_, value);
  }

  void merge(const Histogram& other);

  std::uint64_t count() const { return count_; }
  bool empty() const { return count_ == 0; }
  std::uint64_t negative() const { return negative_; }
  /// Rounded down; 0 when empty.
  std::int64_t mean() const { return count_ == 0 ? 0 : static_cast<std::int64_t>(sum_ / count_); }
  std::optional<std::int64_t> least() const { return empty() ? std::nullopt : std::optional{least_}; }
  std::optional<std::int64_t> greatest() const { return empty() ? std::nullopt : std::optional{greatest_}; }
  /// The value with rank ceil(q * count), as the middle of its bucket, never outside [least, greatest].
  std::optional<std::int64_t> quantile(Quantile q) const;

  /// The buckets in use, for output: (smallest value of the bucket, count), ascending.
  struct Bucket {
    std::int64_t from = 0;
    std::uint64_t count = 0;
    friend bool operator==(const Bucket&, const Bucket&) = default;
  };
  std::vector<Bucket> buckets() const;
  friend bool operator==(const Histogram& a, const Histogram& b);

  static constexpr std::size_t bucket_of(std::uint64_t value) {
    const int shift = std::max(0, 63 - kSubBits - std::countl_zero(value));
    return (static_cast<std::size_t>(shift) << kSubBits) + static_cast<std::size_t>(value >> shift);
  }
  /// Smallest value of a bucket.
  static constexpr std::int64_t floor_of(std::size_t bucket) {
    const std::size_t shift = bucket < 2 * kSub ? 0 : (bucket >> kSubBits) - 1;
    return static_cast<std::int64_t>((bucket - (shift << kSubBits)) << shift);
  }

 private:
  std::vector<std::uint64_t> counts_;  ///< empty until the first value: most kinds of most runs stay unused
  std::uint64_t count_ = 0;
  std::uint64_t negative_ = 0;
  unsigned __int128 sum_ = 0;
  std::int64_t least_ = INT64_MAX;
  std::int64_t greatest_ = 0;
};

/// Latencies with the number of events that should have one and do not.
struct LatencyStat {
  Histogram seen;
  std::uint64_t missing = 0;

  void merge(const LatencyStat& other) {
    seen.merge(other.seen);
    missing += other.missing;
  }
  friend bool operator==(const LatencyStat&, const LatencyStat&) = default;
};

}  // namespace wrackline::analysis
