// The rows of a join against the batch oracle: what a reader of the sink has, and what all events together
// should have made.
//
// While the run goes on it only remembers which rows are visible, how often. When the books are closed it is
// given every event with what became of it, joins them once more by definition (join_shape.hpp), and compares
//
//   with all that was emitted   how complete the result is, and what the missing rows are missing for: the
//                               books of the join (join_books.hpp)
//   with all that was accepted  what the job owed: a row of two accepted records that is not there was lost
//   by
//                               the processor or its sink, and the records with it
//
// Only a stream-table join has no answer in the events alone: what a record meets is what had been processed
// before it. The order of processing is written down here, set back where a partition is read again. A row
// with another version than that is wrong, but for a re-assignment: beside a zombie there are two tables, and
// only one of them is known here.
//
// settle() judges for good what nothing can change any more, and forgets it (join_ledger_settle.cpp). It goes
// by what is still somewhere, not by watermarks: an event is *quiet* when it was processed or taken out, no
// instance will read it again, and no state and no row on its way holds it. Of two streams an event is
// settled once all its partners are quiet as well and no source can make it another; of a table, a version
// once a newer one answers for it. What is amiss (a row that was owed and is not there, a partner that never
// came out of the log) is left to close(), which knows more.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "analysis/books.hpp"
#include "analysis/checkers/join_shape.hpp"
#include "analysis/join_books.hpp"
#include "analysis/names/anomaly.hpp"
#include "analysis/names/metric.hpp"

namespace wrackline::analysis {

class JoinLedger {
 public:
  using Side = JoinShape::Side;

  /// What became of an event on its way into the join.
  enum class Standing : std::uint8_t { accepted, late, refused, lost, pending };
  struct Event {
    sim::EventId id;
    std::uint32_t key = 0;
    Side side = Side::left;
    std::int64_t event_time_ms = 0;
    Standing standing = Standing::accepted;
    LossHop hop = LossHop::processor;  ///< of lost
    bool quiet = false;                ///< its standing is final, and so are its rows; see above
    bool held = false;                 ///< of accepted: it still waits in the join, or its rows to be written
    bool lost_at_sink = false;         ///< of accepted: some row of it was
    bool steady = false;
  };
  /// What a reader sees of an event.
  struct Presence {
    std::uint32_t seen = 0;     ///< rows
    std::uint32_t missing = 0;  ///< rows that were owed, and are not there
    std::uint32_t extra = 0;    ///< copies beyond the first; of a pair they count at the left record
  };

  JoinLedger(std::shared_ptr<const JoinShape> shape, AnomalyLog& anomalies)
      : shape_{std::move(shape)}, anomalies_{anomalies} {}

  const JoinShape& shape() const { return *shape_; }

  // ---- while the run goes on
  /// A row that is one by definition. Says whether it was never visible before.
  bool show(const sim::VisibleResult& row, sim::Time at);
  /// False: there was no such row.
  bool withdraw(const sim::VisibleResult& row);
  void late_for_window(sim::EventId id, std::int64_t window_end_ms) {
    late_windows_.insert({id.packed(), window_end_ms});
  }
  /// A copy that some instance may read.
  void appended(sim::PartitionRef p, std::int64_t first, std::span<const sim::EventId> ids);
  /// Of stream-table joins.
  void polled(sim::PartitionRef p, std::int64_t first, std::span<const sim::EventId> ids);
  void assigned(sim::PartitionRef p, std::int64_t position);
  void processed(sim::EventId id, std::uint32_t key);

