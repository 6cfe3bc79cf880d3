// What a job writes out: rows of results, in a batch that is made once and then shared by the write request,
// its retries and the store. The contributing records of all rows stand in one column, so a row costs no
// allocation.
//
// A row without a window (a stateless job) has window_start_ms = kNoWindow and exactly one contribution; a
// row of a join has one or two, the left one first, and may have a window.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "sim/event_id.hpp"

namespace wrackline::sink {

inline constexpr std::int64_t kNoWindow = std::numeric_limits<std::int64_t>::min();

struct ResultRow {
  std::uint32_t job = 0;
  std::uint32_t key = 0;
  std::int64_t window_start_ms = kNoWindow;
  std::int64_t window_end_ms = 0;
  std::uint32_t pane = 0;      ///< 0 = on time, counted up by late firings
  std::int64_t value = 0;      ///< the aggregate
  std::uint64_t digest = 0;    ///< wrapping sum of sim::mix(id) over the contributions
  std::uint64_t identity = 0;  ///< of a join's row: what its primary key has beside job, key and window
  bool retracts = false;       ///< takes back the row with the same job, key, window and pane
  std::uint32_t first_contribution = 0;
  std::uint32_t contributions = 0;
};

struct RowBatch {
  std::vector<ResultRow> rows;
  std::vector<sim::EventId> contributions;

  std::span<const sim::EventId> contributions_of(const ResultRow& row) const {
    return std::span{contributions}.subspan(row.first_contribution, row.contributions);
  }
  bool empty() const { return rows.empty(); }
  void clear() {
    rows.clear();
    contributions.clear();
  }
};

}  // namespace wrackline::sink
