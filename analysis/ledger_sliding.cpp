// Rows of windows on record differences (sliding_index.hpp). An event stands in as many rows as its
// neighbours define, so no mask of windows is kept with it: the rows hold their events, sorted, until the
// last of these is settled, and what an event lacks is looked up in them. Its word says only that it is in
// some row, and it is pinned as long as that is not the whole story. Once all its windows are final and show
// it, it becomes an event like any other that was seen once; copies beyond that count as copies.
//
// An event that was accepted for the windows that it opens, and that every window which holds it was closed
// to, is late-dropped like one that the operator has refused: no reader ever sees it.
#include <algorithm>

#include "analysis/ledger.hpp"

namespace wrackline::analysis {

void Ledger::note_accepted(std::span<const sim::EventId> ids) {
  for (const sim::EventId id : ids) {
    const EventState* const state = store_.peek(id);
    if (state == nullptr) continue;
    sliding_->accepted(state->key, state->event_time_ms, id);
    // A zombie takes in what its successor has dropped.
    if ((state->word & word::kLate) != 0) sliding_->dropped(state->key, state->event_time_ms, id);
  }
}

/// Of an event whose times are known.
void Ledger::show_sliding(sim::EventId id, const EventRef& ref, const FreeRow& row, sim::Time at) {
  EventState& state = *ref.state;
  if (std::binary_search(row.ids.begin(), row.ids.end(), id))
    anomalies_.example(Anomaly::sink_duplicate, at, [&] { return "event " + to_string(id); });
  if (word::seen(state.word) == 0) state.word += word::kSeenOne;
  state.word |= word::kPinned;
  if ((state.word & word::kMeasured) == 0) measure(state, at);
}

/// What is wrong with the borders of a row; empty if nothing. Whether another event defines it is known as
/// long as its neighbours are kept.
std::string Ledger::wrong_with_sliding(const sim::VisibleResult& result, std::int64_t newest_ms) const {
  const SlidingIndex::Window window{result.window_start_ms, result.window_end_ms};
  if (sliding_->is_window(window, result.key, newest_ms)) return {};
  return window == sliding_->window_at(window.start_ms) ? "no record is at a border of it" : "no such window";
}

Ledger::Presence Ledger::sliding_presence(sim::EventId id, const EventRef& ref) const {
  const EventState& state = *ref.state;
  const bool late_for_all = (state.word & word::kLate) != 0;
  const SlidingIndex::Member* const member = sliding_->find(state.key, state.event_time_ms, id);
  Presence presence;
  if (member == nullptr) {
    presence.late = late_for_all ? 1 : 0;
    presence.missing = 1 - presence.late;
    return presence;
  }
  std::vector<std::int64_t> starts;
  std::vector<std::int64_t> shown;
  sliding_->starts_of(state.key, state.event_time_ms, starts);
  const SlidingIndex::Window own = sliding_->window_at(starts.front());
  auto row = free_rows_.lower_bound({state.key, own.start_ms, std::numeric_limits<std::int64_t>::min()});
  for (; row != free_rows_.end(); ++row) {
    const auto& [key, start_ms, end_ms] = row->first;
    if (key != state.key || start_ms > state.event_time_ms) break;
    const auto [first, last] = std::equal_range(row->second.ids.begin(), row->second.ids.end(), id);
    if (first == last) continue;
    ++presence.seen;
    presence.extra += static_cast<std::uint32_t>(last - first) - 1;
    shown.push_back(start_ms);
  }
  for (const std::int64_t start_ms : starts) {
    if (std::binary_search(shown.begin(), shown.end(), start_ms)) continue;
    const std::int64_t end_ms = sliding_->window_at(start_ms).end_ms;
    if (late_for_all || end_ms <= member->late_until_ms) {
      ++presence.late;
    } else if (end_ms > closing_.windows_due_ms) {
      ++presence.open;
    } else {
      ++presence.missing;
    }
  }
  return presence;
}

std::optional<EventStore::Ending> Ledger::sliding_ending(std::uint32_t w, const Presence& presence) const {
  if (presence.missing != 0 || presence.open != 0) return std::nullopt;
  EventStore::Ending ending{w & ~(word::kPinned | word::kSeen), 0};
  if (presence.seen == 0) {
    if (presence.late == 0) return std::nullopt;
    ending.word |= word::kLate;
  } else {
    ending.word |= std::min<std::uint32_t>(1 + presence.extra, 255) << word::kSeenShift;
  }
  return ending;
}

void Ledger::name_missing_sliding(sim::EventId id, const EventState& state,
                                  const std::function<void(const event_time::Window&)>& gap, bool& in_a_row) {
  const SlidingIndex::Member* const member = sliding_->find(state.key, state.event_time_ms, id);
  if (member == nullptr) return;
  std::vector<std::int64_t> starts;
  sliding_->starts_of(state.key, state.event_time_ms, starts);
  for (const std::int64_t start_ms : starts) {
    const SlidingIndex::Window window = sliding_->window_at(start_ms);
    if (window.end_ms > closing_.windows_due_ms || window.end_ms <= member->late_until_ms) continue;
    const auto row = free_rows_.find({state.key, window.start_ms, window.end_ms});
    if (row == free_rows_.end()) {
      gap(window);
    } else if (!std::binary_search(row->second.ids.begin(), row->second.ids.end(), id)) {
      in_a_row = true;
    }
  }
}

}  // namespace wrackline::analysis
