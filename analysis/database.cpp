#include "analysis/database.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <optional>

#include "analysis/metrics.hpp"

namespace wrackline::analysis {

namespace {

constexpr int kApplicationId = 0x77726b6c;  // "wrkl"
constexpr int kVersion = 1;

[[noreturn]] void fail(sqlite3* db, const std::string& doing) {
  throw DatabaseError(doing + ": " + (db == nullptr ? "out of memory" : sqlite3_errmsg(db)));
}

void execute(sqlite3* db, const std::string& sql, const std::string& doing) {
  if (sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) fail(db, doing);
}

/// A prepared statement that is bound and run once per row.
class Statement {
 public:
  Statement(sqlite3* db, std::string_view sql) : db_{db} {
    if (sqlite3_prepare_v2(db, sql.data(), static_cast<int>(sql.size()), &statement_, nullptr) != SQLITE_OK) {
      fail(db, "preparing a statement");
    }
  }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement() { sqlite3_finalize(statement_); }

  template <class... Values>
  void run(const Values&... values) {
    int at = 0;
    (bind(++at, values), ...);
    const int code = sqlite3_step(statement_);
    if (code != SQLITE_DONE && code != SQLITE_ROW) fail(db_, "writing a row");
    first_ = code == SQLITE_ROW ? std::optional{sqlite3_column_int64(statement_, 0)} : std::nullopt;
    sqlite3_reset(statement_);
  }
  /// First column of the first row of the last run.
  std::optional<std::int64_t> first() const { return first_; }

 private:
  void bind(int at, std::int64_t value) { check(sqlite3_bind_int64(statement_, at, value)); }
  void bind(int at, std::uint64_t value) { bind(at, static_cast<std::int64_t>(value)); }
  void bind(int at, int value) { bind(at, std::int64_t{value}); }
  void bind(int at, std::uint32_t value) { bind(at, std::int64_t{value}); }
  void bind(int at, std::uint16_t value) { bind(at, std::int64_t{value}); }
  void bind(int at, std::nullopt_t) { check(sqlite3_bind_null(statement_, at)); }
  void bind(int at, const std::optional<std::int64_t>& value) {
    value ? bind(at, *value) : bind(at, std::nullopt);
  }
  void bind(int at, const std::optional<std::string_view>& value) {
    value ? bind(at, *value) : bind(at, std::nullopt);
  }
  void bind(int at, std::string_view value) {
    check(sqlite3_bind_text(statement_, at, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT));
  }
  void bind(int at, const std::string& value) { bind(at, std::string_view{value}); }
  void check(int code) {
    if (code != SQLITE_OK) fail(db_, "binding a value");
  }

