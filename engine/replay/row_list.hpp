// The window results that somebody asked to see, up to a stated number; the others are counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "engine/replay/aggregates.hpp"
#include "engine/replay/window_figures.hpp"

namespace wrackline::replay {

enum class RowsOf : std::uint8_t {
  nothing,
  windows,  ///< a row a pane of a window, over all its keys
  keys,     ///< a row a pane of a window and key
};

class RowList {
 public:
  RowList(RowsOf what, std::size_t most) : what_{most == 0 ? RowsOf::nothing : what}, most_{most} {}

  bool wants_windows() const { return what_ == RowsOf::windows; }
  bool wants_keys() const { return what_ == RowsOf::keys; }
  /// `results` of the detailed aggregates, as many for each row.
  void add(const WindowRow& row, std::span<const AggregateResult> results = {}) {
    if (rows_.size() < most_) {
      rows_.push_back(row);
      results_.insert(results_.end(), results.begin(), results.end());
    } else {
      ++left_out_;
    }
  }
  std::uint64_t left_out() const { return left_out_; }
  std::vector<WindowRow> take() { return std::exchange(rows_, {}); }
  /// Row by row.
  std::vector<AggregateResult> take_results() { return std::exchange(results_, {}); }

 private:
  RowsOf what_;
  std::size_t most_;
  std::vector<WindowRow> rows_;
  std::vector<AggregateResult> results_;
  std::uint64_t left_out_ = 0;
};

}  // namespace wrackline::replay
