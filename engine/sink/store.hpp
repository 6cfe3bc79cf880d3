// The two stores a pipeline can end in, as far as duplicates are concerned.
//
//   append  each write adds rows. A repeated write (a retry after a lost answer, a replay after a crash) is
//   seen twice.
//           Files, logs, counters, e-mail: sink type EXT of reference/kafka.md 6.3.
//   upsert  a row replaces the one with the same (job, key, window). A repeated write of the same value
//   changes
//           nothing: type UPS. A *partial* recomputation overwrites a complete row with a smaller one; that
//           is not idempotence but a loss, and the ledger sees it as one.
//
// A write request is atomic: all its rows become visible together. Decides only; the actor around it
// (sink_server.hpp) has the network, the commit latency and the crashes. Not modelled: SQL, schemas, indexes,
// concurrent readers' snapshots.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/sink/row_batch.hpp"

namespace wrackline::sink {

enum class StoreKind : std::uint8_t { append, upsert };

/// Whether each row of an applied batch replaced an earlier one.
struct Applied {
  std::vector<bool> overwrites;
};

class Store {
 public:
  explicit Store(StoreKind kind) : kind_{kind} {}

  StoreKind kind() const { return kind_; }
  Applied apply(const RowBatch& batch);

  std::uint64_t rows_written() const { return rows_written_; }
  std::uint64_t rows_overwritten() const { return rows_overwritten_; }
  /// Rows of windows that ended at or before `end_ms` can not be written again: forgets that they exist.
  void forget_windows_until(std::int64_t end_ms);
  /// Forgets these rows: they can not be written again. Only what makes the primary key is looked at.
  void forget(std::span<const ResultRow> rows);
  std::size_t remembered_rows() const { return used_; }

 private:
  struct Slot {
    std::uint64_t identity = 0;  ///< 0 = free
    std::int64_t window_end_ms = 0;
  };
  bool insert(std::uint64_t identity, std::int64_t window_end_ms);
  template <class Drop>
  void rebuild(std::size_t capacity, Drop&& drop);

  StoreKind kind_;
  std::uint64_t rows_written_ = 0;
  std::uint64_t rows_overwritten_ = 0;
  std::vector<Slot> slots_;
  std::size_t used_ = 0;
};

}  // namespace wrackline::sink
