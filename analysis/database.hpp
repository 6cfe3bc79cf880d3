// A run as tables: `wrackline run --db FILE`. SQLite, so that the classic duplicate and loss queries
// (spark_hudi.md §6, written out in docs/sql.md) are plain SQL.
//
// Several runs share one file. A file that is not ours is refused, never overwritten; a run that is there
// already is replaced. Everything is written in one transaction: an interrupted write leaves the file as it
// was.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "analysis/recording.hpp"
#include "analysis/run_result.hpp"

struct sqlite3;

namespace wrackline::analysis {

/// The file can not be opened or written, or belongs to somebody else. what() says it in a sentence.
class DatabaseError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Database {
 public:
  /// Opens or creates. Throws DatabaseError.
  explicit Database(const std::string& file);

  /// One run, or the merged runs of a cell; the recording (of a single run) may be missing, its tables then
  /// stay empty for it. Throws DatabaseError.
  void write(const RunResult& result, const Recording* recording);

  /// The statements that make the tables and views, for the documentation.
  static std::string_view schema();

 private:
  struct Close {
    void operator()(sqlite3* db) const;
  };
  std::unique_ptr<sqlite3, Close> db_;
};

}  // namespace wrackline::analysis
