#include "engine/event_time/window/interval_join.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

namespace wrackline::event_time::window {

std::vector<std::string> IntervalJoinSpec::problems() const {
  std::vector<std::string> found;
  if (lower_ms > upper_ms)
    found.push_back(
        fmt::format("the lower bound of {} ms is above the upper one of {} ms", lower_ms, upper_ms));
  if (lower_ms < -kMaxTimestamp / 4 || upper_ms > kMaxTimestamp / 4)
    found.push_back("the interval is longer than the time axis");
  for (const JoinSide side : {JoinSide::left, JoinSide::right})
    if (lateness_of(side) < 0)
      found.push_back(fmt::format("the allowed lateness must be 0 ms or more, not {} ms", lateness_of(side)));
  return found;
}

IntervalJoin::IntervalJoin(const IntervalJoinSpec& spec) : spec_{spec} { assert(spec.problems().empty()); }

/// Its last partner has the greatest timestamp that fits, and may be as late as that side allows.
TimestampMs IntervalJoin::end_of(JoinSide side, TimestampMs timestamp) const {
  return side == JoinSide::left
             ? saturating_add(saturating_add(timestamp, spec_.upper_ms), spec_.right_allowed_lateness_ms)
             : saturating_add(saturating_sub(timestamp, spec_.lower_ms), spec_.allowed_lateness_ms);
}

/// The first of a side is the first to go: a side's records all stay equally long.
void IntervalJoin::ends_at(std::uint32_t key, Buffers& buffers) {
  TimestampMs first = kMaxTimestamp;
  for (const JoinSide side : {JoinSide::left, JoinSide::right}) {
    const std::vector<Kept>& kept = buffers.sides[side == JoinSide::left ? 0 : 1];
    if (!kept.empty()) first = std::min(first, end_of(side, kept.front().record.timestamp));
  }
  const bool empty = buffers.sides[0].empty() && buffers.sides[1].empty();
  if (buffers.ends_ms != first || empty) {
    ends_.erase({buffers.ends_ms, key});
    if (!empty) ends_.own({first, key});
    buffers.ends_ms = first;
  } else if (!ends_.contains({first, key})) {
    ends_.own({first, key});
  }
  if (empty) by_key_.erase(key);
}

JoinVerdict IntervalJoin::add(JoinSide side, std::uint32_t key, const JoinRecord& record,
                              std::vector<JoinedRow>& out) {
  if (saturating_add(record.timestamp, spec_.lateness_of(side)) <= watermark_)
    return JoinVerdict::late_dropped;
  const bool is_left = side == JoinSide::left;
  Buffers& buffers = by_key_.own(key).own();
  std::vector<Kept>& others = buffers.sides[is_left ? 1 : 0];
  const TimestampMs from = is_left ? saturating_add(record.timestamp, spec_.lower_ms)
                                   : saturating_sub(record.timestamp, spec_.upper_ms);
  const TimestampMs to = is_left ? saturating_add(record.timestamp, spec_.upper_ms)
                                 : saturating_sub(record.timestamp, spec_.lower_ms);
  Kept kept{record, arrivals_++, false};
  auto other = std::lower_bound(others.begin(), others.end(), from,
                                [](const Kept& one, TimestampMs ts) { return one.record.timestamp < ts; });
  for (; other != others.end() && other->record.timestamp <= to; ++other) {
    other->matched = kept.matched = true;
    out.push_back(is_left ? joined(key, &record, &other->record) : joined(key, &other->record, &record));
  }
  if (end_of(side, record.timestamp) <= watermark_) {
    // No partner can come, and it is not needed by any (an interval that lies wholly in the past).
    if (!kept.matched && pads(side))
      out.push_back(is_left ? joined(key, &record, nullptr) : joined(key, nullptr, &record));
  } else {
    std::vector<Kept>& mine = buffers.sides[is_left ? 0 : 1];
    const auto at =
        std::upper_bound(mine.begin(), mine.end(), record.timestamp,
                         [](TimestampMs ts, const Kept& one) { return ts < one.record.timestamp; });
    mine.insert(at, kept);
    ++held_;
  }
  ends_at(key, buffers);
  return JoinVerdict::accepted;
}

/// Moves what has to go from the key's buffers to gone_.
void IntervalJoin::drop_ended(std::uint32_t key) {
  Buffers& buffers = by_key_.own(key).own();
  for (const JoinSide side : {JoinSide::left, JoinSide::right}) {
    std::vector<Kept>& kept = buffers.sides[side == JoinSide::left ? 0 : 1];
    auto stays = kept.begin();
    for (; stays != kept.end(); ++stays) {
      const TimestampMs timestamp = stays->record.timestamp;
      const TimestampMs end = end_of(side, timestamp);
      if (end > watermark_) break;
      gone_.push_back({{end, timestamp, side, key, stays->arrival}, *stays});
    }
    held_ -= static_cast<std::size_t>(stays - kept.begin());
    kept.erase(kept.begin(), stays);
  }
  ends_at(key, buffers);
}

void IntervalJoin::advance_watermark(TimestampMs watermark, std::vector<JoinedRow>& out) {
  if (watermark <= watermark_) return;
  watermark_ = watermark;
  while (!ends_.empty() && ends_.first_key().first <= watermark_) drop_ended(ends_.first_key().second);
  std::sort(gone_.begin(), gone_.end(), [](const Gone& a, const Gone& b) { return a.end < b.end; });
  for (const Gone& gone : gone_) {
    if (gone.kept.matched || !pads(gone.end.side)) continue;
    const bool is_left = gone.end.side == JoinSide::left;
    out.push_back(is_left ? joined(gone.end.key, &gone.kept.record, nullptr)
                          : joined(gone.end.key, nullptr, &gone.kept.record));
  }
  gone_.clear();
}

void IntervalJoin::append_ids(std::vector<sim::EventId>& out, SeenParts* seen) const {
  by_key_.for_each(
      [&](std::uint32_t, const Shared<Buffers>& buffers) {
        if (seen != nullptr && !seen->first(buffers.part())) return;
        for (const std::vector<Kept>& side : buffers->sides)
          for (const Kept& kept : side) out.push_back(kept.record.id);
      },
      seen);
}

}  // namespace wrackline::event_time::window
