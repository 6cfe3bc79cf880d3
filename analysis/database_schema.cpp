// The tables. Times are true time in ns since the start of the run, event times in ms; hash32 is 32 mixed
// bits of the event's identity, so that sums of it compare sets without overflow.
#include "analysis/database.hpp"

namespace wrackline::analysis {

std::string_view Database::schema() {
  return R"sql(
CREATE TABLE IF NOT EXISTS runs (
  run INTEGER PRIMARY KEY,
  run_id TEXT NOT NULL,        -- hash of (resolved cell, seed, model version); of the first seed where several are merged
  job TEXT NOT NULL,
  scenario TEXT NOT NULL,
  cell TEXT NOT NULL,          -- "axis=value; axis=value"
  guarantee TEXT NOT NULL,
  seed INTEGER NOT NULL,       -- two's complement where it exceeds 2^63 - 1
  seeds INTEGER NOT NULL,      -- how many runs are merged here
  hash TEXT NOT NULL,
  virtual_ns INTEGER NOT NULL,
  verdict TEXT NOT NULL,
  UNIQUE (run_id, job)
);
CREATE TABLE IF NOT EXISTS events (
  run INTEGER NOT NULL,
  event INTEGER NOT NULL,      -- identity: source * 2^48 + n
  source INTEGER NOT NULL,
  n INTEGER NOT NULL,          -- ordinal within the source
  key INTEGER NOT NULL,
  event_time_ms INTEGER NOT NULL,
  created_ns INTEGER NOT NULL,
  arrives_ns INTEGER NOT NULL,
  told TEXT,                   -- acknowledged, failed, outcome_unknown, fire_and_forget; null: nothing
  told_ns INTEGER,
  fate TEXT NOT NULL,
  lost_told TEXT,              -- of lost events
  lost_hop TEXT,
  hash32 INTEGER NOT NULL,
  PRIMARY KEY (run, event)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS log (
  run INTEGER NOT NULL,
  topic INTEGER NOT NULL,
  partition INTEGER NOT NULL,
  offset INTEGER NOT NULL,
  event INTEGER NOT NULL,
  committed_ns INTEGER NOT NULL,
  removed_ns INTEGER           -- truncated below the high watermark; null: still there
);
CREATE INDEX IF NOT EXISTS log_by_event ON log (run, event);
CREATE TABLE IF NOT EXISTS windows (
  run INTEGER NOT NULL,
  row INTEGER NOT NULL,
  sink INTEGER NOT NULL,
  job INTEGER NOT NULL,
  key INTEGER NOT NULL,
  window_start_ms INTEGER,     -- null: a row without a window
  window_end_ms INTEGER,
  pane INTEGER NOT NULL,
  value INTEGER NOT NULL,
  count INTEGER NOT NULL,      -- contributing records
  writer INTEGER NOT NULL,
  writer_generation INTEGER,
  visible_ns INTEGER NOT NULL,
  replaced_ns INTEGER,         -- null: a reader sees it at the end
  PRIMARY KEY (run, row)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deliveries (
  run INTEGER NOT NULL,
  row INTEGER NOT NULL,        -- of windows
  event INTEGER NOT NULL,
  visible_ns INTEGER NOT NULL,
  replaced_ns INTEGER,
  hash32 INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS deliveries_by_event ON deliveries (run, event);
CREATE TABLE IF NOT EXISTS faults (
  run INTEGER NOT NULL,
  fault TEXT NOT NULL,
  action TEXT NOT NULL,
  seed INTEGER,
  at_ns INTEGER,               -- null: it never struck
  until_ns INTEGER,
  what TEXT
);
CREATE TABLE IF NOT EXISTS moments (
  run INTEGER NOT NULL,
  at_ns INTEGER,               -- null: only counted
  name TEXT NOT NULL,
  who TEXT,
  detail TEXT,
  times INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS metrics (
  run INTEGER NOT NULL,
  phase TEXT NOT NULL,         -- all, steady
  name TEXT NOT NULL,
  unit TEXT NOT NULL,          -- durations are in ns
  value INTEGER,               -- null: nothing to tell (a quantile of no values)
  denominator INTEGER NOT NULL,
  missing INTEGER NOT NULL,
  PRIMARY KEY (run, phase, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS anomalies (
  run INTEGER NOT NULL,
  name TEXT NOT NULL,
  count INTEGER NOT NULL,
  permitted INTEGER NOT NULL,
  PRIMARY KEY (run, name)
) WITHOUT ROWID;
-- What the sources made, and what a reader of the sink sees at the end: one line per record and row.
CREATE VIEW IF NOT EXISTS src AS
  SELECT run, event, source, n AS seq, key, event_time_ms AS ts, created_ns, told, fate, hash32 FROM events;
CREATE VIEW IF NOT EXISTS dst AS
  SELECT d.run, d.event, e.source, e.n AS seq, e.key, e.event_time_ms AS ts, e.created_ns,
         w.row, w.sink, w.window_start_ms, w.window_end_ms, w.pane, w.value, w.writer, w.writer_generation,
         d.visible_ns, d.hash32
  FROM deliveries d
  JOIN windows w ON w.run = d.run AND w.row = d.row
  LEFT JOIN events e ON e.run = d.run AND e.event = d.event
  WHERE d.replaced_ns IS NULL;
)sql";
}

}  // namespace wrackline::analysis
