// What a record does to each kind of window. The frame stands in pane_operator.cpp.
#include <algorithm>
#include <cassert>

#include "engine/event_time/window/pane_operator.hpp"

namespace wrackline::event_time::window {

using Accumulation = PanePolicy::Accumulation;
using Verdict = PaneOperator::Verdict;

void PaneOperator::put(const Record& record, OpenWindow& window) {
  window.contents.add(record.id, record.value);
  if (spec_.lineage) window.ids.push_back(record.id);
  ++window.unreported;
  ++costs_.updates;
}

// --- tumbling, hopping, cumulate

Verdict PaneOperator::add_by_timestamp(const Record& record) {
  time_windows_->assign(record.timestamp, windows_);
  if (windows_.empty()) {
    // WindowOperator.isElementLate: a record in a gap between windows counts as late by its own timestamp.
    return saturating_add(record.timestamp, spec_.panes.allowed_lateness_ms) <= watermark_of(*record.state)
               ? Verdict::late_dropped
               : Verdict::no_window;
  }
  if (gone(*record.state, windows_.back())) return Verdict::late_dropped;
  for (const Window& window : windows_) {
    if (gone(*record.state, window)) {
      late_windows_.push_back(window);
      continue;
    }
    OpenWindow& open = this->open(record, window);
    put(record, open);
    triggers(record, open);
  }
  return Verdict::accepted;
}

Verdict PaneOperator::add_to_slice(const Record& record) {
  std::vector<KeptSlice>& slices = record.keyed->slices;
  auto at = slices.end();
  while (at != slices.begin() && std::prev(at)->slice.start_ms > record.timestamp) --at;
  const bool known = at != slices.begin() && record.timestamp < std::prev(at)->slice.end_ms;
  if (!known) {
    time_windows_->assign(record.timestamp, windows_);
    if (windows_.empty() || gone(*record.state, windows_.back())) return add_by_timestamp(record);
    KeptSlice made;
    made.slice = time_windows_->slice_of(record.timestamp);
    made.first_max = windows_.front().max_timestamp();
    made.last_max = windows_.back().max_timestamp();
    made.contents = Accumulator{spec_.aggregate};
    at = slices.insert(at, std::move(made)) + 1;
    ++costs_.slices;
  }
  KeptSlice& slice = *std::prev(at);
  const TimestampMs watermark = watermark_of(*record.state);
  if (saturating_add(slice.last_max, spec_.panes.allowed_lateness_ms) <= watermark)
    return Verdict::late_dropped;
  slice.contents.add(record.id, record.value);
  if (spec_.lineage) slice.ids.push_back(record.id);
  ++costs_.updates;
  if (known && slice.first_max > watermark) return Verdict::accepted;
  // A new slice may open windows; an old one may lie in windows that have fired.
  time_windows_->assign(record.timestamp, windows_);
  for (const Window& window : windows_) {
    if (gone(*record.state, window)) {
      late_windows_.push_back(window);
      continue;
    }
    OpenWindow& open = this->open(record, window);
    ++open.unreported;
    if (open.passed) triggers(record, open);
  }
  return Verdict::accepted;
}

// --- sessions (flink.md 3.2)

Verdict PaneOperator::add_to_session(const Record& record) {
  const std::int64_t gap = spec_.windows.gap(record.key, record.value);
  assert(gap > 0 && "a session gap must be greater than 0");
  Window merged{record.timestamp, saturating_add(record.timestamp, gap)};
  std::vector<OpenWindow>& windows = record.keyed->windows;
  const Window own = merged;
  // Open sessions never touch each other, so those that touch the record's window are all there is to merge.
  windows_.clear();
  for (const OpenWindow& open : windows) {
    if (open.window.start_ms > own.end_ms || open.window.end_ms < own.start_ms) continue;
    windows_.push_back(open.window);
    merged.start_ms = std::min(merged.start_ms, open.window.start_ms);
    merged.end_ms = std::max(merged.end_ms, open.window.end_ms);
  }
  if (gone(*record.state, merged)) return Verdict::late_dropped;
  if (windows_.size() == 1 && windows_.front() == merged) {
    OpenWindow& open = *record.keyed->find(merged);
    put(record, open);
    triggers(record, open);
    return Verdict::accepted;
  }
  OpenWindow whole;
  whole.contents = Accumulator{spec_.aggregate};
  std::int64_t due_ms = kMaxTimestamp;
  for (const Window& part : windows_) {
    OpenWindow& open = *record.keyed->find(part);
    due_ms = std::min(due_ms, open.due_ms);
    whole.contents.merge(open.contents);
    whole.ids.append(open.ids);
    whole.unreported += open.unreported;
    whole.panes = std::max(whole.panes, open.panes);
    whole.reported.insert(whole.reported.end(), open.reported.begin(), open.reported.end());
    close(*record.state, *record.keyed, record.key, part);
    ++costs_.combines;
  }
  if (!windows_.empty()) ++costs_.merges;
  OpenWindow& open = this->open(record, merged);
  whole.window = merged;
  whole.passed = open.passed;
  open = std::move(whole);
  put(record, open);
  if (due_ms != kMaxTimestamp) {
    open.due_ms = due_ms;
    dues_.insert({due_ms, merged.end_ms, merged.start_ms, record.state->partition, record.key});
  }
  triggers(record, open);
  return Verdict::accepted;
}

// --- sliding on differences: [t - D, t] and [t + 1, t + 1 + D] for every record time t

Verdict PaneOperator::add_sliding(const Record& record) {
  const std::int64_t difference = spec_.windows.size_ms;
  const TimestampMs t = record.timestamp;
  const auto far_out = [](TimestampMs ts) { return ts < kMinTimestamp / 2 || ts > kMaxTimestamp / 2; };
  if (far_out(t)) return Verdict::no_window;
  const Window left{t - difference, t + 1};
  const Window right{t + 1, t + difference + 2};
  // KStreamSlidingWindowAggregate: a record is skipped when even the window that begins behind it is closed.
  if (gone(*record.state, right)) return Verdict::late_dropped;
  if (gone(*record.state, left)) {
    // Other records' windows that have closed may have held it: all that end no later than this one.
    const TimestampMs closed =
        saturating_sub(watermark_of(*record.state), spec_.panes.allowed_lateness_ms) + 1;
    late_windows_.push_back({closed - difference - 1, closed});
  }

  std::vector<Item>& items = record.keyed->items;
  const auto later = std::upper_bound(items.begin(), items.end(), t,
                                      [](TimestampMs ts, const Item& item) { return ts < item.timestamp; });
  items.insert(later, Item{t, record.id, record.value});
  ++costs_.updates;

  // Windows that stand already and hold the record. They fire only after all are known: firing moves nothing,
  // but opening would.
  for (const Window& window : {left, right}) {
    if (gone(*record.state, window) || record.keyed->find(window) != nullptr) continue;
    std::uint64_t inside = 0;
    for (const Item& item : items)
      if (item.timestamp >= window.start_ms && item.timestamp < window.end_ms && item.id != record.id)
        ++inside;
    this->open(record, window).unreported = inside;
  }
  for (OpenWindow& open : record.keyed->windows) {
    const bool inside = open.window.start_ms <= t && t < open.window.end_ms;
    if (inside) {
      ++open.unreported;
      ++costs_.updates;
    }
    // A late record opens windows that have passed already, and that others fill.
    if (inside || open.window == right) triggers(record, open);
  }
  return Verdict::accepted;
}

// --- count and global

Verdict PaneOperator::add_to_count(const Record& record) {
  // Not from the very beginning: there, a sink takes a row for one without a window.
  const Window all{kMinTimestamp + 1, kMaxTimestamp};
  if (gone(*record.state, all)) return Verdict::late_dropped;
  OpenWindow& open = this->open(record, all);
  const WindowDefinition& windows = spec_.windows;
  if (windows.kind == WindowDefinition::Kind::global) {
    put(record, open);
    triggers(record, open);
    return Verdict::accepted;
  }
  if (windows.every == windows.records) {
    put(record, open);
  } else {
    std::vector<Item>& items = record.keyed->items;
    items.push_back({record.timestamp, record.id, record.value});
    if (items.size() > static_cast<std::size_t>(windows.records)) items.erase(items.begin());
    ++open.unreported;
    open.contents = Accumulator{spec_.aggregate};
    open.ids.clear();
    for (const Item& item : items) {
      open.contents.add(item.id, item.value);
      if (spec_.lineage) open.ids.push_back(item.id);
      ++costs_.updates;
    }
  }
  if (open.unreported < static_cast<std::uint64_t>(windows.every)) return Verdict::accepted;
  emit(*record.state, *record.keyed, record.key, open, PaneKind::on_time, *record.fired);
  if (windows.every == windows.records) {
    open.contents = Accumulator{spec_.aggregate};
    open.ids.clear();
  }
  return Verdict::accepted;
}

}  // namespace wrackline::event_time::window
