// What is written down while the run goes on, and the pairs. Joins with tables stand in
// join_ledger_tables.cpp.
#include "analysis/join_ledger.hpp"

#include <algorithm>

namespace wrackline::analysis {

JoinLedger::RowKey JoinLedger::key_of(const sim::VisibleResult& row) const {
  RowKey key;
  for (const sim::EventId id : row.contributions)
    (shape_->side_of(id) == Side::left ? key.left : key.right) = id.packed();
  if (shape_->windowed()) {
    key.window_end_ms = row.window_end_ms;
    key.window_start_ms = row.window_start_ms;
  }
  return key;
}

std::uint32_t JoinLedger::copies(const RowKey& row) const {
  const auto found = rows_.find(row);
  return found == rows_.end() ? 0 : found->second;
}

std::string JoinLedger::text_of(const RowKey& row) const {
  const auto name = [](std::uint64_t packed) {
    if (packed == kNone) return std::string{"nothing"};
    return to_string(sim::EventId{static_cast<std::uint16_t>(packed >> sim::EventId::kOrdinalBits), packed});
  };
  std::string text = "(" + name(row.left) + ", " + name(row.right) + ")";
  if (shape_->windowed()) text += " of the window ending at " + std::to_string(row.window_end_ms);
  return text;
}

bool JoinLedger::show(const sim::VisibleResult& result, sim::Time at) {
  const RowKey key = key_of(result);
  if (result.overwrites && shape_->spec().has_table()) {
    // A record has one row, whatever it met.
    for (auto row = rows_.lower_bound({key.left, 0, kLeast, kLeast});
         row != rows_.end() && row->first.left == key.left; ++row)
      row->second = 0;
  }
  const auto [row, is_new] = rows_.try_emplace(key, 0);
  if (result.overwrites && row->second != 0) return false;
  if (++row->second > 1) {
    anomalies_.example(Anomaly::sink_duplicate, at, [&] { return "row " + text_of(key); });
  }
  return is_new;
}

bool JoinLedger::withdraw(const sim::VisibleResult& result) {
  const auto row = rows_.find(key_of(result));
  if (row == rows_.end() || row->second == 0) return false;
  --row->second;
  return true;
}

bool JoinLedger::accepted_into(const Event& event, std::int64_t window_end_ms) const {
  return event.standing == Standing::accepted &&
         (late_windows_.empty() || !late_windows_.contains({event.id.packed(), window_end_ms}));
}

/// An expected row that no reader sees: for want of what?
void JoinLedger::missed(const Record& left_or_only, const Record* right, bool steady) {
  for (const Record* const one : {&left_or_only, right}) {
    if (one == nullptr || one->accepted) continue;
    const Event& event = *one->event;
    const bool is_left = event.side == Side::left;
    // Accepted, but not into this window: late for it.
    const Standing why = event.standing == Standing::accepted ? Standing::late : event.standing;
    add(steady, [&](JoinBooks& books) {
      switch (why) {
        case Standing::accepted:
        case Standing::late:
          ++(is_left ? books.late_left : books.late_right);
          break;
        case Standing::refused:
          ++books.refused;
          break;
        case Standing::lost:
          ++books.lost_at[static_cast<std::size_t>(event.hop)];
          break;
        case Standing::pending:
          ++books.pending;
          break;
      }
    });
    return;
  }
  const bool held = left_or_only.event->held || (right != nullptr && right->event->held);
  const bool at_sink = left_or_only.event->lost_at_sink && (right == nullptr || right->event->lost_at_sink);
  const LossHop hop = at_sink ? LossHop::sink : LossHop::processor;
  add(steady,
      [&](JoinBooks& books) { ++(held ? books.pending : books.lost_at[static_cast<std::size_t>(hop)]); });
}

/// The job had all that the row is made of, and it is not there.
void JoinLedger::owed(const RowKey& row, const Event& one, const Event* other) {
  ++of(one).missing;
  if (other != nullptr) ++of(*other).missing;
  if (one.held || (other != nullptr && other->held)) return;
  anomalies_.report(Anomaly::lost_result, at_, [&] { return "row " + text_of(row); });
}

void JoinLedger::close(std::span<const Event> events, sim::Time at) {
  at_ = at;
  each_key(events, [&](std::uint32_t key, Events lefts, Events rights) {
    switch (shape_->spec().type) {
      case JoinShape::Spec::Type::interval:
        join_interval(lefts, rights);
        break;
      case JoinShape::Spec::Type::window:
        join_windows(key, lefts, rights);
        break;
      case JoinShape::Spec::Type::temporal:
        for (const Event* const left : lefts) temporal(*left, rights);
        break;
      case JoinShape::Spec::Type::stream_table:
        for (const Event* const left : lefts) by_arrival(*left, rights);
        break;
    }
  });
  for (const Event& event : events) {
    if (!event.held) count_unmatched(event, presence_of(event.id));
  }
}

void JoinLedger::count_unmatched(const Event& event, const Presence& presence) {
  if (event.standing != Standing::accepted || presence.seen + presence.missing != 0) return;
  add(event.steady,
      [&](JoinBooks& books) { ++(event.side == Side::left ? books.unmatched_left : books.unmatched_right); });
}

void JoinLedger::join_interval(Events lefts, Events rights) {
  Records left = records_of(lefts, {});
  Records right = records_of(rights, {});
  each_pair(left, right, [&](Record& one, Record& other) { pair(one, other, {}); });
  for (Record& one : left) alone(one, Side::left, {});
  for (Record& one : right) alone(one, Side::right, {});
}

JoinLedger::Cells JoinLedger::cells_of(Events lefts, Events rights) const {
  Cells cells;
  for (const auto& [side, all] : {std::pair{0U, lefts}, std::pair{1U, rights}}) {
    for (const Event* const event : all) {
      for (const JoinShape::Window& window : shape_->windows_of(event->event_time_ms))
        cells[{window.end_ms, window.start_ms}][side].push_back(event);
    }
  }
  return cells;
}

void JoinLedger::join_windows(std::uint32_t key, Events lefts, Events rights) {
  for (const auto& [where, cell] : cells_of(lefts, rights)) {
    if (counted_.contains({key, where.first, where.second})) continue;
    const JoinShape::Window window{where.second, where.first};
    Records left = records_of(cell[0], window);
    Records right = records_of(cell[1], window);
    for (Record& one : left)
      for (Record& other : right) pair(one, other, window);
    for (Record& one : left) alone(one, Side::left, window);
    for (Record& one : right) alone(one, Side::right, window);
  }
}

JoinLedger::Records JoinLedger::records_of(Events events, const JoinShape::Window& window) const {
  Records records;
  records.reserve(events.size());
  for (const Event* const event : events) {
    Record& record =
        records.emplace_back(Record{.event = event, .accepted = accepted_into(*event, window.end_ms)});
    if (shape_->windowed() || accounts_.empty()) continue;
    const auto known = accounts_.find(event->id.packed());
    if (known == accounts_.end()) continue;
    record.partners = known->second.partners;
    record.met = known->second.met;
    record.shown = known->second.shown;
  }
  return records;
}

void JoinLedger::pair(Record& left, Record& right, const JoinShape::Window& window) {
  const RowKey row{left.event->id.packed(), right.event->id.packed(), window.end_ms, window.start_ms};
  const bool steady = left.event->steady && right.event->steady;
  const bool both = left.accepted && right.accepted;
  left.partners = right.partners = true;
  left.met = left.met || both;
  right.met = right.met || both;
  add(steady, [](JoinBooks& books) { ++books.expected; });
  if (const std::uint32_t seen = copies(row); seen != 0) {
    left.shown = right.shown = true;
    shown(*left.event, right.event, seen - 1, steady);
    add(steady, [](JoinBooks& books) { ++books.delivered; });
    return;
  }
  missed(left, &right, steady);
  if (both) owed(row, *left.event, right.event);
}

/// Of one record: the row that says that it has no partner.
void JoinLedger::alone(Record& one, Side side, const JoinShape::Window& window) {
  if (!shape_->pads(side)) return;
  RowKey row{kNone, kNone, window.end_ms, window.start_ms};
  (side == Side::left ? row.left : row.right) = one.event->id.packed();
  const std::uint32_t seen = copies(row);
  if (!one.partners) add(one.event->steady, [](JoinBooks& books) { ++books.expected; });
  if (seen == 0) {
    if (!one.partners) missed(one, nullptr, one.event->steady);
    if (one.accepted && !one.met) owed(row, *one.event, nullptr);
    return;
  }
  shown(*one.event, nullptr, seen - 1, one.event->steady);
  if (!one.partners) {
    add(one.event->steady, [](JoinBooks& books) { ++books.delivered; });
    return;
  }
  add(one.event->steady, [](JoinBooks& books) { ++books.nulls; });
  if (one.shown || (one.accepted && one.met)) {
    anomalies_.report(Anomaly::premature_null, at_, [&] {
      return "row " + text_of(row) + (one.shown ? ", and a pair of it" : ", and its partner was accepted");
    });
  }
}

void JoinLedger::shown(const Event& one, const Event* other, std::uint32_t extra, bool steady) {
  ++of(one).seen;
  of(one).extra += extra;
  if (other != nullptr) ++of(*other).seen;
  if (extra != 0) add(steady, [&](JoinBooks& books) { books.duplicates += extra; });
}

JoinLedger::Presence JoinLedger::presence_of(sim::EventId id) const {
  const auto found = accounts_.find(id.packed());
  return found == accounts_.end() ? Presence{} : found->second.presence;
}

}  // namespace wrackline::analysis
