// ADWIN: a window of values that drops its older part as soon as that part's mean differs from the newer
// one's.
//
// Modelled, after the published definition (Bifet, Gavalda 2007, ADWIN2): an exponential histogram, rows of
// at most five buckets of 1, 2, 4, ... values; every `check_every` values each border between buckets is
// tried, oldest first, and the old part n0 against the new part n1 is cut while
//   |m0 - m1| > sqrt(2/m * var * ln(2/d')) + 2/(3m) * ln(2/d'),   1/m = 1/n0 + 1/n1,   d' = delta / ln(n).
// The formula is meant for values between 0 and 1. Memory O(log n). Not modelled: sub-windows shorter than
// kShortest values (the published implementations skip them too).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace wrackline::event_time::sketch {

class Adwin {
 public:
  static constexpr std::size_t kBucketsPerRow = 5;
  static constexpr std::uint64_t kShortest = 5;

  /// 0 < delta <= 1, check_every >= 1.
  explicit Adwin(double delta, std::uint32_t check_every = 32);

  /// True if the window was cut: a change. `payload` rides along: its mean and variance over the window that
  /// survives can be asked for, but it does not decide.
  bool add(double value, double payload = 0);
  void set_delta(double delta) { delta_ = delta; }
  double delta() const { return delta_; }

  std::uint64_t size() const { return size_; }
  double mean() const { return size_ == 0 ? 0 : value_.sum / static_cast<double>(size_); }
  /// Of the window, population variance.
  double variance() const { return size_ == 0 ? 0 : value_.square / static_cast<double>(size_); }
  double payload_mean() const { return size_ == 0 ? 0 : payload_.sum / static_cast<double>(size_); }
  double payload_variance() const { return size_ == 0 ? 0 : payload_.square / static_cast<double>(size_); }
  std::size_t buckets() const;
  std::size_t bytes() const { return rows_.capacity() * sizeof(Row); }

 private:
  struct Moments {
    double sum = 0;
    double square = 0;  ///< sum of squared distances from the mean

    void add(double value, double n_before);
    /// What n1 values say after the n0 of `part` were taken out of them.
    void take_out(const Moments& part, double n0, double n1);
  };
  struct Bucket {
    Moments value;
    Moments payload;
  };
  struct Row {  ///< buckets of 2^row values, the oldest first
    Bucket buckets[kBucketsPerRow + 1];
    std::size_t used = 0;
  };
  void compress();
  bool cut_if_changed();
  void drop_oldest();

  double delta_;
  std::uint32_t check_every_;
  std::uint64_t ticks_ = 0;
  std::uint64_t size_ = 0;
  Moments value_;
  Moments payload_;
  std::vector<Row> rows_;
};

}  // namespace wrackline::event_time::sketch
