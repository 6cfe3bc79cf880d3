// An ideal store of state that goes with committed offsets, as Kafka Streams' changelogged stores do under
// exactly-once: what was stored at each commit, by a number (a partition, or what belongs together of two
// topics) and the offsets, outliving the process. Of what is stored there, see committed_panes.hpp and
// committed_joins.hpp.
//
// Fencing. Whoever takes a number over claims it, and from then on an instance that claimed it before can
// store nothing there: a paused one that goes on is refused, as the group's coordinator refuses its commits.
// A claim itself may be late - the instance froze between the answer that assigned the number and its claim -
// so it counts only if no later generation of the group has claimed. Generations start anew where a blackout
// takes the group's records; then it tells that the claimant began to join after the claim that it displaces.
//
// How long a state is kept. A group resumes at any commit that may be in force (kafka/possible_commits.hpp).
// Below the least of these no state is asked for again, but for an instance that has its offset already and
// not yet asked: so what is given up is what was below it one look before.
//
// What a commit costs. A state is a value made of shared parts (event_time/shared.hpp): to store it takes no
// time, and what changes afterwards - the keys that the next batch touches, and the few tree nodes above each
// - is copied when it changes. So a commit costs what has changed since the one before, each stored state the
// memory in which it differs from its neighbours, and to give one up frees that. Nothing is folded or
// replayed: histories branch here (a group that resumes at an older commit stores beside what its predecessor
// left, and at most once a state goes to several offsets), so every state stands for itself.
//
// Not modelled: the store's own time, size and failures; changelogs.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>

namespace wrackline::processor {

/// Who claims: the member's generation in its group, and how many claims there were when it began to join.
struct Claimant {
  std::int32_t generation = -1;
  std::uint64_t joined_after = 0;
};

/// `Offsets` are ordered, and grow with what has been processed. A copy of `StateType` is a snapshot, and
/// cheap.
template <class Number, class StateType, class Offsets>
class CommittedStates {
 public:
  using State = StateType;

  std::uint64_t claims() const { return claims_; }
  /// The epoch that its owner has to show; 0: a later generation owns the number.
  std::uint32_t claim(Number number, const Claimant& claimant) {
    About& about = numbers_[number];
    const bool displaced = claimant.generation < about.generation && claimant.joined_after < about.claimed_as;
    if (displaced) return 0;
    about.generation = claimant.generation;
    about.claimed_as = ++claims_;
    return ++about.epoch;
  }
  /// False: fenced.
  bool put(Number number, std::uint32_t epoch, const Offsets& offsets, State state) {
    About& about = numbers_[number];
    if (about.epoch != epoch || epoch == 0) return false;
    about.states[offsets] = std::make_shared<const State>(std::move(state));
    return true;
  }
  /// Null: nothing was ever committed there together with state.
  std::shared_ptr<const State> at(Number number, const Offsets& offsets) const {
    const auto found = numbers_.find(number);
    if (found == numbers_.end()) return nullptr;
    const auto known = found->second.states.find(offsets);
    return known == found->second.states.end() ? nullptr : known->second;
  }
  /// `visit(offsets, state)` for each that is kept.
  template <class Visit>
  void for_each(Number number, Visit&& visit) const {
    const auto found = numbers_.find(number);
    if (found == numbers_.end()) return;
    for (const auto& [offsets, state] : found->second.states) visit(offsets, *state);
  }
  /// No commit before `offsets` can come into force any more.
  void resumes_from(Number number, const Offsets& offsets) {
    const auto found = numbers_.find(number);
    if (found == numbers_.end()) return;
    About& about = found->second;
    std::erase_if(about.states, [&](const auto& entry) { return about.needed_from.precedes(entry.first); });
    about.needed_from = {offsets, true};
  }
  std::size_t kept(Number number) const {
    const auto found = numbers_.find(number);
    return found == numbers_.end() ? 0 : found->second.states.size();
  }

 private:
  struct Bound {
    Offsets offsets{};
    bool known = false;
    bool precedes(const Offsets& other) const { return known && other < offsets; }
  };
  struct About {
    std::int32_t generation = -1;
    std::uint64_t claimed_as = 0;
    std::uint32_t epoch = 0;
    Bound needed_from;
    std::map<Offsets, std::shared_ptr<const State>> states;
  };
  std::map<Number, About> numbers_;
  std::uint64_t claims_ = 0;
};

}  // namespace wrackline::processor
