// Where slices lie and which windows share them: one arithmetic for tumbling, hopping and cumulating windows.
//
// A slice is what lies between two neighbouring window borders (stream slicing: Cutty, Scotty; Flink's SQL
// slice assigners), so a record updates one slice however many windows it belongs to. The ends of the windows
// over a slice are first, first + step, ..., last; both ends rise with the start of the slice, which is what
// makes firing and cleanup work on a prefix of the slices.
#pragma once

#include <cstdint>
#include <numeric>

#include "engine/event_time/timestamp.hpp"
#include "engine/replay/window_spec.hpp"

namespace wrackline::replay {

class SliceLayout {
 public:
  /// Needs tumbling, hopping or cumulating windows without problems().
  explicit SliceLayout(const WindowSpec& window)
      : kind_{window.kind},
        size_{window.size_ms},
        step_{window.step_ms},
        offset_{window.offset_ms},
        slice_{window.kind == WindowKind::hopping ? std::gcd(window.size_ms, window.step_ms)
                                                  : window.step_ms},
        per_ms_{1.0 / static_cast<double>(slice_)} {}

  std::int64_t slice_ms() const { return slice_; }
  std::int64_t step_ms() const { return step_; }

  /// The number of the slice of a time: floor((t - offset) / slice), without a division. |t| is below 2^49,
  /// so the product is off by less than one and the loops mend it.
  std::int64_t number_of(std::int64_t time_ms) const {
    const std::int64_t into = time_ms - offset_;
    auto number = static_cast<std::int64_t>(static_cast<double>(into) * per_ms_);
    while (number * slice_ > into) --number;
    while (into - number * slice_ >= slice_) ++number;
    return number;
  }
  std::int64_t start_of(std::int64_t number) const { return number * slice_ + offset_; }

  struct Ends {
    std::int64_t first = 0;
    std::int64_t last = 0;
    bool none = false;  ///< the slice lies in a gap between windows

    std::int64_t count(std::int64_t step) const { return (last - first) / step + 1; }
    /// How many of them are at most `limit`.
    std::int64_t up_to(std::int64_t limit, std::int64_t step) const {
      if (limit < first) return 0;
      return limit >= last ? count(step) : (limit - first) / step + 1;
    }
  };
  Ends ends_over(std::int64_t slice_start) const {
    Ends ends;
    switch (kind_) {
      case WindowKind::hopping: {
        ends.last = event_time::floor_to(slice_start, step_, offset_) + size_;
        ends.none = ends.last <= slice_start;
        if (!ends.none) ends.first = ends.last - (ends.last - slice_start - 1) / step_ * step_;
        break;
      }
      case WindowKind::cumulate:
        ends.first = slice_start + step_;
        ends.last = event_time::floor_to(slice_start, size_, offset_) + size_;
        break;
      case WindowKind::tumbling:
      default:
        ends.first = ends.last = slice_start + size_;
        break;
    }
    return ends;
  }
  std::int64_t window_start(std::int64_t end) const {
    return kind_ == WindowKind::cumulate ? event_time::floor_to(end - 1, size_, offset_) : end - size_;
  }

 private:
  WindowKind kind_;
  std::int64_t size_;
  std::int64_t step_;
  std::int64_t offset_;
  std::int64_t slice_;
  double per_ms_;
};

}  // namespace wrackline::replay
