#include "engine/replay/sliding_windows.hpp"

#include <algorithm>
#include <cassert>

namespace wrackline::replay {

namespace {
// As PaneOperator::state_bytes() has it: a window's key, borders and timer; a record's time, identity, value.
constexpr std::uint64_t kWindowBytes = 40;
constexpr std::uint64_t kItemBytes = 24;
}  // namespace

template <class Cell>
SlidingWindows<Cell>::SlidingWindows(const WindowSpec& window, std::int64_t allowed_lateness_ms,
                                     RowList& rows, const AggregateList& aggregates)
    : difference_{window.size_ms},
      lateness_{allowed_lateness_ms},
      results_{aggregates, rows},
      blank_{results_.template blank<Cell>()} {
  assert(window.kind == WindowKind::sliding && window.problems().empty() && allowed_lateness_ms >= 0);
}

template <class Cell>
std::size_t SlidingWindows<Cell>::first_from(const Run& run, std::int64_t time) {
  const auto at =
      std::lower_bound(run.items.begin() + static_cast<std::ptrdiff_t>(run.gone), run.items.end(), time,
                       [](const Item& item, std::int64_t from) { return item.time < from; });
  return static_cast<std::size_t>(at - run.items.begin());
}

template <class Cell>
typename SlidingWindows<Cell>::Range SlidingWindows<Cell>::inside(const Run& run, std::int64_t end) const {
  return {first_from(run, end - 1 - difference_), first_from(run, end)};
}

/// Of windows that are not past their cleanup: then they were not when the records came that open them.
template <class Cell>
bool SlidingWindows<Cell>::is_open(const Run& run, std::int64_t end) const {
  for (const std::int64_t time : {end - 1, end - difference_ - 2}) {
    if (run.items.size() == run.gone || run.items.back().time < time) continue;
    if (run.items[first_from(run, time)].time == time) return true;
  }
  return false;
}

template <class Cell>
void SlidingWindows<Cell>::push(const Due& due) {
  heap_.push_back(due);
  std::push_heap(heap_.begin(), heap_.end());
}

template <class Cell>
void SlidingWindows<Cell>::open(std::uint32_t key, std::int64_t end, std::int64_t watermark) {
  const bool passed = end - 1 <= watermark;
  push({passed ? end - 1 + lateness_ : end - 1, end, key, passed});
  ++live_;
}

template <class Cell>
Verdict SlidingWindows<Cell>::add(std::uint32_t key, std::int64_t event_ms, std::int64_t value,
                                  std::int64_t now_ms, std::int64_t watermark) {
  const std::int64_t left = event_ms + 1;
  const std::int64_t right = event_ms + difference_ + 2;
  // KStreamSlidingWindowAggregate: skipped when even the window that begins behind it is closed.
  if (is_past(right, watermark)) return Verdict::dropped;
  if (key >= runs_.size()) runs_.resize(std::max<std::size_t>(key + std::size_t{1}, runs_.size() * 2));
  Run& run = runs_[key];
  const bool opens = !is_past(left, watermark);
  if (!opens) ++figures_.partly_late;
  const bool new_left = opens && !is_open(run, left);
  const bool new_right = !is_open(run, right);

  const Item item{event_ms, value};
  std::vector<Item>& items = run.items;
  if (items.size() == run.gone || items.back().time <= event_ms) {
    items.push_back(item);
  } else {
    const std::size_t at = first_from(run, left);
    items.insert(items.begin() + static_cast<std::ptrdiff_t>(at), item);
    run.shown = std::min(run.shown, at);
  }
  ++held_;
  ++figures_.slice_updates;
  if (new_left) open(key, left, watermark);
  if (new_right) open(key, right, watermark);
  figures_.peak_windows = std::max(figures_.peak_windows, live_);
  figures_.peak_records = std::max(figures_.peak_records, held_);
  figures_.peak_bytes = std::max(figures_.peak_bytes, live_ * kWindowBytes + held_ * kItemBytes);
  if (lateness_ > 0 && event_ms <= watermark)
    fire_late(run, key, event_ms, now_ms, watermark, new_left, new_right);
  return Verdict::accepted;
}

/// The windows that hold the record, have passed and are not past their cleanup fire again; one that it has
/// opened behind the watermark fires with all that others have put there.
template <class Cell>
void SlidingWindows<Cell>::fire_late(Run& run, std::uint32_t key, std::int64_t event_ms, std::int64_t now_ms,
                                     std::int64_t watermark, bool new_left, bool new_right) {
  const std::int64_t left = event_ms + 1;
  const std::int64_t right = event_ms + difference_ + 2;
  const std::int64_t from = std::max(left, watermark - lateness_ + 2);
  const std::int64_t to = std::min(event_ms + difference_, watermark) + 1;
  late_ends_.clear();
  for (std::size_t i = first_from(run, from - 1); i < run.items.size() && run.items[i].time < to; ++i)
    late_ends_.push_back(run.items[i].time + 1);
  for (std::size_t i = first_from(run, from - difference_ - 2);
       i < run.items.size() && run.items[i].time + difference_ + 2 <= to; ++i)
    late_ends_.push_back(run.items[i].time + difference_ + 2);
  if (new_right && right - 1 <= watermark) late_ends_.push_back(right);
  std::sort(late_ends_.begin(), late_ends_.end());
  late_ends_.erase(std::unique(late_ends_.begin(), late_ends_.end()), late_ends_.end());
  for (const std::int64_t end : late_ends_) {
    const Range range = inside(run, end);
    if (range.size() == 0) continue;
    const bool fresh = (new_left && end == left) || end == right;
    const std::uint64_t records = fresh ? range.size() : 1;
    ++figures_.late.panes;
    figures_.late.records += records;
    figures_.bucket_updates += records;
    figures_.combines += range.size();
    show(run, range, now_ms);
    if (results_.wants_rows()) tell(run, range, key, end, now_ms, PaneTiming::late);
  }
}

template <class Cell>
void SlidingWindows<Cell>::show(Run& run, Range range, std::int64_t now_ms) {
  for (std::size_t i = std::max(run.shown, range.from); i < range.to; ++i) {
    Item& item = run.items[i];
    if (item.shown) continue;
    item.shown = true;
    figures_.record_latency.insert(now_ms - item.time);
  }
  while (run.shown < run.items.size() && run.items[run.shown].shown) ++run.shown;
}

template <class Cell>
void SlidingWindows<Cell>::tell(const Run& run, Range range, std::uint32_t key, std::int64_t end,
                                std::int64_t now_ms, PaneTiming timing) {
  Cell all = blank_;
  for (std::size_t i = range.from; i < range.to; ++i) all.add(run.items[i].value);
  if (timing == PaneTiming::on_time) results_.compare(all, figures_);
  if (!results_.wants_rows()) return;
  WindowRow row;
  row.start_ms = end - 1 - difference_;
  row.end_ms = end;
  row.fired_at_ms = now_ms;
  row.key = key;
  row.timing = timing;
  results_.add_row(row, all);
}

template <class Cell>
void SlidingWindows<Cell>::fire(Run& run, std::uint32_t key, std::int64_t end, std::int64_t now_ms) {
  const Range range = inside(run, end);
  if (range.size() == 0) return;
  ++figures_.on_time.panes;
  ++figures_.results;
  figures_.on_time.records += range.size();
  figures_.bucket_updates += range.size();
  figures_.combines += range.size();
  figures_.firing_delay.insert(now_ms - end);
  if (!shown_early_.empty()) {
    if (const auto at = shown_early_.find({end, key}); at != shown_early_.end()) {
      figures_.early.records += at->second;
      shown_early_.erase(at);
    }
  }
  show(run, range, now_ms);
  if (results_.reads()) tell(run, range, key, end, now_ms, PaneTiming::on_time);
}

template <class Cell>
void SlidingWindows<Cell>::advance(std::int64_t watermark, std::int64_t now_ms) {
  while (!heap_.empty() && heap_.front().at <= watermark) {
    const Due due = heap_.front();
    std::pop_heap(heap_.begin(), heap_.end());
    heap_.pop_back();
    Run& run = runs_[due.key];
    if (!due.cleanup) fire(run, due.key, due.end, now_ms);
    if (due.cleanup || lateness_ == 0) {
      --live_;
    } else {
      push({due.end - 1 + lateness_, due.end, due.key, true});
    }
    // By the time of this window, not by the watermark: it may have passed windows that fire in their turn.
    prune(run, due.at);
  }
}

/// Windows that are open at event time `at_ms`, or can still be opened, hold no record before at_ms -
/// lateness
/// - D; up to D earlier than that a record may still say that its right window is open.
template <class Cell>
void SlidingWindows<Cell>::prune(Run& run, std::int64_t at_ms) {
  const std::int64_t oldest = at_ms - lateness_ - difference_ - 1;
  while (run.gone < run.items.size() && run.items[run.gone].time < oldest) {
    ++run.gone;
    --held_;
  }
  run.shown = std::max(run.shown, run.gone);
  if (run.gone < 64 || run.gone * 2 < run.items.size()) return;
  run.items.erase(run.items.begin(), run.items.begin() + static_cast<std::ptrdiff_t>(run.gone));
  run.shown -= run.gone;
  run.gone = 0;
}

template <class Cell>
void SlidingWindows<Cell>::show_early(std::int64_t /*now_ms*/) {
  for (const Due& due : heap_) {
    if (due.cleanup) continue;
    const std::uint64_t content = inside(runs_[due.key], due.end).size();
    if (content == 0) continue;
    std::uint64_t& shown = shown_early_[{due.end, due.key}];
    if (content == shown) continue;
    shown = content;
    ++figures_.early.panes;
  }
}

template <class Cell>
WindowFigures SlidingWindows<Cell>::take(bool at_end, std::int64_t now_ms) {
  for (const Due& due : heap_) {
    if (due.cleanup) continue;
    const std::uint64_t content = inside(runs_[due.key], due.end).size();
    if (content == 0) continue;
    if (due.end <= now_ms) figures_.overdue.insert(now_ms - due.end);
    if (!at_end) continue;
    figures_.unfired += content;
    figures_.bucket_updates += content;
    ++figures_.unfired_windows;
  }
  figures_.peak_cells = figures_.peak_windows;
  WindowFigures taken = std::move(figures_);
  figures_ = WindowFigures{};
  figures_.peak_windows = live_;
  figures_.peak_records = held_;
  figures_.peak_bytes = live_ * kWindowBytes + held_ * kItemBytes;
  return taken;
}

template class SlidingWindows<StatCell>;
template class SlidingWindows<DetailCell>;

}  // namespace wrackline::replay
