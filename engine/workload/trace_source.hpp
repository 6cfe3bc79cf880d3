// A source that replays a recorded trace: real disorder, real bursts, real silence, real clock faults.
//
// Modelled: the rows come at their recorded distances from `start` on; the event time is the recorded one,
// moved with the arrivals to the run's own wall clock (rebased) or kept as it is; time can be stretched, the
// whole repeated, the number of rows limited. Rows the reader refuses are left out and counted:
// summarize_trace() tells beforehand. The true creation time of a row is its arrival minus its delay; a
// negative delay (the source's clock is ahead) counts as none, and nothing was created before the run began.
// A record is known only when it arrives, so batch.created lists it then. Under the rate lever the rows come
// faster or slower, their event times and delays stay. Rebasing shifts the phase of the windows; keep the
// recorded times where exact window counts matter.
#pragma once

#include <cstdint>
#include <functional>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/workload/record_source.hpp"
#include "engine/workload/trace_reader.hpp"

namespace wrackline::workload {

struct TraceOptions {
  enum class EventTimes : std::uint8_t {
    rebase,  ///< the first arrival is `start` on the run's wall clock
    keep,    ///< as recorded
  };

  std::string name;
  std::uint16_t index = 0;
  sim::Time start = sim::kStart;
  EventTimes event_times = EventTimes::rebase;
  sim::Ratio time_scale = {1, 1};  ///< 2: twice as slow; of arrivals, delays and event times alike
  std::uint64_t loops = 1;         ///< 0: for ever
  std::int64_t loop_gap_ms = 1;    ///< between the last arrival of a pass and the first of the next
  std::optional<std::uint64_t> count{};
  TraceReadOptions read;
  std::uint32_t size_bytes = 100;
  ValueLaw values;
  sim::Ratio poison = sim::Ratio::never();
  std::shared_ptr<TraceKeys> keys{};  ///< shared by traces that are joined; null: its own

  std::vector<std::string> problems() const;
};

class TraceSource final : public RecordSource {
 public:
  /// Opens the trace from its beginning, once per pass; null if it can not be opened (then there are no rows,
  /// and a problem).
  using Opener = std::function<std::unique_ptr<std::istream>()>;
  static Opener from_file(std::string path);
  static Opener from_text(std::string text);

  TraceSource(const TraceOptions& options, Opener opener, std::uint64_t seed);

  const std::string& name() const override { return options_.name; }
  std::uint16_t index() const override { return options_.index; }
  void pull(sim::Time until, ArrivalBatch& batch) override;
  sim::Time next_event() const override;
  std::uint64_t created_count() const override { return next_ordinal_; }
  std::int64_t value_of(sim::EventId id) const override { return options_.values.of(id); }
  bool is_poison(sim::EventId id) const override { return poison_.marks(id.ordinal()); }
  void set_rate_factor(sim::Time now, double factor) override;
  void stall(sim::Time now, sim::Time until, double speed) override { gate_.stall(now, until, speed); }
  void poison_next(sim::Time, std::uint64_t count) override { poison_.name(next_ordinal_, count); }

  /// What a trace holds twice, it holds twice.
  bool report_again(sim::Time, sim::Time, sim::Ratio) override { return false; }

  /// Recorded times are what they are: the clocks of a trace have erred already.
  void step_clock(sim::Time, sim::Duration) override {}

  const TraceKeys& keys() const { return *keys_; }
  const TraceProblems& problems() const { return problems_; }

 protected:
  bool stopped() const override { return rate_ == 0 && has_row_; }

 private:
  void load_next();
  bool open_pass();
  /// ms on the trace's axis, stretched, in units of 1/`unit` ms.
  std::int64_t scaled(std::int64_t ms, std::int64_t unit) const;
  std::int64_t natural_arrival_ns() const;
  std::int64_t warped(std::int64_t trace_ns) const;

  TraceOptions options_;
  Opener opener_;
  std::shared_ptr<TraceKeys> keys_;
  TraceProblems problems_;
  TraceProblems repeated_;  ///< what later passes stumble over again
  std::unique_ptr<std::istream> input_;
  std::optional<TraceReader> reader_;
  PoisonMarks poison_;
  Gate gate_;

  std::uint64_t pass_ = 0;
  std::int64_t shift_ms_ = 0;          ///< of the current pass
  std::int64_t first_arrival_ms_ = 0;  ///< of the first pass
  bool any_row_ = false;
  TraceRow row_;  ///< the next one, shifted to its pass
  bool has_row_ = false;
  std::uint64_t next_ordinal_ = 0;

  // The rate lever bends time: real = real_from_ + (trace - trace_from_) / rate.
  double rate_ = 1;
  std::int64_t real_from_ns_ = 0;
  std::int64_t trace_from_ns_ = 0;
};

}  // namespace wrackline::workload
