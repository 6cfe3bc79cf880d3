#include "sim/tournament_queue.hpp"

#include <algorithm>
#include <bit>
#include <cassert>

namespace wrackline::sim {

/// The event at `place` has changed: plays its matches up to the final anew.
[[gnu::always_inline]] inline void TournamentQueue::play(std::size_t place, std::uint64_t time) {
  std::size_t match = places_ + place;
  std::uint64_t winner = place;
  while (match > kFinal) {
    const std::uint64_t other = winner_[match ^ 1];
    const std::uint64_t other_time = time_[other];
    match >>= 1;
    if (other_time == time) [[unlikely]] {
      if (order_[other] < order_[winner]) winner = other;
    } else {
      // Arithmetic, so that no compiler makes a branch of it, which would be mispredicted every other time.
      const std::uint64_t mask = 0 - std::uint64_t{other_time < time};
      winner ^= (winner ^ other) & mask;
      time ^= (time ^ other_time) & mask;
    }
    winner_[match] = static_cast<std::uint8_t>(winner);
  }
}

void TournamentQueue::fill_front(std::uint64_t time, std::uint64_t order, std::uint32_t slot) {
  if (!in_line()) {
    const std::size_t place = winner_[kFinal];
    first_ = 0;
    set(place, time, order, slot);
    play(place, time);
    return;
  }
  std::size_t at = first_--;
  const Wide own = key(time, order);
  for (; at != end_ && key(at) < own; ++at) set(at - 1, time_[at], order_[at], slot_[at]);
  set(at - 1, time, order, slot);
}

void TournamentQueue::add(std::uint64_t time, std::uint64_t order, std::uint32_t slot) {
  if (in_line()) {
    if (end_ < kMostInLine) {
      const Wide own = key(time, order);
      std::size_t at = end_++;
      for (; at > 0 && own < key(at - 1); --at) set(at, time_[at - 1], order_[at - 1], slot_[at - 1]);
      set(at, time, order, slot);
      return;
    }
    open(2 * std::bit_ceil(kMostInLine));
  } else if (end_ == places_) {
    open(2 * places_);
  }
  const std::size_t place = vacant_[places_ - ++end_];
  set(place, time, order, slot);
  play(place, time);
}

/// The events stand at the first places. All matches are played.
void TournamentQueue::open(std::size_t places) {
  assert(places <= kMost && first_ == 0);
  places_ = places;
  for (std::size_t place = 0; place < places; ++place)
    winner_[places + place] = static_cast<std::uint8_t>(place);
  for (std::size_t place = end_; place < places; ++place) {
    set(place, kNobody + place, 0, 0);
    vacant_[places - 1 - place] = static_cast<std::uint8_t>(place);
  }
  for (std::size_t match = places; --match >= kFinal;) {
    const std::uint8_t a = winner_[2 * match];
    const std::uint8_t b = winner_[2 * match + 1];
    winner_[match] = key(b) < key(a) ? b : a;
  }
}

void TournamentQueue::vacate(std::size_t place) {
  set(place, kNobody + place, 0, 0);
  first_ = 0;
  vacant_[places_ - end_--] = static_cast<std::uint8_t>(place);
}

/// The place of the event taken out is not filled: it stays empty.
void TournamentQueue::withdraw() {
  const std::size_t place = winner_[kFinal];
  vacate(place);
  if (end_ <= kLineUpAgain) {
    move_down(0);
  } else if (8 * end_ <= places_ && places_ > 2 * kMostInLine) {
    move_down(places_ / 2);
  } else {
    play(place, time_[place]);
  }
}

/// Into a smaller tournament; with no places, into a line.
void TournamentQueue::move_down(std::size_t places) {
  struct Entry {
    std::uint64_t time;
    std::uint64_t order;
    std::uint32_t slot;
  };
  std::array<Entry, kMost> entries;
  Entry* end = entries.data();
  for (std::size_t place = 0; place < places_; ++place) {
    if (time_[place] < kNobody) *end++ = {time_[place], order_[place], slot_[place]};
  }
  std::sort(entries.data(), end,
            [](const Entry& a, const Entry& b) { return key(a.time, a.order) < key(b.time, b.order); });
  places_ = 0;
  for (const Entry* entry = entries.data(); entry != end; ++entry)
    set(static_cast<std::size_t>(entry - entries.data()), entry->time, entry->order, entry->slot);
  if (places != 0) open(places);
}

}  // namespace wrackline::sim
