// One pass over a trace, chunk by chunk: what is counted exactly, and a sample of the rows for what needs
// them.
//
// Exact, whatever the length: rows, negative delays, smallest and largest delay, gaps between arrivals,
// disorder (science.md 6.4: behind if the event time is below the largest one of earlier rows), the lag-1
// autocorrelation of log delay (delays below 1 ms count as 1 ms), and per source (the first 65,536) rows,
// negative delays, standstills of the event time. The sample is all rows up to 2^20, then every second,
// fourth, ... in order; quantiles, laws and clock regressions are taken from it. Rows that repeat source and
// event time (and value) of one seen lately are counted by a table of 2^16 places: of a long trace, at least
// so many.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace wrackline::fit {

/// Rows in order of arrival; `value` may be empty.
struct Columns {
  std::span<const std::int64_t> event_ms;
  std::span<const std::int64_t> arrival_ms;
  std::span<const std::uint32_t> key;
  std::span<const std::int64_t> value = {};
};

struct SampledRow {
  std::int64_t arrival_ms = 0;
  std::int64_t event_ms = 0;
  std::uint32_t key = 0;
  std::int64_t delay_ms() const { return arrival_ms - event_ms; }
};

struct SourceCounts {
  std::uint64_t rows = 0;
  std::uint64_t negative = 0;
  std::uint64_t behind = 0;  ///< below the largest event time of the same source
  std::uint64_t repeats = 0;
  std::int64_t smallest_delay_ms = 0;
  std::int64_t largest_delay_ms = 0;
  std::uint64_t freezes = 0;  ///< runs of one event time over five rows and ten seconds of arrivals, or more
  std::int64_t longest_freeze_ms = 0;
};

class Statistics {
 public:
  static constexpr std::size_t kMostSampled = std::size_t{1} << 20;
  static constexpr std::size_t kMostSources = std::size_t{1} << 16;

  void add(const Columns& columns);

  std::uint64_t rows() const { return rows_; }
  std::uint64_t negative() const { return negative_; }
  std::uint64_t behind() const { return behind_; }
  std::int64_t largest_lateness_ms() const { return largest_lateness_ms_; }
  std::int64_t smallest_delay_ms() const { return smallest_delay_ms_; }
  std::int64_t largest_delay_ms() const { return largest_delay_ms_; }
  std::int64_t first_arrival_ms() const { return first_arrival_ms_; }
  std::int64_t last_arrival_ms() const { return last_arrival_ms_; }
  std::uint64_t repeats() const { return repeats_; }
  /// Of the gaps between arrivals; 0 with less than two rows.
  double mean_gap_ms() const;
  double gap_cv() const;
  /// 0 where the delays do not vary.
  double lag1_log_delay() const;

  const std::vector<SampledRow>& sample() const { return sample_; }
  /// One row in so many is in the sample.
  std::uint64_t stride() const { return stride_; }
  /// By key number; the keys beyond the first 65,536 are not followed.
  const std::vector<SourceCounts>& sources() const { return sources_; }

 private:
  struct Standstill {
    std::int64_t event_ms = 0;
    std::int64_t since_ms = 0;
    std::int64_t largest_event_ms = 0;
    std::uint64_t rows = 0;
    bool counted = false;  ///< as a freeze
  };

  void add_row(std::int64_t event_ms, std::int64_t arrival_ms, std::uint32_t key, std::int64_t value);
  void add_to_source(std::int64_t event_ms, std::int64_t arrival_ms, std::uint32_t key, bool repeats);
  void add_to_sample(const SampledRow& row);

  std::uint64_t rows_ = 0;
  std::uint64_t negative_ = 0;
  std::uint64_t behind_ = 0;
  std::uint64_t repeats_ = 0;
  std::int64_t largest_event_ms_ = 0;
  std::int64_t largest_lateness_ms_ = 0;
  std::int64_t smallest_delay_ms_ = 0;
  std::int64_t largest_delay_ms_ = 0;
  std::int64_t first_arrival_ms_ = 0;
  std::int64_t last_arrival_ms_ = 0;

  double gap_mean_ = 0;  // Welford's recurrence
  double gap_squares_ = 0;

  // Sums of log delay against the first one, so that large values do not cancel.
  double log_base_ = 0;
  double log_last_ = 0;
  double log_sum_ = 0;
  double log_squares_ = 0;
  double log_products_ = 0;
  std::int64_t logged_delay_ms_ = -1;  ///< neighbours are often alike
  double logged_ = 0;

  std::vector<SampledRow> sample_;
  std::uint64_t stride_ = 1;
  std::vector<SourceCounts> sources_;
  std::vector<Standstill> standstills_;
  std::vector<std::uint64_t> lately_;
};

}  // namespace wrackline::fit
