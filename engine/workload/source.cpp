#include "engine/workload/source.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

namespace wrackline::workload {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;

std::int64_t floor_ms(std::int64_t ns) { return (ns >= 0 ? ns : ns - (kNsPerMs - 1)) / kNsPerMs; }

std::uint32_t whole_bytes(double size) {
  return static_cast<std::uint32_t>(std::clamp(size, 0.0, 4294967295.0));
}

}  // namespace

std::vector<std::string> SourceOptions::problems() const {
  std::vector<std::string> found = arrivals.problems();
  for (std::string& problem : keys.problems()) found.push_back(std::move(problem));
  for (std::string& problem : delay.problems()) found.push_back(std::move(problem));
  if (values.low > values.high)
    found.push_back(
        fmt::format("values: the lowest ({}) is above the highest ({})", values.low, values.high));
  if (!reported_again.is_probability()) found.push_back("second reports: the share must lie between 0 and 1");
  if (!poison.is_probability()) found.push_back("poison: the share must lie between 0 and 1");
  if (start > end) found.push_back("the source ends before it starts");
  return found;
}

Source::Source(const SourceOptions& options, std::uint64_t seed)
    : options_{options},
      key_stream_{sim::stream_key(seed, options.name, "keys")},
      size_stream_{sim::stream_key(seed, options.name, "sizes")},
      arrivals_{options.arrivals, seed, options.name, options.start},
      keys_{options.keys},
      delays_{options.delay, seed, options.name},
      again_delays_{options.delay, seed, options.name + "/again"},
      again_after_{seed, options.name, "second reports after"},
      again_{options.reported_again, sim::stream_key(seed, options.name, "second reports")},
      poison_{options.poison, sim::stream_key(seed, options.name, "poison")},
      clock_{options.clock_offset, options.clock_drift_ppb},
      delayed_{!options.delay.is_zero()},
      size_varies_{!options.size_bytes.is_constant()},
      in_flight_{arrivals_.mean_gap_ns()} {
  assert(options.problems().empty());
  sim::Stream unused{0};
  if (!size_varies_) constant_size_ = whole_bytes(options_.size_bytes.sample(unused));
  for (const ClockChange& change : options_.clock_changes) plan({change.at, change, {}});
}

void Source::plan(Change change) {
  const auto later = [](const Change& a, const Change& b) { return a.at < b.at; };
  const auto from = changes_.begin() + static_cast<std::ptrdiff_t>(next_change_);
  changes_.insert(std::upper_bound(from, changes_.end(), change, later), change);
}

void Source::apply(const Change& change) {
  if (change.clock) {
    change.clock->apply(clock_);
  } else {
    again_.set(next_ordinal_, change.reported_again);
  }
}

std::uint32_t Source::size_of(std::uint64_t ordinal) const {
  if (!size_varies_) return constant_size_;
  sim::Stream draws{bits(size_stream_, again_.first_of(ordinal))};
  return whole_bytes(options_.size_bytes.sample(draws));
}

template <class Take>
void Source::make_until(sim::Time until, Take&& take) {
  while (next_change_ < changes_.size() && changes_[next_change_].at <= until) {
    const Change change = changes_[next_change_++];
    if (change.at > sim::kStart) make_run(change.at - sim::Duration{1}, take);
    apply(change);
  }
  make_run(until, take);
}

template <class Take>
void Source::make_run(sim::Time until, Take&& take) {
  made_until_ = std::max(made_until_, until);
  if (next_creation() > until) return;
  // A clock that runs true is a constant away from the truth; only a faulty one is worth asking for every
  // record.
  const bool even = clock_.runs_true();
  const std::int64_t ahead_ns = even ? clock_.wall_ns(next_creation()) - sim::to_ns(next_creation()) : 0;
  for (sim::Time created = next_creation(); created <= until && created != sim::kNever;
       created = next_creation()) {
    InFlightRecord record;
    record.created_ns = sim::to_ns(created);
    record.ordinal = next_ordinal_++;
    record.key = key_of(record.ordinal);
    record.size_bytes = size_of(record.ordinal);
    record.event_time_ms = even ? floor_ms(record.created_ns + ahead_ns) : clock_.wall_ms(created);
    record.arrival_ns = record.created_ns + (delayed_ ? delays_.next(created).count() : 0);
    arrivals_.pop();
    take(record);
    if (again_.marks(next_ordinal_) && more_to_make()) [[unlikely]] {
      // What was made a moment ago is said a second time, and takes its own way.
      record.ordinal = next_ordinal_++;
      record.arrival_ns = record.created_ns + options_.again_after.sample_duration(again_after_).count() +
                          (delayed_ ? again_delays_.next(created).count() : 0);
      take(record);
    }
  }
}