  // ---- settling
  /// No instance, dead, paused or to come, reads below that offset any more.
  void read_from(sim::PartitionRef p, std::int64_t offset);
  void append_readable(std::vector<sim::EventId>& out) const;
  /// `events`: all that are not settled yet. No source will make one with an event time below
  /// `created_from_ms`.
  using Settled = std::function<void(const Event&, const Presence&)>;
  void settle(std::span<const Event> events, std::int64_t created_from_ms, const Settled& settled);
  /// What a store remembers of a row that can not be written again.
  struct ForgottenRow {
    std::uint32_t key = 0;
    std::int64_t window_start_ms = 0;
    std::int64_t window_end_ms = 0;
    std::uint64_t identity = 0;
  };
  /// Since the last call.
  std::vector<ForgottenRow> take_forgotten() { return std::exchange(forgotten_, {}); }
  std::size_t bytes() const;

  // ---- when it is over
  void close(std::span<const Event> events, sim::Time at);
  /// After close().
  Presence presence_of(sim::EventId id) const;
  const JoinBooks& books(Phase phase) const { return books_[static_cast<std::size_t>(phase)]; }

 private:
  static constexpr std::uint64_t kNone = ~std::uint64_t{0};
  static constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
  using Events = std::span<const Event* const>;
  struct RowKey {
    std::uint64_t left = kNone;
    std::uint64_t right = kNone;
    std::int64_t window_end_ms = 0;
    std::int64_t window_start_ms = 0;
    friend auto operator<=>(const RowKey&, const RowKey&) = default;
  };
  /// An event in one window, or in the interval join.
  struct Record {
    const Event* event = nullptr;
    bool accepted = false;
    bool partners = false;  ///< some were emitted
    bool met = false;       ///< both it and a partner were accepted
    bool shown = false;     ///< in a pair
    bool stays = false;     ///< while settling
  };
  /// What is known of an event by those of its partners that were settled before it.
  struct Account {
    Presence presence;
    bool partners = false;
    bool met = false;
    bool shown = false;
  };
  struct Cell {
    std::uint32_t key = 0;
    std::int64_t end_ms = 0;
    std::int64_t start_ms = 0;
    friend auto operator<=>(const Cell&, const Cell&) = default;
  };
  using Sides = std::array<std::vector<const Event*>, 2>;
  using Cells = std::map<std::pair<std::int64_t, std::int64_t>, Sides>;  ///< by end, start
  using Records = std::vector<Record>;
  struct Shown {
    std::uint64_t version = kNone;
    std::uint32_t copies = 0;
  };
  struct Change {
    std::int64_t offset = 0;
    std::uint64_t id = 0;
  };

  RowKey key_of(const sim::VisibleResult& row) const;
  std::uint32_t copies(const RowKey& row) const;
  std::string text_of(const RowKey& row) const;
  template <class Add>
  void add(bool steady, Add&& to) {
    to(books_[0]);
    if (steady) to(books_[1]);
  }
  void missed(const Record& left_or_only, const Record* right, bool steady);
  void owed(const RowKey& row, const Event& one, const Event* other);
  void shown(const Event& one, const Event* other, std::uint32_t extra, bool steady);
  Presence& of(const Event& event) { return accounts_[event.id.packed()].presence; }

  /// `visit(key, lefts, rights)`, each side by time.
  template <class Visit>
  static void each_key(std::span<const Event> events, Visit&& visit);
  template <class Visit>
  void each_pair(Records& left, Records& right, Visit&& visit) const;
  Cells cells_of(Events lefts, Events rights) const;
  void count_unmatched(const Event& event, const Presence& presence);
  bool accepted_into(const Event& event, std::int64_t window_end_ms) const;
  Records records_of(Events events, const JoinShape::Window& window) const;
  void join_interval(Events lefts, Events rights);
  void join_windows(std::uint32_t key, Events lefts, Events rights);
  void pair(Record& left, Record& right, const JoinShape::Window& window);
  void alone(Record& one, Side side, const JoinShape::Window& window);

