// Settling of free windows: which of their events and rows need not be kept.
//
//   by timestamp   an event is folded when the last of its windows is final: shown in all windows that it was
//                  not late for, or late for all. Of how many it was late stays with its word
//   session        where a session ends, only its row tells. The events of a row are pinned until the row is
//                  final, which takes more than its end: a session that is open may take it back, or hold a
//                  part of it that it has reported. So rows that touch each other are final together, and
//                  none that an open session touches
//   sliding        likewise, but a row keeps its events until all of them are folded: only there stands what
//                  each is in (ledger_sliding.cpp)
//   count, global  a row is not replaced (unless panes replace each other: then nothing is folded), so what
//   it
//                  shows is folded, whatever is still open
//
// Whatever is missing from a window keeps that window's row, without its records: when the books are closed,
// such an event is told from one whose window has no row at all.
#include <algorithm>

#include "analysis/ledger.hpp"

namespace wrackline::analysis {

/// Events of one chunk that stand in all their windows, of which they may have fewer than others, get the
/// word of one that stands in the most there can be: so that the words of a chunk agree.
void Ledger::round_up_seen(EventStore::Chunk& chunk, sim::EventId first) {
  const std::uint32_t all = store_.windows_per_event() << word::kSeenShift;
  for (std::uint32_t i = 0; i < chunk.used; ++i) {
    std::uint32_t& w = chunk.events[i].word;
    const sim::EventId id{first.source(), first.ordinal() + i};
    const EventRef ref = store_.ref(chunk, id);
    if (sliding_ != nullptr) {
      if ((w & word::kPinned) == 0 || (w & word::kLate) != 0) continue;
      const Presence presence = sliding_presence(id, ref);
      if (presence.missing + presence.open + presence.late + presence.extra == 0)
        w = (w & ~(word::kPinned | word::kSeen)) | word::kSeenOne;
      continue;
    }
    if (word::seen(w) == 0 || (w & (word::kSpecial | word::kLate)) != 0) continue;
    const Presence presence = free_presence(id, ref);
    if (presence.missing == 0 && presence.late == 0) w = (w & ~word::kSeen) | all;
  }
}

/// The ending of an event that its word alone does not tell, if all its windows are final and it is in none
/// too few. Counts it then.
std::optional<EventStore::Ending> Ledger::resolve(sim::EventId id, const EventRef& ref) {
  const std::uint32_t w = ref.state->word;
  if (config_.window.free == nullptr && join_ == nullptr) return std::nullopt;
  if ((w & (word::kTold | word::kRefused)) == 0) return std::nullopt;
  EventStore::Ending ending{w, 0};
  Presence presence = this->presence(id, ref);
  if (sliding_ != nullptr && ref.times_known && !ended(w)) {
    const auto as_shown = sliding_ending(w, presence);
    if (!as_shown) return std::nullopt;
    ending = *as_shown;
  } else if (one_window()) {
    if (!ended(w)) return std::nullopt;
    presence = this->presence(w);
  } else {
    if (presence.missing != 0 || presence.open != 0 || presence.extra != 0) return std::nullopt;
    ending.word &= ~(word::kSpecial | word::kSeen);
    if (presence.seen == 0) {
      ending.word |= word::kLate;
    } else {
      ending.late = static_cast<std::uint16_t>(presence.late);
      ending.word |= (store_.windows_per_event() - presence.late) << word::kSeenShift;
    }
  }
  const Judgement judgement = judge(w, presence);
  count(w, presence, judgement, 1);
  if (judgement.fate == Fate::lost) name_loss(id, w, judgement);
  if (on_fate_) on_fate_(id, judgement.fate, judgement.told, judgement.hop);
  return ending;
}

/// Events that were on their way, or in an open session, when their chunk was folded.
void Ledger::settle_stragglers() {
  if (config_.window.free == nullptr || store_.kept() < sweep_at_) return;
  store_.settle_kept([this](sim::EventId id, const EventRef& ref) { return resolve(id, ref); });
  sweep_at_ = std::max<std::size_t>(1024, 2 * store_.kept());
}

void Ledger::fold_shown() {
  const FreeWindows* const free = config_.window.free.get();
  // Of overlapping windows a record may be in more to come.
  if (free == nullptr || free->timed() || !one_window() || config_.reading != Reading::every_row) return;
  // Events that are not shown yet are kept whole, which costs more than leaving them where they are.
  constexpr std::uint64_t kNearlyAll = EventStore::kChunk - EventStore::kChunk / 16;
  for (std::size_t i = 0; i < store_.sources(); ++i) {
    const auto source = static_cast<std::uint16_t>(i);
    for (auto oldest = store_.oldest(source);
         oldest.chunk != nullptr && oldest.chunk->used == EventStore::kChunk;
         oldest = store_.oldest(source)) {
      const auto done = std::count_if(oldest.chunk->events.begin(), oldest.chunk->events.end(),
                                      [this](const EventState& event) { return ended(event.word); });
      if (static_cast<std::uint64_t>(done) < kNearlyAll) break;
      settle_one(source, oldest.first);
    }
  }
  settle_stragglers();
}

/// Whether the rows that we forgot showed something of this one.
bool Ledger::was_shown(const sim::VisibleResult& result) {
  for (const sim::EventId id : result.contributions) {
    if (one_window()) {
      if (word::seen(store_.peek_word(id)) != 0) return true;
      continue;
    }
    const EventRef ref = slow_ref(id);
    if (ref.state == nullptr) continue;
    const std::uint32_t ring = free_ring(ref, result.window_start_ms, result.window_end_ms, result.pane);
    if ((ref.present[ring / 64] >> (ring % 64) & 1) != 0) return true;
  }
  return false;
}

void Ledger::unpin(std::span<const sim::EventId> ids) {
  for (const sim::EventId id : ids) {
    if (const EventRef ref = slow_ref(id); ref.state != nullptr) ref.state->word &= ~word::kPinned;
  }
}

/// Says which rows are final: nothing will replace them, so nobody asks for their records again.
void Ledger::finish_free_rows(std::int64_t final_ms, std::vector<OpenSession> open) {
  free_final_ms_ = std::max(free_final_ms_, final_ms);
  const bool sessions = config_.window.free->sessions();
  std::sort(open.begin(), open.end());
  const auto touched = [&](std::uint32_t key, std::int64_t start_ms, std::int64_t reach_ms) {
    for (auto at = std::lower_bound(open.begin(), open.end(), OpenSession{key, INT64_MIN, INT64_MIN});
         at != open.end() && at->key == key && at->start_ms <= reach_ms; ++at) {
      if (at->end_ms >= start_ms) return true;
    }
    return false;
  };
  for (auto row = free_rows_.begin(); row != free_rows_.end();) {
    const auto [key, start_ms, first_end_ms] = row->first;
    std::int64_t reach_ms = first_end_ms;
    auto behind = std::next(row);
    while (sessions && behind != free_rows_.end() && std::get<0>(behind->first) == key &&
           std::get<1>(behind->first) <= reach_ms) {
      reach_ms = std::max(reach_ms, std::get<2>(behind->first));
      ++behind;
    }
    const bool final = reach_ms <= final_ms && !(sessions && touched(key, start_ms, reach_ms));
    for (; row != behind; ++row) {
      if (!final) continue;
      row->second.final = true;
      if (sliding_ != nullptr) continue;
      if (sessions) unpin(row->second.ids);
      free_ids_ -= row->second.ids.size();
      row->second.ids = {};
    }
  }
}

/// Forgets final rows, but for those that an event may turn out to be missing from.
void Ledger::forget_free_rows() {
  const std::int64_t asked_from_ms = store_.least_live_event_time_ms();
  std::vector<std::pair<std::uint32_t, std::int64_t>> lacking;  // key and time of the events that miss a row
  std::erase_if(missing_, [&](sim::EventId id) {
    const EventState* const state = store_.peek(id);
    if (state == nullptr || ended(state->word)) return true;
    lacking.emplace_back(state->key, state->event_time_ms);
    return false;
  });
  std::sort(lacking.begin(), lacking.end());
  std::erase_if(free_rows_, [&](const auto& entry) {
    const auto& [key, start_ms, end_ms] = entry.first;
    if (!entry.second.final || end_ms > asked_from_ms) return false;
    const auto missing = std::lower_bound(lacking.begin(), lacking.end(), std::pair{key, start_ms});
    const bool asked = missing != lacking.end() && missing->first == key && missing->second < end_ms;
    if (!asked) free_ids_ -= entry.second.ids.size();
    return !asked;
  });
  if (sliding_ != nullptr) sliding_->forget_before(asked_from_ms, lacking);
}

}  // namespace wrackline::analysis
