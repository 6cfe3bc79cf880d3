// A generated source: devices or users out there that make records, and the way these take to the producer.
//
// Modelled: when records are made (arrival_process.hpp), their keys (key_law.hpp), sizes and values, how long
// each takes to its producer (delay_law.hpp: a slow record is overtaken), the
// source's own clock, which stamps the event time (offset, drift, step, freeze, a wrapped counter:
// clock_changes.hpp), events that are reported twice (second_reports.hpp), a start, a duration and a count.
// Key, size, value and poison of the n-th record are pure functions of (seed, name, n); its gap and delay are
// the n-th draws of streams of their own. So two configurations under one seed see the same records. Not
// modelled: several devices with a clock each inside one source (use one source per device), records made out
// of order, closed loops.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/workload/arrival_process.hpp"
#include "engine/workload/clock_changes.hpp"
#include "engine/workload/delay_law.hpp"
#include "engine/workload/in_flight.hpp"
#include "engine/workload/key_law.hpp"
#include "engine/workload/record_source.hpp"
#include "engine/workload/second_reports.hpp"
#include "sim/clock.hpp"
#include "sim/distribution.hpp"

namespace wrackline::workload {

struct SourceOptions {
  std::string name;         ///< names the random streams; unique in the run
  std::uint16_t index = 0;  ///< the `source` of the EventIds; unique in the run
  ArrivalLaw arrivals;
  KeyLaw keys;
  DelayLaw delay;  ///< from creation to the producer; constant 0: none at all
  sim::Distribution size_bytes = sim::Distribution::constant(100.0);
  ValueLaw values;
  sim::Ratio poison = sim::Ratio::never();
  sim::Duration clock_offset{};
  std::int64_t clock_drift_ppb = 0;
  std::vector<ClockChange> clock_changes;           ///< in any order
  sim::Ratio reported_again = sim::Ratio::never();  ///< share of the events that are reported twice
  sim::Distribution again_after;                    ///< how much later the second report sets off
  sim::Time start = sim::kStart;
  sim::Time end = sim::kNever;  ///< nothing is made from here on; what is under way still arrives
  std::optional<std::uint64_t> count{};

  /// What is impossible about it, in words; empty if nothing.
  std::vector<std::string> problems() const;
};

class Source final : public RecordSource {
 public:
  Source(const SourceOptions& options, std::uint64_t seed);

  const std::string& name() const override { return options_.name; }
  std::uint16_t index() const override { return options_.index; }
  void pull(sim::Time until, ArrivalBatch& batch) override;
  sim::Time next_event() const override;
  std::uint64_t created_count() const override { return next_ordinal_; }
  std::int64_t created_from_ms(sim::Time now) const override;
  std::int64_t value_of(sim::EventId id) const override { return options_.values.of(first_report(id)); }
  bool is_poison(sim::EventId id) const override { return poison_.marks(again_.first_of(id.ordinal())); }
  void set_rate_factor(sim::Time now, double factor) override;
  void stall(sim::Time now, sim::Time until, double speed) override;
  void poison_next(sim::Time now, std::uint64_t count) override;
  void step_clock(sim::Time now, sim::Duration amount) override { clock_at(now).step(now, amount); }
  bool report_again(sim::Time now, sim::Time until, sim::Ratio share) override;

  /// The clock that stamps event times, to be changed (step, drift, freeze) at `now`: what was made before is
  /// stamped first.
  sim::NodeClock& clock_at(sim::Time now);

  // The properties of the n-th record, recomputable by anybody who has the options and the seed.
  std::uint32_t key_of(std::uint64_t ordinal) const {
    return keys_.pick(bits(key_stream_, again_.first_of(ordinal)));
  }
  /// The event itself, where the record is its second report.
  sim::EventId first_report(sim::EventId id) const {
    return again_.any() ? sim::EventId{id.source(), again_.first_of(id.ordinal())} : id;
  }
  std::uint32_t size_of(std::uint64_t ordinal) const;

  std::size_t in_flight() const { return in_flight_.size(); }
  std::size_t memory_bytes() const;

 protected:
  bool stopped() const override {
    return arrivals_.rate_factor() == 0 && more_to_make() && made_until_ < options_.end;
  }

 private:
  static std::uint64_t bits(std::uint64_t stream, std::uint64_t ordinal) {
    return sim::mix(stream + ordinal * 0x9e3779b97f4a7c15U);
  }
  bool more_to_make() const { return !options_.count || next_ordinal_ < *options_.count; }
  sim::Time next_creation() const {
    return more_to_make() && arrivals_.next() < options_.end ? arrivals_.next() : sim::kNever;
  }
  /// Makes the records up to `until`, each handed to `take`.
  template <class Take>
  void make_until(sim::Time until, Take&& take);
  /// The same while nothing changes.
  template <class Take>
  void make_run(sim::Time until, Take&& take);
  struct Change {
    sim::Time at{};
    std::optional<ClockChange> clock;
    sim::Ratio reported_again;  ///< where it is not the clock's
  };
  void plan(Change change);
  void apply(const Change& change);
  void make_until(sim::Time now);
  sim::CreatedRecord news_of(const InFlightRecord& record) const;
  void append(const InFlightRecord& record, std::int64_t arrived_ns, ArrivalBatch& batch) const;

  SourceOptions options_;
  std::uint64_t key_stream_;
  std::uint64_t size_stream_;
  ArrivalProcess arrivals_;
  KeyPicker keys_;
  DelayProcess delays_;
  DelayProcess again_delays_;
  sim::Stream again_after_;
  SecondReports again_;
  std::vector<Change> changes_;  ///< in order of time
  std::size_t next_change_ = 0;
  PoisonMarks poison_;
  sim::NodeClock clock_;
  Gate gate_;
  bool delayed_;  ///< there is a delay law
  std::uint32_t constant_size_ = 0;
  bool size_varies_;
  std::uint64_t next_ordinal_ = 0;
  sim::Time made_until_ = sim::kStart;
  InFlight in_flight_;
  std::vector<sim::CreatedRecord> made_;  ///< created, not yet told to the caller
};

}  // namespace wrackline::workload