  std::vector<Shown> rows_of(const Event& left) const;
  void shown_of(const Event& left, std::span<const Shown> rows);
  void temporal(const Event& left, Events versions);
  void by_arrival(const Event& left, Events versions);
  bool expects(const std::vector<std::uint64_t>& met) const;
  bool fits_arrival(const Shown& row, const std::vector<std::uint64_t>& met) const;
  const std::vector<std::uint64_t>& met_by(const Event& left) const;

  void settle_interval(Events lefts, Events rights);
  void settle_windows(std::uint32_t key, Events lefts, Events rights, std::set<Cell>& counted);
  bool settle_cell(const Sides& members, const JoinShape::Window& window);
  void settle_temporal(Events lefts, Events versions);
  bool settles_temporal(const Event& left, Events versions) const;
  void settle_by_arrival(Events lefts, Events versions);
  bool disputed(const Record& one, Side side, const JoinShape::Window& window) const;
  void settle_versions(Events versions, std::int64_t before_ms, bool accepted_only,
                       std::span<const std::uint64_t> needed);
  void retire(const Event& event);
  void forget_row(const RowKey& row, std::uint32_t key);
  void forget_rows_of(const Event& left);

  static std::vector<const Event*> valid_for(const Event& left, Events versions, bool accepted_only);
  static bool fits(const Shown& row, Events valid);

  std::shared_ptr<const JoinShape> shape_;
  AnomalyLog& anomalies_;
  std::map<RowKey, std::uint32_t> rows_;  ///< with how often it is there; 0: it was, once
  std::set<std::pair<std::uint64_t, std::int64_t>> late_windows_;
  std::map<std::pair<std::uint16_t, std::uint32_t>, std::deque<Change>> logs_;  ///< what may be read again
  std::set<Cell> counted_;  ///< windows whose books are closed, while a record of them is in an open one
  std::vector<ForgottenRow> forgotten_;

  // Of stream-table joins; the hash maps are looked up only.
  std::map<std::uint32_t, std::vector<Change>> changes_;               ///< by partition of the table's topic
  std::unordered_map<std::uint64_t, std::uint32_t> versions_;          ///< their keys
  std::unordered_map<std::uint32_t, std::uint64_t> current_;           ///< by key
  std::unordered_map<std::uint64_t, std::vector<std::uint64_t>> met_;  ///< by left record, each time anew
  bool assigned_again_ = false;

  // Closing and settling.
  sim::Time at_{};
  std::int64_t created_from_ms_ = 0;
  const Settled* settled_ = nullptr;
  std::unordered_map<std::uint64_t, Account> accounts_;  ///< looked up only
  std::array<JoinBooks, 2> books_;
};

template <class Visit>
void JoinLedger::each_key(std::span<const Event> events, Visit&& visit) {
  std::vector<const Event*> all;
  all.reserve(events.size());
  for (const Event& event : events) all.push_back(&event);
  std::sort(all.begin(), all.end(), [](const Event* a, const Event* b) {
    return std::tie(a->key, a->side, a->event_time_ms, a->id) <
           std::tie(b->key, b->side, b->event_time_ms, b->id);
  });
  for (auto from = all.begin(); from != all.end();) {
    const std::uint32_t key = (*from)->key;
    const auto rights = std::find_if(from, all.end(),
                                     [&](const Event* e) { return e->key != key || e->side == Side::right; });
    const auto end = std::find_if(rights, all.end(), [&](const Event* e) { return e->key != key; });
    visit(key, Events{from, rights}, Events{rights, end});
    from = end;
  }
}

template <class Visit>
void JoinLedger::each_pair(Records& left, Records& right, Visit&& visit) const {
  std::size_t from = 0;
  for (Record& one : left) {
    const std::int64_t ts = one.event->event_time_ms;
    while (from < right.size() && right[from].event->event_time_ms - ts < shape_->spec().lower_ms) ++from;
    for (std::size_t i = from; i < right.size() && shape_->in_interval(ts, right[i].event->event_time_ms);
         ++i)
      visit(one, right[i]);
  }
}

}  // namespace wrackline::analysis
