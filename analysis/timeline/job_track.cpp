#include "analysis/timeline/job_track.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/clock.hpp"

namespace wrackline::analysis {

namespace {

constexpr sim::Duration kFinest = std::chrono::milliseconds{10};

}  // namespace

JobTrack::JobTrack(TraceFile& file, const std::string& name, JourneyOptions journeys)
    : file_{file},
      job_{journeys.job},
      group_{file.track(0, "job " + name)},
      rebalances_{file.track(group_, "rebalances")},
      anomalies_{file.track(group_, "anomalies")},
      watermarks_{file.track(group_, "watermark lag", "true time less the watermark of each instance")},
      lag_{file.counter(group_, "lag", "records")},
      late_{file.counter(group_, "dropped as late", "records")},
      journeys_{file, file.track(group_, "records", "some records, each with its stages"),
                std::move(journeys)} {}

void JobTrack::draw(Gauge& gauge) {
  file_.value(gauge.track, gauge.since, gauge.last);
  gauge.drawn = gauge.since;
  gauge.pending = false;
}

void JobTrack::set(Gauge& gauge, sim::Time at, std::int64_t value) {
  const bool first = gauge.drawn == sim::Time::min();
  if (value == gauge.last && !first) return;
  const bool due = first || at - gauge.drawn >= kFinest;
  if (due && gauge.pending) draw(gauge);
  gauge.last = value;
  gauge.since = at;
  gauge.pending = true;
  if (due) draw(gauge);
}

void JobTrack::lag_moved(Position& position, std::int64_t end, std::int64_t next, sim::Time at) {
  const std::int64_t before = std::max<std::int64_t>(0, position.end - position.next);
  position = {end, next};
  set(lag_, at, lag_.last - before + std::max<std::int64_t>(0, end - next));
}

void JobTrack::committed(sim::PartitionRef p, std::int64_t base, std::span<const sim::EventId> ids,
                         sim::Time at) {
  Position& position = positions_[{p.topic, p.partition}];
  const std::int64_t end = std::max(position.end, base + static_cast<std::int64_t>(ids.size()));
  lag_moved(position, end, position.next, at);
  journeys_.committed(p, base, ids, at);
}

void JobTrack::uncommitted(sim::PartitionRef p, std::int64_t base, std::span<const sim::EventId> ids,
                           sim::Time at) {
  Position& position = positions_[{p.topic, p.partition}];
  lag_moved(position, std::min(position.end, base), position.next, at);
  journeys_.uncommitted(p, base, ids, at);
}

void JobTrack::polled(std::uint32_t consumer, sim::PartitionRef p, std::int64_t first,
                      std::span<const sim::EventId> ids, sim::Time at) {
  Position& position = positions_[{p.topic, p.partition}];
  lag_moved(position, position.end, first + static_cast<std::int64_t>(ids.size()), at);
  journeys_.polled(consumer, p, first, ids, at);
}

void JobTrack::assigned(std::uint32_t, sim::PartitionRef p, std::int64_t position, sim::Time at) {
  Position& known = positions_[{p.topic, p.partition}];
  lag_moved(known, known.end, position, at);
}

void JobTrack::dropped(sim::DropReason why, std::uint32_t job, std::span<const sim::EventId> ids,
                       sim::Time at) {
  if (job == job_ && why == sim::DropReason::late)
    set(late_, at, late_.last + static_cast<std::int64_t>(ids.size()));
  journeys_.dropped(why, job, ids, at);
}

void JobTrack::watermark(std::uint32_t job, std::uint32_t task, std::int64_t, std::int64_t to_ms,
                         sim::Time at) {
  if (job != job_) return;
  auto [found, fresh] = watermark_lag_.try_emplace(task);
  if (fresh) found->second.track = file_.counter(watermarks_, fmt::format("instance {}", task), "ms");
  set(found->second, at, sim::true_wall_ms(at) - to_ms);
}

void JobTrack::rebalance_started(sim::Time at, std::int64_t generation) {
  if (rebalancing_) file_.end(rebalances_, at);
  const TraceFile::Argument after[] = {{"after_generation", generation}};
  file_.begin(rebalances_, at, "group", "rebalance", after);
  rebalancing_ = true;
}

void JobTrack::rebalance_completed(sim::Time at, std::int64_t generation, std::int64_t members) {
  const TraceFile::Argument what[] = {{"generation", generation}, {"members", members}};
  if (rebalancing_) {
    file_.end(rebalances_, at, what);
  } else {
    file_.instant(rebalances_, at, "group", "rebalance", what);
  }
  rebalancing_ = false;
}

void JobTrack::anomaly(std::string_view name, sim::Time at, const std::string& what) {
  const TraceFile::Argument about[] = {{"what", what}};
  file_.instant(anomalies_, at, "anomaly", name, about);
}

void JobTrack::close(sim::Time end) {
  if (rebalancing_) file_.end(rebalances_, end);
  rebalancing_ = false;
  for (Gauge* const gauge : {&lag_, &late_})
    if (gauge->pending) draw(*gauge);
  for (auto& [task, gauge] : watermark_lag_)
    if (gauge.pending) draw(gauge);
  journeys_.close(end);
}

}  // namespace wrackline::analysis
