#include "engine/event_time/window_operator.hpp"

#include <cassert>
#include <utility>

#include <fmt/format.h>

namespace wrackline::event_time {

WindowOperator::WindowOperator(const WindowAssigner& assigner, std::int64_t allowed_lateness_ms,
                               Lineage lineage)
    : assigner_{assigner},
      allowed_lateness_ms_{allowed_lateness_ms},
      lineage_{lineage},
      slice_ms_{static_cast<std::uint64_t>(assigner.slice_ms())} {
  assert(problems(assigner, allowed_lateness_ms).empty());
}

std::vector<std::string> WindowOperator::problems(const WindowAssigner& assigner,
                                                  std::int64_t allowed_lateness_ms) {
  std::vector<std::string> found = assigner.problems();
  if (allowed_lateness_ms < 0)
    found.push_back(fmt::format("the allowed lateness must be 0 ms or more, not {} ms", allowed_lateness_ms));
  return found;
}

WindowOperator::PartitionState& WindowOperator::find_or_add_state(PartitionId partition) {
  auto at =
      std::lower_bound(states_.begin(), states_.end(), partition,
                       [](const PartitionState& state, PartitionId id) { return state.partition < id; });
  if (at == states_.end() || at->partition != partition) {
    at = states_.insert(at, PartitionState{});
    at->partition = partition;
  }
  last_state_ = static_cast<std::size_t>(at - states_.begin());
  return *at;
}

const WindowOperator::PartitionState* WindowOperator::find_state(PartitionId partition) const {
  const auto at = std::find_if(states_.begin(), states_.end(), [partition](const PartitionState& state) {
    return state.partition == partition;
  });
  return at == states_.end() ? nullptr : &*at;
}

WindowOperator::Starts WindowOperator::starts_over(TimestampMs slice_start) const {
  const TimestampMs last = assigner_.last_start(slice_start);
  // How much earlier the first window may start and still reach over the whole slice.
  const std::int64_t reach = assigner_.size_ms - static_cast<std::int64_t>(slice_ms_) - (slice_start - last);
  if (reach < 0) return {.none = true};
  return {.first = saturating_sub(last, reach / assigner_.slide_ms * assigner_.slide_ms), .last = last};
}

WindowOperator::Verdict WindowOperator::add_slowly(PartitionState& state, std::uint32_t key,
                                                   TimestampMs timestamp, sim::EventId id, std::int64_t value,
                                                   PaneBatch& fired) {
  // A record without a timestamp (MIN) fails a Flink job; refusing it is the source's business, here it
  // simply has no window. The far end of the axis is treated alike, so that no window start can wrap.
  if (timestamp < kMinTimestamp / 2) return Verdict::no_window;
  const TimestampMs watermark = effective_watermark(state);
  const TimestampMs slice_start =
      floor_to(timestamp, static_cast<std::int64_t>(slice_ms_), assigner_.offset_ms);
  const Starts starts = starts_over(slice_start);
  if (starts.none) {
    // WindowOperator.isElementLate: a record that found no window counts as late by its own timestamp.
    return cleanup_time(timestamp, allowed_lateness_ms_) <= watermark ? Verdict::late_dropped
                                                                      : Verdict::no_window;
  }
  if (cleanup_time(max_of(starts.last), allowed_lateness_ms_) <= watermark) return Verdict::late_dropped;

  Slice& slice = open_slice(state, slice_start);
  add_to(slice, key, id, value);
  state.hot = &slice;
  state.hot_start_ms = slice_start;
  state.hot_first_max = max_of(starts.first);
  schedule(state, slice_start);

  if (allowed_lateness_ms_ > 0 && state.hot_first_max <= watermark) {
    for (TimestampMs start = starts.last; start >= starts.first; start -= assigner_.slide_ms) {
      const TimestampMs max = max_of(start);
      if (max > watermark) continue;
      if (cleanup_time(max, allowed_lateness_ms_) <= watermark) break;
      fire_late(state, start, key, id, fired);
    }
  }
  return Verdict::accepted;
}

Slice& WindowOperator::open_slice(PartitionState& state, TimestampMs slice_start) {
  // New slices come at the young end, so the search starts there.
  auto at = state.slices.end();
  while (at != state.slices.begin() && (*std::prev(at))->start_ms() >= slice_start) --at;
  if (at != state.slices.end() && (*at)->start_ms() == slice_start) return **at;
  std::unique_ptr<Slice> slice;
  if (spare_.empty()) {
    slice = std::make_unique<Slice>();
  } else {
    slice = std::move(spare_.back());
    spare_.pop_back();
  }
  slice->open(slice_start);
  return **state.slices.insert(at, std::move(slice));
}

void WindowOperator::schedule(const PartitionState& state, TimestampMs slice_start) {
  const TimestampMs watermark = effective_watermark(state);
  const Starts starts = starts_over(slice_start);
  TimestampMs next_max = max_of(starts.first);
  if (next_max <= watermark) {
    const std::int64_t behind = (watermark - next_max) / assigner_.slide_ms + 1;
    next_max = saturating_add(next_max, behind * assigner_.slide_ms);
  }
  const TimestampMs last_max = max_of(starts.last);
  const TimestampMs cleanup = cleanup_time(last_max, allowed_lateness_ms_);
  next_event_ = std::min(next_event_, next_max <= last_max ? next_max : cleanup);
  // Fired windows have cleanup times of their own, before that of their youngest slice.
  if (!state.fired.empty())
    next_event_ =
        std::min(next_event_, cleanup_time(max_of(state.fired.front().start_ms), allowed_lateness_ms_));
}

void WindowOperator::schedule_next() {
  next_event_ = kMaxTimestamp;
  for (const PartitionState& state : states_)
    for (const auto& slice : state.slices) schedule(state, slice->start_ms());
}

void WindowOperator::run_due(TimestampMs watermark_before, PaneBatch& fired) {
  due_.clear();
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const TimestampMs fired_before = std::max(watermark_before, states_[i].watermark_floor);
    for (const auto& slice : states_[i].slices) {
      const Starts starts = starts_over(slice->start_ms());
      TimestampMs start = starts.first;
      if (max_of(start) <= fired_before)
        start += ((fired_before - max_of(start)) / assigner_.slide_ms + 1) * assigner_.slide_ms;
      for (; start <= starts.last && max_of(start) <= watermark_;
           start = saturating_add(start, assigner_.slide_ms))
        due_.push_back({start, i});
    }
  }
  std::sort(due_.begin(), due_.end());
  due_.erase(std::unique(due_.begin(), due_.end()), due_.end());
  for (const DueWindow& due : due_) fire_on_time(states_[due.state], due.start, fired);
  for (PartitionState& state : states_) clean_up(state);
  schedule_next();
}

