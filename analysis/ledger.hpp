// The ledger: follows every event of one job from its source to the sink's reader, and closes the books
// exactly (design §6; the identity and the order of the fates stand in books.hpp).
//
// It is told the truth by the models through sim::Observer, record by record, and keeps 32 bytes per event in
// flight. One ledger follows one job into one sink; a pipeline with several jobs has several ledgers behind
// an ObserverList.
//
// What a reader of the sink counts (LedgerConfig::reading):
//
//   every_row    an append-only store: each row counts; a repeated row doubles every record in it
//   latest_pane  append-only, read by somebody who knows panes: a row with a higher pane takes the place of
//                the row before it; any other repetition counts
//   upsert       a row that `overwrites` takes the place of the one before it
//
// What a replaced row held counts no more. A record twice in one row counts twice, in every reading.
//
// Settling keeps memory flat. `settle_before(X)` says: rows of windows that end at or before X are final; no
// process that could still write one is alive, paused ones included. The ledger then folds what has met its
// fate into a few bytes per thousand events and forgets the rows. Events are revived, exactly, if something
// turns up after all: a second visible effect of a settled event is still counted. Only a final row that is
// *replaced* later can not be judged; it is counted in broken_promises() and makes the run inconclusive.
//
// Windows beyond tumbling and hopping, panes and aggregates (WindowShape::free): ledger_free.cpp; those on
// record differences: ledger_sliding.cpp. Those by timestamp settle likewise. A session may reach over X
// while it is open, so whoever settles names the sessions that are. Of windows by number a row is written
// once: what it shows can be folded as it comes.
//
// Jobs that join two inputs (WindowShape::join): join_ledger.hpp, and ledger_join.cpp between the two. They
// settle by what is still somewhere: settle_join().
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "analysis/books.hpp"
#include "analysis/checkers/facts.hpp"
#include "analysis/event_store.hpp"
#include "analysis/histogram.hpp"
#include "analysis/join_ledger.hpp"
#include "analysis/names/anomaly.hpp"
#include "analysis/names/metric.hpp"
#include "analysis/row_table.hpp"
#include "analysis/sliding_index.hpp"
#include "sim/observer.hpp"

namespace wrackline::analysis {

enum class Reading : std::uint8_t { every_row, latest_pane, upsert };

struct LedgerConfig {
  std::uint32_t job = 0;
  std::uint32_t sink = 0;
  WindowShape window;
  Reading reading = Reading::every_row;
  /// Event time, in ms, that a right clock would stamp at true time zero.
  std::int64_t start_ms = 0;
  /// The steady part of the run: events created in [from, until), windows that end in it.
  sim::Time steady_from{};
  sim::Time steady_until = sim::kNever;
  /// Which of the pipeline's sources, topics and consumers feed this job. Empty: all.
  std::vector<std::uint16_t> sources;
  std::vector<std::uint16_t> topics;
  std::vector<std::uint32_t> consumers;
};

/// A session that some instance has open, or would have open again after a crash.
struct OpenSession {
  std::uint32_t key = 0;
  std::int64_t start_ms = 0;
  std::int64_t end_ms = 0;
  friend auto operator<=>(const OpenSession&, const OpenSession&) = default;
};

/// What a join may still read, match or write.
struct JoinHorizon {
  struct ReadFrom {
    sim::PartitionRef partition;
    std::int64_t offset = 0;  ///< no instance, dead, paused or to come, reads below it
  };
  std::vector<ReadFrom> read_from;
  /// In the state of an instance, paused ones included, or in one that a successor would start from; or in a
  /// row that is not visible yet, or may become visible once more.
  std::vector<sim::EventId> held;
  /// No source will make an event of an earlier event time.
  std::int64_t created_from_ms = std::numeric_limits<std::int64_t>::min();
};

/// How far a reader can expect results when the run ends.
struct Closing {
  sim::Time at{};
  /// Windows that end at or before this event time should have shown their results; later ones are still
  /// open. After a full drain: no limit.
  std::int64_t windows_due_ms = std::numeric_limits<std::int64_t>::max();
};

class Ledger final : public sim::Observer, public FactSource {
 public:
  Ledger(LedgerConfig config, AnomalyLog& anomalies);

