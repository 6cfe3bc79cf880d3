#include "engine/event_time/window/table_join.hpp"

#include <cassert>
#include <iterator>
#include <tuple>

namespace wrackline::event_time::window {

TableJoin::TableJoin(JoinType type) : type_{type} {
  assert((type == JoinType::inner || type == JoinType::left) && "a table alone makes no rows");
}

void TableJoin::change(std::uint32_t key, const TableChange& change) {
  if (change.deleted) {
    rows_.erase(key);
  } else {
    rows_[key] = change.record;
  }
}

void TableJoin::add(std::uint32_t key, const JoinRecord& record, std::vector<JoinedRow>& out) const {
  const auto row = rows_.find(key);
  if (row != rows_.end()) {
    out.push_back(joined(key, &record, &row->second));
  } else if (type_ == JoinType::left) {
    out.push_back(joined(key, &record, nullptr));
  }
}

bool TemporalJoin::Waiting::operator<(const Waiting& other) const {
  return std::tie(timestamp, key, arrival) < std::tie(other.timestamp, other.key, other.arrival);
}

TemporalJoin::TemporalJoin(JoinType type) : type_{type} {
  assert((type == JoinType::inner || type == JoinType::left) && "a table alone makes no rows");
}

JoinVerdict TemporalJoin::change(std::uint32_t key, const TableChange& change) {
  if (change.record.timestamp <= watermark_) return JoinVerdict::late_dropped;
  versions_[key][change.record.timestamp] = change;
  return JoinVerdict::accepted;
}

JoinVerdict TemporalJoin::add(std::uint32_t key, const JoinRecord& record) {
  if (record.timestamp <= watermark_) return JoinVerdict::late_dropped;
  waiting_.insert({record.timestamp, key, arrivals_++, record});
  return JoinVerdict::accepted;
}

void TemporalJoin::advance_watermark(TimestampMs watermark, std::vector<JoinedRow>& out) {
  if (watermark <= watermark_) return;
  watermark_ = watermark;
  while (!waiting_.empty() && waiting_.begin()->timestamp <= watermark_) {
    const Waiting& next = *waiting_.begin();
    const TableChange* valid = nullptr;
    if (const auto versions = versions_.find(next.key); versions != versions_.end()) {
      const auto after = versions->second.upper_bound(next.timestamp);
      if (after != versions->second.begin()) valid = &std::prev(after)->second;
    }
    if (valid != nullptr && !valid->deleted) {
      out.push_back(joined(next.key, &next.record, &valid->record));
    } else if (type_ == JoinType::left) {
      out.push_back(joined(next.key, &next.record, nullptr));
    }
    waiting_.erase(waiting_.begin());
  }
  for (auto versions = versions_.begin(); versions != versions_.end();) {
    forget(versions->second);
    versions = versions->second.empty() ? versions_.erase(versions) : std::next(versions);
  }
}

void TemporalJoin::forget(std::map<TimestampMs, TableChange>& versions) const {
  const auto beyond = versions.upper_bound(watermark_);
  if (beyond == versions.begin()) return;
  const auto newest = std::prev(beyond);
  versions.erase(versions.begin(), newest->second.deleted ? beyond : newest);
}

std::size_t TemporalJoin::versions_held() const {
  std::size_t held = 0;
  for (const auto& [key, versions] : versions_) held += versions.size();
  return held;
}

void TemporalJoin::append_versions(std::vector<sim::EventId>& out) const {
  for (const auto& [key, versions] : versions_)
    for (const auto& [timestamp, change] : versions) out.push_back(change.record.id);
}

}  // namespace wrackline::event_time::window
