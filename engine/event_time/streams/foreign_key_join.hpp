// Table-table join on a foreign key (KIP-213): the left row names the right row that it belongs to.
//
// A left change subscribes its key with the right side under the foreign key, and unsubscribes from the old
// one; a right change answers every subscriber; an answer is used only if the left row is still the one that
// asked (the engine compares hashes). Modelled: the instructions of SubscriptionSendProcessor in 3.9.1
// and 4.1, SubscriptionJoin, ForeignTableJoin and ResponseJoin, their drops and the results' timestamps.
// Requests and answers travel at once here; in a deployment they pass two repartition topics, where answers
// can become stale. Not modelled: partitions, the delay of those topics.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "engine/event_time/streams/record.hpp"
#include "engine/event_time/streams/table.hpp"
#include "engine/event_time/streams/table_table_join.hpp"

namespace wrackline::event_time::streams {

template <typename Key, typename ForeignKey, typename Left, typename Right>
class ForeignKeyJoin {
 public:
  using Joined = TableJoined<Key, Left, Right>;

  ForeignKeyJoin(bool left_join, bool left_versioned, bool right_versioned)
      : left_join_(left_join), left_versioned_(left_versioned), right_versioned_(right_versioned) {}

  /// `foreign_key(left value)` is an optional<ForeignKey>; `right_row(foreign key)` and `left_row(key)` read
  /// the tables as they are now; `sink(Joined)` gets the results, tombstones included. The left table must
  /// send old values.
  template <typename Extract, typename RightRow, typename LeftRow, typename Sink>
  void left_changed(const TableChange<Key, Left>& change, Extract&& foreign_key, RightRow&& right_row,
                    LeftRow&& left_row, Sink&& sink, Drops& drops) {
    if (left_versioned_ && !change.is_latest) {
      drops.push_back({.why = Skip::out_of_order, .timestamp_ms = change.timestamp_ms});
      return;
    }
    std::optional<ForeignKey> before;
    std::optional<ForeignKey> after;
    if (change.old_value) before = foreign_key(*change.old_value);
    if (change.new_value) after = foreign_key(*change.new_value);

    requests_.clear();
    const bool moved = before && before != after;
    if (left_join_) {
      // The answer for "no foreign key" comes back like any other, so leaving needs none of its own.
      if (moved) requests_.push_back({before, Instruction::delete_key_no_propagate});
      if (change.new_value || change.old_value) {
        requests_.push_back({after, Instruction::propagate_null_if_no_foreign_row});
      }
    } else if (after) {
      if (moved) requests_.push_back({before, Instruction::delete_key_no_propagate});
      // A result of the old foreign key must be taken back; one that never was need not.
      requests_.push_back({after, moved ? Instruction::propagate_null_if_no_foreign_row
                                        : Instruction::propagate_only_if_foreign_row});
    } else if (before) {
      requests_.push_back({before, Instruction::delete_key_and_propagate});
    } else if (change.new_value || change.old_value) {
      drops.push_back({.why = Skip::null_foreign_key, .timestamp_ms = change.timestamp_ms});
    }
    for (const Request& request : requests_) {
      answer(request, change, right_row, left_row, sink, drops);
    }
  }

  template <typename LeftRow, typename Sink>
  void right_changed(const TableChange<ForeignKey, Right>& change, LeftRow&& left_row, Sink&& sink,
                     Drops& drops) {
    if (right_versioned_ && !change.is_latest) {
      drops.push_back({.why = Skip::out_of_order, .timestamp_ms = change.timestamp_ms});
      return;
    }
    const auto subscribers = subscriptions_.find(change.key);
    if (subscribers == subscriptions_.end()) return;
    for (const auto& [key, asked_for] : subscribers->second) {
      respond(key, asked_for, change.new_value, change.timestamp_ms, left_row, sink, drops);
    }
  }

 private:
  enum class Instruction : std::uint8_t {
    delete_key_no_propagate,
    delete_key_and_propagate,
    propagate_null_if_no_foreign_row,
    propagate_only_if_foreign_row,
  };
  struct Request {
    std::optional<ForeignKey> foreign_key;
    Instruction instruction = Instruction::delete_key_no_propagate;
  };

  template <typename RightRow, typename LeftRow, typename Sink>
  void answer(const Request& request, const TableChange<Key, Left>& change, RightRow& right_row,
              LeftRow& left_row, Sink& sink, Drops& drops) {
    const bool removes = request.instruction == Instruction::delete_key_no_propagate ||
                         request.instruction == Instruction::delete_key_and_propagate;
    std::optional<ValueAndTimestamp<Right>> foreign;
    if (request.foreign_key) {
      auto& subscribers = subscriptions_[*request.foreign_key];
      if (removes) {
        subscribers.erase(change.key);
        if (subscribers.empty()) subscriptions_.erase(*request.foreign_key);
      } else {
        subscribers.insert_or_assign(change.key, change.new_value);
      }
      foreign = right_row(*request.foreign_key);
    }
    const TimestampMs timestamp =
        foreign ? std::max(change.timestamp_ms, foreign->timestamp_ms) : change.timestamp_ms;
    std::optional<Right> value;
    switch (request.instruction) {
      case Instruction::delete_key_no_propagate:
        return;
      case Instruction::delete_key_and_propagate:
        break;
      case Instruction::propagate_only_if_foreign_row:
        if (!foreign) return;
        [[fallthrough]];
      case Instruction::propagate_null_if_no_foreign_row:
        if (foreign) value = foreign->value;
    }
    respond(change.key, change.new_value, value, timestamp, left_row, sink, drops);
  }

  /// ResponseJoinProcessor: `asked_for` is the left value that the subscription was made with.
  template <typename LeftRow, typename Sink>
  void respond(const Key& key, const std::optional<Left>& asked_for, const std::optional<Right>& foreign,
               TimestampMs timestamp, LeftRow& left_row, Sink& sink, Drops& drops) const {
    const std::optional<ValueAndTimestamp<Left>> row = left_row(key);
    const std::optional<Left> current = row ? std::optional<Left>(row->value) : std::nullopt;
    if (current != asked_for) {
      drops.push_back({.why = Skip::stale_response, .timestamp_ms = timestamp});
      return;
    }
    if (!foreign && (!left_join_ || !current)) {
      sink(Joined{key, std::nullopt, std::nullopt, timestamp});
    } else {
      sink(Joined{key, current, foreign, timestamp});
    }
  }

  bool left_join_;
  bool left_versioned_;
  bool right_versioned_;
  std::map<ForeignKey, std::map<Key, std::optional<Left>>> subscriptions_;
  std::vector<Request> requests_;
};

}  // namespace wrackline::event_time::streams
