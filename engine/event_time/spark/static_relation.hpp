// The static side of a stream-static join: what a running query sees when the side is changed beneath it.
//
// Fixed values never change. A directory of files is listed when the query is planned: files added later are
// not seen, files rewritten in place are. A catalog table shows the first insert of the same session to the
// next batch (its listing is read once more), later ones not; a second overwrite removes files the query
// still lists, and the next batch fails (surprise 13). A restarted query is a new plan and sees what is
// there. No state and no watermark: every batch joins with what it sees then, so a batch that is run again
// may give another result.
#pragma once

#include <cstdint>

#include "engine/event_time/spark/row.hpp"

namespace wrackline::event_time::spark {

class StaticRelation {
 public:
  enum class Kind : std::uint8_t { values, files, catalog_table };
  enum class Write : std::uint8_t { append, overwrite, overwrite_in_place };

  StaticRelation(Kind kind, const RowBatch& rows) : kind_{kind}, current_{rows}, listed_{rows} {}

  void write(Write how, const RowBatch& rows);
  /// The query is planned (started, or started again).
  void plan();

  const RowBatch& visible() const { return listed_; }
  /// The files that the query lists are gone.
  bool lost() const { return lost_; }

 private:
  Kind kind_;
  RowBatch current_;
  RowBatch listed_;
  bool refreshed_ = false;
  bool lost_ = false;
};

}  // namespace wrackline::event_time::spark
