// Jobs that join two inputs (join_ledger.hpp): what the ledger tells it, and what it makes of the answer.
#include <algorithm>

#include "analysis/ledger.hpp"

namespace wrackline::analysis {

void Ledger::show_join_row(const sim::VisibleResult& result, sim::Time at) {
  const JoinShape& shape = join_->shape();
  std::array<std::optional<JoinShape::Parent>, 2> parents;
  std::int64_t newest_ns = 0;
  bool known = result.contributions.size() <= parents.size();
  for (const sim::EventId id : result.contributions) {
    const EventRef ref = slow_ref(id);
    if (ref.state != nullptr && (ref.state->word & word::kPinned) == 0) {
      // Of an event that we were told nothing would come of any more.
      ++broken_promises_;
      return;
    }
    auto& parent = parents[shape.side_of(id) == JoinShape::Side::left ? 0 : 1];
    known = known && ref.state != nullptr && !parent;
    if (!known) break;
    parent = JoinShape::Parent{id, ref.state->key, ref.state->event_time_ms};
    newest_ns = std::max(newest_ns, ref.state->created_ns);
  }
  const auto address = [&](std::size_t side) { return parents[side] ? &*parents[side] : nullptr; };
  const std::string wrong =
      known ? shape.wrong_with(result, address(0), address(1)) : std::string{"it names no two records"};
  if (!wrong.empty()) {
    anomalies_.report(Anomaly::wrong_result, at,
                      [&] { return "row of key " + std::to_string(result.key) + ": " + wrong; });
    return;
  }
  if (join_->show(result, at)) {
    // Due: when the window ends, when it is certain that there is no partner, or when the last record exists.
    const bool alone = !parents[0] || !parents[1];
    const auto side = parents[0] ? JoinShape::Side::left : JoinShape::Side::right;
    const sim::Time due =
        shape.windowed() ? true_time_of(result.window_end_ms)
        : alone && !shape.spec().has_table()
            ? true_time_of(shape.alone_from(side, parents[parents[0] ? 0 : 1]->event_time_ms))
            : sim::from_ns(newest_ns);
    const std::size_t phase = due >= config_.steady_from && due < config_.steady_until ? 1 : 0;
    latencies_[static_cast<std::size_t>(Latency::result_latency)][phase].seen.insert((at - due).count());
  }
  for (const auto& parent : parents) {
    if (!parent || !shape.makes_rows(shape.side_of(parent->id))) continue;
    EventState& state = *slow_ref(parent->id).state;
    if ((state.word & word::kMeasured) == 0) measure(state, at);
  }
}

/// What a stream-table join has for its records to meet.
void Ledger::note_arrivals(std::span<const sim::EventId> ids) {
  for (const sim::EventId id : ids) {
    const EventRef ref = slow_ref(id);
    if (ref.state != nullptr && (ref.state->word & word::kPinned) != 0) join_->processed(id, ref.state->key);
  }
}

void Ledger::assigned(std::uint32_t consumer, sim::PartitionRef p, std::int64_t position, sim::Time /*at*/) {
  const bool ours =
      std::find(config_.consumers.begin(), config_.consumers.end(), consumer) != config_.consumers.end();
  if (join_ == nullptr || !join_->shape().spec().by_arrival()) return;
  if ((ours || config_.consumers.empty()) && join_->shape().is_right_topic(p.topic))
    join_->assigned(p, position);
}

/// How far the event came.
JoinLedger::Event Ledger::join_event(sim::EventId id, const EventState& state) const {
  using Standing = JoinLedger::Standing;
  const std::uint32_t w = state.word;
  JoinLedger::Event event{.id = id, .key = state.key, .event_time_ms = state.event_time_ms};
  event.side = join_->shape().side_of(id);
  event.steady = (w & word::kSteady) != 0;
  if ((w & word::kProcessed) != 0 && (w & word::kTakenOut) == 0) {
    event.held = (w & word::kHeld) != 0;
    event.lost_at_sink = sink_losses_.contains(id.packed());
  } else if ((w & word::kLate) != 0) {
    event.standing = Standing::late;
  } else {
    Presence nowhere;
    nowhere.missing = 1;
    const Judgement judgement = judge(w, nowhere);
    event.standing = judgement.fate == Fate::pending ? Standing::pending
                     : judgement.fate == Fate::lost  ? Standing::lost
                                                     : Standing::refused;
    event.hop = judgement.hop;
  }
  return event;
}

/// Of an event to which no row is owed, no latency is missing.
void Ledger::note_owed(const JoinLedger::Event& event, const JoinLedger::Presence& presence) {
  const bool owed =
      join_->shape().makes_rows(event.side) &&
      (event.standing != JoinLedger::Standing::accepted || presence.seen + presence.missing != 0);
  if (owed) return;
  ++without_latency_[0];
  without_latency_[1] += event.steady ? 1U : 0U;
}

void Ledger::settle_join(JoinHorizon horizon) {
  for (const JoinHorizon::ReadFrom& from : horizon.read_from) join_->read_from(from.partition, from.offset);
  join_->append_readable(horizon.held);
  std::sort(horizon.held.begin(), horizon.held.end());
  std::vector<JoinLedger::Event> events;
  events.reserve(join_alive_);
  store_.for_each_uncounted([&](sim::EventId id, const EventRef& ref) {
    const std::uint32_t w = ref.state->word;
    if ((w & word::kPinned) == 0) return;
    JoinLedger::Event& event = events.emplace_back(join_event(id, *ref.state));
    // What never came out of the log may still do so, for all that we know.
    event.quiet = (w & (word::kProcessed | word::kTakenOut)) != 0 &&
                  (w & (word::kTold | word::kRefused)) != 0 &&
                  !std::binary_search(horizon.held.begin(), horizon.held.end(), id);
  });
  join_->settle(events, horizon.created_from_ms,
                [this](const JoinLedger::Event& event, const JoinLedger::Presence& of) {
                  note_owed(event, of);
                  EventState& state = *store_.ref(event.id).state;
                  const Presence presence = join_presence(of, state);
                  std::uint32_t shown = presence.seen == 0 ? 0 : 1 + presence.extra;
                  if (shown > 255) {
                    ++broken_promises_;
                    shown = 255;
                  }
                  state.word = (state.word & ~(word::kPinned | word::kSeen)) | shown << word::kSeenShift;
                  --join_alive_;
                });
  fold_settled();
  sweep_at_ = std::max<std::size_t>(1024, 2 * join_alive_);
}

/// Gives back the chunks that hold more settled events than others: a table's latest versions may stay for
/// ever, and are then kept one by one.
void Ledger::fold_settled() {
  for (std::size_t i = 0; i < store_.sources(); ++i) {
    const auto source = static_cast<std::uint16_t>(i);
    std::vector<std::size_t> settled;  // of each full chunk
    std::size_t sum = 0;
    store_.for_each_full_chunk(source, [&](const EventStore::Chunk& chunk) {
      settled.push_back(static_cast<std::size_t>(
          std::count_if(chunk.events.begin(), chunk.events.end(),
                        [this](const EventState& event) { return ended(event.word); })));
      sum += settled.back();
    });
    for (std::size_t at = 0; at < settled.size() && 2 * sum > EventStore::kChunk * (settled.size() - at);
         ++at) {
      sum -= settled[at];
      settle_one(source, store_.oldest(source).first);
    }
  }
  store_.settle_kept([this](sim::EventId id, const EventRef& ref) { return resolve(id, ref); });
}

/// The join of all that is not settled.
void Ledger::close_join() {
  std::vector<JoinLedger::Event> events;
  store_.for_each_uncounted([&](sim::EventId id, const EventRef& ref) {
    if ((ref.state->word & word::kPinned) != 0) events.push_back(join_event(id, *ref.state));
  });
  join_->close(events, closing_.at);
  for (const JoinLedger::Event& event : events) note_owed(event, join_->presence_of(event.id));
  auto& latency = latencies_[static_cast<std::size_t>(Latency::result_latency)];
  for (const Phase phase : {Phase::all, Phase::steady}) {
    const JoinBooks& books = join_->books(phase);
    const auto at = static_cast<std::size_t>(phase);
    latency[at].missing += books.expected - books.delivered;
    books_[at].join = books;
  }
}

Ledger::Presence Ledger::join_presence(const JoinLedger::Presence& of, const EventState& state) {
  Presence presence;
  presence.seen = of.seen;
  presence.missing = of.missing;
  presence.extra = of.extra;
  const bool late = (state.word & word::kLate) != 0;
  if (of.seen + of.missing != 0) return presence;
  // Accepted, and owed no row: it has all that it should have.
  if ((state.word & word::kProcessed) != 0 && (state.word & word::kTakenOut) == 0) {
    presence.seen = 1;
  } else if (late) {
    presence.late = 1;
  } else {
    presence.missing = 1;
  }
  return presence;
}

}  // namespace wrackline::analysis
