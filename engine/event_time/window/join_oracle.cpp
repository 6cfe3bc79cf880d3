#include "engine/event_time/window/join_oracle.hpp"

#include <algorithm>
#include <set>

#include "engine/event_time/window/batch_oracle.hpp"

namespace wrackline::event_time::window {

namespace {

/// All pairs that `fit`, and what is left alone.
template <class Fits>
std::vector<JoinedRow> cross(JoinType type, const std::vector<const JoinArrival*>& lefts,
                             const std::vector<const JoinArrival*>& rights, const Window& window,
                             Fits&& fits) {
  std::vector<JoinedRow> rows;
  std::set<const JoinArrival*> paired;
  for (const JoinArrival* left : lefts) {
    for (const JoinArrival* right : rights) {
      if (left->key != right->key || !fits(left->record, right->record)) continue;
      rows.push_back(joined(left->key, &left->record, &right->record, window));
      paired.insert({left, right});
    }
  }
  for (const JoinArrival* left : lefts)
    if ((type == JoinType::left || type == JoinType::full) && !paired.contains(left))
      rows.push_back(joined(left->key, &left->record, nullptr, window));
  for (const JoinArrival* right : rights)
    if ((type == JoinType::right || type == JoinType::full) && !paired.contains(right))
      rows.push_back(joined(right->key, nullptr, &right->record, window));
  return rows;
}

std::vector<JoinedRow> sorted(std::vector<JoinedRow> rows) {
  std::sort(rows.begin(), rows.end());
  return rows;
}

}  // namespace

std::vector<JoinedRow> batch_interval_join(const IntervalJoinSpec& spec, std::span<const JoinArrival> input) {
  std::vector<const JoinArrival*> sides[2];
  for (const JoinArrival& one : input)
    if (one.record.timestamp + spec.lateness_of(one.side) > one.watermark)
      sides[one.side == JoinSide::left ? 0 : 1].push_back(&one);
  return sorted(
      cross(spec.type, sides[0], sides[1], {}, [&](const JoinRecord& left, const JoinRecord& right) {
        const std::int64_t distance = right.timestamp - left.timestamp;
        return spec.lower_ms <= distance && distance <= spec.upper_ms;
      }));
}

std::vector<JoinedRow> batch_window_join(const WindowDefinition& windows, JoinType type,
                                         std::span<const JoinArrival> input) {
  // Which windows there are, and who is in them, by the window oracle: all records in one stream.
  std::vector<ArrivedRecord> records;
  for (std::size_t i = 0; i < input.size(); ++i)
    records.push_back({input[i].key, input[i].record.timestamp, sim::EventId{0, i}, 0, input[i].watermark});
  std::vector<JoinedRow> rows;
  for (const BatchWindow& window : batch_windows(windows, {}, 0, records).windows) {
    std::vector<const JoinArrival*> sides[2];
    for (const sim::EventId id : window.ids) {
      const JoinArrival& one = input[id.ordinal()];
      sides[one.side == JoinSide::left ? 0 : 1].push_back(&one);
    }
    const std::vector<JoinedRow> more =
        cross(type, sides[0], sides[1], window.window, [](const auto&, const auto&) { return true; });
    rows.insert(rows.end(), more.begin(), more.end());
  }
  return sorted(std::move(rows));
}

std::vector<JoinedRow> batch_table_join(JoinType type, std::span<const JoinArrival> input) {
  std::vector<JoinedRow> rows;
  for (std::size_t i = 0; i < input.size(); ++i) {
    if (input[i].side != JoinSide::left) continue;
    const JoinArrival* change = nullptr;
    for (std::size_t j = 0; j < i; ++j)
      if (input[j].side == JoinSide::right && input[j].key == input[i].key) change = &input[j];
    const bool found = change != nullptr && !change->deleted;
    if (found || type == JoinType::left)
      rows.push_back(joined(input[i].key, &input[i].record, found ? &change->record : nullptr));
  }
  return sorted(std::move(rows));
}

std::vector<JoinedRow> batch_temporal_join(JoinType type, std::span<const JoinArrival> input) {
  std::vector<JoinedRow> rows;
  for (const JoinArrival& left : input) {
    if (left.side != JoinSide::left || left.record.timestamp <= left.watermark) continue;
    const JoinArrival* version = nullptr;
    for (const JoinArrival& right : input) {
      if (right.side != JoinSide::right || right.key != left.key) continue;
      if (right.record.timestamp <= right.watermark || right.record.timestamp > left.record.timestamp)
        continue;
      if (version == nullptr || right.record.timestamp >= version->record.timestamp) version = &right;
    }
    const bool found = version != nullptr && !version->deleted;
    if (found || type == JoinType::left)
      rows.push_back(joined(left.key, &left.record, found ? &version->record : nullptr));
  }
  return sorted(std::move(rows));
}

}  // namespace wrackline::event_time::window
