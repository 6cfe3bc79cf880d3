// The frame: state, timers, firing. What a record does to each kind of window stands in
// pane_operator_add.cpp.
#include "engine/event_time/window/pane_operator.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

namespace wrackline::event_time::window {

using Accumulation = PanePolicy::Accumulation;
using Kind = WindowDefinition::Kind;

std::vector<std::string> PanePolicy::problems() const {
  std::vector<std::string> found;
  const auto negative = [&](std::int64_t value, std::string_view what) {
    if (value < 0) found.push_back(fmt::format("{} must be 0 or more, not {}", what, value));
  };
  negative(early_every_ms, "the time between early panes");
  negative(early_every_records, "the records of an early pane");
  negative(late_every_ms, "the time between late panes");
  negative(late_every_records, "the records of a late pane");
  negative(allowed_lateness_ms, "the allowed lateness");
  return found;
}

bool WindowedAggregation::can_slice() const {
  if (!windows.by_timestamp() || panes.early()) return false;
  return panes.accumulation != Accumulation::discarding || panes.allowed_lateness_ms == 0;
}

std::vector<std::string> WindowedAggregation::problems() const {
  std::vector<std::string> found = windows.problems();
  for (auto& more : {aggregate.problems(), panes.problems()})
    found.insert(found.end(), more.begin(), more.end());
  if (storage == Storage::slices && !can_slice())
    found.push_back(
        "slices can not tell what is new in each window: early panes, late discarding panes and "
        "windows that are no function of the timestamp need buckets");
  if (windows.kind == Kind::count && (panes.several() || panes.accumulation != Accumulation::accumulating))
    found.push_back("a count window has one pane, and it is never late");
  if (windows.kind == Kind::sliding && panes.several() && panes.accumulation == Accumulation::discarding)
    found.push_back("sliding windows do not discard: a record is in many of them");
  return found;
}

PaneOperator::PaneOperator(WindowedAggregation spec) : spec_{std::move(spec)}, storage_{Store::buckets} {
  assert(spec_.problems().empty());
  if (spec_.windows.by_timestamp()) time_windows_.emplace(spec_.windows);
  if (spec_.windows.kind == Kind::sliding) storage_ = Store::items;
  if (spec_.can_slice() && spec_.storage != WindowedAggregation::Storage::buckets) storage_ = Store::slices;
}

PartitionWindows& PaneOperator::state_of(PartitionId partition) {
  auto at =
      std::lower_bound(states_.begin(), states_.end(), partition,
                       [](const PartitionWindows& state, PartitionId id) { return state.partition < id; });
  if (at == states_.end() || at->partition != partition) {
    at = states_.insert(at, PartitionWindows{});
    at->partition = partition;
  }
  return *at;
}

PaneOperator::Verdict PaneOperator::add(PartitionId partition, std::uint32_t key, TimestampMs timestamp,
                                        sim::EventId id, std::int64_t value, std::int64_t now_ms,
                                        ResultPanes& fired) {
  late_windows_.clear();
  PartitionWindows& state = state_of(partition);
  ++state.changes;
  KeyWindows& keyed = state.by_key.own(key).own();
  const Record record{&state, &keyed, key, timestamp, id, value, now_ms, &fired};
  Verdict verdict = Verdict::accepted;
  switch (spec_.windows.kind) {
    case Kind::tumbling:
    case Kind::hopping:
    case Kind::cumulate:
      verdict = storage_ == Store::slices ? add_to_slice(record) : add_by_timestamp(record);
      break;
    case Kind::session:
      verdict = add_to_session(record);
      break;
    case Kind::sliding:
      verdict = add_sliding(record);
      break;
    case Kind::count:
    case Kind::global:
      verdict = add_to_count(record);
      break;
  }
  if (keyed.empty()) state.by_key.erase(key);
  if (verdict == Verdict::accepted) ++costs_.records;
  if (verdict == Verdict::late_dropped) ++costs_.late_dropped;
  return verdict;
}

// --- windows and their timers

OpenWindow& PaneOperator::open(const Record& record, const Window& window) {
  std::vector<OpenWindow>& windows = record.keyed->windows;
  auto at = windows.end();
  while (at != windows.begin()) {
    const Window& before = std::prev(at)->window;
    if (before.end_ms < window.end_ms ||
        (before.end_ms == window.end_ms && before.start_ms <= window.start_ms))
      break;
    --at;
  }
  if (at != windows.begin() && std::prev(at)->window == window) return *std::prev(at);
  OpenWindow made;
  made.window = window;
  made.contents = Accumulator{spec_.aggregate};
  made.passed = window.max_timestamp() <= watermark_of(*record.state);
  const TimestampMs next = made.passed ? cleanup_of(window) : window.max_timestamp();
  timers_.insert({next, made.passed, window.end_ms, window.start_ms, record.state->partition, record.key});
  ++costs_.windows;
  return *windows.insert(at, std::move(made));
}

void PaneOperator::close(PartitionWindows& state, KeyWindows& keyed, std::uint32_t key,
                         const Window& window) {
  OpenWindow* const open = keyed.find(window);
  assert(open != nullptr);
  disarm(state.partition, key, *open);
  const TimestampMs next = open->passed ? cleanup_of(window) : window.max_timestamp();
  timers_.erase({next, open->passed, window.end_ms, window.start_ms, state.partition, key});
  keyed.windows.erase(keyed.windows.begin() + (open - keyed.windows.data()));
}

void PaneOperator::arm(const Record& record, OpenWindow& window, std::int64_t after_ms) {
  if (window.due_ms != kMaxTimestamp) return;
  window.due_ms = saturating_add(record.now_ms, after_ms);
  dues_.insert(
      {window.due_ms, window.window.end_ms, window.window.start_ms, record.state->partition, record.key});
}

void PaneOperator::disarm(PartitionId partition, std::uint32_t key, OpenWindow& window) {
  if (window.due_ms == kMaxTimestamp) return;
  dues_.erase({window.due_ms, window.window.end_ms, window.window.start_ms, partition, key});
  window.due_ms = kMaxTimestamp;
}

/// A record came into the window: does it speak now, or later?
void PaneOperator::triggers(const Record& record, OpenWindow& window) {
  const PanePolicy& panes = spec_.panes;
  const std::int64_t records = window.passed ? panes.late_every_records : panes.early_every_records;
  const std::int64_t after_ms = window.passed ? panes.late_every_ms : panes.early_every_ms;
  if (records > 0 && window.unreported >= static_cast<std::uint64_t>(records)) {
    emit(*record.state, *record.keyed, record.key, window, window.passed ? PaneKind::late : PaneKind::early,
         *record.fired);
  } else if (after_ms > 0 && window.unreported > 0) {
    arm(record, window, after_ms);
  }
}

void PaneOperator::advance_watermark(TimestampMs watermark, ResultPanes& fired) {
  if (watermark <= watermark_) return;
  watermark_ = watermark;
  while (!timers_.empty() && timers_.begin()->at_ms <= watermark_) {
    const Timer timer = *timers_.begin();
    timers_.erase(timers_.begin());
    on_timer(timer, fired);
  }
}

void PaneOperator::on_timer(const Timer& timer, ResultPanes& fired) {
  PartitionWindows& state = state_of(timer.partition);
  ++state.changes;
  KeyWindows& keyed = state.by_key.own(timer.key).own();
  const Window window{timer.start_ms, timer.end_ms};
  OpenWindow& open = *keyed.find(window);
  disarm(timer.partition, timer.key, open);
  if (!timer.cleanup) {
    open.passed = true;
    emit(state, keyed, timer.key, open, PaneKind::on_time, fired);
    timers_.insert({cleanup_of(window), true, timer.end_ms, timer.start_ms, timer.partition, timer.key});
    return;
  }
  emit(state, keyed, timer.key, open, PaneKind::late, fired);
  keyed.windows.erase(keyed.windows.begin() + (&open - keyed.windows.data()));
  expire(keyed, timer.at_ms);
  if (keyed.empty()) state.by_key.erase(timer.key);
}

/// Slices and items that no open window, and none to come, can ask for once event time has got so far. Not
/// the watermark decides: it may have passed windows that are still to be fired in their turn.
void PaneOperator::expire(KeyWindows& keyed, TimestampMs at_ms) const {
  const auto due = [&](const OpenWindow& open) { return cleanup_of(open.window) <= at_ms; };
  if (std::any_of(keyed.windows.begin(), keyed.windows.end(), due)) return;
  std::erase_if(keyed.slices, [&](const KeptSlice& slice) {
    return saturating_add(slice.last_max, spec_.panes.allowed_lateness_ms) <= at_ms;
  });
  if (storage_ == Store::items) {
    std::erase_if(keyed.items, [&](const Item& item) {
      const TimestampMs last = saturating_add(item.timestamp, spec_.windows.size_ms);
      return saturating_add(last, spec_.panes.allowed_lateness_ms) <= at_ms;
    });
  }
  if (spec_.windows.kind == Kind::count && keyed.windows.empty()) keyed.items.clear();
}

void PaneOperator::advance_processing_time(std::int64_t now_ms, ResultPanes& fired) {
  while (!dues_.empty() && dues_.begin()->at_ms <= now_ms) {
    const Due due = *dues_.begin();
    PartitionWindows& state = state_of(due.partition);
    ++state.changes;
    KeyWindows& keyed = state.by_key.own(due.key).own();
    OpenWindow& open = *keyed.find({due.start_ms, due.end_ms});
    disarm(due.partition, due.key, open);
    emit(state, keyed, due.key, open, open.passed ? PaneKind::late : PaneKind::early, fired);
  }
}

// --- panes

void PaneOperator::emit(const PartitionWindows& state, KeyWindows& keyed, std::uint32_t key, OpenWindow& open,
                        PaneKind kind, ResultPanes& fired) {
  if (open.unreported == 0) return;
  disarm(state.partition, key, open);
  const auto list = [&](const SharedList<sim::EventId>& ids) {
    fired.ids.insert(fired.ids.end(), ids.begin(), ids.end());
  };
  for (const ReportedPane& before : open.reported) {
    ResultPane& pane = fired.panes.emplace_back();
    pane.window = before.window;
    pane.partition = state.partition;
    pane.key = key;
    pane.index = before.index;
    pane.kind = kind;
    pane.retraction = true;
    pane.basic = before.basic;
    pane.result = before.result;
    pane.first_contribution = fired.ids.size();
    list(before.ids);
    pane.contributions = before.ids.size();
    ++costs_.retractions;
  }
  open.reported.clear();

  const std::size_t first = fired.ids.size();
  Accumulator combined;
  const Accumulator* contents = &open.contents;
  if (storage_ == Store::slices) {
    combined = Accumulator{spec_.aggregate};
    for (const KeptSlice& slice : keyed.slices) {
      if (slice.slice.start_ms < open.window.start_ms || slice.slice.start_ms >= open.window.end_ms) continue;
      combined.merge(slice.contents);
      ++costs_.combines;
      list(slice.ids);
    }
    contents = &combined;
  } else if (storage_ == Store::items) {
    combined = Accumulator{spec_.aggregate};
    for (const Item& item : keyed.items) {
      if (item.timestamp < open.window.start_ms || item.timestamp >= open.window.end_ms) continue;
      combined.add(item.id, item.value);
      ++costs_.combines;
      if (spec_.lineage) fired.ids.push_back(item.id);
    }
    contents = &combined;
  } else {
    list(open.ids);
  }
  assert(!contents->empty());

  ResultPane& pane = fired.panes.emplace_back();
  pane.window = open.window;
  pane.partition = state.partition;
  pane.key = key;
  pane.index = open.panes++;
  pane.kind = kind;
  pane.basic = contents->basic();
  pane.result = contents->result(spec_.aggregate);
  pane.first_contribution = first;
  pane.contributions = fired.ids.size() - first;
  ++costs_.panes;
  open.unreported = 0;
  if (spec_.panes.accumulation == Accumulation::discarding) {
    open.contents = Accumulator{spec_.aggregate};
    open.ids.clear();
  } else if (spec_.panes.accumulation == Accumulation::retracting) {
    ReportedPane reported{open.window, pane.index, pane.basic, pane.result, {}};
    for (std::size_t i = first; i < fired.ids.size(); ++i) reported.ids.push_back(fired.ids[i]);
    open.reported.push_back(std::move(reported));
  }
}

// --- state as a value

void PaneOperator::purge_partition(PartitionId partition) {
  std::erase_if(states_, [&](const PartitionWindows& state) { return state.partition == partition; });
  std::erase_if(timers_, [&](const Timer& timer) { return timer.partition == partition; });
  std::erase_if(dues_, [&](const Due& due) { return due.partition == partition; });
}

std::uint64_t PaneOperator::changes_of(PartitionId partition) const {
  for (const PartitionWindows& state : states_)
    if (state.partition == partition) return state.changes;
  return 0;
}

PartitionWindows PaneOperator::snapshot(PartitionId partition) const {
  PartitionWindows saved;
  saved.partition = partition;
  for (const PartitionWindows& state : states_) {
    if (state.partition != partition) continue;
    saved = state;
  }
  saved.watermark_floor = watermark_of(saved);
  return saved;
}

void PaneOperator::restore(PartitionId partition, const PartitionWindows& saved, std::int64_t now_ms) {
  PartitionWindows& state = state_of(partition);
  assert(state.by_key.empty() && "the partition has state");
  state = saved;
  state.partition = partition;
  std::vector<std::uint32_t> due;
  state.by_key.for_each([&](std::uint32_t key, const Shared<KeyWindows>& keyed) {
    for (const OpenWindow& open : keyed->windows) {
      const Window& window = open.window;
      const TimestampMs next = open.passed ? cleanup_of(window) : window.max_timestamp();
      timers_.insert({next, open.passed, window.end_ms, window.start_ms, partition, key});
      if (open.due_ms != kMaxTimestamp && (due.empty() || due.back() != key)) due.push_back(key);
    }
  });
  for (const std::uint32_t key : due) {
    for (OpenWindow& open : state.by_key.own(key).own().windows) {
      if (open.due_ms == kMaxTimestamp) continue;
      const std::int64_t after = open.passed ? spec_.panes.late_every_ms : spec_.panes.early_every_ms;
      open.due_ms = saturating_add(now_ms, after);
      dues_.insert({open.due_ms, open.window.end_ms, open.window.start_ms, partition, key});
    }
  }
}

namespace {

/// Calls `visit(windows of a key)` with all of all partitions.
template <class Visit>
void for_each_key(const std::vector<PartitionWindows>& states, Visit&& visit) {
  for (const PartitionWindows& state : states)
    state.by_key.for_each([&](std::uint32_t, const Shared<KeyWindows>& keyed) { visit(*keyed); });
}

}  // namespace

std::size_t PaneOperator::open_windows() const {
  std::size_t open = 0;
  for_each_key(states_, [&](const KeyWindows& keyed) { open += keyed.windows.size(); });
  return open;
}
std::size_t PaneOperator::slices_held() const {
  std::size_t held = 0;
  for_each_key(states_, [&](const KeyWindows& keyed) { held += keyed.slices.size(); });
  return held;
}
std::size_t PaneOperator::state_bytes() const {
  constexpr std::size_t kWindow = 40;  // key, borders, flags, timer
  std::size_t bytes = 0;
  for_each_key(states_, [&](const KeyWindows& keyed) {
    for (const OpenWindow& open : keyed.windows)
      bytes += kWindow + (storage_ == Store::buckets ? open.contents.size_bytes() : 0);
    for (const KeptSlice& slice : keyed.slices) bytes += 20 + slice.contents.size_bytes();
    bytes += keyed.items.size() * 24;
  });
  return bytes;
}

}  // namespace wrackline::event_time::window
