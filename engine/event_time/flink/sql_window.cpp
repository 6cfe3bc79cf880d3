#include "engine/event_time/flink/sql_window.hpp"

#include <algorithm>
#include <cassert>

namespace wrackline::event_time::flink {

void WindowBuffer::add(std::uint32_t key, TimestampMs slice, const SqlAccumulator& value) {
  entries_[{key, slice}].merge(value);
  min_slice_ = std::min(min_slice_, slice);
}

WindowBuffer::Entries WindowBuffer::advance(TimestampMs progress) {
  if (progress < next_look_) return {};
  Entries flushed;
  if (is_window_fired(min_slice_, progress)) {
    flushed.swap(entries_);
    min_slice_ = kMaxTimestamp;
  }
  next_look_ = progress;
  if (progress != kMaxTimestamp) {
    const std::int64_t interval = assigner_.step_ms;
    const TimestampMs trigger = window_start(progress, assigner_.offset_ms, interval) + interval - 1;
    next_look_ = trigger > progress ? trigger : trigger + interval;
  }
  return flushed;
}

SqlWindowAggregate::SqlWindowAggregate(const SliceAssigner& assigner, bool two_phase)
    : assigner_{assigner}, buffer_{assigner, kMinTimestamp} {
  assert(assigner.aggregate_problems().empty());
  if (two_phase) local_.emplace(assigner, 0);
}

void SqlWindowAggregate::add(std::uint32_t key, TimestampMs ts, std::int64_t value) {
  const SqlAccumulator one{1, value};
  if (local_) {
    local_->add(key, assigner_.slice_end(ts), one);
  } else {
    accept(key, assigner_.slice_end(ts), one);
  }
}

void SqlWindowAggregate::accept(std::uint32_t key, TimestampMs slice, const SqlAccumulator& value) {
  if (!is_window_fired(slice, progress_)) {
    buffer_.add(key, slice, value);
    return;
  }
  if (is_window_fired(assigner_.last_window_end(slice), progress_)) {
    ++late_dropped_;
    return;
  }
  // Late for its slice, not for all windows over it: into the slice that they share.
  const bool shared_first = assigner_.kind == SliceAssigner::Kind::cumulate;
  buffer_.add(key, shared_first ? assigner_.start_of(slice) + assigner_.step_ms : slice, value);
  TimestampMs unfired = slice;
  while (is_window_fired(unfired, progress_)) unfired += assigner_.step_ms;
  timers_.insert({unfired, key});
}

void SqlWindowAggregate::advance_watermark(TimestampMs watermark, std::vector<SqlAggregateRow>& out) {
  if (local_ && watermark > local_watermark_) {
    local_watermark_ = watermark;
    for (const auto& [key_and_slice, value] : local_->advance(watermark))
      accept(key_and_slice.first, key_and_slice.second, value);
  }
  if (watermark <= progress_) return;
  const TimestampMs before = progress_;
  progress_ = watermark;
  for (const auto& [key_and_slice, value] : buffer_.advance(watermark)) {
    slices_[key_and_slice].merge(value);
    if (!is_window_fired(key_and_slice.second, before))
      timers_.insert({key_and_slice.second, key_and_slice.first});
  }
  while (!timers_.empty() && is_window_fired(timers_.begin()->window_end, watermark)) {
    const Timer timer = *timers_.begin();
    timers_.erase(timers_.begin());
    fire(timer, out);
  }
}

SqlAccumulator SqlWindowAggregate::slice_value(std::uint32_t key, TimestampMs slice) const {
  const auto found = slices_.find({key, slice});
  return found == slices_.end() ? SqlAccumulator{} : found->second;
}

void SqlWindowAggregate::fire(const Timer& timer, std::vector<SqlAggregateRow>& out) {
  const TimestampMs end = timer.window_end;
  const TimeWindow window{assigner_.start_of(end), end};
  switch (assigner_.kind) {
    case SliceAssigner::Kind::tumble:
      out.push_back({timer.key, window, slice_value(timer.key, end)});
      slices_.erase({timer.key, end});
      break;
    case SliceAssigner::Kind::hop: {
      SqlAccumulator total;
      for (TimestampMs slice = end; slice > window.start; slice -= assigner_.step_ms)
        total.merge(slice_value(timer.key, slice));
      if (total.count > 0) {
        out.push_back({timer.key, window, total});
        timers_.insert({end + assigner_.step_ms, timer.key});
      }
      slices_.erase({timer.key, window.start + assigner_.step_ms});
      break;
    }
    case SliceAssigner::Kind::cumulate: {
      const TimestampMs first = window.start + assigner_.step_ms;
      const TimestampMs last = window.start + assigner_.size_ms;
      if (end != first) {
        slices_[{timer.key, first}].merge(slice_value(timer.key, end));
        slices_.erase({timer.key, end});
      }
      out.push_back({timer.key, window, slice_value(timer.key, first)});
      if (end + assigner_.step_ms <= last) {
        timers_.insert({end + assigner_.step_ms, timer.key});
      } else {
        slices_.erase({timer.key, first});
      }
      break;
    }
  }
}

void SqlRanking::apply(std::vector<SqlRow>& rows) const {
  if (rows.empty()) return;
  switch (kind) {
    case Kind::top_n:
      std::sort(rows.begin(), rows.end(), [this](const SqlRow& a, const SqlRow& b) {
        if (a.value != b.value) return value_descending ? a.value > b.value : a.value < b.value;
        return id_descending ? a.id > b.id : a.id < b.id;
      });
      if (static_cast<std::int64_t>(rows.size()) > n) rows.resize(static_cast<std::size_t>(n));
      break;
    case Kind::keep_first:
    case Kind::keep_last: {
      SqlRow kept = rows.front();
      for (const SqlRow& row : rows)
        if (kind == Kind::keep_first ? row.ts < kept.ts : row.ts >= kept.ts) kept = row;
      rows.assign(1, kept);
      break;
    }
  }
}

void SqlWindowRank::add(const SqlRow& row) {
  assigner_.assign(row.ts, assigned_);
  for (const TimeWindow& window : assigned_) {
    if (is_window_fired(window.end, progress_)) continue;
    auto& [held, rows] = windows_[{window.end, row.key}];
    held = window;
    rows.push_back(row);
  }
}

void SqlWindowRank::advance_watermark(TimestampMs watermark, std::vector<SqlRankedRow>& out) {
  if (watermark <= progress_) return;
  progress_ = watermark;
  while (!windows_.empty() && is_window_fired(windows_.begin()->first.first, watermark)) {
    auto& [window, rows] = windows_.begin()->second;
    ranking_.apply(rows);
    std::int64_t rank = 0;
    for (const SqlRow& row : rows) out.push_back({row, window, ++rank});
    windows_.erase(windows_.begin());
  }
}

void SqlSessionWindows::add(const SqlRow& row) {
  Session session{{row.ts, wrapping_add(row.ts, gap_ms_)}, {}};
  std::vector<Session>& sessions = sessions_[row.key];
  bool merged = false;
  // Sessions of a key are disjoint and do not touch, so the covers of one pass are final.
  const TimeWindow alone = session.window;
  for (auto at = sessions.begin(); at != sessions.end();) {
    if (!at->window.intersects(alone)) {
      ++at;
      continue;
    }
    merged = true;
    session.window = session.window.cover(at->window);
    session.rows.insert(session.rows.end(), at->rows.begin(), at->rows.end());
    at = sessions.erase(at);
  }
  if (!merged && is_window_fired(alone.end, progress_)) {
    ++late_dropped_;
    return;
  }
  session.rows.push_back(row);
  sessions.push_back(std::move(session));
  std::sort(sessions.begin(), sessions.end(),
            [](const Session& a, const Session& b) { return a.window < b.window; });
}

void SqlSessionWindows::advance_watermark(TimestampMs watermark, std::vector<Session>& fired) {
  if (watermark <= progress_) return;
  progress_ = watermark;
  for (auto& [key, sessions] : sessions_) {
    for (Session& session : sessions)
      if (is_window_fired(session.window.end, watermark)) fired.push_back(session);
    std::erase_if(sessions, [&](const Session& s) { return is_window_fired(s.window.end, watermark); });
  }
}

}  // namespace wrackline::event_time::flink