  // ---- hooks
  void created(std::span<const sim::CreatedRecord> records) override;
  void told(sim::Told answer, std::span<const sim::EventId> ids, sim::Time at) override;
  void refused(sim::SendRefusal why, std::span<const sim::EventId> ids, sim::Time at) override;
  void appended(sim::PartitionRef p, std::int64_t base, std::span<const sim::EventId> ids,
                sim::Time at) override;
  void committed(sim::PartitionRef p, std::int64_t base, std::span<const sim::EventId> ids,
                 sim::Time at) override;
  void uncommitted(sim::PartitionRef p, std::int64_t base, std::span<const sim::EventId> ids,
                   sim::Time at) override;
  void polled(std::uint32_t consumer, sim::PartitionRef p, std::int64_t first,
              std::span<const sim::EventId> ids, sim::Time at) override;
  void assigned(std::uint32_t consumer, sim::PartitionRef p, std::int64_t position, sim::Time at) override;
  void processed(std::uint32_t job, std::span<const sim::EventId> ids, sim::Time at) override;
  void dropped(sim::DropReason why, std::uint32_t job, std::span<const sim::EventId> ids,
               sim::Time at) override;
  void late_for_window(std::uint32_t job, std::int64_t window_start_ms, std::span<const sim::EventId> ids,
                       sim::Time at) override;
  void visible(const sim::VisibleResult& result, sim::Time at) override;
  void withdrawn(const sim::VisibleResult& result, sim::Time at) override;

  // ---- settling
  /// See above. May be called at any time and with any value; going back is harmless. `open`: in any order;
  /// sessions only.
  void settle_before(std::int64_t event_time_ms, std::vector<OpenSession> open = {});
  /// For windows that end at no time: folds events that rows show, for which no row will be replaced.
  /// Promises nothing.
  void fold_shown();
  /// Folds events that belong to windows ending at or before X, and promises nothing: rows are kept, and may
  /// still be replaced. For jobs that may open any window again. Costs the end-to-end latency of those folded
  /// events that have not been visible and had an answer (they would be missing from it).
  void fold_before(std::int64_t event_time_ms);
  /// The same for a job without windows: no result of an event below the ordinal will be replaced.
  void settle(std::uint16_t source, std::uint64_t ordinal);
  /// Whether so much has come since the last time that it pays.
  bool join_wants_settling() const { return join_ != nullptr && join_alive_ >= sweep_at_; }
  /// Judges the rows and events of a join that nothing can change any more, and forgets them. A row of such
  /// an event that turns up all the same is a broken promise.
  void settle_join(JoinHorizon horizon);
  /// Rows that can not be written again, since the last call.
  std::vector<JoinLedger::ForgottenRow> take_forgotten_rows() { return join_->take_forgotten(); }
  /// Frees even the remains of settled events. Whatever is told about one of them afterwards is a broken
  /// promise.
  void forget(std::uint16_t source, std::uint64_t ordinal);

  // ---- closing
  /// These events are still held by something alive: a producer's buffer, a log beyond the high watermark or
  /// beyond the committed offset, the state of an open window. Only they (and events of windows that are not
  /// due) are `pending`.
  void hold(std::span<const sim::EventId> ids);
  /// A result of these events was handed to the producer of a sink topic, which told this about it, and no
  /// reader will ever see it. Events that are missing from a window now count as lost there. Before close().
  void lost_at_sink(sim::Told told, std::span<const sim::EventId> ids);
  /// Counts everything that is left. Exactly once, last.
  void close(const Closing& closing);

  /// After close().
  const Books& books(Phase phase) const { return books_[static_cast<std::size_t>(phase)]; }
  const LatencyStat& latency(Latency kind, Phase phase) const {
    return latencies_[static_cast<std::size_t>(kind)][static_cast<std::size_t>(phase)];
  }
  /// Times that a promise of settle or forget was broken, or a hook contradicted an earlier one. 0 in an
  /// exact run.
  std::uint64_t broken_promises() const { return broken_promises_; }