void WindowOperator::fire_on_time(PartitionState& state, TimestampMs window_start, PaneBatch& fired) {
  const TimestampMs window_end = saturating_add(window_start, assigner_.size_ms);
  covering_.clear();
  entries_.clear();
  for (const auto& slice : state.slices) {
    if (slice->start_ms() < window_start || slice->start_ms() >= window_end) continue;
    const std::uint64_t ordinal = covering_.size();
    covering_.push_back(slice.get());
    slice->pack();
    std::uint32_t slot = 0;
    for (const std::uint32_t key : slice->keys())
      entries_.push_back({(std::uint64_t{key} << 32) | ordinal, slot++});
  }
  std::sort(entries_.begin(), entries_.end(),
            [](const Entry& a, const Entry& b) { return a.key_and_slice < b.key_and_slice; });
  for (std::size_t i = 0; i < entries_.size();) {
    const auto key = static_cast<std::uint32_t>(entries_[i].key_and_slice >> 32);
    Pane& pane = fired.panes.emplace_back();
    pane.window = {window_start, window_end};
    pane.partition = state.partition;
    pane.key = key;
    pane.first_contribution = fired.ids.size();
    for (; i < entries_.size() && entries_[i].key_and_slice >> 32 == key; ++i) {
      Slice& slice = *covering_[entries_[i].key_and_slice & 0xffffffffU];
      pane.aggregate.merge(slice.aggregate(entries_[i].slot));
      slice.append_ids(entries_[i].slot, fired.ids);
    }
    pane.contributions = fired.ids.size() - pane.first_contribution;
    if (allowed_lateness_ms_ > 0) pane.index = next_pane_index(state, window_start, key);
  }
}

void WindowOperator::fire_late(PartitionState& state, TimestampMs window_start, std::uint32_t key,
                               sim::EventId id, PaneBatch& fired) {
  const TimestampMs window_end = saturating_add(window_start, assigner_.size_ms);
  Pane& pane = fired.panes.emplace_back();
  pane.window = {window_start, window_end};
  pane.partition = state.partition;
  pane.key = key;
  pane.timing = PaneTiming::late;
  pane.index = next_pane_index(state, window_start, key);
  pane.first_contribution = fired.ids.size();
  for (const auto& slice : state.slices) {
    if (slice->start_ms() < window_start || slice->start_ms() >= window_end) continue;
    const std::uint32_t slot = slice->slot_of(key);
    if (slot == KeyTable::kAbsent) continue;
    pane.aggregate.merge(slice->aggregate(slot));
    if (lineage_ == Lineage::full) slice->append_ids(slot, fired.ids);
  }
  if (lineage_ == Lineage::delta) fired.ids.push_back(id);
  pane.contributions = fired.ids.size() - pane.first_contribution;
}

