#include "sim/tournament_queue.hpp"

#include <algorithm>
#include <bit>
#include <cassert>

namespace wrackline::sim {

[[gnu::always_inline]] inline std::uint64_t TournamentQueue::match(std::uint64_t a, std::uint64_t b) const {
  if ((a ^ b) <= kPlaces) [[unlikely]]
    return entries_[a & kPlaces].key() < entries_[b & kPlaces].key() ? a : b;
  return std::min(a, b);
}

/// The event at `place` has changed: plays its matches up to the final anew.
[[gnu::always_inline]] inline void TournamentQueue::play(std::size_t place, std::uint64_t token) {
  std::size_t at = places_ + place;
  winner_[at] = token;
  while (at > kFinal) {
    token = match(token, winner_[at ^ 1]);
    at >>= 1;
    winner_[at] = token;
  }
}

void TournamentQueue::fill_front(std::uint64_t time, std::uint64_t order, std::uint32_t slot) {
  const Entry entry{time, order, slot};
  if (!in_line()) {
    const std::size_t place = final_place();
    first_ = 0;
    entries_[place] = entry;
    play(place, token(time, place));
    return;
  }
  std::size_t at = first_--;
  for (; at != end_ && entries_[at].key() < entry.key(); ++at) entries_[at - 1] = entries_[at];
  entries_[at - 1] = entry;
}

void TournamentQueue::add(std::uint64_t time, std::uint64_t order, std::uint32_t slot) {
  const Entry entry{time, order, slot};
  if (in_line()) {
    if (end_ < kMostInLine) {
      std::size_t at = end_++;
      for (; at > 0 && entry.key() < entries_[at - 1].key(); --at) entries_[at] = entries_[at - 1];
      entries_[at] = entry;
      return;
    }
    open(kFewestPlaces);
  } else if (end_ == places_) {
    open(2 * places_);
  }
  const std::size_t place = vacant_[places_ - ++end_];
  entries_[place] = entry;
  play(place, token(time, place));
}

/// The events stand at the first places. All matches are played.
void TournamentQueue::open(std::size_t places) {
  assert(places <= kMost && first_ == 0);
  if (places > vacant_.size()) {
    entries_.resize(places);
    winner_.resize(2 * places);
    vacant_.resize(places);
  }
  places_ = places;
  for (std::size_t place = 0; place < end_; ++place)
    winner_[places + place] = token(entries_[place].time, place);
  for (std::size_t place = end_; place < places; ++place) {
    winner_[places + place] = empty_token(place);
    vacant_[places - 1 - place] = static_cast<std::uint16_t>(place);
  }
  for (std::size_t at = places; --at >= kFinal;) winner_[at] = match(winner_[2 * at], winner_[2 * at + 1]);
}

/// The place of the event taken out is not filled: it stays empty.
void TournamentQueue::vacate() {
  const std::size_t place = final_place();
  first_ = 0;
  vacant_[places_ - end_--] = static_cast<std::uint16_t>(place);
  winner_[places_ + place] = empty_token(place);
}

void TournamentQueue::withdraw() {
  const std::size_t place = final_place();
  vacate();
  if (end_ <= kLineUpAgain || (8 * end_ <= places_ && places_ > kFewestPlaces)) {
    end_ = gather();
    settle();
  } else {
    play(place, winner_[places_ + place]);
  }
}

/// Moves the events to the first places, says how many they are, and forgets them.
std::size_t TournamentQueue::gather() {
  if (!in_line() && front_is_free()) vacate();
  const std::size_t events = size();
  if (in_line()) {
    std::copy(entries_.data() + first_, entries_.data() + end_, entries_.data());
  } else {
    std::size_t to = 0;
    for (std::size_t place = 0; place < places_; ++place) {
      if (winner_[places_ + place] >> kPlaceBits < kNobody) entries_[to++] = entries_[place];
    }
  }
  first_ = end_ = places_ = 0;
  return events;
}

/// The events stand at the first places: lines them up, or opens the tournament that befits them.
void TournamentQueue::settle() {
  if (end_ <= kMostInLine) {
    std::sort(entries_.data(), entries_.data() + end_,
              [](const Entry& a, const Entry& b) { return a.key() < b.key(); });
  } else {
    open(std::bit_ceil(std::max(kFewestPlaces, end_)));
  }
}

}  // namespace wrackline::sim
