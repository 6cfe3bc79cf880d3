#include "engine/replay/count_windows.hpp"

#include <algorithm>
#include <cassert>

namespace wrackline::replay {

template <class Cell>
CountWindows<Cell>::CountWindows(const WindowSpec& window, [[maybe_unused]] std::int64_t allowed_lateness_ms,
                                 RowList& rows, const AggregateList& aggregates)
    : records_{static_cast<std::uint64_t>(window.records)},
      every_{static_cast<std::uint64_t>(window.every)},
      results_{aggregates, rows},
      blank_{results_.template blank<Cell>()} {
  assert(window.kind == WindowKind::count && window.problems().empty() && allowed_lateness_ms == 0);
}

template <class Cell>
Verdict CountWindows<Cell>::add(std::uint32_t key, std::int64_t event_ms, std::int64_t value,
                                std::int64_t now_ms, std::int64_t /*watermark*/) {
  if (key >= by_key_.size())
    by_key_.resize(std::max<std::size_t>(key + std::size_t{1}, by_key_.size() * 2),
                   Keyed{.cell = blank_, .values = {}, .waiting = {}});
  Keyed& keyed = by_key_[key];
  if (keyed.fresh == 0) keyed.waiting.reset(event_ms);
  ++figures_.slice_updates;
  if (every_ == records_) {
    if (keyed.fresh == 0) ++live_;
    keyed.cell.add(value);
    ++held_;
  } else if (keyed.values.size() < records_) {
    if (keyed.values.empty()) ++live_;
    keyed.values.push_back(value);
    ++held_;
  } else {
    keyed.values[keyed.oldest] = value;
    keyed.oldest = keyed.oldest + 1 == keyed.values.size() ? 0 : keyed.oldest + 1;
  }
  ++keyed.fresh;
  keyed.waiting.add(event_ms);
  figures_.peak_windows = std::max(figures_.peak_windows, live_);
  figures_.peak_records = std::max(figures_.peak_records, held_);
  if (keyed.fresh == every_) fire(keyed, key, now_ms);
  return Verdict::accepted;
}

template <class Cell>
void CountWindows<Cell>::fire(Keyed& keyed, std::uint32_t key, std::int64_t now_ms) {
  const bool overlapping = every_ != records_;
  const std::uint64_t content = overlapping ? keyed.values.size() : keyed.fresh;
  ++figures_.on_time.panes;
  ++figures_.results;
  figures_.on_time.records += content;
  figures_.bucket_updates += content;
  if (overlapping) figures_.combines += content;
  keyed.waiting.release(now_ms, figures_.record_latency);
  keyed.fresh = 0;
  if (results_.reads()) {
    Cell all = overlapping ? blank_ : keyed.cell;
    // In the order of arrival: a t-digest depends on it.
    for (std::size_t i = 0; i < keyed.values.size(); ++i)
      all.add(keyed.values[(keyed.oldest + i) % keyed.values.size()]);
    results_.compare(all, figures_);
    if (results_.wants_rows()) {
      WindowRow row;
      row.start_ms = event_time::kMinTimestamp + 1;
      row.end_ms = event_time::kMaxTimestamp;
      row.fired_at_ms = now_ms;
      row.key = key;
      results_.add_row(row, all);
    }
  }
  if (overlapping) return;
  if constexpr (kDetailed<Cell>) {
    const std::uint64_t bytes = keyed.cell.bytes();
    if (bytes > keyed.most_bytes) bytes_ += bytes - keyed.most_bytes;
    keyed.most_bytes = std::max(keyed.most_bytes, bytes);
  }
  keyed.cell = blank_;
  held_ -= content;
  --live_;
}

template <class Cell>
WindowFigures CountWindows<Cell>::take(bool at_end, std::int64_t /*now_ms*/) {
  constexpr std::uint64_t kValueBytes = 24;  // as PaneOperator::state_bytes() has it
  std::uint64_t bytes = bytes_;
  for (const Keyed& keyed : by_key_) {
    if constexpr (kDetailed<Cell>) {
      if (every_ == records_ && keyed.fresh > 0)
        bytes += std::max(keyed.cell.bytes(), keyed.most_bytes) - keyed.most_bytes;
    }
    if (!at_end || keyed.fresh == 0) continue;
    figures_.unfired += keyed.fresh;
    ++figures_.unfired_windows;
  }
  figures_.peak_cells = figures_.peak_windows;
  figures_.peak_bytes = every_ == records_ ? bytes : figures_.peak_records * kValueBytes;
  WindowFigures taken = std::move(figures_);
  figures_ = WindowFigures{};
  figures_.peak_windows = live_;
  figures_.peak_records = held_;
  return taken;
}

template class CountWindows<StatCell>;
template class CountWindows<DetailCell>;

}  // namespace wrackline::replay