void Source::make_until(sim::Time now) {
  make_until(now, [this](const InFlightRecord& record) {
    made_.push_back(news_of(record));
    in_flight_.push(record);
  });
}

void Source::pull(sim::Time until, ArrivalBatch& batch) {
  batch.created.insert(batch.created.end(), made_.begin(), made_.end());
  made_.clear();
  if (!delayed_ && in_flight_.empty() && !gate_.may_hold() && !again_.any() && changes_.empty()) {
    make_until(until, [&](const InFlightRecord& record) {
      batch.created.push_back(news_of(record));
      append(record, record.arrival_ns, batch);
    });
    return;
  }
  make_until(until, [&](const InFlightRecord& record) {
    batch.created.push_back(news_of(record));
    in_flight_.push(record);
  });
  const std::int64_t until_ns = sim::to_ns(until);
  while (const InFlightRecord* record = in_flight_.peek(until_ns)) {
    const std::int64_t arrived_ns = gate_.passes_at(record->arrival_ns);
    if (arrived_ns > until_ns) return;
    append(*record, arrived_ns, batch);
    in_flight_.pop();
  }
}

sim::CreatedRecord Source::news_of(const InFlightRecord& record) const {
  return {sim::EventId{options_.index, record.ordinal},
          record.key,
          record.event_time_ms,
          sim::from_ns(record.created_ns),
          {},
          again_.marks(record.ordinal)};
}

void Source::append(const InFlightRecord& record, std::int64_t arrived_ns, ArrivalBatch& batch) const {
  batch.ids.push_back(sim::EventId{options_.index, record.ordinal});
  batch.keys.push_back(record.key);
  batch.event_times_ms.push_back(record.event_time_ms);
  batch.created_at.push_back(sim::from_ns(record.created_ns));
  batch.arrived_at.push_back(sim::from_ns(arrived_ns));
  batch.sizes_bytes.push_back(record.size_bytes);
}

sim::Time Source::next_event() const {
  const sim::Time creation = next_creation();
  if (in_flight_.empty()) return creation;
  return std::min(creation, sim::from_ns(gate_.would_pass_at(in_flight_.earliest_ns())));
}

/// The clock goes back by its own changes only, and these are known beforehand.
std::int64_t Source::created_from_ms(sim::Time now) const {
  sim::NodeClock clock = clock_;
  std::int64_t least = clock.wall_ms(std::max(made_until_, std::min(next_creation(), now)));
  for (const sim::CreatedRecord& record : made_) least = std::min(least, record.event_time_ms);
  for (std::size_t i = next_change_; i < changes_.size(); ++i) {
    if (!changes_[i].clock) continue;
    changes_[i].clock->apply(clock);
    least = std::min(least, clock.wall_ms(changes_[i].at));
  }
  return least;
}

void Source::set_rate_factor(sim::Time now, double factor) {
  make_until(now);
  arrivals_.set_rate_factor(now, factor);
}

void Source::stall(sim::Time now, sim::Time until, double speed) {
  make_until(now);
  gate_.stall(now, until, speed);
}

void Source::poison_next(sim::Time now, std::uint64_t count) {
  make_until(now);
  poison_.name(next_ordinal_, count);
}

bool Source::report_again(sim::Time now, sim::Time until, sim::Ratio share) {
  make_until(now);
  plan({now, {}, share});
  if (until != sim::kNever) plan({until, {}, options_.reported_again});
  return true;
}

sim::NodeClock& Source::clock_at(sim::Time now) {
  make_until(now);
  return clock_;
}

std::size_t Source::memory_bytes() const {
  return in_flight_.memory_bytes() + made_.capacity() * sizeof(sim::CreatedRecord);
}

}  // namespace wrackline::workload
