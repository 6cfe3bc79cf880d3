#include "engine/event_time/window/table_join.hpp"

#include <cassert>
#include <iterator>

namespace wrackline::event_time::window {

TableJoin::TableJoin(JoinType type) : type_{type} {
  assert((type == JoinType::inner || type == JoinType::left) && "a table alone makes no rows");
}

void TableJoin::change(std::uint32_t key, const TableChange& change) {
  if (change.deleted) {
    rows_.erase(key);
  } else {
    rows_.own(key) = change.record;
  }
}

void TableJoin::add(std::uint32_t key, const JoinRecord& record, std::vector<JoinedRow>& out) const {
  if (const JoinRecord* const row = rows_.find(key)) {
    out.push_back(joined(key, &record, row));
  } else if (type_ == JoinType::left) {
    out.push_back(joined(key, &record, nullptr));
  }
}

TemporalJoin::TemporalJoin(JoinType type) : type_{type} {
  assert((type == JoinType::inner || type == JoinType::left) && "a table alone makes no rows");
}

JoinVerdict TemporalJoin::change(std::uint32_t key, const TableChange& change) {
  if (change.record.timestamp <= watermark_) return JoinVerdict::late_dropped;
  versions_.own(key).own()[change.record.timestamp] = change;
  coming_.own({change.record.timestamp, key});
  return JoinVerdict::accepted;
}

JoinVerdict TemporalJoin::add(std::uint32_t key, const JoinRecord& record) {
  if (record.timestamp <= watermark_) return JoinVerdict::late_dropped;
  waiting_.own({record.timestamp, key, arrivals_++}) = record;
  return JoinVerdict::accepted;
}

void TemporalJoin::advance_watermark(TimestampMs watermark, std::vector<JoinedRow>& out) {
  if (watermark <= watermark_) return;
  watermark_ = watermark;
  while (!waiting_.empty() && std::get<0>(waiting_.first_key()) <= watermark_) {
    const Waiting next = waiting_.first_key();
    const auto [timestamp, key, arrival] = next;
    const JoinRecord& record = waiting_.first_value();
    const TableChange* valid = nullptr;
    if (const Shared<Versions>* const versions = versions_.find(key)) {
      const auto after = (*versions)->upper_bound(timestamp);
      if (after != (*versions)->begin()) valid = &std::prev(after)->second;
    }
    if (valid != nullptr && !valid->deleted) {
      out.push_back(joined(key, &record, &valid->record));
    } else if (type_ == JoinType::left) {
      out.push_back(joined(key, &record, nullptr));
    }
    waiting_.erase(next);
  }
  while (!coming_.empty() && coming_.first_key().first <= watermark_) {
    const auto come = coming_.first_key();
    coming_.erase(come);
    forget(come.second);
  }
}

/// The watermark has passed a version of the key: what that one replaces is not asked for any more.
void TemporalJoin::forget(std::uint32_t key) {
  const Shared<Versions>* const known = versions_.find(key);
  if (known == nullptr) return;
  const auto beyond = (*known)->upper_bound(watermark_);
  if (beyond == (*known)->begin()) return;
  const auto newest = std::prev(beyond);
  if (newest == (*known)->begin() && !newest->second.deleted) return;
  const TimestampMs stays = newest->second.deleted ? newest->first + 1 : newest->first;
  Versions& versions = versions_.own(key).own();
  versions.erase(versions.begin(), versions.lower_bound(stays));
  if (versions.empty()) versions_.erase(key);
}

std::size_t TemporalJoin::versions_held() const {
  std::size_t held = 0;
  versions_.for_each([&](std::uint32_t, const Shared<Versions>& versions) { held += versions->size(); });
  return held;
}

void TemporalJoin::append_versions(std::vector<sim::EventId>& out, SeenParts* seen) const {
  versions_.for_each(
      [&](std::uint32_t, const Shared<Versions>& versions) {
        if (seen != nullptr && !seen->first(versions.part())) return;
        for (const auto& [timestamp, change] : *versions) out.push_back(change.record.id);
      },
      seen);
}

}  // namespace wrackline::event_time::window
