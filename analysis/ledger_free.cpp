// Rows of free windows (checkers/free_windows.hpp): sessions, cumulate, count, global, zones, panes of every
// accumulation. One row is kept for each (key, start, end), until it is final: ledger_settle_free.cpp.
#include <algorithm>
#include <limits>

#include "analysis/ledger.hpp"

namespace wrackline::analysis {

namespace {

std::string name_of_row(const sim::VisibleResult& result) {
  return "key " + std::to_string(result.key) + ", window [" + std::to_string(result.window_start_ms) + ", " +
         std::to_string(result.window_end_ms) + ")";
}

}  // namespace

/// A number that differs between the windows that hold one timestamp.
std::uint32_t Ledger::free_ring(const EventRef& ref, std::int64_t start_ms, std::int64_t end_ms,
                                std::uint32_t pane) const {
  const FreeWindows& free = *config_.window.free;
  // A record is in neighbouring rows of its key.
  if (free.overlaps_by_number()) return pane % store_.windows_per_event();
  if (one_window() || !free.by_timestamp()) return 0;
  // A settled event stands for sure in its last window: EventStore enters the late ones from the front.
  if (!ref.times_known) return store_.windows_per_event() - 1;
  const std::vector<FreeWindows::Window> windows = free.windows_of(ref.state->event_time_ms);
  const auto at = std::find_if(windows.begin(), windows.end(), [&](const FreeWindows::Window& window) {
    return free.shares_starts() ? window.end_ms == end_ms : window.start_ms == start_ms;
  });
  // A window that does not hold the timestamp was reported as misplaced; any of the event's own will do.
  return at == windows.end() ? 0 : static_cast<std::uint32_t>(at - windows.begin());
}

void Ledger::show_free_row(const sim::VisibleResult& result, sim::Time at) {
  const FreeWindows& free = *config_.window.free;
  const FreeCell cell{result.key, result.window_start_ms, result.window_end_ms};
  bool was_final = false;
  if (free.timed() && result.window_end_ms <= free_final_ms_) [[unlikely]] {
    const auto known = free_rows_.find(cell);
    was_final = known == free_rows_.end() ? was_shown(result) : known->second.final;
  }
  if (was_final && (result.overwrites || (config_.reading == Reading::latest_pane && result.pane != 0))) {
    // It takes the place of a row that we were told would stay. What that one held is forgotten.
    ++broken_promises_;
    return;
  }
  const auto [entry, is_new] = free_rows_.try_emplace(cell);
  FreeRow& row = entry->second;
  row.measured = row.measured || was_final;
  const sim::Time end = free.timed() ? true_time_of(result.window_end_ms) : sim::kNever;
  if (!row.measured && at >= end) {
    // A row before the end is not the result yet. What an early pane had complete is not measured.
    row.measured = true;
    const std::size_t phase = end >= config_.steady_from && end < config_.steady_until ? 1 : 0;
    latencies_[static_cast<std::size_t>(Latency::result_latency)][phase].seen.insert((at - end).count());
  }
  if (was_final) {
    report_double_fire(result, at);
  } else if (is_new) {
    row.pane = result.pane;
  } else {
    if (result.pane <= row.pane && !result.overwrites) report_double_fire(result, at);
    const bool replaces = config_.reading == Reading::upsert        ? result.overwrites
                          : config_.reading == Reading::latest_pane ? result.pane > row.pane
                                                                    : false;
    if (replaces) hide_free_row(result.window_start_ms, result.window_end_ms, row);
    row.pane = std::max(row.pane, result.pane);
  }

  std::vector<FreeWindows::Member> members;
  std::uint64_t digest = 0;
  std::uint64_t misplaced = 0;
  bool times_known = true;
  std::int64_t newest_ms = std::numeric_limits<std::int64_t>::min();
  for (const sim::EventId id : result.contributions) {
    digest += sim::mix(id);
    const EventRef ref = slow_ref(id);
    if (ref.state == nullptr) {
      ++misplaced;
      continue;
    }
    if (ref.times_known) misplaced += belongs(*ref.state, result) ? 0U : 1U;
    times_known = times_known && ref.times_known;
    members.push_back({id, ref.state->event_time_ms});
    newest_ms = std::max(newest_ms, ref.state->event_time_ms);
    if (sliding_ != nullptr && ref.times_known) {
      show_sliding(id, ref, row, at);
      continue;
    }
    show(id, ref, free_ring(ref, result.window_start_ms, result.window_end_ms, result.pane), at);
    if (free.sessions()) ref.state->word |= word::kPinned;
  }
  const std::uint64_t repeated = repeated_in(result.contributions);
  repeated_inside_rows_ += repeated;
  const bool replaceable = config_.reading != Reading::every_row;
  if (replaceable || free.sessions() || free.sliding()) {
    // Appended rows do not replace each other, but all their events are pinned.
    if (replaceable) {
      free_ids_ -= row.ids.size();
      row.ids.clear();
      row.repeated = repeated;
    }
    row.ids.insert(row.ids.end(), result.contributions.begin(), result.contributions.end());
    free_ids_ += result.contributions.size();
    if (free.sliding()) std::sort(row.ids.begin(), row.ids.end());
  }
  std::string wrong;
  if (misplaced != 0) {
    wrong = std::to_string(misplaced) + " records do not belong to it";
  } else if (digest != result.digest) {
    wrong = "the digest is not that of its records";
  } else {
    wrong = free.wrong_with({result.window_start_ms, result.window_end_ms}, result.key, result.pane,
                            result.value, std::move(members), times_known);
    if (wrong.empty() && sliding_ != nullptr && times_known && !was_final)
      wrong = wrong_with_sliding(result, newest_ms);
  }
  if (!wrong.empty())
    anomalies_.report(Anomaly::wrong_result, at,
                      [&] { return "row of " + name_of_row(result) + ": " + wrong; });
}

void Ledger::hide_free_row(std::int64_t start_ms, std::int64_t end_ms, FreeRow& row) {
  for (const sim::EventId id : row.ids) {
    const EventRef ref = slow_ref(id);
    // What slides is looked up in its rows: without ids, this one shows nothing.
    if (sliding_ != nullptr && ref.times_known) continue;
    if (ref.state != nullptr) hide(id, free_ring(ref, start_ms, end_ms, row.pane));
  }
  free_ids_ -= row.ids.size();
  repeated_inside_rows_ -= row.repeated;
  row.ids.clear();
  row.repeated = 0;
}

/// A retraction. Of a pane that the reader has replaced already (a replay repeats them) nothing is left.
void Ledger::withdraw_free_row(const sim::VisibleResult& result) {
  const auto row = free_rows_.find({result.key, result.window_start_ms, result.window_end_ms});
  if (row == free_rows_.end() || row->second.final) {
    ++broken_promises_;
    return;
  }
  if (result.pane >= row->second.pane)
    hide_free_row(result.window_start_ms, result.window_end_ms, row->second);
}

Ledger::Presence Ledger::free_presence(sim::EventId id, const EventRef& ref) const {
  if (sliding_ != nullptr) return sliding_presence(id, ref);
  const EventState& state = *ref.state;
  const FreeWindows& free = *config_.window.free;
  const bool late_for_all = (state.word & word::kLate) != 0;
  const auto count = [&](Presence& presence, bool seen, bool late, std::int64_t end_ms) {
    if (seen) {
      ++presence.seen;
    } else if (late) {
      ++presence.late;
    } else if (end_ms > closing_.windows_due_ms) {
      ++presence.open;
    } else {
      ++presence.missing;
    }
  };
  Presence presence;
  if (one_window()) {
    const bool seen = word::seen(state.word) != 0;
    count(presence, seen, late_for_all,
          free.timed() ? free.closes_at(state.event_time_ms) : state.event_time_ms);
    presence.extra = seen ? word::seen(state.word) - 1 : 0;
    return presence;
  }
  if (!free.by_timestamp()) {
    count(presence, word::seen(state.word) != 0, late_for_all, state.event_time_ms);
    return presence;
  }
  const std::vector<FreeWindows::Window> windows = free.windows_of(state.event_time_ms);
  for (std::uint32_t ring = 0; ring < windows.size(); ++ring) {
    const bool seen = (ref.present[ring / 64] >> (ring % 64) & 1) != 0;
    const bool late = late_for_all || (ref.late[ring / 64] >> (ring % 64) & 1) != 0;
    count(presence, seen, late, windows[ring].end_ms);
  }
  return presence;
}

void Ledger::name_missing_free(sim::EventId id, const EventRef& ref) {
  const FreeWindows& free = *config_.window.free;
  const EventState& state = *ref.state;
  const std::uint32_t key = state.key;
  if (!ref.times_known) {
    anomalies_.report(Anomaly::missing_contribution, closing_.at,
                      [&] { return "event " + to_string(id) + " is missing from a row of its window"; });
    return;
  }
  bool in_a_row = false;
  const auto gap = [&](const FreeWindows::Window& window) {
    const std::uint64_t cell = sim::mix(sim::mix(static_cast<std::uint64_t>(window.start_ms)) ^
                                        sim::mix(static_cast<std::uint64_t>(window.end_ms) ^ key));
    if (!gaps_.insert(cell).second) return;
    anomalies_.report(Anomaly::window_gap, closing_.at, [&] {
      return "key " + std::to_string(key) + ", window [" + std::to_string(window.start_ms) + ", " +
             std::to_string(window.end_ms) + ") accepted event " + to_string(id) + " and has no row";
    });
    if (!free.timed()) return;
    auto& latency = latencies_[static_cast<std::size_t>(Latency::result_latency)];
    const sim::Time end = true_time_of(window.end_ms);
    ++latency[0].missing;
    latency[1].missing += end >= config_.steady_from && end < config_.steady_until ? 1U : 0U;
  };
  if (sliding_ != nullptr) {
    name_missing_sliding(id, state, gap, in_a_row);
  } else if (free.by_timestamp()) {
    const std::vector<FreeWindows::Window> windows = free.windows_of(state.event_time_ms);
    for (std::uint32_t ring = 0; ring < windows.size(); ++ring) {
      if (windows[ring].end_ms > closing_.windows_due_ms) continue;
      if (!one_window() && ((ref.present[ring / 64] | ref.late[ring / 64]) >> (ring % 64) & 1) != 0) continue;
      if (free_rows_.contains({key, windows[ring].start_ms, windows[ring].end_ms})) {
        in_a_row = true;
      } else {
        gap(windows[ring]);
      }
    }
  } else {
    const auto first = free_rows_.lower_bound({key, std::numeric_limits<std::int64_t>::min(), 0});
    for (auto row = first; row != free_rows_.end() && std::get<0>(row->first) == key; ++row) {
      const auto& [row_key, start_ms, end_ms] = row->first;
      in_a_row = in_a_row || (start_ms <= state.event_time_ms && state.event_time_ms < end_ms);
    }
    if (!in_a_row && free.sessions()) {
      free_gaps_.emplace_back(key, state.event_time_ms, state.event_time_ms + free.gap_of(key, id));
    } else if (!in_a_row) {
      gap({0, event_time::kMaxTimestamp});
    }
  }
  if (in_a_row) {
    anomalies_.report(Anomaly::missing_contribution, closing_.at,
                      [&] { return "event " + to_string(id) + " is missing from a row of its window"; });
  }
}

/// Once every event is counted: the sessions without a row. That two sessions of a key touch is no error: the
/// older one may have been final when the younger one began.
void Ledger::close_free() {
  if (!config_.window.free->sessions()) return;
  const auto session = [](const auto& cell) {
    return "key " + std::to_string(std::get<0>(cell)) + ", session [" + std::to_string(std::get<1>(cell)) +
           ", " + std::to_string(std::get<2>(cell)) + ")";
  };
  std::sort(free_gaps_.begin(), free_gaps_.end());
  std::int64_t reach = 0;
  for (std::size_t i = 0; i < free_gaps_.size(); ++i) {
    const auto& [key, start_ms, end_ms] = free_gaps_[i];
    const bool same = i > 0 && std::get<0>(free_gaps_[i - 1]) == key && start_ms <= reach;
    reach = same ? std::max(reach, end_ms) : end_ms;
    if (same) continue;
    ++latencies_[static_cast<std::size_t>(Latency::result_latency)][0].missing;
    anomalies_.report(Anomaly::window_gap, closing_.at,
                      [&] { return session(free_gaps_[i]) + " accepted records and has no row"; });
  }
}

}  // namespace wrackline::analysis