  /// Called for each event when its fate is counted; for a revived one again (the last call holds). Costs a
  /// callback per event: for the database of a small run. Before the first event.
  using OnFate = std::function<void(sim::EventId, Fate, LossTold, LossHop)>;
  void on_fate(OnFate callback) { on_fate_ = std::move(callback); }

  // ---- FactSource
  std::optional<EventFacts> facts_of(sim::EventId id) override;

  const LedgerConfig& config() const { return config_; }
  std::size_t bytes() const {
    constexpr std::size_t kNode = 48;  // of a map, with its allocation
    return store_.bytes() + rows_.bytes() + free_rows_.size() * (sizeof(FreeRow) + sizeof(FreeCell) + kNode) +
           free_ids_ * sizeof(sim::EventId) + (join_ == nullptr ? 0 : join_->bytes()) +
           (sliding_ == nullptr ? 0 : sliding_->bytes());
  }

 private:
  struct Judgement {
    Fate fate = Fate::pending;
    LossTold told = LossTold::outcome_unknown;
    LossHop hop = LossHop::producer;
  };
  /// In how many of its windows an event is what.
  struct Presence {
    std::uint32_t seen = 0;     ///< shown
    std::uint32_t late = 0;     ///< not shown, and the event was late for it
    std::uint32_t missing = 0;  ///< due, and not shown
    std::uint32_t open = 0;     ///< not due yet
    std::uint32_t extra = 0;    ///< contributions beyond the first of each window
  };

  template <class Update>
  void each(std::span<const sim::EventId> ids, Update&& update);
  EventRef slow_ref(sim::EventId id);
  sim::Time true_time_of(std::int64_t event_time_ms) const {
    return sim::Time{std::chrono::milliseconds{event_time_ms - config_.start_ms}};
  }
  bool one_window() const { return store_.mask_words() == 0; }

  void show_row(const sim::VisibleResult& result, sim::Time at);
  void show_free_row(const sim::VisibleResult& result, sim::Time at);
  void withdraw_free_row(const sim::VisibleResult& result);
  std::uint32_t free_ring(const EventRef& ref, std::int64_t start_ms, std::int64_t end_ms,
                          std::uint32_t pane) const;
  Presence free_presence(sim::EventId id, const EventRef& ref) const;
  Presence presence_of_settled(const EventRef& ref) const;
  bool passed(std::int64_t newest_ms, std::int64_t final_ms) const;
  void round_up_seen(EventStore::Chunk& chunk, sim::EventId first);
  void finish_free_rows(std::int64_t final_ms, std::vector<OpenSession> open);
  void forget_free_rows();
  void unpin(std::span<const sim::EventId> ids);
  bool was_shown(const sim::VisibleResult& result);
  void name_missing_free(sim::EventId id, const EventRef& ref);
  void close_free();
  struct FreeRow;
  void note_accepted(std::span<const sim::EventId> ids);
  void show_sliding(sim::EventId id, const EventRef& ref, const FreeRow& row, sim::Time at);
  std::string wrong_with_sliding(const sim::VisibleResult& result, std::int64_t newest_ms) const;
  Presence sliding_presence(sim::EventId id, const EventRef& ref) const;
  std::optional<EventStore::Ending> sliding_ending(std::uint32_t w, const Presence& presence) const;
  void name_missing_sliding(sim::EventId id, const EventState& state,
                            const std::function<void(const event_time::Window&)>& gap, bool& in_a_row);
  void show_join_row(const sim::VisibleResult& result, sim::Time at);
  void note_arrivals(std::span<const sim::EventId> ids);
  JoinLedger::Event join_event(sim::EventId id, const EventState& state) const;
  void note_owed(const JoinLedger::Event& event, const JoinLedger::Presence& presence);
  void fold_settled();
  void close_join();
  static Presence join_presence(const JoinLedger::Presence& of, const EventState& state);
  void show_all(const sim::VisibleResult& result, sim::Time at);
  void report_double_fire(const sim::VisibleResult& result, sim::Time at);
  void show(sim::EventId id, const EventRef& ref, std::uint32_t ring, sim::Time at);
  void measure(EventState& state, sim::Time at);
  void hide(sim::EventId id, std::uint32_t ring);
  void hide_row(WindowRows& window, VisibleRow& row);
  std::uint64_t repeated_in(std::span<const sim::EventId> contributions);
  bool belongs(const EventState& state, const sim::VisibleResult& result) const;

