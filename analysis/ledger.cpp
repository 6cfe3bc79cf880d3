// The hooks: what the ledger writes down while the run goes on. Settling and closing stand in
// ledger_close.cpp.
#include "analysis/ledger.hpp"

#include <algorithm>
#include <array>
#include <cassert>

namespace wrackline::analysis {

namespace {

template <class Values, class Value>
bool follows(const Values& wanted, Value value) {
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

constexpr std::size_t kAhead = 16;

}  // namespace

Ledger::Ledger(LedgerConfig config, AnomalyLog& anomalies)
    : config_{std::move(config)}, anomalies_{anomalies}, store_{config_.window.most_windows()} {
  assert(config_.window.size_ms == 0 || config_.window.slide_ms > 0);
  if (const FreeWindows* const free = config_.window.free.get(); free != nullptr && free->sliding())
    sliding_ = std::make_unique<SlidingIndex>(free->difference_ms());
  if (config_.window.join != nullptr) join_ = std::make_unique<JoinLedger>(config_.window.join, anomalies_);
}

template <class Update>
void Ledger::each(std::span<const sim::EventId> ids, Update&& update) {
  for (const sim::EventId id : ids) {
    EventStore::Chunk* chunk = store_.live(id);
    if (chunk != nullptr && store_.exists(*chunk, id)) [[likely]] {
      update(id, chunk->events[EventStore::index(id)].word);
    } else if (const EventRef ref = slow_ref(id); ref.state != nullptr) {
      update(id, ref.state->word);
    }
  }
}

/// Finds events that are settled. A revived one was counted; it is not any more.
EventRef Ledger::slow_ref(sim::EventId id) {
  const EventRef ref = store_.ref(id);
  if (ref.state == nullptr) {
    // Never created: a record of another job or source. Forgotten: somebody said it would never be seen
    // again.
    if (id.ordinal() < store_.created(id.source())) ++broken_promises_;
  } else if (ref.revived) {
    const Presence presence = this->presence_of_settled(ref);
    count(ref.state->word, presence, judge(ref.state->word, presence), ~std::uint64_t{0});
  }
  return ref;
}

void Ledger::created(std::span<const sim::CreatedRecord> records) {
  for (const sim::CreatedRecord& record : records) {
    if (!follows(config_.sources, record.id.source())) continue;
    EventState& state = store_.create(record.id, record.event_time_ms);
    const bool steady = record.created >= config_.steady_from && record.created < config_.steady_until;
    state.created_ns = sim::to_ns(record.created);
    state.arrives_ns = std::max(state.created_ns, sim::to_ns(record.arrives));
    state.event_time_ms = record.event_time_ms;
    state.key = record.key;
    state.word = steady ? word::kSteady : 0;
    if (join_ != nullptr) {
      state.word |= word::kPinned;
      ++join_alive_;
    }
    ++books_[0].produced;
    books_[1].produced += steady ? 1U : 0U;
    if (record.reported_again) [[unlikely]] {
      ++books_[0].reported_again;
      books_[1].reported_again += steady ? 1U : 0U;
    }
  }
}

void Ledger::told(sim::Told answer, std::span<const sim::EventId> ids, sim::Time /*at*/) {
  const std::uint32_t as_word = word::of(answer);
  each(ids, [&](sim::EventId, std::uint32_t& w) {
    // A source may send again what had failed: the newest answer holds, but an acknowledgement is never taken
    // back.
    if (!word::was_told(w, sim::Told::acknowledged)) w = (w & ~word::kTold) | as_word;
  });
}

void Ledger::refused(sim::SendRefusal why, std::span<const sim::EventId> ids, sim::Time /*at*/) {
  each(ids, [&](sim::EventId, std::uint32_t& w) { w = (w & ~word::kRefused) | word::of(why); });
}

void Ledger::appended(sim::PartitionRef p, std::int64_t base, std::span<const sim::EventId> ids,
                      sim::Time /*at*/) {
  if (!follows(config_.topics, p.topic)) return;
  each(ids, [](sim::EventId, std::uint32_t& w) { w |= word::kAppended; });
  if (join_ != nullptr) join_->appended(p, base, ids);
}

void Ledger::committed(sim::PartitionRef p, std::int64_t /*base*/, std::span<const sim::EventId> ids,
                       sim::Time at) {
  if (!follows(config_.topics, p.topic)) return;
  each(ids, [&](sim::EventId id, std::uint32_t& w) {
    if ((w & word::kCommitted) != 0) [[unlikely]] {
      anomalies_.example(Anomaly::duplicate, at, [&] {
        return "event " + to_string(id) + " has another committed copy in partition " +
               std::to_string(p.partition);
      });
      if (word::committed(w) == 255) {
        ++broken_promises_;
        return;
      }
    }
    w = (w + word::kCommittedOne) | word::kAppended;
  });
}

void Ledger::uncommitted(sim::PartitionRef p, std::int64_t /*base*/, std::span<const sim::EventId> ids,
                         sim::Time at) {
  if (!follows(config_.topics, p.topic)) return;
  each(ids, [&](sim::EventId id, std::uint32_t& w) {
    if ((w & word::kCommitted) == 0) {
      ++broken_promises_;
      return;
    }
    w -= word::kCommittedOne;
    if ((w & word::kPolled) != 0 && word::committed(w) == 0) {
      anomalies_.report(Anomaly::vanished_read, at, [&] {
        return "event " + to_string(id) + " was read and is in the committed log no more";
      });
    }
  });
}

void Ledger::polled(std::uint32_t consumer, sim::PartitionRef p, std::int64_t first,
                    std::span<const sim::EventId> ids, sim::Time /*at*/) {
  if (!follows(config_.topics, p.topic) || !follows(config_.consumers, consumer)) return;
  each(ids, [](sim::EventId, std::uint32_t& w) { w |= word::kPolled; });
  if (join_ != nullptr && join_->shape().spec().by_arrival() && join_->shape().is_right_topic(p.topic))
    join_->polled(p, first, ids);
}

void Ledger::processed(std::uint32_t job, std::span<const sim::EventId> ids, sim::Time /*at*/) {
  if (job != config_.job) return;
  each(ids, [&](sim::EventId, std::uint32_t& w) {
    if ((w & word::kProcessed) != 0) [[unlikely]] {
      constexpr auto kHop = static_cast<std::size_t>(DuplicateHop::processor);
      ++books_[0].duplicates[kHop];
      books_[1].duplicates[kHop] += (w & word::kSteady) != 0 ? 1U : 0U;
      w |= word::kProcessedAgain;
    }
    w |= word::kProcessed;
  });
  if (join_ != nullptr && join_->shape().spec().by_arrival()) note_arrivals(ids);
  if (sliding_ != nullptr) note_accepted(ids);
}

void Ledger::dropped(sim::DropReason why, std::uint32_t job, std::span<const sim::EventId> ids,
                     sim::Time at) {
  if (job != config_.job) return;
  const std::uint32_t bit = why == sim::DropReason::late            ? word::kLate
                            : why == sim::DropReason::dead_lettered ? word::kDeadLettered
                            : why == sim::DropReason::guarded       ? word::kGuarded
                                                                    : word::kShed;
  each(ids, [&](sim::EventId id, std::uint32_t& w) {
    if (bit == word::kLate) {
      // A further copy of what a join has settled is one too many, and changes nothing.
      if (join_ != nullptr && (w & word::kPinned) == 0) return;
      anomalies_.example(Anomaly::late_dropped, at, [&] { return "event " + to_string(id); });
      const EventState* const state = sliding_ == nullptr ? nullptr : store_.peek(id);
      if (state != nullptr) sliding_->dropped(state->key, state->event_time_ms, id);
    }
    w |= bit;
  });
}

void Ledger::late_for_window(std::uint32_t job, std::int64_t window_start_ms,
                             std::span<const sim::EventId> ids, sim::Time at) {
  if (job != config_.job) return;
  if (join_ != nullptr) {
    // Of a window join, by the window's end.
    for (const sim::EventId id : ids) join_->late_for_window(id, window_start_ms);
    return;
  }
  if (sliding_ != nullptr) {
    // By the end of the last window that is closed to it.
    for (const sim::EventId id : ids) {
      const EventState* const state = store_.peek(id);
      if (state != nullptr) sliding_->late_until(state->key, state->event_time_ms, id, window_start_ms);
    }
    return;
  }
  if (one_window()) {
    dropped(sim::DropReason::late, job, ids, at);
    return;
  }
  std::uint32_t ring = config_.window.free == nullptr ? config_.window.ring_index(window_start_ms) : 0;
  for (const sim::EventId id : ids) {
    const EventRef ref = slow_ref(id);
    if (ref.state == nullptr) continue;
    if (config_.window.free != nullptr) ring = free_ring(ref, window_start_ms, window_start_ms, 0);
    ref.late[ring / 64] |= std::uint64_t{1} << (ring % 64);
    ref.state->word |= word::kSpecial;
  }
}

void Ledger::measure(EventState& state, sim::Time at) {
  state.word |= word::kMeasured;
  const std::size_t phase = (state.word & word::kSteady) != 0 ? 1 : 0;
  latencies_[static_cast<std::size_t>(Latency::end_to_end)][phase].seen.insert(sim::to_ns(at) -
                                                                               state.created_ns);
  latencies_[static_cast<std::size_t>(Latency::arrival_to_visible)][phase].seen.insert(sim::to_ns(at) -
                                                                                       state.arrives_ns);
}

bool Ledger::belongs(const EventState& state, const sim::VisibleResult& result) const {
  return state.key == result.key &&
         (!config_.window.windowed() ||
          (state.event_time_ms >= result.window_start_ms && state.event_time_ms < result.window_end_ms));
}

void Ledger::visible(const sim::VisibleResult& result, sim::Time at) {
  if (result.job != config_.job || result.sink != config_.sink) return;
  if (join_ != nullptr) {
    show_join_row(result, at);
  } else if (config_.window.free != nullptr) {
    show_free_row(result, at);
  } else if (config_.window.windowed()) {
    show_row(result, at);
  } else {
    show_all(result, at);
  }
}

void Ledger::show_row(const sim::VisibleResult& result, sim::Time at) {
  // While the row is looked up, the first of its records are on their way.
  for (const sim::EventId id : result.contributions.first(std::min(kAhead, result.contributions.size()))) {
    if (EventStore::Chunk* chunk = store_.live(id))
      __builtin_prefetch(&chunk->events[EventStore::index(id)], 1);
  }
  const bool was_final = rows_.retired(result.window_end_ms);
  if (was_final && result.overwrites && rows_.find(result.window_start_ms) == nullptr) {
    // It takes the place of a row that we were told would stay. What that one held is forgotten.
    ++broken_promises_;
    return;
  }
  WindowRows& window = rows_.find_or_open(result.window_start_ms, result.window_end_ms);
  const auto [row, is_new] = window.find_or_insert(result.key);
  if (is_new) {
    const sim::Time end = true_time_of(result.window_end_ms);
    const std::size_t phase = end >= config_.steady_from && end < config_.steady_until ? 1 : 0;
    if (!was_final) {
      latencies_[static_cast<std::size_t>(Latency::result_latency)][phase].seen.insert((at - end).count());
    }
    row->pane = result.pane;
    // The rows of settled windows are forgotten; they were there.
    if (was_final && result.pane == 0) report_double_fire(result, at);
  } else {
    if (result.pane <= row->pane && !result.overwrites) report_double_fire(result, at);
    const bool replaces = config_.reading == Reading::upsert        ? result.overwrites
                          : config_.reading == Reading::latest_pane ? result.pane > row->pane
                                                                    : false;
    if (replaces) hide_row(window, *row);
    row->pane = std::max(row->pane, result.pane);
  }
  const std::uint64_t repeated_before = repeated_inside_rows_;
  show_all(result, at);
  if (config_.reading != Reading::every_row) {
    row->repeated = static_cast<std::uint32_t>(repeated_inside_rows_ - repeated_before);
    window.keep(*row, result.contributions);
  }
}

void Ledger::report_double_fire(const sim::VisibleResult& result, sim::Time at) {
  anomalies_.report(Anomaly::double_fire, at, [&] {
    return "key " + std::to_string(result.key) + ", window [" + std::to_string(result.window_start_ms) +
           ", " + std::to_string(result.window_end_ms) + "), pane " + std::to_string(result.pane);
  });
}

void Ledger::show_all(const sim::VisibleResult& result, sim::Time at) {
  const std::span<const sim::EventId> ids = result.contributions;
  const bool again = !config_.window.windowed() && result.overwrites;
  const std::uint32_t ring = one_window() ? 0 : config_.window.ring_index(result.window_start_ms);
  std::uint64_t digest = 0;
  std::uint64_t misplaced = 0;
  scratch_.clear();
  // A window's records lie all over the memory of the last seconds: ask for them well before they are needed.
  std::array<EventState*, kAhead> ahead;
  const auto ask = [&](std::size_t i) {
    EventStore::Chunk* chunk = store_.live(ids[i]);
    EventState* state = chunk == nullptr ? nullptr : &chunk->events[EventStore::index(ids[i])];
    __builtin_prefetch(state, 1);
    ahead[i % kAhead] = state;
  };
  for (std::size_t i = 0; i < std::min(kAhead, ids.size()); ++i) ask(i);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const sim::EventId id = ids[i];
    EventState* const state = ahead[i % kAhead];
    if (i + kAhead < ids.size()) ask(i + kAhead);
    digest += sim::mix(id);
    if (state != nullptr) {
      misplaced += belongs(*state, result) ? 0U : 1U;
      if ((state->word & (word::kSeen | word::kMeasured)) == 0 && one_window()) [[likely]] {
        state->word += word::kSeenOne;
        measure(*state, at);
        continue;
      }
    }
    const EventRef ref = slow_ref(id);
    if (ref.state == nullptr) {
      if (!follows(config_.sources, id.source())) continue;
      ++misplaced;
      continue;
    }
    if (state == nullptr && ref.times_known) misplaced += belongs(*ref.state, result) ? 0U : 1U;
    if (again && word::seen(ref.state->word) != 0) continue;
    if (word::seen(ref.state->word) != 0) scratch_.push_back(id);
    show(id, ref, ring, at);
  }
  if (!scratch_.empty()) repeated_inside_rows_ += repeated_in(ids);
  const bool shape_fits = !config_.window.windowed() ||
                          (result.window_end_ms - result.window_start_ms == config_.window.size_ms &&
                           config_.window.holds(result.window_start_ms, result.window_start_ms));
  if (misplaced != 0 || digest != result.digest || !shape_fits) {
    anomalies_.report(Anomaly::wrong_result, at, [&] {
      return "row of key " + std::to_string(result.key) + ", window [" +
             std::to_string(result.window_start_ms) + ", " + std::to_string(result.window_end_ms) + "): " +
             (!shape_fits      ? std::string{"no such window"}
              : misplaced != 0 ? std::to_string(misplaced) + " records do not belong to it"
                               : std::string{"the digest is not that of its records"});
    });
  }
}

/// The general case: seen before, settled, or one of several windows.
void Ledger::show(sim::EventId id, const EventRef& ref, std::uint32_t ring, sim::Time at) {
  EventState& state = *ref.state;
  if (one_window()) {
    if (word::seen(state.word) == 255) {
      ++broken_promises_;
      return;
    }
    state.word += word::kSeenOne;
    if (word::seen(state.word) > 1) {
      anomalies_.example(Anomaly::sink_duplicate, at, [&] { return "event " + to_string(id); });
    }
  } else {
    std::uint64_t& present = ref.present[ring / 64];
    const std::uint64_t bit = std::uint64_t{1} << (ring % 64);
    if ((present & bit) == 0) {
      present |= bit;
      state.word += word::kSeenOne;
    } else {
      std::vector<std::uint32_t>& extra = extras_[id.packed()];
      extra.resize(store_.windows_per_event());
      ++extra[ring];
      state.word |= word::kSpecial;
      anomalies_.example(Anomaly::sink_duplicate, at, [&] { return "event " + to_string(id); });
    }
  }
  if ((state.word & word::kMeasured) == 0 && ref.times_known) measure(state, at);
}

std::uint64_t Ledger::repeated_in(std::span<const sim::EventId> contributions) {
  scratch_.assign(contributions.begin(), contributions.end());
  std::sort(scratch_.begin(), scratch_.end());
  const auto distinct = std::unique(scratch_.begin(), scratch_.end());
  return static_cast<std::uint64_t>(scratch_.end() - distinct);
}

void Ledger::hide(sim::EventId id, std::uint32_t ring) {
  const EventRef ref = slow_ref(id);
  if (ref.state == nullptr) return;
  if (one_window()) {
    if (word::seen(ref.state->word) != 0) ref.state->word -= word::kSeenOne;
    return;
  }
  const auto extra = extras_.find(id.packed());
  if (extra != extras_.end() && extra->second[ring] != 0) {
    --extra->second[ring];
    return;
  }
  const std::uint64_t bit = std::uint64_t{1} << (ring % 64);
  if ((ref.present[ring / 64] & bit) == 0) return;
  ref.present[ring / 64] &= ~bit;
  ref.state->word -= word::kSeenOne;
}

void Ledger::hide_row(WindowRows& window, VisibleRow& row) {
  const std::uint32_t ring = one_window() ? 0 : config_.window.ring_index(window.start_ms());
  for (const sim::EventId id : window.records_of(row)) hide(id, ring);
  repeated_inside_rows_ -= row.repeated;
  row.repeated = 0;
}

void Ledger::withdrawn(const sim::VisibleResult& result, sim::Time /*at*/) {
  if (result.job != config_.job || result.sink != config_.sink) return;
  if (join_ != nullptr) {
    if (!join_->withdraw(result)) ++broken_promises_;
    return;
  }
  if (config_.window.free != nullptr) {
    withdraw_free_row(result);
    return;
  }
  if (config_.window.windowed() && config_.reading != Reading::every_row) {
    WindowRows* window = rows_.find(result.window_start_ms);
    VisibleRow* row = window == nullptr ? nullptr : window->find(result.key);
    if (row == nullptr) {
      ++broken_promises_;
      return;
    }
    hide_row(*window, *row);
    window->keep(*row, {});
    return;
  }
  const std::uint32_t ring = one_window() ? 0 : config_.window.ring_index(result.window_start_ms);
  for (const sim::EventId id : result.contributions) hide(id, ring);
  repeated_inside_rows_ -= repeated_in(result.contributions);
}

void Ledger::hold(std::span<const sim::EventId> ids) {
  for (const sim::EventId id : ids) {
    const std::uint32_t w = store_.peek_word(id);
    if (ended(w) && judge(w, presence(w)).fate != Fate::lost) continue;
    if (const EventRef ref = slow_ref(id); ref.state != nullptr) ref.state->word |= word::kHeld;
  }
}

std::optional<EventFacts> Ledger::facts_of(sim::EventId id) {
  const EventState* state = store_.peek(id);
  if (state == nullptr) return std::nullopt;
  return EventFacts{sim::from_ns(state->created_ns), sim::from_ns(state->arrives_ns), state->event_time_ms,
                    state->key};
}

}  // namespace wrackline::analysis