std::uint32_t WindowOperator::next_pane_index(PartitionState& state, TimestampMs window_start,
                                              std::uint32_t key) {
  auto at = state.fired.end();
  while (at != state.fired.begin() && std::prev(at)->start_ms >= window_start) --at;
  if (at == state.fired.end() || at->start_ms != window_start)
    at = state.fired.insert(at, FiredWindow{.start_ms = window_start, .keys = {}, .panes = {}});
  return at->next_pane(key);
}

void WindowOperator::clean_up(PartitionState& state) {
  const TimestampMs watermark = effective_watermark(state);
  const auto expired = [&](TimestampMs last_start) {
    return cleanup_time(max_of(last_start), allowed_lateness_ms_) <= watermark;
  };
  // Both lists are ascending, so what has expired is a prefix.
  std::size_t gone = 0;
  while (gone < state.slices.size() && expired(starts_over(state.slices[gone]->start_ms()).last)) {
    if (state.slices[gone].get() == state.hot) state.hot_first_max = kMinTimestamp;
    spare_.push_back(std::move(state.slices[gone++]));
  }
  state.slices.erase(state.slices.begin(), state.slices.begin() + static_cast<std::ptrdiff_t>(gone));
  gone = 0;
  while (gone < state.fired.size() && expired(state.fired[gone].start_ms)) ++gone;
  state.fired.erase(state.fired.begin(), state.fired.begin() + static_cast<std::ptrdiff_t>(gone));
}

void WindowOperator::purge_partition(PartitionId partition) {
  const PartitionState* state = find_state(partition);
  if (state == nullptr) return;
  const auto at = states_.begin() + (state - states_.data());
  for (auto& slice : at->slices) spare_.push_back(std::move(slice));
  states_.erase(at);
  last_state_ = 0;
  schedule_next();
}

PartitionSnapshot WindowOperator::snapshot(PartitionId partition) const {
  PartitionSnapshot saved;
  saved.watermark_ms = watermark_;
  const PartitionState* state = find_state(partition);
  if (state == nullptr) return saved;
  saved.watermark_ms = effective_watermark(*state);
  const auto slots_by_key = [](const std::vector<std::uint32_t>& keys) {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> order;
    for (const std::uint32_t key : keys) order.emplace_back(key, static_cast<std::uint32_t>(order.size()));
    std::sort(order.begin(), order.end());
    return order;
  };
  for (const auto& slice : state->slices) {
    slice->pack();
    for (const auto& [key, slot] : slots_by_key(slice->keys())) {
      const std::size_t first_id = saved.ids.size();
      slice->append_ids(slot, saved.ids);
      saved.cells.push_back({slice->start_ms(), key, slice->aggregate(slot), saved.ids.size() - first_id});
    }
  }
  for (const FiredWindow& window : state->fired)
    for (const auto& [key, slot] : slots_by_key(window.keys.keys()))
      saved.fired.push_back({window.start_ms, key, window.panes[slot]});
  return saved;
}

void WindowOperator::restore(PartitionId partition, const PartitionSnapshot& snapshot) {
  assert(find_state(partition) == nullptr || find_state(partition)->slices.empty());
  PartitionState& state = partition_state(partition);
  state.watermark_floor = snapshot.watermark_ms;
  std::size_t next_id = 0;
  for (const PartitionSnapshot::Cell& cell : snapshot.cells) {
    open_slice(state, cell.slice_start_ms)
        .put_back(cell.key, cell.aggregate, std::span{snapshot.ids}.subspan(next_id, cell.ids));
    next_id += cell.ids;
  }
  for (const PartitionSnapshot::Fired& fired : snapshot.fired) {
    if (state.fired.empty() || state.fired.back().start_ms != fired.window_start_ms)
      state.fired.push_back({.start_ms = fired.window_start_ms, .keys = {}, .panes = {}});
    state.fired.back().keys.find_or_insert(fired.key);
    state.fired.back().panes.push_back(fired.panes);
  }
  schedule_next();
}

std::size_t WindowOperator::slices_held() const {
  std::size_t held = 0;
  for (const PartitionState& state : states_) held += state.slices.size();
  return held;
}
std::size_t WindowOperator::cells_held() const {
  std::size_t held = 0;
  for (const PartitionState& state : states_)
    for (const auto& slice : state.slices) held += slice->keys().size();
  return held;
}
std::size_t WindowOperator::records_held() const {
  std::size_t held = 0;
  for (const PartitionState& state : states_)
    for (const auto& slice : state.slices) held += slice->records();
  return held;
}

}  // namespace wrackline::event_time
