// The event queue for few events: at most kMost. While they are very few they stand in line, sorted; from
// more on they are the players of a knock-out tournament, a binary tree in which every node knows the
// earliest event below it. Both leave the place of the event taken out free, and the next push fills it, so
// that the pop-push pair of a simulation is one insertion, or one round of matches from that place to the
// final.
//
// Why a tournament. Whom an event is compared with depends on where it stands, not on its time: the matches
// of a round read nothing that an earlier match decides, and there is no branch to mispredict. A heap's sift
// has both, and takes half as long again (bench/RESULTS.md).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "sim/queue_entry.hpp"

namespace wrackline::sim {

class TournamentQueue {
 public:
  static constexpr std::size_t kMost = 256;

  bool empty() const { return size() == 0; }
  std::size_t size() const { return end_ - first_; }

  /// Whether the place of an event taken out is still to be filled. Then, and only then, fill_front() is the
  /// way to push; else add() is, if there are fewer than kMost.
  bool front_is_free() const { return first_ != 0; }
  void fill_front(std::uint64_t time, std::uint64_t order, std::uint32_t slot);
  void add(std::uint64_t time, std::uint64_t order, std::uint32_t slot);
  void push(std::uint64_t time, std::uint64_t order, std::uint32_t slot) {
    if (front_is_free()) {
      fill_front(time, order, slot);
    } else {
      add(time, order, slot);
    }
  }

  /// The next event, left in place. The queue is not empty.
  Due front() {
    if (!in_line() && front_is_free()) withdraw();
    const std::size_t at = in_line() ? first_ : winner_[kFinal];
    return {time_[at], slot_[at]};
  }
  Due pop() {
    const Due due = front();
    ++first_;
    return due;
  }

  /// Takes out every event whose slot is unwanted.
  template <class Predicate>
  void remove_if(Predicate unwanted) {
    TournamentQueue kept;
    hand_over([&](std::uint64_t time, std::uint64_t order, std::uint32_t slot) {
      if (!unwanted(slot)) kept.push(time, order, slot);
    });
    *this = kept;
  }
  /// Hands all events over, in any order, and is empty.
  template <class Taker>
  void hand_over(Taker take) {
    if (!in_line() && front_is_free()) vacate(winner_[kFinal]);
    const std::size_t places = in_line() ? end_ : places_;
    for (std::size_t at = in_line() ? first_ : 0; at != places; ++at) {
      if (time_[at] < kNobody) take(time_[at], order_[at], slot_[at]);
    }
    first_ = end_ = places_ = 0;
  }

 private:
  /// So many stand in line; when a tournament has shrunk to so few, they do again.
  static constexpr std::size_t kMostInLine = 4;
  static constexpr std::size_t kLineUpAgain = 2;
  static constexpr std::size_t kFinal = 1;
  /// From here on times of empty places, each with one of its own: they lose every match, and none is a tie.
  static constexpr std::uint64_t kNobody = std::uint64_t{1} << 63;

  bool in_line() const { return places_ == 0; }
  static Wide key(std::uint64_t time, std::uint64_t order) { return (Wide{time} << 64) | order; }
  Wide key(std::size_t place) const { return key(time_[place], order_[place]); }
  void set(std::size_t place, std::uint64_t time, std::uint64_t order, std::uint32_t slot) {
    time_[place] = time;
    order_[place] = order;
    slot_[place] = slot;
  }
  void play(std::size_t place, std::uint64_t time);
  void open(std::size_t places);
  void vacate(std::size_t place);
  void withdraw();
  void move_down(std::size_t places);

  // Of a line, events stand from first_ on to end_. Of a tournament, first_ is 1 while the winner's place is
  // to be filled, and end_ - first_ is the number of events all the same.
  std::size_t first_ = 0;
  std::size_t end_ = 0;
  std::size_t places_ = 0;  ///< a power of two; of a line 0
  std::array<std::uint64_t, kMost> time_;
  std::array<std::uint64_t, kMost> order_;
  std::array<std::uint32_t, kMost> slot_;
  std::array<std::uint8_t, kMost> vacant_;  ///< the first places_ - size() of them are the empty places
  /// The place of the winner of each match; its players are the winners of 2i and 2i + 1. From places_ on,
  /// the places themselves.
  std::array<std::uint8_t, 2 * kMost> winner_;
};

}  // namespace wrackline::sim
