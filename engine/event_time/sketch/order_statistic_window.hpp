// An exact quantile of the last n values, updated with every value.
//
// Two heaps over one ring: the `rank` smallest values in a max-heap, whose top is the answer, the others in a
// min-heap. Every ring slot knows its place in its heap, so that the value that leaves the window is replaced
// where it stands: O(log n) at worst, a few steps on usual data, nothing is allocated after the window is
// full. Tested against sorting. Not modelled: windows by time; a quantile that changes.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "engine/event_time/sketch/rank.hpp"

namespace wrackline::event_time::sketch {

class OrderStatisticWindow {
 public:
  /// 0 <= p <= 1; n >= 1. Memory grows with the values seen, up to n.
  OrderStatisticWindow(double p, std::size_t n) : p_{p}, capacity_{n} { assert(n >= 1 && p >= 0 && p <= 1); }

  void add(std::int64_t value) {
    if (values_.size() < capacity_) {
      grow(value);
    } else {
      replace(next_, value);
      next_ = next_ + 1 == capacity_ ? 0 : next_ + 1;
    }
  }
  std::size_t size() const { return values_.size(); }
  /// The ceil(p * size)-th smallest; size() > 0.
  std::int64_t quantile() const { return values_[low_.front()]; }
  std::size_t bytes() const {
    return values_.capacity() * sizeof(std::int64_t) + place_.capacity() * sizeof(Place) +
           (low_.capacity() + high_.capacity()) * sizeof(Slot);
  }

 private:
  using Slot = std::uint32_t;
  struct Place {
    std::uint32_t at = 0;
    bool low = false;
  };
  using Heap = std::vector<Slot>;

  /// Low keeps its largest on top, high its smallest.
  template <bool Low>
  bool above(Slot a, Slot b) const {
    return Low ? values_[a] > values_[b] : values_[a] < values_[b];
  }
  template <bool Low>
  Heap& heap() {
    return Low ? low_ : high_;
  }
  template <bool Low>
  void put(std::size_t at, Slot slot) {
    heap<Low>()[at] = slot;
    place_[slot] = {static_cast<std::uint32_t>(at), Low};
  }
  template <bool Low>
  void sift_up(std::size_t at) {
    Heap& all = heap<Low>();
    const Slot slot = all[at];
    while (at > 0) {
      const std::size_t parent = (at - 1) / 2;
      if (!above<Low>(slot, all[parent])) break;
      put<Low>(at, all[parent]);
      at = parent;
    }
    put<Low>(at, slot);
  }
  template <bool Low>
  void sift_down(std::size_t at) {
    Heap& all = heap<Low>();
    const Slot slot = all[at];
    for (;;) {
      std::size_t child = 2 * at + 1;
      if (child >= all.size()) break;
      if (child + 1 < all.size() && above<Low>(all[child + 1], all[child])) ++child;
      if (!above<Low>(all[child], slot)) break;
      put<Low>(at, all[child]);
      at = child;
    }
    put<Low>(at, slot);
  }
  template <bool Low>
  void push(Slot slot) {
    heap<Low>().push_back(slot);
    sift_up<Low>(heap<Low>().size() - 1);
  }
  template <bool Low>
  Slot pop() {
    Heap& all = heap<Low>();
    const Slot top = all.front();
    const Slot last = all.back();
    all.pop_back();
    if (!all.empty()) {
      all[0] = last;
      sift_down<Low>(0);
    }
    return top;
  }

  void grow(std::int64_t value) {
    const auto slot = static_cast<Slot>(values_.size());
    values_.push_back(value);
    place_.push_back({});
    if (low_.empty() || value <= values_[low_.front()]) {
      push<true>(slot);
    } else {
      push<false>(slot);
    }
    const std::size_t rank = rank_of(p_, values_.size());
    while (low_.size() > rank) push<false>(pop<true>());
    while (low_.size() < rank) push<true>(pop<false>());
  }
  void replace(std::size_t slot, std::int64_t value) {
    const std::int64_t before = std::exchange(values_[slot], value);
    if (value == before) return;
    const Place place = place_[slot];
    if (place.low == (value > before)) {
      place.low ? sift_up<true>(place.at) : sift_up<false>(place.at);
    } else {
      place.low ? sift_down<true>(place.at) : sift_down<false>(place.at);
    }
    // One value changed, so one exchange of the tops puts the halves right again.
    if (high_.empty() || values_[low_.front()] <= values_[high_.front()]) return;
    const Slot low_top = low_.front();
    const Slot high_top = high_.front();
    low_[0] = high_top;
    high_[0] = low_top;
    sift_down<true>(0);
    sift_down<false>(0);
  }

  double p_;
  std::size_t capacity_;
  std::size_t next_ = 0;  ///< the oldest slot, once the window is full
  std::vector<std::int64_t> values_;
  std::vector<Place> place_;
  Heap low_;
  Heap high_;
};

}  // namespace wrackline::event_time::sketch
