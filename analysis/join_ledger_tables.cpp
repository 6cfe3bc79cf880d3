// Joins with a table: every left record has one row at most, with the version that it should meet.
#include <algorithm>
#include <limits>

#include "analysis/join_ledger.hpp"

namespace wrackline::analysis {

/// The rows of a left record that are there, by version.
std::vector<JoinLedger::Shown> JoinLedger::rows_of(const Event& left) const {
  std::vector<Shown> rows;
  const std::uint64_t id = left.id.packed();
  for (auto row = rows_.lower_bound({id, 0, kLeast, kLeast}); row != rows_.end() && row->first.left == id;
       ++row)
    if (row->second != 0) rows.push_back({row->first.right, row->second});
  return rows;
}

/// One row is owed, and one too many is a duplicate, whatever it shows.
void JoinLedger::shown_of(const Event& left, std::span<const Shown> rows) {
  std::uint32_t copies = 0;
  for (const Shown& row : rows) {
    copies += row.copies;
    if (row.version != kNone) ++accounts_[row.version].presence.seen;
  }
  shown(left, nullptr, copies - 1, left.steady);
}

/// The versions that are valid at the time of the left record, among all or among the accepted ones. Of
/// several of one time the one that arrived last holds: any of them will do here.
std::vector<const JoinLedger::Event*> JoinLedger::valid_for(const Event& left, Events versions,
                                                            bool accepted_only) {
  std::vector<const Event*> found;
  const auto end =
      std::upper_bound(versions.begin(), versions.end(), left.event_time_ms,
                       [](std::int64_t ts, const Event* version) { return ts < version->event_time_ms; });
  for (auto version = std::make_reverse_iterator(end); version != versions.rend(); ++version) {
    if (!found.empty() && (*version)->event_time_ms != found.front()->event_time_ms) break;
    if (!accepted_only || (*version)->standing == Standing::accepted) found.push_back(*version);
  }
  return found;
}

/// No version among none, or one of them.
bool JoinLedger::fits(const Shown& row, std::span<const Event* const> valid) {
  if (valid.empty()) return row.version == kNone;
  return std::any_of(valid.begin(), valid.end(),
                     [&](const Event* one) { return one->id.packed() == row.version; });
}

void JoinLedger::temporal(const Event& left, Events versions) {
  const std::vector<const Event*> ideal = valid_for(left, versions, false);
  const std::vector<const Event*> had = valid_for(left, versions, true);
  const bool pads = shape_->pads(Side::left);
  const std::vector<Shown> rows = rows_of(left);
  if (!rows.empty()) shown_of(left, rows);
  if (ideal.empty() && !pads) return;  // what is there all the same was reported when it was shown

  add(left.steady, [](JoinBooks& books) { ++books.expected; });
  const bool right_one =
      std::any_of(rows.begin(), rows.end(), [&](const Shown& row) { return fits(row, ideal); });
  if (right_one) {
    add(left.steady, [](JoinBooks& books) { ++books.delivered; });
    return;
  }
  const Record own{.event = &left, .accepted = left.standing == Standing::accepted};
  const bool had_ideal = !ideal.empty() && std::any_of(ideal.begin(), ideal.end(), [](const Event* one) {
    return one->standing == Standing::accepted;
  });
  const Record version{.event = ideal.empty() ? nullptr : ideal.front(), .accepted = had_ideal};
  missed(own, ideal.empty() ? nullptr : &version, left.steady);
  if (rows.empty()) {
    const RowKey row{left.id.packed(), had.empty() ? kNone : had.front()->id.packed(), 0, 0};
    if (own.accepted && (pads || !had.empty())) owed(row, left, nullptr);
    return;
  }
  for (const Shown& row : rows) {
    const bool null = row.version == kNone;
    add(left.steady, [&](JoinBooks& books) { ++(null ? books.nulls : books.stale); });
    if (fits(row, had) || !own.accepted) continue;
    anomalies_.report(null ? Anomaly::premature_null : Anomaly::missing_contribution, at_, [&] {
      return "row " + text_of({left.id.packed(), row.version, 0, 0}) + ": version " +
             (had.empty() ? std::string{"none"} : to_string(had.front()->id)) + " was accepted in time";
    });
  }
}

void JoinLedger::polled(sim::PartitionRef p, std::int64_t first, std::span<const sim::EventId> ids) {
  std::vector<Change>& changes = changes_[p.partition];
  while (!changes.empty() && changes.back().offset >= first) changes.pop_back();
  for (const sim::EventId id : ids) changes.push_back({first++, id.packed()});
}

/// Its state goes back to what stood below that offset.
void JoinLedger::assigned(sim::PartitionRef p, std::int64_t position) {
  std::vector<Change>& changes = changes_[p.partition];
  if (changes.empty()) return;
  assigned_again_ = true;
  for (const Change& change : changes) {
    const auto version = versions_.find(change.id);
    if (version != versions_.end()) current_.erase(version->second);
  }
  for (const Change& change : changes) {
    if (change.offset >= position) break;
    const auto version = versions_.find(change.id);
    if (version != versions_.end()) current_[version->second] = change.id;
  }
}

void JoinLedger::processed(sim::EventId id, std::uint32_t key) {
  if (shape_->side_of(id) == Side::right) {
    versions_[id.packed()] = key;
    current_[key] = id.packed();
    return;
  }
  const auto version = current_.find(key);
  met_[id.packed()].push_back(version == current_.end() ? kNone : version->second);
}

const std::vector<std::uint64_t>& JoinLedger::met_by(const Event& left) const {
  static const std::vector<std::uint64_t> kNothing;
  const auto found = met_.find(left.id.packed());
  return found == met_.end() ? kNothing : found->second;
}

bool JoinLedger::expects(const std::vector<std::uint64_t>& met) const {
  const bool pads = shape_->pads(Side::left);
  return std::any_of(met.begin(), met.end(), [&](std::uint64_t one) { return pads || one != kNone; });
}

/// After a restart, or beside a zombie, it met the table of another time: a row all the same.
bool JoinLedger::fits_arrival(const Shown& row, const std::vector<std::uint64_t>& met) const {
  return (assigned_again_ && row.version != kNone) ||
         std::find(met.begin(), met.end(), row.version) != met.end();
}

void JoinLedger::by_arrival(const Event& left, Events versions) {
  const std::vector<Shown> rows = rows_of(left);
  if (!rows.empty()) shown_of(left, rows);
  const std::vector<std::uint64_t>& met = met_by(left);
  const bool expected = expects(met);
  if (expected) add(left.steady, [](JoinBooks& books) { ++books.expected; });
  bool delivered = false;
  const std::vector<const Event*> valid = valid_for(left, versions, false);
  for (const Shown& row : rows) {
    const bool null = row.version == kNone;
    if (!fits(row, valid)) add(left.steady, [&](JoinBooks& books) { ++(null ? books.nulls : books.stale); });
    if (fits_arrival(row, met)) {
      delivered = true;
      continue;
    }
    anomalies_.report(null ? Anomaly::premature_null : Anomaly::wrong_result, at_, [&] {
      return "row " + text_of({left.id.packed(), row.version, 0, 0}) + " shows what the record never met";
    });
  }
  if (!expected) return;
  if (delivered) {
    add(left.steady, [](JoinBooks& books) { ++books.delivered; });
    return;
  }
  const Record own{.event = &left, .accepted = true};
  missed(own, nullptr, left.steady);
  if (rows.empty()) owed({left.id.packed(), met.back(), 0, 0}, left, nullptr);
}

}  // namespace wrackline::analysis
