#include "analysis/recording.hpp"

namespace wrackline::analysis {

namespace {

auto identity_of(const sim::VisibleResult& result) {
  const bool windowed = result.window_start_ms != INT64_MIN;
  return std::tuple{result.key, result.window_start_ms, windowed ? 0 : result.digest};
}

}  // namespace

Recording::Recording(Ledger& ledger) : job_{ledger.config().job}, sink_{ledger.config().sink} {
  ledger.on_fate([this](sim::EventId id, Fate fate, LossTold told, LossHop hop) {
    RecordedEvent* event = find(id);
    if (event == nullptr) return;
    event->fate = fate;
    event->lost_told = told;
    event->lost_hop = hop;
  });
}

RecordedEvent* Recording::find(sim::EventId id) {
  if (id.source() >= events_.size() || id.ordinal() >= events_[id.source()].size()) return nullptr;
  return &events_[id.source()][id.ordinal()];
}

void Recording::created(std::span<const sim::CreatedRecord> records) {
  for (const sim::CreatedRecord& record : records) {
    const std::uint16_t source = record.id.source();
    if (source >= events_.size()) events_.resize(std::size_t{source} + 1);
    events_[source].emplace_back().record = record;
  }
}

void Recording::told(sim::Told answer, std::span<const sim::EventId> ids, sim::Time at) {
  for (const sim::EventId id : ids) {
    RecordedEvent* event = find(id);
    if (event == nullptr || (event->told_ns != kNotYet && event->told == sim::Told::acknowledged)) continue;
    event->told = answer;
    event->told_ns = sim::to_ns(at);
  }
}

void Recording::committed(sim::PartitionRef p, std::int64_t base, std::span<const sim::EventId> ids,
                          sim::Time at) {
  for (const sim::EventId id : ids) {
    copy_at_[{p.topic, p.partition, base}] = copies_.size();
    copies_.push_back({p, base++, id, sim::to_ns(at), kNotYet});
  }
}

void Recording::uncommitted(sim::PartitionRef p, std::int64_t base, std::span<const sim::EventId> ids,
                            sim::Time at) {
  for (std::size_t i = 0; i < ids.size(); ++i, ++base) {
    const auto copy = copy_at_.find({p.topic, p.partition, base});
    if (copy != copy_at_.end()) copies_[copy->second].removed_ns = sim::to_ns(at);
  }
}

void Recording::visible(const sim::VisibleResult& result, sim::Time at) {
  if (result.job != job_ || result.sink != sink_) return;
  const auto identity = identity_of(result);
  if (result.overwrites) {
    if (const auto before = row_at_.find(identity); before != row_at_.end()) {
      rows_[before->second].replaced_ns = sim::to_ns(at);
    }
  }
  row_at_[identity] = rows_.size();
  RecordedRow& row = rows_.emplace_back();
  row.result = result;
  row.result.contributions = {};
  row.events.assign(result.contributions.begin(), result.contributions.end());
  row.visible_ns = sim::to_ns(at);
}

void Recording::withdrawn(const sim::VisibleResult& result, sim::Time at) {
  if (result.job != job_ || result.sink != sink_) return;
  const auto row = row_at_.find(identity_of(result));
  if (row != row_at_.end()) rows_[row->second].replaced_ns = sim::to_ns(at);
}

}  // namespace wrackline::analysis