  bool ended(std::uint32_t w) const;
  void settle_one(std::uint16_t source, std::uint64_t first);
  void retire_rows(std::int64_t end_ms);
  std::optional<EventStore::Ending> resolve(sim::EventId id, const EventRef& ref);
  void settle_stragglers();

  Presence presence(std::uint32_t w) const;
  Presence presence(sim::EventId id, const EventRef& ref) const;
  std::uint32_t extra_of(sim::EventId id) const;
  Judgement judge(std::uint32_t w, const Presence& presence) const;
  void count(std::uint32_t w, const Presence& presence, const Judgement& judgement, std::uint64_t n);
  void close_event(sim::EventId id, const EventRef& ref);
  void name_loss(sim::EventId id, std::uint32_t w, const Judgement& judgement);
  void name_missing(sim::EventId id, const EventRef& ref);

  LedgerConfig config_;
  AnomalyLog& anomalies_;
  EventStore store_;
  RowTable rows_;
  bool closed_ = false;
  Closing closing_;
  std::uint64_t broken_promises_ = 0;

  std::array<Books, 2> books_;  ///< by phase
  std::array<std::array<LatencyStat, 2>, kLatencies> latencies_;
  std::uint64_t aborted_reads_ = 0;
  std::uint64_t lost_writes_ = 0;
  std::uint64_t unseen_ = 0;
  std::uint64_t repeated_inside_rows_ = 0;  ///< over the rows that a reader sees now
  /// Contributions beyond the first, per event and ring index; only for events with several windows.
  std::unordered_map<std::uint64_t, std::vector<std::uint32_t>> extras_;
  /// What the sink's producer said of an event whose result nobody sees; looked up only.
  std::unordered_map<std::uint64_t, LossTold> sink_losses_;
  /// Of free windows: what a reader has of each (key, start, end).
  struct FreeRow {
    std::uint32_t pane = 0;
    std::vector<sim::EventId> ids;
    std::uint64_t repeated = 0;
    bool measured = false;
    bool final = false;  ///< its records are forgotten; it stays while an event may be missing from it
  };
  using FreeCell = std::tuple<std::uint32_t, std::int64_t, std::int64_t>;  ///< key, start, end
  using FreeRows = std::map<FreeCell, FreeRow>;
  void hide_free_row(std::int64_t start_ms, std::int64_t end_ms, FreeRow& row);
  FreeRows free_rows_;
  std::size_t free_ids_ = 0;  ///< in free_rows_
  std::int64_t free_final_ms_ = std::numeric_limits<std::int64_t>::min();
  std::vector<FreeCell> free_gaps_;                 ///< the sessions of single events that have no row
  std::size_t sweep_at_ = 1024;                     ///< kept events that make another look at them worth it
  std::unique_ptr<SlidingIndex> sliding_;           ///< of windows on record differences
  std::unique_ptr<JoinLedger> join_;                ///< of a job that joins
  std::size_t join_alive_ = 0;                      ///< its events that are not settled
  std::array<std::uint64_t, 2> without_latency_{};  ///< events to which a join owed no row, by phase
  std::unordered_set<std::uint64_t> gaps_;          ///< (key, window) pairs without a row, mixed
  std::vector<sim::EventId> missing_;  ///< settled while processed and not shown: they pin their rows
  std::vector<sim::EventId> scratch_;
  OnFate on_fate_;
};

}  // namespace wrackline::analysis