  sqlite3* db_;
  sqlite3_stmt* statement_ = nullptr;
  std::optional<std::int64_t> first_;
};

std::optional<std::int64_t> time_or_null(std::int64_t ns) {
  return ns == kNotYet ? std::nullopt : std::optional{ns};
}

std::uint32_t hash32(sim::EventId id) { return static_cast<std::uint32_t>(sim::mix(id) >> 32); }

std::string_view told_name(sim::Told told) {
  constexpr std::string_view kNames[] = {"acknowledged", "failed", "outcome_unknown", "fire_and_forget"};
  return kNames[static_cast<std::size_t>(told)];
}

std::int64_t write_run(sqlite3* db, const RunResult& result) {
  const SeedOutcome first = result.seeds.empty() ? SeedOutcome{} : result.seeds.front();
  Statement known{db, "SELECT run FROM runs WHERE run_id = ?1 AND job = ?2"};
  known.run(first.run_id, result.job);
  if (known.first()) {
    for (const char* table :
         {"runs", "events", "log", "windows", "deliveries", "faults", "moments", "metrics", "anomalies"}) {
      Statement{db, "DELETE FROM " + std::string{table} + " WHERE run = ?1"}.run(*known.first());
    }
  }
  std::string cell;
  for (const auto& [axis, value] : result.cell) cell += (cell.empty() ? "" : "; ") + axis + "=" + value;
  Statement insert{db, "INSERT INTO runs VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"};
  insert.run(known.first(), first.run_id, result.job, result.scenario, cell, name_of(result.guarantee),
             first.seed, result.runs(), first.hash, result.virtual_ns(), name_of(result.verdict.outcome));
  return known.first() ? *known.first() : sqlite3_last_insert_rowid(db);
}

void write_figures(sqlite3* db, std::int64_t run, const RunResult& result) {
  Statement metric{db, "INSERT INTO metrics VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"};
  for (const Phase phase : {Phase::all, Phase::steady}) {
    for (const std::string& name : metric_names()) {
      const MetricRef ref = *parse_metric(name);
      const auto value = evaluate(result, ref, phase);
      metric.run(run, name_of(phase), name, name_of(ref.unit),
                 value ? std::optional{value->value} : std::optional<std::int64_t>{},
                 value ? value->denominator : std::int64_t{1}, value ? value->missing : std::uint64_t{0});
    }
  }
  const AnomalySet permitted = permitted_by(result.guarantee);
  Statement anomaly{db, "INSERT INTO anomalies VALUES (?1, ?2, ?3, ?4)"};
  for (const AnomalyInfo& info : anomalies()) {
    anomaly.run(run, info.name, result.anomalies.count_of(info.anomaly),
                permitted.test(static_cast<std::size_t>(info.anomaly)) ? 1 : 0);
  }
  Statement fault{db, "INSERT INTO faults VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"};
  for (const FaultReport& report : result.faults) {
    for (const FaultReport::Strike& strike : report.first_strikes) {
      fault.run(run, report.id, report.action, strike.seed, strike.at_ns, time_or_null(strike.until_ns),
                strike.what);
    }
    if (report.strikes == 0) {
      fault.run(run, report.id, report.action, std::nullopt, std::nullopt, std::nullopt, std::nullopt);
    }
  }
}

void write_moments(sqlite3* db, std::int64_t run, const RunResult& result, const Recording* recording) {
  Statement moment{db, "INSERT INTO moments VALUES (?1, ?2, ?3, ?4, ?5, ?6)"};
  if (recording != nullptr && !recording->moments().empty()) {
    for (const RecordedMoment& one : recording->moments()) {
      moment.run(run, one.at_ns, one.name, one.who, one.detail, 1);
    }
    return;
  }
  for (const MomentCount& count : result.moments) {
    moment.run(run, std::nullopt, count.name, std::nullopt, std::nullopt, count.times);
  }
}

void write_records(sqlite3* db, std::int64_t run, const Recording& recording) {
  Statement event{db,
                  "INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"};
  for (const auto& source : recording.events()) {
    for (const RecordedEvent& one : source) {
      const sim::EventId id = one.record.id;
      const bool told = one.told_ns != kNotYet;
      const bool lost = one.fate == Fate::lost;
      event.run(run, id.packed(), id.source(), id.ordinal(), one.record.key, one.record.event_time_ms,
                sim::to_ns(one.record.created),
                std::max(sim::to_ns(one.record.created), sim::to_ns(one.record.arrives)),
                told ? std::optional{told_name(one.told)} : std::optional<std::string_view>{},
                time_or_null(one.told_ns), name_of(one.fate),
                lost ? std::optional{name_of(one.lost_told)} : std::optional<std::string_view>{},
                lost ? std::optional{name_of(one.lost_hop)} : std::optional<std::string_view>{}, hash32(id));
    }
  }
  Statement copy{db, "INSERT INTO log VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"};
  for (const RecordedCopy& one : recording.copies()) {
    copy.run(run, one.partition.topic, one.partition.partition, one.offset, one.event.packed(),
             one.committed_ns, time_or_null(one.removed_ns));
  }
  Statement window{
      db, "INSERT INTO windows VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"};
  Statement delivery{db, "INSERT INTO deliveries VALUES (?1, ?2, ?3, ?4, ?5, ?6)"};
  std::int64_t number = 0;
  for (const RecordedRow& one : recording.rows()) {
    const sim::VisibleResult& row = one.result;
    const bool windowed = row.window_start_ms != INT64_MIN;
    using Number = std::optional<std::int64_t>;
    window.run(run, number, row.sink, row.job, row.key, windowed ? Number{row.window_start_ms} : Number{},
               windowed ? Number{row.window_end_ms} : Number{}, row.pane, row.value, one.events.size(),
               row.writer, row.writer_generation < 0 ? Number{} : Number{row.writer_generation},
               one.visible_ns, time_or_null(one.replaced_ns));
    for (const sim::EventId id : one.events) {
      delivery.run(run, number, id.packed(), one.visible_ns, time_or_null(one.replaced_ns), hash32(id));
    }
    ++number;
  }
}

}  // namespace

void Database::Close::operator()(sqlite3* db) const { sqlite3_close(db); }

Database::Database(const std::string& file) {
  sqlite3* db = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  db_.reset(db);
  const std::string opening = "opening the database " + file;
  if (code != SQLITE_OK) fail(db, opening);
  const auto pragma = [&](const char* name) {
    try {
      Statement statement{db, std::string{"PRAGMA "} + name};
      statement.run();
      return statement.first().value_or(0);
    } catch (const DatabaseError&) {
      throw DatabaseError(opening + ": it is no SQLite database");
    }
  };
  const std::int64_t owner = pragma("application_id");
  std::int64_t objects = 0;
  try {
    Statement count{db, "SELECT count(*) FROM sqlite_master"};
    count.run();
    objects = count.first().value_or(0);
  } catch (const DatabaseError&) {
    throw DatabaseError(opening + ": it is no SQLite database");
  }
  if (objects != 0 && owner != kApplicationId) {
    throw DatabaseError(opening + ": it holds tables that are not wrackline's; choose another file");
  }
  if (objects != 0 && pragma("user_version") != kVersion) {
    throw DatabaseError(opening + ": it was written by another version of wrackline; choose another file");
  }
  execute(db, "PRAGMA application_id = " + std::to_string(kApplicationId), opening);
  execute(db, "PRAGMA user_version = " + std::to_string(kVersion), opening);
  execute(db, std::string{schema()}, "making the tables of " + file);
}

void Database::write(const RunResult& result, const Recording* recording) {
  sqlite3* db = db_.get();
  execute(db, "BEGIN IMMEDIATE", "beginning to write");
  try {
    const std::int64_t run = write_run(db, result);
    write_figures(db, run, result);
    write_moments(db, run, result, recording);
    if (recording != nullptr) write_records(db, run, *recording);
    execute(db, "COMMIT", "finishing to write");
  } catch (...) {
    sqlite3_exec(db, "ROLLBACK", nullptr, nullptr, nullptr);
    throw;
  }
}

}  // namespace wrackline::analysis
