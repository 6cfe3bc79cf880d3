#include "analysis/timeline/journeys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace wrackline::analysis {

namespace {

constexpr std::string_view kCategory = "record";
constexpr std::size_t kFlagWords = 1024;

constexpr std::string_view kStageNames[] = {"delay", "producer", "replication", "log", "processor", "window",
                                            "",      ""};

const char* name_of(sim::Told answer) {
  switch (answer) {
    case sim::Told::acknowledged:
      return "acknowledged";
    case sim::Told::failed:
      return "told failed";
    case sim::Told::outcome_unknown:
      return "outcome unknown";
    case sim::Told::fire_and_forget:
      return "sent without waiting";
  }
  return "";
}

const char* name_of(sim::DropReason why) {
  switch (why) {
    case sim::DropReason::late:
      return "dropped: late";
    case sim::DropReason::dead_lettered:
      return "dead letter";
    case sim::DropReason::shed:
      return "shed";
    case sim::DropReason::guarded:
      return "rejected by the guard";
  }
  return "";
}

}  // namespace

Journeys::Journeys(TraceFile& file, TraceFile::Track parent, JourneyOptions options)
    : file_{file}, parent_{parent}, options_{std::move(options)}, flags_(kFlagWords) {
  const auto steps = static_cast<std::int64_t>(std::max<std::size_t>(1, options_.records));
  every_ = std::max(sim::Duration{1}, options_.over / steps);
}

template <class Visit>
void Journeys::each(std::span<const sim::EventId> ids, Visit&& visit) {
  for (std::size_t i = 0; i < ids.size(); ++i) {
    // Nearly all records are not followed: one bit tells.
    const std::uint64_t hash = sim::mix(ids[i]) % (64 * kFlagWords);
    if ((flags_[hash / 64] >> (hash % 64) & 1) == 0) continue;
    const auto found = followed_.find(ids[i].packed());
    if (found != followed_.end()) visit(found->second, i);
  }
}

void Journeys::created(std::span<const sim::CreatedRecord> records) {
  for (const sim::CreatedRecord& record : records) {
    if (record.created < next_ || followed_.size() >= options_.records) continue;
    if (record.id.source() >= options_.sources.size() || options_.sources[record.id.source()].empty())
      continue;
    next_ += every_ * ((record.created - next_) / every_ + 1);
    follow(record);
  }
}

void Journeys::follow(const sim::CreatedRecord& record) {
  const std::string name = fmt::format("{}#{}", options_.sources[record.id.source()], record.id.ordinal());
  Journey journey;
  journey.track = file_.track(parent_, name);
  journey.arrives = std::max(record.created, record.arrives);
  const TraceFile::Argument about[] = {{"key", std::int64_t{record.key}},
                                       {"event_time_ms", record.event_time_ms}};
  file_.begin(journey.track, record.created, kCategory, name, about);
  if (journey.arrives > record.created) {
    file_.begin(journey.track, record.created, kCategory, kStageNames[0]);
    file_.end(journey.track, journey.arrives);
  }
  file_.begin(journey.track, journey.arrives, kCategory, kStageNames[1]);
  journey.stage = Stage::producer;
  const std::uint64_t hash = sim::mix(record.id) % (64 * kFlagWords);
  flags_[hash / 64] |= std::uint64_t{1} << (hash % 64);
  followed_.emplace(record.id.packed(), journey);
  order_.push_back(record.id.packed());
}

void Journeys::step(Journey& journey, Stage from, Stage to, sim::Time at, const char* otherwise,
                    TraceFile::Arguments arguments) {
  if (journey.stage != from) {
    file_.instant(journey.track, at, kCategory, otherwise, arguments);
    return;
  }
  file_.end(journey.track, at, arguments);
  journey.stage = to;
  file_.begin(journey.track, at, kCategory, kStageNames[static_cast<std::size_t>(to)]);
}

void Journeys::finish(Journey& journey, Stage as, const char* how, sim::Time at) {
  if (journey.stage == Stage::arrived || journey.stage == Stage::gone) {
    file_.instant(journey.track, at, kCategory, how);
    return;
  }
  const TraceFile::Argument end[] = {{"end", std::string{how}}};
  file_.end(journey.track, at);
  file_.end(journey.track, at, end);
  journey.stage = as;
}

void Journeys::told(sim::Told answer, std::span<const sim::EventId> ids, sim::Time at) {
  each(ids, [&](Journey& journey, std::size_t) {
    file_.instant(journey.track, at, kCategory, name_of(answer));
    // What never reached a log goes no further.
    if (journey.stage == Stage::producer && answer == sim::Told::failed)
      finish(journey, Stage::gone, "never stored", at);
  });
}

void Journeys::refused(sim::SendRefusal why, std::span<const sim::EventId> ids, sim::Time at) {
  const char* const how = why == sim::SendRefusal::expired ? "expired" : "refused";
  each(ids, [&](Journey& journey, std::size_t) { finish(journey, Stage::gone, how, at); });
}

void Journeys::appended(sim::PartitionRef p, std::int64_t base, std::span<const sim::EventId> ids,
                        sim::Time at) {
  each(ids, [&](Journey& journey, std::size_t i) {
    const TraceFile::Argument where[] = {{"partition", std::int64_t{p.partition}},
                                         {"offset", base + static_cast<std::int64_t>(i)}};
    step(journey, Stage::producer, Stage::replication, at, "stored again", where);
  });
}

void Journeys::committed(sim::PartitionRef, std::int64_t, std::span<const sim::EventId> ids, sim::Time at) {
  each(ids, [&](Journey& journey, std::size_t) {
    step(journey, Stage::replication, Stage::log, at, "another copy committed", {});
  });
}

void Journeys::uncommitted(sim::PartitionRef, std::int64_t, std::span<const sim::EventId> ids, sim::Time at) {
  each(ids, [&](Journey& journey, std::size_t) {
    file_.instant(journey.track, at, kCategory, "gone from the log");
  });
}

void Journeys::polled(std::uint32_t consumer, sim::PartitionRef, std::int64_t,
                      std::span<const sim::EventId> ids, sim::Time at) {
  const TraceFile::Argument who[] = {{"consumer", std::int64_t{consumer}}};
  each(ids, [&](Journey& journey, std::size_t) {
    step(journey, Stage::log, Stage::processor, at, "read again", who);
  });
}

void Journeys::processed(std::uint32_t job, std::span<const sim::EventId> ids, sim::Time at) {
  if (job != options_.job) return;
  each(ids, [&](Journey& journey, std::size_t) {
    step(journey, Stage::processor, Stage::window, at, "processed again", {});
  });
}

void Journeys::dropped(sim::DropReason why, std::uint32_t job, std::span<const sim::EventId> ids,
                       sim::Time at) {
  if (job != options_.job) return;
  each(ids, [&](Journey& journey, std::size_t) { finish(journey, Stage::gone, name_of(why), at); });
}

void Journeys::visible(const sim::VisibleResult& result, sim::Time at) {
  if (result.job != options_.job) return;
  each(result.contributions, [&](Journey& journey, std::size_t) {
    finish(journey, Stage::arrived, journey.stage == Stage::arrived ? "visible again" : "visible", at);
  });
}

void Journeys::close(sim::Time at) {
  for (const std::uint64_t id : order_) {
    Journey& journey = followed_.at(id);
    if (journey.stage != Stage::arrived && journey.stage != Stage::gone)
      finish(journey, Stage::gone, "not visible at the end of the run", at);
  }
}

}  // namespace wrackline::analysis
