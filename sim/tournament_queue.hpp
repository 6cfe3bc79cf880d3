// The event queue for few events: at most kMost. While they are very few they stand in line, sorted; from
// more on they are the players of a knock-out tournament, a binary tree in which every match knows the
// earliest event below it. Both leave the place of the event taken out free, and the next push fills it, so
// that the pop-push pair of a simulation is one insertion, or one round of matches from that place to the
// final.
//
// Why a tournament. Whom an event is compared with depends on where it stands, not on its time: the matches
// of a round read nothing that an earlier match decides, and there is no branch to mispredict. A heap's sift
// has both, and takes twice as long (bench/RESULTS.md).
//
// A match compares one word: the time, as far as 52 bits of nanoseconds (52 days) go, and the place. Where
// the times are equal, or both beyond, it looks at the events themselves.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/queue_entry.hpp"

namespace wrackline::sim {

class TournamentQueue {
 public:
  static constexpr unsigned kPlaceBits = 12;
  static constexpr std::size_t kMost = std::size_t{1} << kPlaceBits;

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
    const Entry& next = entries_[in_line() ? first_ : final_place()];
    return {next.time, static_cast<std::uint32_t>(next.slot)};
  }
  Due pop() {
    const Due due = front();
    ++first_;
    return due;
  }

  /// Whether it pays to fetch what the next event will touch.
  bool foresees() const { return places_ >= kForeseeFrom; }
  /// After a pop: the slot of the event that is next unless an earlier one is pushed. The second of a
  /// tournament is one that has lost to the winner.
  std::uint32_t second() const {
    std::uint64_t second = ~std::uint64_t{0};
    for (std::size_t at = places_ + final_place(); at > kFinal; at >>= 1)
      second = std::min(second, winner_[at ^ 1]);
    return static_cast<std::uint32_t>(entries_[second & kPlaces].slot);
  }

  /// Takes out every event whose slot is unwanted.
  template <class Predicate>
  void remove_if(Predicate unwanted) {
    const std::size_t events = gather();
    for (std::size_t i = 0; i < events; ++i) {
      const Entry entry = entries_[i];  // what is kept needs no more places than were read
      const auto slot = static_cast<std::uint32_t>(entry.slot);
      if (!unwanted(slot)) entries_[end_++] = entry;
    }
    settle();
  }
  /// Hands all events over, in any order, and is empty.
  template <class Taker>
  void hand_over(Taker take) {
    const std::size_t events = gather();
    for (std::size_t i = 0; i < events; ++i) {
      take(entries_[i].time, entries_[i].order, static_cast<std::uint32_t>(entries_[i].slot));
    }
  }

 private:
  /// So many stand in line; when a tournament has shrunk to so few, they do again.
  static constexpr std::size_t kMostInLine = 4;
  static constexpr std::size_t kLineUpAgain = 2;
  static constexpr std::size_t kFewestPlaces = 8;
  static constexpr std::size_t kForeseeFrom = 512;
  static constexpr std::size_t kFinal = 1;
  static constexpr std::uint64_t kPlaces = kMost - 1;  ///< the bits of a token that name the place
  /// Empty places have times of their own from here on: they lose every match, and none is a tie.
  static constexpr std::uint64_t kNobody = (std::uint64_t{1} << (64 - kPlaceBits)) - kMost;
  static constexpr std::uint64_t kFar = kNobody - 1;  ///< what times from here on are taken for

  /// Without padding: to copy what was just written is slow where the copy reads wider words.
  struct Entry {
    std::uint64_t time;
    std::uint64_t order;
    std::uint64_t slot;
    Wide key() const { return (Wide{time} << 64) | order; }
  };

  static std::uint64_t token(std::uint64_t time, std::size_t place) {
    return (time < kFar ? time : kFar) << kPlaceBits | place;
  }
  static std::uint64_t empty_token(std::size_t place) { return (kNobody + place) << kPlaceBits | place; }
  bool in_line() const { return places_ == 0; }
  std::size_t final_place() const { return winner_[kFinal] & kPlaces; }
  std::uint64_t match(std::uint64_t a, std::uint64_t b) const;
  void play(std::size_t place, std::uint64_t token);
  void open(std::size_t places);
  void vacate();
  void withdraw();
  std::size_t gather();
  void settle();

  // Of a line, events stand from first_ on to end_. Of a tournament, first_ is 1 while the winner's place is
  // to be filled, and end_ - first_ is the number of events all the same.
  std::size_t first_ = 0;
  std::size_t end_ = 0;
  std::size_t places_ = 0;  ///< a power of two; of a line 0
  std::vector<Entry> entries_ = std::vector<Entry>(kFewestPlaces);
  /// The token of the winner of each match; its players are the winners of 2i and 2i + 1. From places_ on,
  /// the players' own.
  std::vector<std::uint64_t> winner_;
  std::vector<std::uint16_t> vacant_;  ///< the first places_ - end_ of them are the empty places
};

}  // namespace wrackline::sim
