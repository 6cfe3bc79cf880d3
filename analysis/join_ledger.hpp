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
// Everything is kept: memory follows the length of the run.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
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
    std::int64_t event_time_ms = 0;
    Standing standing = Standing::accepted;
    LossHop hop = LossHop::processor;  ///< of lost
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
  /// Of stream-table joins.
  void polled(sim::PartitionRef p, std::int64_t first, std::span<const sim::EventId> ids);
  void assigned(sim::PartitionRef p, std::int64_t position);
  void processed(sim::EventId id, std::uint32_t key);

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
  };
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
  Presence& of(const Event& event) { return presence_[event.id.packed()]; }

  bool accepted_into(const Event& event, std::int64_t window_end_ms) const;
  Records records_of(Events events, const JoinShape::Window& window) const;
  void join_interval(Events lefts, Events rights);
  void join_windows(Events lefts, Events rights);
  void pair(Record& left, Record& right, const JoinShape::Window& window);
  void alone(Record& one, Side side, const JoinShape::Window& window);

  std::vector<Shown> rows_of(const Event& left) const;
  void shown_of(const Event& left, std::span<const Shown> rows);
  void temporal(const Event& left, Events versions);
  void by_arrival(const Event& left, Events versions);
  static std::vector<const Event*> valid_for(const Event& left, Events versions, bool accepted_only);
  static bool fits(const Shown& row, Events valid);

  std::shared_ptr<const JoinShape> shape_;
  AnomalyLog& anomalies_;
  std::map<RowKey, std::uint32_t> rows_;  ///< with how often it is there; 0: it was, once
  std::set<std::pair<std::uint64_t, std::int64_t>> late_windows_;

  // Of stream-table joins; the hash maps are looked up only.
  std::map<std::uint32_t, std::vector<Change>> changes_;               ///< by partition of the table's topic
  std::unordered_map<std::uint64_t, std::uint32_t> versions_;          ///< their keys
  std::unordered_map<std::uint32_t, std::uint64_t> current_;           ///< by key
  std::unordered_map<std::uint64_t, std::vector<std::uint64_t>> met_;  ///< by left record, each time anew
  bool assigned_again_ = false;

  // Closing.
  sim::Time at_{};
  std::map<std::uint32_t, std::array<std::vector<const Event*>, 2>> by_key_;  ///< by time
  std::unordered_map<std::uint64_t, Presence> presence_;                      ///< looked up only
  std::array<JoinBooks, 2> books_;
};

}  // namespace wrackline::analysis
