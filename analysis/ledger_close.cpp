// Settling and closing: from what was written down about an event to its one fate.
#include <bit>
#include <cassert>

#include "analysis/ledger.hpp"

namespace wrackline::analysis {

namespace {

LossTold loss_told(std::uint32_t w) {
  if (word::was_told(w, sim::Told::acknowledged)) return LossTold::acknowledged;
  if (word::was_told(w, sim::Told::failed)) return LossTold::told_failed;
  if (word::was_told(w, sim::Told::fire_and_forget)) return LossTold::fire_and_forget;
  return LossTold::outcome_unknown;
}

LossTold loss_told(sim::Told told) {
  switch (told) {
    case sim::Told::acknowledged:
      return LossTold::acknowledged;
    case sim::Told::failed:
      return LossTold::told_failed;
    case sim::Told::fire_and_forget:
      return LossTold::fire_and_forget;
    case sim::Told::outcome_unknown:
      break;
  }
  return LossTold::outcome_unknown;
}

/// Gave up before a copy reached a log - and did not succeed in a later attempt.
bool refused_for_good(std::uint32_t w) {
  return (w & word::kRefused) != 0 && (w & word::kAppended) == 0 &&
         !word::was_told(w, sim::Told::acknowledged);
}

/// Answered for, and in no committed log: if a copy should surface after all, the event is revived.
bool lost_before_the_log(std::uint32_t w) {
  return (w & word::kTold) != 0 && (w & (word::kCommitted | word::kProcessed)) == 0;
}

}  // namespace

/// Whether the word alone tells the event's fate, and nothing is expected to change it.
bool Ledger::ended(std::uint32_t w) const {
  if ((w & word::kSpecial) != 0 || (w & (word::kTold | word::kRefused)) == 0) return false;
  if (word::seen(w) != 0) return word::seen(w) >= (one_window() ? 1 : store_.windows_per_event());
  return (w & word::kTakenOut) != 0 || refused_for_good(w) || lost_before_the_log(w);
}

void Ledger::settle_one(std::uint16_t source, std::uint64_t first) {
  if (on_fate_) {
    const EventStore::Chunk& chunk = *store_.oldest(source).chunk;
    for (std::uint64_t i = 0; i < EventStore::kChunk; ++i) {
      const std::uint32_t w = chunk.events[i].word;
      if (!ended(w)) continue;
      const Judgement judgement = judge(w, presence(w));
      on_fate_(sim::EventId{source, first + i}, judgement.fate, judgement.told, judgement.hop);
    }
  }
  store_.settle_oldest(
      source, [this](std::uint32_t w) { return ended(w); },
      [this](sim::EventId id, std::uint32_t w, std::uint64_t n) {
        const Presence presence = this->presence(w);
        const Judgement judgement = judge(w, presence);
        count(w, presence, judgement, n);
        if (judgement.fate == Fate::lost) name_loss(id, w, judgement);
      },
      [this](sim::EventId id, const EventRef& ref) { return resolve(id, ref); },
      [this](sim::EventId id, std::uint32_t w) {
        // A record that is late on its own may still join a session that is open.
        const bool may_join = config_.window.free != nullptr && config_.window.free->sessions();
        if (join_ == nullptr && ((w & word::kProcessed) != 0 || may_join)) missing_.push_back(id);
      });
}

void Ledger::settle(std::uint16_t source, std::uint64_t ordinal) {
  for (auto oldest = store_.oldest(source);
       oldest.chunk != nullptr && oldest.chunk->used == EventStore::kChunk &&
       oldest.first + EventStore::kChunk <= ordinal;
       oldest = store_.oldest(source)) {
    settle_one(source, oldest.first);
  }
}

void Ledger::settle_before(std::int64_t event_time_ms, std::vector<OpenSession> open) {
  if (config_.window.free != nullptr) finish_free_rows(event_time_ms, std::move(open));
  fold_before(event_time_ms);
  if (config_.window.free != nullptr) {
    forget_free_rows();
  } else if (config_.window.windowed()) {
    retire_rows(event_time_ms);
  }
}

void Ledger::fold_before(std::int64_t event_time_ms) {
  for (std::size_t source = 0; source < store_.sources(); ++source) {
    const auto number = static_cast<std::uint16_t>(source);
    for (auto oldest = store_.oldest(number);
         oldest.chunk != nullptr && oldest.chunk->used == EventStore::kChunk &&
         passed(oldest.chunk->greatest_event_time_ms, event_time_ms);
         oldest = store_.oldest(number)) {
      if (config_.window.free != nullptr && (!one_window() || sliding_ != nullptr))
        round_up_seen(*oldest.chunk, sim::EventId{number, oldest.first});
      settle_one(number, oldest.first);
    }
  }
  settle_stragglers();
}

/// Whether every window that is sure to hold the timestamp ends at or before X.
bool Ledger::passed(std::int64_t newest_ms, std::int64_t final_ms) const {
  const FreeWindows* const free = config_.window.free.get();
  if (free == nullptr) return newest_ms < final_ms - config_.window.size_ms;
  return free->timed() && free->last_end(newest_ms) <= final_ms;
}

/// Forgets the rows of final windows, but for those that are still asked about: when the books are closed, an
/// event that a row lacks is told from one whose window has no row at all.
void Ledger::retire_rows(std::int64_t end_ms) {
  end_ms = std::min(end_ms, store_.least_live_event_time_ms());
  std::erase_if(missing_, [&](sim::EventId id) {
    const EventState* state = store_.peek(id);
    if (state == nullptr || ended(state->word)) return true;
    end_ms = std::min(end_ms, state->event_time_ms);
    return false;
  });
  rows_.retire(end_ms);
}

void Ledger::forget(std::uint16_t source, std::uint64_t ordinal) { store_.forget(source, ordinal); }

Ledger::Presence Ledger::presence(std::uint32_t w) const {
  Presence presence;
  if (one_window()) {
    presence.seen = word::seen(w) != 0 ? 1 : 0;
    presence.extra = word::seen(w) - presence.seen;
    presence.late = presence.seen == 0 && (w & word::kLate) != 0 ? 1 : 0;
    presence.missing = 1 - presence.seen - presence.late;
  } else {
    const std::uint32_t windows = store_.windows_per_event();
    presence.seen = word::seen(w);
    presence.late = (w & word::kLate) != 0 ? windows - presence.seen : 0;
    presence.missing = windows - presence.seen - presence.late;
  }
  return presence;
}

Ledger::Presence Ledger::presence(sim::EventId id, const EventRef& ref) const {
  const EventState& state = *ref.state;
  const WindowShape& shape = config_.window;
  if (join_ != nullptr) {
    const bool settled = (state.word & word::kPinned) == 0;
    return settled ? presence(state.word) : join_presence(join_->presence_of(id), state);
  }
  if (!ref.times_known || !shape.windowed()) {
    Presence presence = presence_of_settled(ref);
    if (!one_window()) presence.extra = extra_of(id);
    return presence;
  }
  if (shape.free != nullptr) {
    Presence presence = free_presence(id, ref);
    if (!one_window()) presence.extra = extra_of(id);
    return presence;
  }
  Presence presence;
  std::int64_t start = shape.last_start(state.event_time_ms);
  const std::uint32_t windows = shape.windows_of(state.event_time_ms);
  for (std::uint32_t i = 0; i < windows; ++i, start -= shape.slide_ms) {
    bool seen = word::seen(state.word) != 0;
    bool late = (state.word & word::kLate) != 0;
    if (!one_window()) {
      const std::uint32_t ring = shape.ring_index(start);
      seen = (ref.present[ring / 64] >> (ring % 64) & 1) != 0;
      late = late || (ref.late[ring / 64] >> (ring % 64) & 1) != 0;
    }
    if (seen) {
      ++presence.seen;
    } else if (late) {
      ++presence.late;
    } else if (start + shape.size_ms > closing_.windows_due_ms) {
      ++presence.open;
    } else {
      ++presence.missing;
    }
  }
  if (one_window()) {
    presence.extra = word::seen(state.word) > 1 ? word::seen(state.word) - 1 : 0;
  } else {
    presence.extra = extra_of(id);
  }
  return presence;
}

/// Of an event of which only the word and the masks are true.
Ledger::Presence Ledger::presence_of_settled(const EventRef& ref) const {
  if (one_window() || config_.window.free == nullptr) return presence(ref.state->word);
  const bool late_for_all = (ref.state->word & word::kLate) != 0;
  Presence presence;
  const std::uint32_t windows = store_.windows_per_event();
  for (std::uint32_t i = 0; i < store_.mask_words(); ++i) {
    presence.seen += static_cast<std::uint32_t>(std::popcount(ref.present[i]));
    presence.late += static_cast<std::uint32_t>(std::popcount(ref.late[i] & ~ref.present[i]));
  }
  if (late_for_all) presence.late = windows - presence.seen;
  presence.missing = windows - presence.seen - presence.late;
  return presence;
}

std::uint32_t Ledger::extra_of(sim::EventId id) const {
  std::uint32_t sum = 0;
  if (const auto extra = extras_.find(id.packed()); extra != extras_.end()) {
    for (const std::uint32_t n : extra->second) sum += n;
  }
  return sum;
}

Ledger::Judgement Ledger::judge(std::uint32_t w, const Presence& presence) const {
  const bool expected = presence.missing != 0 || presence.open != 0;
  if (presence.seen != 0 && !expected) return {Fate::delivered};
  if (presence.seen == 0) {
    if (presence.late != 0 && !expected) return {Fate::late_dropped};
    if (word::was_guarded(w)) return {Fate::rejected};
    if ((w & word::kDeadLettered) != 0) return {Fate::dead_lettered};
    if ((w & word::kShed) != 0) return {Fate::shed};
    if (refused_for_good(w)) {
      return {word::was_refused(w, sim::SendRefusal::expired) ? Fate::expired : Fate::rejected};
    }
  }
  if ((w & word::kHeld) != 0) return {Fate::pending};
  const bool processed = (w & word::kProcessed) != 0;
  if (processed || presence.seen != 0) {
    if (presence.missing != 0) return {Fate::lost, loss_told(w), LossHop::processor};
    // All that is missing is not due yet; or (windows with gaps between them) nothing is expected of the
    // event at all.
    return {presence.open != 0 ? Fate::pending : Fate::delivered};
  }
  if ((w & word::kCommitted) != 0) return {Fate::lost, loss_told(w), LossHop::consumer};
  // Nobody was told anything: still with its source, its producer or a leader.
  if ((w & word::kTold) == 0) return {Fate::pending};
  return {Fate::lost, loss_told(w), (w & word::kAppended) != 0 ? LossHop::log : LossHop::producer};
}

/// `n` may be "minus one": what is counted can be taken back.
void Ledger::count(std::uint32_t w, const Presence& presence, const Judgement& judgement, std::uint64_t n) {
  const bool lost = judgement.fate == Fate::lost;
  const std::uint32_t copies = word::committed(w);
  const auto add = [&](Books& books) {
    books.fates[static_cast<std::size_t>(judgement.fate)] += n;
    if (lost) {
      books.lost_by[static_cast<std::size_t>(judgement.told)][static_cast<std::size_t>(judgement.hop)] += n;
      if (presence.seen != 0) books.lost_in_some_windows += n;
    }
    if (judgement.fate == Fate::delivered && presence.late != 0) books.late_in_some_windows += n;
    if (judgement.fate == Fate::rejected && word::was_guarded(w)) books.rejected_by_guard += n;
    if (copies > 1) {
      books.duplicates[static_cast<std::size_t>(DuplicateHop::log)] += n * (copies - 1);
      books.duplicated_events[static_cast<std::size_t>(DuplicateHop::log)] += n;
    }
    if ((w & word::kProcessedAgain) != 0) {
      books.duplicated_events[static_cast<std::size_t>(DuplicateHop::processor)] += n;
    }
    if (presence.extra != 0) {
      books.duplicates[static_cast<std::size_t>(DuplicateHop::sink)] += n * presence.extra;
      books.duplicated_events[static_cast<std::size_t>(DuplicateHop::sink)] += n;
    }
  };
  add(books_[0]);
  if ((w & word::kSteady) != 0) add(books_[1]);
  const bool polled = (w & word::kPolled) != 0;
  if (polled && word::was_told(w, sim::Told::failed)) aborted_reads_ += n;
  if (lost && judgement.told == LossTold::acknowledged && copies == 0) lost_writes_ += n;
  if (lost && copies != 0 && !polled) unseen_ += n;
}

void Ledger::lost_at_sink(sim::Told told, std::span<const sim::EventId> ids) {
  // Of several attempts the one that was promised most counts: an acknowledged result that is gone is the
  // gravest.
  const auto gravity = [](LossTold t) { return t == LossTold::acknowledged ? 1 : 0; };
  const LossTold as = loss_told(told);
  for (const sim::EventId id : ids) {
    const auto [known, is_new] = sink_losses_.try_emplace(id.packed(), as);
    if (!is_new && gravity(as) >= gravity(known->second)) known->second = as;
  }
}

void Ledger::close_event(sim::EventId id, const EventRef& ref) {
  const std::uint32_t w = ref.state->word;
  const Presence presence = ended(w) && join_ == nullptr ? this->presence(w) : this->presence(id, ref);
  Judgement judgement = judge(w, presence);
  const bool missing = judgement.fate == Fate::lost && judgement.hop == LossHop::processor;
  if (missing && !sink_losses_.empty()) {
    if (const auto told = sink_losses_.find(id.packed()); told != sink_losses_.end())
      judgement = {Fate::lost, told->second, LossHop::sink};
  }
  count(w, presence, judgement, 1);
  if (missing) {
    name_missing(id, ref);
  } else if (judgement.fate == Fate::lost) {
    name_loss(id, w, judgement);
  }
  if (on_fate_) on_fate_(id, judgement.fate, judgement.told, judgement.hop);
}

void Ledger::name_loss(sim::EventId id, std::uint32_t w, const Judgement& judgement) {
  const auto what = [&] {
    return "event " + to_string(id) + " (" + std::string{name_of(judgement.told)} + ") lost at the " +
           std::string{name_of(judgement.hop)};
  };
  if (judgement.told == LossTold::acknowledged && word::committed(w) == 0) {
    anomalies_.example(Anomaly::lost_write, closing_.at, what);
  }
  if (judgement.hop != LossHop::consumer) return;
  anomalies_.example(Anomaly::orphan_commit, closing_.at, what);
  if ((w & word::kPolled) == 0) anomalies_.example(Anomaly::unseen, closing_.at, what);
}

/// Processed, and not where it should be: which windows lack it, and do they have rows?
void Ledger::name_missing(sim::EventId id, const EventRef& ref) {
  const WindowShape& shape = config_.window;
  if (join_ != nullptr) return;  // row by row: JoinLedger
  if (!shape.windowed()) {
    anomalies_.report(Anomaly::lost_result, closing_.at, [&] { return "result of event " + to_string(id); });
    return;
  }
  if (shape.free != nullptr) {
    name_missing_free(id, ref);
    return;
  }
  bool in_a_row = false;
  std::int64_t start = ref.times_known ? shape.last_start(ref.state->event_time_ms) : 0;
  const std::uint32_t windows = ref.times_known ? shape.windows_of(ref.state->event_time_ms) : 0;
  for (std::uint32_t i = 0; i < windows; ++i, start -= shape.slide_ms) {
    if (start + shape.size_ms > closing_.windows_due_ms || (ref.state->word & word::kLate) != 0) continue;
    if (!one_window()) {
      const std::uint32_t ring = shape.ring_index(start);
      if (((ref.present[ring / 64] | ref.late[ring / 64]) >> (ring % 64) & 1) != 0) continue;
    }
    WindowRows* window = rows_.find(start);
    const bool has_row = window != nullptr && window->find(ref.state->key) != nullptr;
    // A retired window was complete when it retired, as far as anybody knew: it had rows.
    if (has_row || (window == nullptr && rows_.retired(start + shape.size_ms))) {
      in_a_row = true;
      continue;
    }
    const std::uint64_t pair = sim::mix(sim::mix(static_cast<std::uint64_t>(start)) ^ ref.state->key);
    if (!gaps_.insert(pair).second) continue;
    const sim::Time end = true_time_of(start + shape.size_ms);
    auto& latency = latencies_[static_cast<std::size_t>(Latency::result_latency)];
    ++latency[0].missing;
    latency[1].missing += end >= config_.steady_from && end < config_.steady_until ? 1U : 0U;
    anomalies_.report(Anomaly::window_gap, closing_.at, [&] {
      return "key " + std::to_string(ref.state->key) + ", window [" + std::to_string(start) + ", " +
             std::to_string(start + shape.size_ms) + ") accepted event " + to_string(id) + " and has no row";
    });
  }
  if (in_a_row || !ref.times_known) {
    anomalies_.report(Anomaly::missing_contribution, closing_.at,
                      [&] { return "event " + to_string(id) + " is missing from a row of its window"; });
  }
}

void Ledger::close(const Closing& closing) {
  assert(!closed_ && "the books are closed once");
  closed_ = true;
  closing_ = closing;
  if (join_ != nullptr) close_join();
  store_.for_each_uncounted([this](sim::EventId id, const EventRef& ref) { close_event(id, ref); });
  if (config_.window.free != nullptr) close_free();

  const Books& all = books_[0];
  assert(all.closes() && books_[1].closes() && "the books do not close");
  for (auto& kind : latencies_) kind[0].seen.merge(kind[1].seen);
  for (const Latency kind : {Latency::end_to_end, Latency::arrival_to_visible}) {
    for (std::size_t phase = 0; phase < 2; ++phase) {
      LatencyStat& stat = latencies_[static_cast<std::size_t>(kind)][phase];
      stat.missing = books_[phase].produced - stat.seen.count() - without_latency_[phase];
    }
  }

  anomalies_.count(Anomaly::lost_write, lost_writes_);
  anomalies_.count(Anomaly::unseen, unseen_);
  // What is in the log and not held there: the group's offset is beyond it, and nobody has processed it.
  anomalies_.count(Anomaly::orphan_commit, all.lost_at(LossHop::consumer));
  anomalies_.count(Anomaly::duplicate, all.duplicated(DuplicateHop::log));
  anomalies_.count(Anomaly::aborted_read, aborted_reads_);
  anomalies_.count(Anomaly::late_dropped, all[Fate::late_dropped]);
  anomalies_.count(Anomaly::double_counted, repeated_inside_rows_);
  anomalies_.count(Anomaly::sink_duplicate, all.duplicated(DuplicateHop::sink) - repeated_inside_rows_);
}

}  // namespace wrackline::analysis
