// Whatever emits records: a generator (source.hpp) or a recorded trace (trace_source.hpp), behind one small
// interface, with the levers that faults and scenarios pull. A source lives outside the crash domains of the
// pipeline: it is the world.
//
// An actor drives it like this:
//     while (!source.exhausted()) {
//       co_await sleep_until(source.next_event());
//       batch.clear();
//       source.pull(now, batch);     // observer.created(batch.created), then send the columns
//     }
// How often it does so is its own choice: pull(t) gives everything that arrived up to t, each with its exact
// times.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "engine/workload/arrival_batch.hpp"
#include "engine/workload/gate.hpp"
#include "sim/event_id.hpp"
#include "sim/random.hpp"
#include "sim/time.hpp"

namespace wrackline::workload {

/// What sum, min and max are taken over: a pure function of the identity, so nothing has to carry it along.
struct ValueLaw {
  std::int64_t low = 1;
  std::int64_t high = 1;  ///< both included

  std::int64_t of(sim::EventId id) const {
    if (low == high) return low;
    __extension__ using Wide = unsigned __int128;
    const auto width = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) + 1;
    // Mixed twice: the digests of the ledger use the plain mix, and a value should not repeat their bits.
    const std::uint64_t bits = sim::mix(sim::mix(id) ^ 0x76616c7565U);
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) +
                                     static_cast<std::uint64_t>((Wide{bits} * width) >> 64));
  }
};

/// Which records can not be processed (a poison pill): a share of all, and those that a lever named.
class PoisonMarks {
 public:
  PoisonMarks(sim::Ratio share, std::uint64_t key) : share_{share}, decider_{key} {}

  bool marks(std::uint64_t ordinal) const {
    if (share_.is_zero() && named_.empty()) return false;
    return marks_slowly(ordinal);
  }
  void name(std::uint64_t first, std::uint64_t count) { named_.emplace_back(first, first + count); }

 private:
  bool marks_slowly(std::uint64_t ordinal) const;

  sim::Ratio share_;
  sim::Decider decider_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> named_;  ///< [first, end)
};

class RecordSource {
 public:
  virtual ~RecordSource() = default;

  virtual const std::string& name() const = 0;
  /// The `source` of its EventIds.
  virtual std::uint16_t index() const = 0;

  /// Appends all that was created and all that arrived up to and including `until`, since the last call.
  /// `until` never goes back.
  virtual void pull(sim::Time until, ArrivalBatch& batch) = 0;
  /// No pull before this time gives anything; at this time one may (a record is made or arrives). kNever if
  /// exhausted.
  virtual sim::Time next_event() const = 0;
  /// Nothing will ever come any more.
  bool exhausted() const { return next_event() == sim::kNever && !stopped(); }
  /// Records that exist (created; of a trace, read) so far.
  virtual std::uint64_t created_count() const = 0;

  /// No record that is told from now on (batch.created) has an earlier event time, as long as nobody steps
  /// the clock. The least there is: not known.
  virtual std::int64_t created_from_ms(sim::Time /*now*/) const {
    return std::numeric_limits<std::int64_t>::min();
  }

  virtual std::int64_t value_of(sim::EventId id) const = 0;
  virtual bool is_poison(sim::EventId id) const = 0;

  // Levers. `now` is the present: everything pulled so far happened at or before it, nothing after it has. A
  // lever may bring next_event() forward or push it back, so whoever sleeps until then must ask again.

  /// From now on the source makes records `factor` times as fast as configured; 0 stops it until the next
  /// change.
  virtual void set_rate_factor(sim::Time now, double factor) = 0;
  /// Nothing comes through before `until`; then all that was held, at once or `speed` (> 1) times as fast as
  /// it would have.
  virtual void stall(sim::Time now, sim::Time until, double speed) = 0;
  /// The next `count` records to be created are poison.
  virtual void poison_next(sim::Time now, std::uint64_t count) = 0;
  /// From now until `until` a further share of the events is reported twice. False: this source can not.
  virtual bool report_again(sim::Time now, sim::Time until, sim::Ratio share) = 0;
  /// The clock that stamps event times jumps by `amount`; what was made before keeps its stamp.
  virtual void step_clock(sim::Time now, sim::Duration amount) = 0;

 protected:
  /// A lever holds the source at rate 0: next_event() is kNever, but that can change.
  virtual bool stopped() const = 0;
};

}  // namespace wrackline::workload
