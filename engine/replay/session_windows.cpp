#include "engine/replay/session_windows.hpp"

#include <algorithm>
#include <cassert>

namespace wrackline::replay {

using event_time::kMaxTimestamp;
using event_time::kMinTimestamp;

template <class Cell>
SessionWindows<Cell>::SessionWindows(const WindowSpec& window, std::int64_t allowed_lateness_ms,
                                     RowList& rows, const AggregateList& aggregates)
    : gap_{window.size_ms},
      lateness_{allowed_lateness_ms},
      results_{aggregates, rows},
      blank_{results_.template blank<Cell>()} {
  assert(window.kind == WindowKind::session && window.problems().empty() && allowed_lateness_ms >= 0);
}

template <class Cell>
std::uint32_t SessionWindows<Cell>::allocate(std::uint32_t key) {
  std::uint32_t number = 0;
  if (free_.empty()) {
    number = static_cast<std::uint32_t>(sessions_.size());
    sessions_.emplace_back();
  } else {
    number = free_.back();
    free_.pop_back();
  }
  Session& session = sessions_[number];
  session.key = key;
  ++session.generation;
  session.shown = session.shown_early = 0;
  session.fired = false;
  session.cell = blank_;
  if constexpr (kDetailed<Cell>) bytes_ += session.cell.bytes();
  ++live_;
  return number;
}

template <class Cell>
void SessionWindows<Cell>::release(std::uint32_t number) {
  if constexpr (kDetailed<Cell>) {
    bytes_ -= sessions_[number].cell.bytes();
    sessions_[number].cell = blank_;
  }
  ++sessions_[number].generation;
  free_.push_back(number);
  --live_;
}

template <class Cell>
void SessionWindows<Cell>::push_due(std::int64_t at, std::uint32_t number) {
  heap_.push_back({at, number, sessions_[number].generation});
  std::push_heap(heap_.begin(), heap_.end());
  next_event_ = heap_.front().at;
}

template <class Cell>
Verdict SessionWindows<Cell>::add(std::uint32_t key, std::int64_t event_ms, std::int64_t value,
                                  std::int64_t now_ms, std::int64_t watermark) {
  if (key >= by_key_.size()) by_key_.resize(std::max<std::size_t>(key + std::size_t{1}, by_key_.size() * 2));
  std::vector<std::uint32_t>& mine = by_key_[key];
  // TimeWindow.intersects: windows that touch merge. Sessions of a key do not touch each other, so those that
  // the record's window meets are neighbours, and at most two.
  std::int64_t start = event_ms;
  std::int64_t end = event_ms + gap_;
  std::size_t from = mine.size();
  while (from > 0 && sessions_[mine[from - 1]].end >= start) --from;
  std::size_t to = from;
  while (to < mine.size() && sessions_[mine[to]].start <= end) ++to;
  for (std::size_t i = from; i < to; ++i) {
    start = std::min(start, sessions_[mine[i]].start);
    end = std::max(end, sessions_[mine[i]].end);
  }
  const bool silent = watermark == kMinTimestamp;
  if (!silent && end - 1 + lateness_ <= watermark) {
    ++figures_.lost;
    return Verdict::dropped;
  }
  if (to == from) {
    const std::uint32_t number = allocate(key);
    Session& fresh = sessions_[number];
    fresh.start = start;
    fresh.end = end;
    fresh.waiting.reset(start);
    mine.insert(mine.begin() + static_cast<std::ptrdiff_t>(from), number);
    push_due(end - 1, number);
    figures_.peak_windows = std::max(figures_.peak_windows, live_);
  } else {
    Session& kept = sessions_[mine[from]];
    for (std::size_t i = from + 1; i < to; ++i) {
      Session& merged = sessions_[mine[i]];
      if constexpr (kDetailed<Cell>) bytes_ -= kept.cell.bytes();
      kept.cell.merge(merged.cell);
      if constexpr (kDetailed<Cell>) bytes_ += kept.cell.bytes();
      kept.shown += merged.shown;
      kept.shown_early += merged.shown_early;
      kept.waiting.take(merged.waiting);
      release(mine[i]);
      ++figures_.merges;
    }
    mine.erase(mine.begin() + static_cast<std::ptrdiff_t>(from) + 1,
               mine.begin() + static_cast<std::ptrdiff_t>(to));
    if (kept.fired && (silent || end - 1 > watermark)) {
      // It goes on, and will fire again at its new end.
      kept.fired = false;
      push_due(end - 1, mine[from]);
    }
    kept.start = start;
    kept.end = end;
  }
  Session& session = sessions_[mine[from]];
  if constexpr (kDetailed<Cell>) bytes_ -= session.cell.bytes();
  session.cell.add(value);
  if constexpr (kDetailed<Cell>) {
    bytes_ += session.cell.bytes();
    figures_.peak_bytes = std::max(figures_.peak_bytes, bytes_);
  }
  ++held_;
  ++figures_.slice_updates;
  ++figures_.bucket_updates;
  figures_.peak_records = std::max(figures_.peak_records, held_);
  session.waiting.add(event_ms);
  if (!silent && session.end - 1 <= watermark) fire(session, PaneTiming::late, now_ms);
  return Verdict::accepted;
}

template <class Cell>
void SessionWindows<Cell>::fire(Session& session, PaneTiming timing, std::int64_t now_ms) {
  const auto content = static_cast<std::uint64_t>(session.cell.count);
  PaneCount& panes = timing == PaneTiming::late ? figures_.late : figures_.on_time;
  ++panes.panes;
  panes.records += content - session.shown;
  session.shown = content;
  session.fired = true;
  session.waiting.release(now_ms, figures_.record_latency);
  if (timing == PaneTiming::on_time) {
    figures_.firing_delay.insert(now_ms - session.end);
    figures_.early.records += std::min(session.shown_early, content);
    ++figures_.results;
    ++figures_.combines;
  }
  if (timing == PaneTiming::on_time) results_.compare(session.cell, figures_);
  if (results_.wants_rows()) {
    WindowRow row;
    row.start_ms = session.start;
    row.end_ms = session.end;
    row.fired_at_ms = now_ms;
    row.key = session.key;
    row.timing = timing;
    results_.add_row(row, session.cell);
  }
}

template <class Cell>
void SessionWindows<Cell>::advance(std::int64_t watermark, std::int64_t now_ms) {
  while (!heap_.empty() && heap_.front().at <= watermark) {
    const Due due = heap_.front();
    std::pop_heap(heap_.begin(), heap_.end());
    heap_.pop_back();
    Session& session = sessions_[due.session];
    if (session.generation != due.generation) continue;
    if (!session.fired) {
      if (session.end - 1 > watermark) {
        push_due(session.end - 1, due.session);  // it has grown
        continue;
      }
      fire(session, PaneTiming::on_time, now_ms);
    }
    const std::int64_t cleanup = session.end - 1 + lateness_;
    if (cleanup > watermark) {
      if (due.at < cleanup) push_due(cleanup, due.session);
      continue;
    }
    held_ -= static_cast<std::uint64_t>(session.cell.count);
    std::vector<std::uint32_t>& mine = by_key_[session.key];
    mine.erase(std::find(mine.begin(), mine.end(), due.session));
    release(due.session);
  }
  next_event_ = heap_.empty() ? kMaxTimestamp : heap_.front().at;
}

template <class Cell>
void SessionWindows<Cell>::show_early(std::int64_t /*now_ms*/) {
  for (Session& session : sessions_) {
    const auto content = static_cast<std::uint64_t>(session.cell.count);
    if (session.generation % 2 == 0 || session.fired || content <= session.shown_early) continue;
    session.shown_early = content;
    ++figures_.early.panes;
  }
}

template <class Cell>
WindowFigures SessionWindows<Cell>::take(bool at_end, std::int64_t now_ms) {
  for (const Session& session : sessions_) {
    if (session.generation % 2 == 1 && !session.fired && session.end <= now_ms)
      figures_.overdue.insert(now_ms - session.end);
  }
  if (at_end) {
    for (const Session& session : sessions_) {
      const auto content = static_cast<std::uint64_t>(session.cell.count);
      if (session.generation % 2 == 0 || content == session.shown) continue;
      figures_.unfired += content - session.shown;
      ++figures_.unfired_windows;
    }
  }
  // A session is its own slice and cell.
  figures_.peak_slices = figures_.peak_cells = figures_.peak_windows;
  WindowFigures taken = std::move(figures_);
  figures_ = WindowFigures{};
  figures_.peak_windows = live_;
  figures_.peak_records = held_;
  figures_.peak_bytes = bytes_;
  return taken;
}

template class SessionWindows<StatCell>;
template class SessionWindows<DetailCell>;

}  // namespace wrackline::replay
