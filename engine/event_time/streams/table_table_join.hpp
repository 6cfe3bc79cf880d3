// Table-table joins: KTableKTableInnerJoin, LeftJoin, RightJoin, OuterJoin.
//
// A change on one side meets the other side's latest row. Modelled: what each join forwards, tombstones
// included, and the result's timestamp (the larger of the two); out-of-order changes of a versioned side are
// counted as dropped and ignored (KIP-914). Not modelled: old values of the result (what a further
// aggregation would need).
#pragma once

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/event_time/streams/record.hpp"
#include "engine/event_time/streams/stream_stream_join.hpp"
#include "engine/event_time/streams/table.hpp"

namespace wrackline::event_time::streams {

/// A joined row: both sides, or one; neither = the row is gone.
template <typename Key, typename Left, typename Right>
struct TableJoined {
  Key key;
  std::optional<Left> left;
  std::optional<Right> right;
  TimestampMs timestamp_ms = 0;
  bool gone() const { return !left && !right; }
};

template <typename Key, typename Left, typename Right>
class TableTableJoin {
 public:
  using Joined = TableJoined<Key, Left, Right>;

  /// `left_versioned`: the side's table has a versioned store. Outer sides must send old values.
  TableTableJoin(JoinType type, bool left_versioned, bool right_versioned)
      : type_(type), left_versioned_(left_versioned), right_versioned_(right_versioned) {}

  std::optional<Joined> left_changed(const TableChange<Key, Left>& change,
                                     const std::optional<ValueAndTimestamp<Right>>& right,
                                     Drops& drops) const {
    if (out_of_order(change, left_versioned_, drops)) return std::nullopt;
    if (!right && (type_ == JoinType::inner || (!change.new_value && !change.old_value))) return std::nullopt;
    Joined joined{change.key, change.new_value, std::nullopt, change.timestamp_ms};
    if (right) {
      joined.timestamp_ms = std::max(change.timestamp_ms, right->timestamp_ms);
      if (change.new_value || type_ == JoinType::outer) joined.right = right->value;
    }
    return joined;
  }

  std::optional<Joined> right_changed(const TableChange<Key, Right>& change,
                                      const std::optional<ValueAndTimestamp<Left>>& left,
                                      Drops& drops) const {
    if (out_of_order(change, right_versioned_, drops)) return std::nullopt;
    if (!left && (type_ != JoinType::outer || (!change.new_value && !change.old_value))) return std::nullopt;
    Joined joined{change.key, std::nullopt, change.new_value, change.timestamp_ms};
    if (left) {
      joined.timestamp_ms = std::max(change.timestamp_ms, left->timestamp_ms);
      if (change.new_value || type_ != JoinType::inner) joined.left = left->value;
    }
    return joined;
  }

 private:
  template <typename Change>
  static bool out_of_order(const Change& change, bool versioned, Drops& drops) {
    if (!versioned || change.is_latest) return false;
    drops.push_back({.why = Skip::out_of_order, .timestamp_ms = change.timestamp_ms});
    return true;
  }

  JoinType type_;
  bool left_versioned_;
  bool right_versioned_;
};

}  // namespace wrackline::event_time::streams
