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
  if (allowed_lateness_ms < 0)
    found.push_back(fmt::format("the allowed lateness must be 0 ms or more, not {} ms", allowed_lateness_ms));
  return found;
}

IntervalJoin::IntervalJoin(const IntervalJoinSpec& spec) : spec_{spec} { assert(spec.problems().empty()); }

TimestampMs IntervalJoin::end_of(JoinSide side, TimestampMs timestamp) const {
  const TimestampMs last = side == JoinSide::left ? saturating_add(timestamp, spec_.upper_ms)
                                                  : saturating_sub(timestamp, spec_.lower_ms);
  return saturating_add(last, spec_.allowed_lateness_ms);
}

JoinVerdict IntervalJoin::add(JoinSide side, std::uint32_t key, const JoinRecord& record,
                              std::vector<JoinedRow>& out) {
  if (saturating_add(record.timestamp, spec_.allowed_lateness_ms) <= watermark_)
    return JoinVerdict::late_dropped;
  const bool is_left = side == JoinSide::left;
  Buffers& buffers = by_key_[key];
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
  const TimestampMs end = end_of(side, record.timestamp);
  if (end <= watermark_) {
    // No partner can come, and it is not needed by any (an interval that lies wholly in the past).
    const bool pads = is_left ? pads_left_rows(spec_.type) : pads_right_rows(spec_.type);
    if (!kept.matched && pads)
      out.push_back(is_left ? joined(key, &record, nullptr) : joined(key, nullptr, &record));
    return JoinVerdict::accepted;
  }
  std::vector<Kept>& own = buffers.sides[is_left ? 0 : 1];
  const auto at = std::upper_bound(own.begin(), own.end(), record.timestamp,
                                   [](TimestampMs ts, const Kept& one) { return ts < one.record.timestamp; });
  ends_.insert({end, record.timestamp, side, key, kept.arrival});
  own.insert(at, kept);
  return JoinVerdict::accepted;
}

void IntervalJoin::advance_watermark(TimestampMs watermark, std::vector<JoinedRow>& out) {
  if (watermark <= watermark_) return;
  watermark_ = watermark;
  while (!ends_.empty() && ends_.begin()->at_ms <= watermark_) {
    const End end = *ends_.begin();
    ends_.erase(ends_.begin());
    const bool is_left = end.side == JoinSide::left;
    Buffers& buffers = by_key_[end.key];
    std::vector<Kept>& own = buffers.sides[is_left ? 0 : 1];
    const auto kept =
        std::find_if(own.begin(), own.end(), [&](const Kept& one) { return one.arrival == end.arrival; });
    assert(kept != own.end());
    const bool pads = is_left ? pads_left_rows(spec_.type) : pads_right_rows(spec_.type);
    if (!kept->matched && pads) {
      out.push_back(is_left ? joined(end.key, &kept->record, nullptr)
                            : joined(end.key, nullptr, &kept->record));
    }
    own.erase(kept);
    if (buffers.sides[0].empty() && buffers.sides[1].empty()) by_key_.erase(end.key);
  }
}

}  // namespace wrackline::event_time::window
