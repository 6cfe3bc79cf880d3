#include "engine/event_time/oracle.hpp"

#include <algorithm>
#include <set>

namespace wrackline::event_time {

std::vector<WindowOracle::Record> WindowOracle::records_of(TimestampMs window_start) const {
  const TimestampMs window_end = window_start + assigner_.size_ms;
  std::vector<Record> inside;
  for (auto bucket = buckets_.lower_bound(window_start);
       bucket != buckets_.end() && bucket->first < window_end; ++bucket) {
    for (const Record& record : bucket->second)
      if (record.timestamp >= window_start && record.timestamp < window_end) inside.push_back(record);
  }
  std::sort(inside.begin(), inside.end(),
            [](const Record& a, const Record& b) { return a.key != b.key ? a.key < b.key : a.id < b.id; });
  return inside;
}

std::vector<ExpectedResult> WindowOracle::expected(TimestampMs window_start) const {
  std::vector<ExpectedResult> results;
  for (const Record& record : records_of(window_start)) {
    if (results.empty() || results.back().key != record.key)
      results.push_back({.key = record.key, .min = record.value, .max = record.value});
    ExpectedResult& result = results.back();
    result.count += 1;
    result.sum = static_cast<std::int64_t>(static_cast<std::uint64_t>(result.sum) +
                                           static_cast<std::uint64_t>(record.value));
    result.min = std::min(result.min, record.value);
    result.max = std::max(result.max, record.value);
    result.digest += sim::mix(record.id);
  }
  return results;
}

std::vector<sim::EventId> WindowOracle::members(TimestampMs window_start, std::uint32_t key) const {
  std::vector<sim::EventId> ids;
  for (const Record& record : records_of(window_start))
    if (record.key == key) ids.push_back(record.id);
  return ids;
}

std::vector<TimestampMs> WindowOracle::window_starts() const {
  std::set<TimestampMs> starts;
  for (const auto& [bucket, records] : buckets_) {
    for (const Record& record : records) {
      for (TimestampMs start = bucket; start > record.timestamp - assigner_.size_ms;
           start -= assigner_.slide_ms)
        starts.insert(start);
    }
  }
  return {starts.begin(), starts.end()};
}

void WindowOracle::forget_before(TimestampMs window_end) {
  // A bucket is needed until the last window that starts in it, the one it is named after, has ended.
  while (!buckets_.empty() && buckets_.begin()->first + assigner_.size_ms <= window_end)
    buckets_.erase(buckets_.begin());
  newest_ = nullptr;
}

std::size_t WindowOracle::records_held() const {
  std::size_t held = 0;
  for (const auto& [bucket, records] : buckets_) held += records.size();
  return held;
}

}  // namespace wrackline::event_time
