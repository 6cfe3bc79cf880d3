// Settling of joins: the same books as close() makes, earlier, for what nothing can change any more.
//
//   interval      a pair is counted when both are quiet and one of them goes; one goes when all its partners
//                 are quiet. What the other has met by then stays with it (Account)
//   window        the books of a window are closed when all its records are quiet; a record goes with the
//                 last of its windows
//   temporal      a left record goes when the versions that could be valid for it are quiet; a version when a
//                 newer accepted one is valid for all left records that remain or may come
//   stream_table  a left record goes when it is quiet; a version when it is in no table that an instance may
//                 go back to, and a newer one is valid for all left records that remain or may come
//
// What is disputed (owed, and not there; padded, and matched) is not counted here, and those it concerns
// stay.
#include <algorithm>
#include <iterator>
#include <unordered_set>

#include "analysis/join_ledger.hpp"
#include "engine/event_time/timestamp.hpp"

namespace wrackline::analysis {

using event_time::saturating_add;
using event_time::saturating_sub;

// --- what may be read again

void JoinLedger::appended(sim::PartitionRef p, std::int64_t first, std::span<const sim::EventId> ids) {
  std::deque<Change>& log = logs_[{p.topic, p.partition}];
  while (!log.empty() && log.back().offset >= first) log.pop_back();
  for (const sim::EventId id : ids) log.push_back({first++, id.packed()});
}

void JoinLedger::append_readable(std::vector<sim::EventId>& out) const {
  for (const auto& [partition, log] : logs_) {
    for (const Change& copy : log)
      out.emplace_back(static_cast<std::uint16_t>(copy.id >> sim::EventId::kOrdinalBits), copy.id);
  }
}

/// Of a table's changes below the offset, the newest of each key makes the table that a reader begins with.
void JoinLedger::read_from(sim::PartitionRef p, std::int64_t offset) {
  if (const auto log = logs_.find({p.topic, p.partition}); log != logs_.end()) {
    while (!log->second.empty() && log->second.front().offset < offset) log->second.pop_front();
  }
  const auto found = shape_->is_right_topic(p.topic) ? changes_.find(p.partition) : changes_.end();
  if (found == changes_.end()) return;
  std::vector<Change>& changes = found->second;
  std::unordered_set<std::uint32_t> seen;
  std::vector<Change> kept;
  for (auto change = changes.rbegin(); change != changes.rend(); ++change) {
    const auto version = versions_.find(change->id);
    const bool below = change->offset < offset;
    const bool newest = below && version != versions_.end() && seen.insert(version->second).second;
    if (!below || newest) {
      kept.push_back(*change);
    } else if (version != versions_.end()) {
      const auto current = current_.find(version->second);
      if (current == current_.end() || current->second != change->id) versions_.erase(version);
    }
  }
  std::reverse(kept.begin(), kept.end());
  changes = std::move(kept);
}

// --- what goes

void JoinLedger::forget_row(const RowKey& row, std::uint32_t key) {
  if (rows_.erase(row) == 0) return;
  ForgottenRow gone{key, std::numeric_limits<std::int64_t>::min(), 0, 0};
  if (shape_->windowed()) {
    gone.window_start_ms = row.window_start_ms;
    gone.window_end_ms = row.window_end_ms;
  }
  for (const std::uint64_t id : {row.left, row.right}) {
    if (id != kNone && (id != row.right || !shape_->spec().has_table())) gone.identity += sim::mix(id);
  }
  forgotten_.push_back(gone);
}

void JoinLedger::forget_rows_of(const Event& left) {
  const std::uint64_t id = left.id.packed();
  for (auto row = rows_.lower_bound({id, 0, kLeast, kLeast}); row != rows_.end() && row->first.left == id;) {
    const RowKey key = row->first;
    ++row;
    forget_row(key, left.key);
  }
}

void JoinLedger::retire(const Event& event) {
  const std::uint64_t id = event.id.packed();
  const Presence presence = presence_of(event.id);
  accounts_.erase(id);
  count_unmatched(event, presence);
  late_windows_.erase(late_windows_.lower_bound({id, kLeast}),
                      late_windows_.upper_bound({id, std::numeric_limits<std::int64_t>::max()}));
  (*settled_)(event, presence);
}

void JoinLedger::settle(std::span<const Event> events, std::int64_t created_from_ms, const Settled& settled) {
  created_from_ms_ = created_from_ms;
  settled_ = &settled;
  std::set<Cell> counted;
  each_key(events, [&](std::uint32_t key, Events lefts, Events rights) {
    switch (shape_->spec().type) {
      case JoinShape::Spec::Type::interval:
        settle_interval(lefts, rights);
        break;
      case JoinShape::Spec::Type::window:
        settle_windows(key, lefts, rights, counted);
        break;
      case JoinShape::Spec::Type::temporal:
        settle_temporal(lefts, rights);
        break;
      case JoinShape::Spec::Type::stream_table:
        settle_by_arrival(lefts, rights);
        break;
    }
  });
  counted_ = std::move(counted);
  settled_ = nullptr;
}

// --- two streams

/// The row that has nothing beside the record is owed and not there, or there and contradicted.
bool JoinLedger::disputed(const Record& one, Side side, const JoinShape::Window& window) const {
  if (!shape_->pads(side)) return false;
  RowKey row{kNone, kNone, window.end_ms, window.start_ms};
  (side == Side::left ? row.left : row.right) = one.event->id.packed();
  if (copies(row) == 0) return one.accepted && !one.met;
  return one.partners && (one.shown || (one.accepted && one.met));
}

void JoinLedger::settle_interval(Events lefts, Events rights) {
  Records left = records_of(lefts, {});
  Records right = records_of(rights, {});
  // A partner may still be made: then it stays, and nothing that concerns it is counted.
  const auto ready = [&](const Event& event) {
    const std::int64_t last = event.side == Side::left
                                  ? saturating_add(event.event_time_ms, shape_->spec().upper_ms)
                                  : saturating_sub(event.event_time_ms, shape_->spec().lower_ms);
    return event.quiet && last < created_from_ms_;
  };
  bool any = false;
  for (Records* const side : {&left, &right}) {
    for (Record& one : *side) {
      one.stays = !ready(*one.event);
      any = any || !one.stays;
    }
  }
  if (!any) return;
  Records probe[2] = {left, right};
  each_pair(probe[0], probe[1], [&](Record& one, Record& other) {
    if (!one.event->quiet || !other.event->quiet) {
      one.stays = other.stays = true;
      return;
    }
    const bool both = one.accepted && other.accepted;
    const bool there = copies({one.event->id.packed(), other.event->id.packed(), 0, 0}) != 0;
    if (both && !there) one.stays = other.stays = true;
    for (Record* const record : {&one, &other}) {
      record->partners = true;
      record->met = record->met || both;
      record->shown = record->shown || there;
    }
  });
  for (std::size_t i = 0; i < left.size(); ++i)
    left[i].stays = probe[0][i].stays || disputed(probe[0][i], Side::left, {});
  for (std::size_t i = 0; i < right.size(); ++i)
    right[i].stays = probe[1][i].stays || disputed(probe[1][i], Side::right, {});
  each_pair(left, right, [&](Record& one, Record& other) {
    if (one.stays && other.stays) return;
    pair(one, other, {});
    forget_row({one.event->id.packed(), other.event->id.packed(), 0, 0}, one.event->key);
  });
  for (Records* const side : {&left, &right}) {
    for (Record& one : *side) {
      const std::uint64_t id = one.event->id.packed();
      if (one.stays) {
        if (!one.partners) continue;
        Account& account = accounts_[id];
        account.partners = one.partners;
        account.met = one.met;
        account.shown = one.shown;
        continue;
      }
      alone(one, one.event->side, {});
      forget_row(one.event->side == Side::left ? RowKey{id, kNone, 0, 0} : RowKey{kNone, id, 0, 0},
                 one.event->key);
      retire(*one.event);
    }
  }
}

/// False: not all of its records are quiet, or something is disputed.
bool JoinLedger::settle_cell(const Sides& members, const JoinShape::Window& window) {
  if (window.end_ms > created_from_ms_) return false;
  for (const std::vector<const Event*>& side : members) {
    if (std::any_of(side.begin(), side.end(), [](const Event* one) { return !one->quiet; })) return false;
  }
  const auto row_of = [&](const Record& one, const Record& other) {
    return RowKey{one.event->id.packed(), other.event->id.packed(), window.end_ms, window.start_ms};
  };
  Records left = records_of(members[0], window);
  Records right = records_of(members[1], window);
  Records probe[2] = {left, right};
  for (Record& one : probe[0]) {
    for (Record& other : probe[1]) {
      const bool both = one.accepted && other.accepted;
      const bool there = copies(row_of(one, other)) != 0;
      if (both && !there) return false;
      for (Record* const record : {&one, &other}) {
        record->partners = true;
        record->met = record->met || both;
        record->shown = record->shown || there;
      }
    }
  }
  for (const Side side : {Side::left, Side::right}) {
    for (const Record& one : probe[side == Side::left ? 0 : 1])
      if (disputed(one, side, window)) return false;
  }
  for (Record& one : left) {
    for (Record& other : right) {
      pair(one, other, window);
      forget_row(row_of(one, other), one.event->key);
    }
  }
  for (Records* const side : {&left, &right}) {
    for (Record& one : *side) {
      alone(one, one.event->side, window);
      const std::uint64_t id = one.event->id.packed();
      const bool is_left = one.event->side == Side::left;
      forget_row({is_left ? id : kNone, is_left ? kNone : id, window.end_ms, window.start_ms},
                 one.event->key);
    }
  }
  return true;
}

void JoinLedger::settle_windows(std::uint32_t key, Events lefts, Events rights, std::set<Cell>& counted) {
  const Cells cells = cells_of(lefts, rights);
  std::unordered_set<const Event*> open;  // some window of theirs is; looked up only
  std::vector<std::pair<Cell, const Sides*>> closed;
  for (const auto& [where, members] : cells) {
    const Cell cell{key, where.first, where.second};
    if (counted_.contains(cell) || settle_cell(members, {where.second, where.first})) {
      closed.emplace_back(cell, &members);
      continue;
    }
    for (const auto& side : members) open.insert(side.begin(), side.end());
  }
  for (const auto& [cell, members] : closed) {
    const bool needed = std::any_of(members->begin(), members->end(), [&](const auto& side) {
      return std::any_of(side.begin(), side.end(), [&](const Event* one) { return open.contains(one); });
    });
    if (needed) counted.insert(cell);
  }
  for (const Events side : {lefts, rights}) {
    for (const Event* const one : side)
      if (one->quiet && !open.contains(one)) retire(*one);
  }
}

// --- a stream and a table

/// Versions with a newer one at or before that time; `needed`, in order, stay.
void JoinLedger::settle_versions(Events versions, std::int64_t before_ms, bool accepted_only,
                                 std::span<const std::uint64_t> needed) {
  std::int64_t answers_ms = kLeast;
  for (const Event* const version : versions) {
    if (version->event_time_ms > before_ms) break;
    if (!accepted_only || (version->quiet && version->standing == Standing::accepted))
      answers_ms = version->event_time_ms;
  }
  for (const Event* const version : versions) {
    if (version->event_time_ms >= answers_ms) break;
    if (version->quiet && !std::binary_search(needed.begin(), needed.end(), version->id.packed()))
      retire(*version);
  }
}

/// Whether the row of the left record is what it should be, and will be the same tomorrow.
bool JoinLedger::settles_temporal(const Event& left, Events versions) const {
  if (!left.quiet || left.event_time_ms >= created_from_ms_) return false;
  const std::vector<const Event*> had = valid_for(left, versions, true);
  const std::int64_t from_ms = had.empty() ? kLeast : had.front()->event_time_ms;
  const auto end =
      std::upper_bound(versions.begin(), versions.end(), left.event_time_ms,
                       [](std::int64_t ts, const Event* version) { return ts < version->event_time_ms; });
  for (auto version = std::make_reverse_iterator(end); version != versions.rend(); ++version) {
    if ((*version)->event_time_ms < from_ms) break;
    if (!(*version)->quiet) return false;
  }
  if (left.standing != Standing::accepted) return true;
  const std::vector<Shown> rows = rows_of(left);
  if (rows.empty()) return !shape_->pads(Side::left) && had.empty();
  return std::all_of(rows.begin(), rows.end(), [&](const Shown& row) { return fits(row, had); });
}

void JoinLedger::settle_temporal(Events lefts, Events versions) {
  std::int64_t remain_from_ms = created_from_ms_;
  std::vector<const Event*> gone;
  for (const Event* const left : lefts) {
    if (settles_temporal(*left, versions)) {
      gone.push_back(left);
    } else {
      remain_from_ms = std::min(remain_from_ms, left->event_time_ms);
    }
  }
  for (const Event* const left : gone) {
    temporal(*left, versions);
    forget_rows_of(*left);
    retire(*left);
  }
  settle_versions(versions, remain_from_ms, true, {});
}

void JoinLedger::settle_by_arrival(Events lefts, Events versions) {
  std::int64_t remain_from_ms = created_from_ms_;
  std::vector<std::uint64_t> needed;
  for (const Event* const left : lefts) {
    const std::vector<std::uint64_t>& met = met_by(*left);
    const std::vector<Shown> rows = rows_of(*left);
    const bool right =
        std::all_of(rows.begin(), rows.end(), [&](const Shown& row) { return fits_arrival(row, met); });
    const bool lacking = rows.empty() && expects(met);
    if (!left->quiet || left->event_time_ms >= created_from_ms_ || !right || lacking) {
      remain_from_ms = std::min(remain_from_ms, left->event_time_ms);
      needed.insert(needed.end(), met.begin(), met.end());
      for (const Shown& row : rows) needed.push_back(row.version);
      continue;
    }
    by_arrival(*left, versions);
    forget_rows_of(*left);
    met_.erase(left->id.packed());
    retire(*left);
  }
  // Those that are in a table are the newest of their key, and those that an instance may read again.
  for (const Event* const version : versions)
    if (versions_.contains(version->id.packed())) needed.push_back(version->id.packed());
  std::sort(needed.begin(), needed.end());
  settle_versions(versions, remain_from_ms, false, needed);
}

std::size_t JoinLedger::bytes() const {
  constexpr std::size_t kNode = 48;  // of a map, with its allocation
  std::size_t sum = rows_.size() * (sizeof(RowKey) + kNode) + late_windows_.size() * (16 + kNode) +
                    counted_.size() * (sizeof(Cell) + kNode) +
                    accounts_.size() * (sizeof(Account) + 8 + kNode) + met_.size() * 64 +
                    versions_.size() * 32 + current_.size() * 32;
  for (const auto& [partition, log] : logs_) sum += log.size() * sizeof(Change);
  for (const auto& [partition, changes] : changes_) sum += changes.capacity() * sizeof(Change);
  return sum;
}

}  // namespace wrackline::analysis
