// The event times of records that wait for their first result, in memory that does not grow with their
// number.
//
// Up to kExact times are kept as they are; beyond, in kCells equal cells over the span they cover, whose
// width is a power of two that doubles when the span outgrows them. When the result comes, every record's
// latency is (moment of the result - its event time); the sum stays exact, a single value is off by at most
// half a cell, which is less than 1/256 of the span. For a tumbling window of 5 s that is 20 ms.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/replay/spread.hpp"

namespace wrackline::replay {

class TimeBag {
 public:
  static constexpr std::size_t kExact = 128;
  static constexpr std::size_t kCells = 256;

  bool empty() const { return count_ == 0; }
  std::uint64_t count() const { return count_; }

  void add(std::int64_t time_ms) {
    sum_ += time_ms - origin_;
    ++count_;
    if (exact_) {
      if (times_.size() < kExact) {
        times_.push_back(time_ms);
        return;
      }
      go_coarse();
    }
    auto cell = static_cast<std::uint64_t>((time_ms >> shift_) - base_);
    if (cell >= kCells) [[unlikely]]
      cell = stretch(time_ms);
    ++cells_[cell];
  }
  /// Everything in `other` moves here; it is left empty.
  void take(TimeBag& other);
  /// The records' result came at `now_ms`: their latencies go to `into`, the bag is empty again.
  void release(std::int64_t now_ms, Spread& into);
  /// Empty, for times near `origin_ms` (sums are kept relative to it).
  void reset(std::int64_t origin_ms);

 private:
  void go_coarse();
  void add_coarse(std::int64_t time_ms, std::uint32_t times);
  std::uint64_t stretch(std::int64_t time_ms);

  bool exact_ = true;
  int shift_ = 0;
  std::int64_t base_ = 0;  ///< the first cell is that of times t with t >> shift_ == base_
  std::int64_t origin_ = 0;
  std::int64_t sum_ = 0;  ///< of (time - origin_)
  std::uint64_t count_ = 0;
  std::vector<std::int64_t> times_;
  std::vector<std::uint32_t> cells_;
};

}  // namespace wrackline::replay
