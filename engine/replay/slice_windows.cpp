#include "engine/replay/slice_windows.hpp"

#include <algorithm>
#include <cassert>

namespace wrackline::replay {

using event_time::kMaxTimestamp;
using event_time::kMinTimestamp;

template <class Cell>
SliceWindows<Cell>::SliceWindows(const WindowSpec& window, std::int64_t allowed_lateness_ms, RowList& rows,
                                 const AggregateList& aggregates)
    : layout_{window},
      lateness_{allowed_lateness_ms},
      rows_{rows},
      results_{aggregates, rows},
      blank_{results_.template blank<Cell>()},
      total_{blank_} {
  assert(by_timestamp(window.kind) && window.problems().empty() && allowed_lateness_ms >= 0);
}

template <class Cell>
Verdict SliceWindows<Cell>::add_slowly(std::uint32_t key, std::int64_t event_ms, std::int64_t value,
                                       std::int64_t now_ms, std::int64_t watermark, std::int64_t number) {
  const bool silent = watermark == kMinTimestamp;
  const std::int64_t start = layout_.start_of(number);
  const SliceLayout::Ends ends = layout_.ends_over(start);
  // WindowOperator.isElementLate: a record that found no window counts as late by its own timestamp.
  if (ends.none) return !silent && event_ms + lateness_ <= watermark ? Verdict::dropped : Verdict::no_window;
  const std::int64_t step = layout_.step_ms();
  if (!silent && ends.last - 1 + lateness_ <= watermark) {
    figures_.lost += static_cast<std::uint64_t>(ends.count(step));
    return Verdict::dropped;
  }
  Slice& slice = open(start, ends, watermark);
  hot_[static_cast<std::size_t>(number) % hot_.size()] = {number, &slice};
  ++slice.records;
  if (slice.cells.add(key, value)) count_new_cell();

  const std::int64_t passed = silent ? 0 : ends.up_to(watermark + 1, step);
  const std::int64_t cleaned = ends.up_to(cleaned_to(watermark), step);
  const std::int64_t late = passed - cleaned;
  figures_.lost += static_cast<std::uint64_t>(cleaned);
  if (cleaned > 0) ++figures_.partly_late;
  slice.already_lost += static_cast<std::uint64_t>(cleaned);
  if (late == 0) {
    slice.waiting.add(event_ms);
    return Verdict::accepted;
  }
  figures_.late.panes += static_cast<std::uint64_t>(late);
  figures_.late.records += static_cast<std::uint64_t>(late);
  figures_.record_latency.insert(now_ms - event_ms);
  if (rows_.wants_keys() || rows_.wants_windows()) {
    for (std::int64_t i = cleaned; i < passed; ++i) show_late(key, ends.first + i * step, now_ms);
  }
  return Verdict::accepted;
}

template <class Cell>
std::size_t SliceWindows<Cell>::first_slice_from(std::int64_t start) const {
  const auto at = std::lower_bound(slices_.begin(), slices_.end(), start,
                                   [](const auto& slice, std::int64_t from) { return slice->start < from; });
  return static_cast<std::size_t>(at - slices_.begin());
}

template <class Cell>
typename SliceWindows<Cell>::Slice& SliceWindows<Cell>::open(std::int64_t start,
                                                             const SliceLayout::Ends& ends,
                                                             std::int64_t watermark) {
  // New slices come at the young end.
  std::size_t at = slices_.size();
  if (at > 0 && slices_.back()->start >= start) at = first_slice_from(start);
  if (at < slices_.size() && slices_[at]->start == start) return *slices_[at];

  std::unique_ptr<Slice> fresh;
  if (spare_.empty()) {
    fresh = std::make_unique<Slice>(blank_);
  } else {
    fresh = std::move(spare_.back());
    spare_.pop_back();
  }
  Slice& slice = *slices_.insert(slices_.begin() + static_cast<std::ptrdiff_t>(at), std::move(fresh))->get();
  const std::int64_t step = layout_.step_ms();
  slice.start = start;
  slice.first_end = ends.first;
  slice.last_end = ends.last;
  const std::int64_t passed = watermark == kMinTimestamp ? 0 : ends.up_to(watermark + 1, step);
  slice.next_end = passed == ends.count(step) ? kMaxTimestamp : ends.first + passed * step;
  slice.opened_end = ends.first + ends.up_to(cleaned_to(watermark), step) * step;
  slice.records = slice.already_lost = 0;
  slice.waiting.reset(start);
  slice.cells.clear();

  if (slice.next_end == kMaxTimestamp) {
    ++finished_;
  } else {
    next_event_ = std::min(next_event_, slice.next_end - 1);
  }
  next_event_ = std::min(next_event_, slices_.front()->last_end - 1 + lateness_);
  figures_.peak_slices = std::max<std::uint64_t>(figures_.peak_slices, slices_.size());
  count_closed_windows(watermark);
  count_opened_windows(at);
  return slice;
}

template <class Cell>
void SliceWindows<Cell>::count_opened_windows(std::size_t at) {
  const Slice& slice = *slices_[at];
  const std::int64_t step = layout_.step_ms();
  const SliceLayout::Ends ends{slice.opened_end, slice.last_end};
  // What a neighbour has opened is not new.
  const std::int64_t above = at > 0 ? slices_[at - 1]->last_end : kMinTimestamp;
  std::int64_t to = slice.last_end;
  if (at + 1 < slices_.size()) to = std::min(to, slices_[at + 1]->first_end - 1);
  const std::int64_t fresh = ends.up_to(to, step) - ends.up_to(above, step);
  if (fresh > 0) windows_ += static_cast<std::uint64_t>(fresh);
  figures_.peak_windows = std::max(figures_.peak_windows, windows_);
}

template <class Cell>
void SliceWindows<Cell>::count_closed_windows(std::int64_t watermark) {
  const std::int64_t to = cleaned_to(watermark);
  if (to <= closed_to_) return;
  windows_ -= ends_between(closed_to_, to);
  closed_to_ = to;
}

template <class Cell>
std::uint64_t SliceWindows<Cell>::ends_between(std::int64_t above, std::int64_t to) const {
  std::uint64_t found = 0;
  const std::int64_t step = layout_.step_ms();
  for (const auto& slice : slices_) {
    if (slice->first_end > to) break;
    const SliceLayout::Ends ends{slice->opened_end, slice->last_end};
    const std::int64_t fresh = ends.up_to(to, step) - ends.up_to(above, step);
    if (fresh > 0) found += static_cast<std::uint64_t>(fresh);
    above = std::max(above, std::min(to, slice->last_end));
  }
  return found;
}

template <class Cell>
void SliceWindows<Cell>::advance(std::int64_t watermark, std::int64_t now_ms) {
  if (watermark < next_event_) return;
  const std::int64_t step = layout_.step_ms();
  due_.clear();
  for (std::size_t i = finished_; i < slices_.size() && slices_[i]->next_end - 1 <= watermark; ++i) {
    for (std::int64_t end = slices_[i]->next_end; end <= slices_[i]->last_end && end - 1 <= watermark;
         end += step)
      due_.push_back(end);
  }
  std::sort(due_.begin(), due_.end());
  due_.erase(std::unique(due_.begin(), due_.end()), due_.end());
  for (const std::int64_t end : due_) fire(end, now_ms);
  for (std::size_t i = finished_; i < slices_.size() && slices_[i]->next_end - 1 <= watermark; ++i) {
    Slice& slice = *slices_[i];
    const SliceLayout::Ends ends{slice.first_end, slice.last_end};
    const std::int64_t passed = ends.up_to(watermark + 1, step);
    slice.next_end = passed == ends.count(step) ? kMaxTimestamp : slice.first_end + passed * step;
  }
  while (finished_ < slices_.size() && slices_[finished_]->next_end == kMaxTimestamp) ++finished_;

  count_closed_windows(watermark);
  clean_up(watermark);
  next_event_ = kMaxTimestamp;
  if (finished_ < slices_.size()) next_event_ = slices_[finished_]->next_end - 1;
  if (!slices_.empty()) next_event_ = std::min(next_event_, slices_.front()->last_end - 1 + lateness_);
}

template <class Cell>
void SliceWindows<Cell>::fire(std::int64_t end, std::int64_t now_ms) {
  const std::int64_t start = layout_.window_start(end);
  const std::size_t from = first_slice_from(start);
  std::size_t to = from;
  std::uint64_t content = 0;
  for (; to < slices_.size() && slices_[to]->start < end; ++to) {
    Slice& slice = *slices_[to];
    content += slice.records;
    figures_.combines += slice.cells.keys().size();
    slice.waiting.release(now_ms, figures_.record_latency);
  }
  assert(content > 0 && "a window without content is never due");
  ++figures_.on_time.panes;
  figures_.on_time.records += content;
  figures_.firing_delay.insert(now_ms - end);
  if (!shown_early_.empty()) {
    if (const auto at = shown_early_.find(end); at != shown_early_.end()) {
      figures_.early.records += at->second;
      shown_early_.erase(at);
    }
  }
  if (to - from == 1 && !results_.reads()) {
    figures_.results += slices_[from]->cells.keys().size();
    return;
  }
  total_.clear();
  Cell all = blank_;
  for (std::size_t i = from; i < to; ++i) {
    const Cells<Cell>& cells = slices_[i]->cells;
    for (std::size_t k = 0; k < cells.keys().size(); ++k) {
      total_.merge(cells.keys()[k], cells.at(k));
      if (rows_.wants_windows()) all.merge(cells.at(k));
    }
  }
  figures_.results += total_.keys().size();
  if (results_.compares()) {
    for (std::size_t k = 0; k < total_.keys().size(); ++k) results_.compare(total_.at(k), figures_);
  }
  if (rows_.wants_windows()) add_row(0, all, end, now_ms, PaneTiming::on_time);
  if (rows_.wants_keys()) {
    std::vector<std::pair<std::uint32_t, std::size_t>> order;
    for (std::size_t k = 0; k < total_.keys().size(); ++k) order.emplace_back(total_.keys()[k], k);
    std::sort(order.begin(), order.end());
    for (const auto& [key, k] : order) add_row(key, total_.at(k), end, now_ms, PaneTiming::on_time);
  }
}

template <class Cell>
void SliceWindows<Cell>::show_late(std::uint32_t key, std::int64_t end, std::int64_t now_ms) {
  Cell total = blank_;
  for (std::size_t i = first_slice_from(layout_.window_start(end));
       i < slices_.size() && slices_[i]->start < end; ++i) {
    const Cells<Cell>& cells = slices_[i]->cells;
    if (rows_.wants_windows()) {
      for (std::size_t k = 0; k < cells.keys().size(); ++k) total.merge(cells.at(k));
    } else if (const Cell* const cell = cells.find(key); cell != nullptr) {
      total.merge(*cell);
    }
  }
  add_row(rows_.wants_keys() ? key : 0, total, end, now_ms, PaneTiming::late);
}

template <class Cell>
void SliceWindows<Cell>::add_row(std::uint32_t key, const Cell& cell, std::int64_t end, std::int64_t now_ms,
                                 PaneTiming timing) {
  WindowRow row;
  row.start_ms = layout_.window_start(end);
  row.end_ms = end;
  row.fired_at_ms = now_ms;
  row.key = key;
  row.timing = timing;
  results_.add_row(row, cell);
}

template <class Cell>
std::uint64_t SliceWindows<Cell>::content_of(std::int64_t end) const {
  std::uint64_t content = 0;
  for (std::size_t i = first_slice_from(layout_.window_start(end));
       i < slices_.size() && slices_[i]->start < end; ++i)
    content += slices_[i]->records;
  return content;
}

template <class Cell>
void SliceWindows<Cell>::show_early(std::int64_t /*now_ms*/) {
  std::int64_t above = kMinTimestamp;
  for (std::size_t i = finished_; i < slices_.size(); ++i) {
    for (std::int64_t end = slices_[i]->next_end; end <= slices_[i]->last_end; end += layout_.step_ms()) {
      if (end <= above) continue;
      above = end;
      const std::uint64_t content = content_of(end);
      std::uint64_t& shown = shown_early_[end];
      if (content == shown) continue;
      shown = content;
      ++figures_.early.panes;
    }
  }
}

template <class Cell>
void SliceWindows<Cell>::settle(const Slice& slice) {
  const SliceLayout::Ends ends{slice.first_end, slice.last_end};
  figures_.slice_updates += slice.records;
  figures_.bucket_updates +=
      slice.records * static_cast<std::uint64_t>(ends.count(layout_.step_ms())) - slice.already_lost;
}

/// How much accumulators take is looked at when slices go and at the end, as that of all records: slices only
/// grow in between.
template <class Cell>
void SliceWindows<Cell>::weigh() {
  std::uint64_t held = 0;
  std::uint64_t bytes = 0;
  for (const auto& slice : slices_) {
    held += slice->records;
    if constexpr (kDetailed<Cell>) {
      for (std::size_t k = 0; k < slice->cells.keys().size(); ++k) bytes += slice->cells.at(k).bytes();
    }
  }
  figures_.peak_records = std::max(figures_.peak_records, held);
  figures_.peak_bytes = std::max(figures_.peak_bytes, bytes);
}

template <class Cell>
void SliceWindows<Cell>::clean_up(std::int64_t watermark) {
  std::size_t gone = 0;
  while (gone < slices_.size() && slices_[gone]->last_end - 1 + lateness_ <= watermark) ++gone;
  if (gone == 0) return;
  weigh();
  for (std::size_t i = 0; i < gone; ++i) {
    std::unique_ptr<Slice>& slice = slices_[i];
    settle(*slice);
    cells_ -= slice->cells.keys().size();
    Hot& hot = hot_[static_cast<std::size_t>(layout_.number_of(slice->start)) % hot_.size()];
    if (hot.slice == slice.get()) hot = {};
    spare_.push_back(std::move(slice));
  }
  slices_.erase(slices_.begin(), slices_.begin() + static_cast<std::ptrdiff_t>(gone));
  finished_ -= gone;
}

template <class Cell>
WindowFigures SliceWindows<Cell>::take(bool at_end, std::int64_t now_ms) {
  std::int64_t last_end = kMinTimestamp;
  for (std::size_t i = finished_; i < slices_.size(); ++i) {
    for (std::int64_t end = slices_[i]->next_end; end <= slices_[i]->last_end && end <= now_ms;
         end += layout_.step_ms()) {
      if (end <= last_end) continue;
      last_end = end;
      figures_.overdue.insert(now_ms - end);
    }
  }
  weigh();
  if (at_end) {
    const std::int64_t step = layout_.step_ms();
    std::int64_t above = kMinTimestamp;
    for (const auto& slice : slices_) {
      settle(*slice);
      if (slice->next_end == kMaxTimestamp) continue;
      const SliceLayout::Ends left{slice->next_end, slice->last_end};
      figures_.unfired += slice->records * static_cast<std::uint64_t>(left.count(step));
      figures_.unfired_windows +=
          static_cast<std::uint64_t>(std::max<std::int64_t>(left.count(step) - left.up_to(above, step), 0));
      above = slice->last_end;
    }
  }
  WindowFigures taken = std::move(figures_);
  figures_ = WindowFigures{};
  figures_.peak_windows = windows_;
  figures_.peak_slices = slices_.size();
  figures_.peak_cells = cells_;
  weigh();
  return taken;
}

template class SliceWindows<CountCell>;
template class SliceWindows<StatCell>;
template class SliceWindows<DetailCell>;

}  // namespace wrackline::replay
