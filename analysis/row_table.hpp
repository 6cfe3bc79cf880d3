// The rows of windows as a reader of the sink sees them now: which (key, window) pairs have one, which pane
// it is, and, where rows can replace each other, which records stand in it.
//
// Windows are few and retire whole; a window's memory is reused by a later one. Rows that are final need not
// be kept: the caller retires their windows.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "sim/event_id.hpp"

namespace wrackline::analysis {

struct VisibleRow {
  std::uint32_t key = 0;
  std::uint32_t pane = 0;
  std::uint32_t first = 0;     ///< contributions kept: position in the window's list
  std::uint32_t records = 0;   ///< and how many
  std::uint32_t repeated = 0;  ///< how many of them stand in this very row already
};

class WindowRows {
 public:
  void open(std::int64_t start_ms, std::int64_t end_ms);
  std::int64_t start_ms() const { return start_ms_; }
  std::int64_t end_ms() const { return end_ms_; }
  std::size_t size() const { return rows_.size(); }

  /// Null if the key has no row. Valid until the next insert.
  VisibleRow* find(std::uint32_t key);
  std::pair<VisibleRow*, bool> find_or_insert(std::uint32_t key);
  std::span<const VisibleRow> rows() const { return rows_; }

  std::span<const sim::EventId> records_of(const VisibleRow& row) const {
    return std::span{kept_}.subspan(row.first, row.records);
  }
  void keep(VisibleRow& row, std::span<const sim::EventId> records);
  std::size_t bytes() const {
    return kept_.capacity() * 8 + rows_.capacity() * sizeof(VisibleRow) + slots_.capacity() * 4;
  }

 private:
  static constexpr std::uint32_t kFree = 0xffffffffU;
  std::size_t slot_of(std::uint32_t key) const;
  void grow();

  std::int64_t start_ms_ = 0;
  std::int64_t end_ms_ = 0;
  std::vector<VisibleRow> rows_;
  std::vector<std::uint32_t> slots_;  ///< open addressing by key: index of the row
  std::vector<sim::EventId> kept_;
  std::uint64_t superseded_ = 0;  ///< entries of kept_ that no row points at any more
};

class RowTable {
 public:
  /// Null if the window has no rows, or has been retired.
  WindowRows* find(std::int64_t start_ms);
  WindowRows& find_or_open(std::int64_t start_ms, std::int64_t end_ms);
  /// Drops every window that ended at or before `end_ms`.
  void retire(std::int64_t end_ms);
  bool retired(std::int64_t end_ms) const { return end_ms <= retired_until_ms_; }
  std::size_t bytes() const;

  RowTable() = default;
  RowTable(const RowTable&) = delete;
  RowTable& operator=(const RowTable&) = delete;
  ~RowTable();

 private:
  std::vector<WindowRows*> windows_;  ///< by start
  std::vector<WindowRows*> spare_;
  WindowRows* last_ = nullptr;
  std::int64_t retired_until_ms_ = INT64_MIN;
};

}  // namespace wrackline::analysis
