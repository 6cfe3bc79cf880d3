// From a cell to a result: the row that somebody asked to see, and how far the sketches in it are off.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/replay/cells.hpp"
#include "engine/replay/detail_cell.hpp"
#include "engine/replay/row_list.hpp"
#include "engine/replay/window_figures.hpp"

namespace wrackline::replay {

template <class Cell>
inline constexpr bool kDetailed = requires(const Cell& cell) { cell.details; };

class ResultMaker {
 public:
  ResultMaker(const AggregateList& list, RowList& rows);

  template <class Cell>
  Cell blank() const {
    Cell cell;
    if constexpr (kDetailed<Cell>) cell.details = details_.get();
    return cell;
  }
  bool wants_rows() const { return rows_.wants_keys() || rows_.wants_windows(); }
  /// Are there sketches to hold against what they stand for?
  bool compares() const { return !pairs_.empty(); }
  /// Does anybody read what a window of a key says?
  bool reads() const { return wants_rows() || compares(); }

  /// The results of a window and key: notes the errors of sketches.
  template <class Cell>
  void compare(const Cell& cell, WindowFigures& figures) {
    if constexpr (kDetailed<Cell>) {
      if (pairs_.empty()) return;
      read(cell);
      note(results_, figures);
    }
  }
  void note(std::span<const AggregateResult> results, WindowFigures& figures) const;

  template <class Cell>
  void add_row(WindowRow row, const Cell& cell) {
    row.count = cell.count;
    if constexpr (requires { cell.sum; }) {
      row.sum = cell.sum;
      row.least = cell.least;
      row.greatest = cell.greatest;
    }
    if constexpr (kDetailed<Cell>) {
      read(cell);
      rows_.add(row, results_);
    } else {
      rows_.add(row);
    }
  }
  RowList& rows() { return rows_; }

 private:
  void read(const DetailCell& cell);

  std::unique_ptr<const Details> details_;  ///< cells point to it
  std::vector<SketchPair> pairs_;           ///< by place among the detailed ones
  RowList& rows_;
  std::vector<AggregateResult> results_;  // scratch
};

}  // namespace wrackline::replay
