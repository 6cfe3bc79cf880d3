// W17 perfect: the watermark that someone who has seen the whole trace would give, W = min{ e_j : j arrives
// later } - 1. Nothing is ever behind, and no watermark that drops nothing is ahead of it: the bound for all
// others.
//
// Two passes: the columns of a partition (or of the merged trace) go in beforehand, then the same records in
// the same order. Rows that arrive at the same instant count in the order of the rows. After the last row it
// is kMaxTimestamp. Needs the trace, so make() has no generator for it and a running pipeline can not use it.
#pragma once

#include <span>
#include <vector>

#include "engine/event_time/strategy/strategy.hpp"

namespace wrackline::event_time::strategy {

class Perfect final : public Generator {
 public:
  /// Event times in order of arrival.
  explicit Perfect(std::span<const TimestampMs> event_ms);

  /// Asserts that the records come as announced.
  void on_record(const Observation& seen) override;
  std::size_t state_bytes() const override { return least_later_.capacity() * sizeof(TimestampMs); }

 private:
  std::vector<TimestampMs> least_later_;  ///< by row: the least event time of the rows behind it
  std::size_t next_ = 0;
};

}  // namespace wrackline::event_time::strategy
