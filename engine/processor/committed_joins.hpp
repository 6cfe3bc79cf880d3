// The state of a join that goes with a pair of committed offsets.
//
// What a join holds can not be found again by reading a topic from the middle: which records of the other
// side had come, which rows are out, which versions a table holds. So it is kept as committed_panes.hpp keeps
// windows: in an ideal store, by the offsets that it belongs to - here one of each input, which are always
// committed together. A successor that starts from other offsets (auto commit, the usual mistake) finds none.
//
// Whoever takes a number over fences the one before: a paused instance that goes on can store nothing any
// more, as a member of an old generation can commit nothing. At most once, where a row may only be written
// when the state without it is stored, such an instance writes nothing either.
//
// Not modelled: the store's own time, size and failures; changelogs.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>

#include "engine/event_time/window/stream_join.hpp"

namespace wrackline::processor {

/// Where both inputs of a partition number stand.
struct JoinOffsets {
  std::int64_t left = -1;
  std::int64_t right = -1;
  friend bool operator==(const JoinOffsets&, const JoinOffsets&) = default;
};

class CommittedJoins {
 public:
  using State = event_time::window::StreamJoin;

  /// A new owner of the number; the epoch that it has to show.
  std::uint32_t claim(std::int32_t number) { return ++numbers_[number].epoch; }
  /// False: fenced.
  bool put(std::int32_t number, std::uint32_t epoch, JoinOffsets offsets, const State& state) {
    Number& about = numbers_[number];
    if (about.epoch != epoch) return false;
    for (Entry& known : about.entries) {
      if (known.offsets != offsets) continue;
      known.state = std::make_shared<const State>(state);
      return true;
    }
    about.entries.push_back({offsets, std::make_shared<const State>(state)});
    if (about.entries.size() > kKept) about.entries.pop_front();
    return true;
  }
  /// Null: nothing was ever committed there together with state.
  std::shared_ptr<const State> at(std::int32_t number, JoinOffsets offsets) const {
    const auto found = numbers_.find(number);
    if (found == numbers_.end()) return nullptr;
    for (const Entry& known : found->second.entries)
      if (known.offsets == offsets) return known.state;
    return nullptr;
  }
  /// `visit(offsets, state)` for each that is kept.
  template <class Visit>
  void for_each(std::int32_t number, Visit&& visit) const {
    const auto found = numbers_.find(number);
    if (found == numbers_.end()) return;
    for (const Entry& known : found->second.entries) visit(known.offsets, *known.state);
  }

 private:
  static constexpr std::size_t kKept = 16;  ///< the commit in force is among the last few
  struct Entry {
    JoinOffsets offsets;
    std::shared_ptr<const State> state;
  };
  struct Number {
    std::uint32_t epoch = 0;
    std::deque<Entry> entries;
  };
  std::map<std::int32_t, Number> numbers_;
};

}  // namespace wrackline::processor
