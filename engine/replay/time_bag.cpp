#include "engine/replay/time_bag.hpp"

#include <algorithm>

namespace wrackline::replay {

void TimeBag::reset(std::int64_t origin_ms) {
  exact_ = true;
  origin_ = origin_ms;
  sum_ = 0;
  count_ = 0;
  times_.clear();
}

void TimeBag::go_coarse() {
  const auto [least, greatest] = std::minmax_element(times_.begin(), times_.end());
  exact_ = false;
  shift_ = 0;
  // Room on both sides: the next records lie near these.
  while ((*greatest >> shift_) - (*least >> shift_) >= static_cast<std::int64_t>(kCells / 2)) ++shift_;
  base_ = (*least >> shift_) - static_cast<std::int64_t>(kCells / 4);
  cells_.assign(kCells, 0);
  for (const std::int64_t time_ms : times_) add_coarse(time_ms, 1);
  times_.clear();
}

void TimeBag::add_coarse(std::int64_t time_ms, std::uint32_t times) {
  auto cell = static_cast<std::uint64_t>((time_ms >> shift_) - base_);
  if (cell >= kCells) cell = stretch(time_ms);
  cells_[cell] += times;
}

std::uint64_t TimeBag::stretch(std::int64_t time_ms) {
  // Where there is room at the other end, the cells move; otherwise they double until the time fits.
  constexpr auto kLast = static_cast<std::int64_t>(kCells) - 1;
  while (true) {
    const std::int64_t wanted = time_ms >> shift_;
    if (wanted >= base_ && wanted <= base_ + kLast) return static_cast<std::uint64_t>(wanted - base_);
    std::int64_t first = 0;
    while (first < kLast && cells_[static_cast<std::size_t>(first)] == 0) ++first;
    std::int64_t last = kLast;
    while (last > first && cells_[static_cast<std::size_t>(last)] == 0) --last;
    const std::int64_t low = std::min(wanted, base_ + first);
    const std::int64_t high = std::max(wanted, base_ + last);
    std::vector<std::uint32_t> moved(kCells, 0);
    const int more = high - low > kLast ? 1 : 0;
    const std::int64_t span = (high >> more) - (low >> more) + 1;
    // A span that is still too wide is looked at again in the next turn.
    const std::int64_t new_base =
        span > kLast + 1 ? base_ >> more : (low >> more) - (static_cast<std::int64_t>(kCells) - span) / 2;
    for (std::int64_t i = first; i <= last; ++i) {
      const std::int64_t to = ((base_ + i) >> more) - new_base;
      moved[static_cast<std::size_t>(to)] += cells_[static_cast<std::size_t>(i)];
    }
    cells_.swap(moved);
    base_ = new_base;
    shift_ += more;
  }
}

void TimeBag::take(TimeBag& other) {
  if (other.count_ == 0) return;
  if (other.exact_) {
    for (const std::int64_t time_ms : other.times_) add(time_ms);
  } else {
    if (exact_ && count_ == 0) {
      const std::int64_t origin = origin_;
      *this = other;
      sum_ += static_cast<std::int64_t>(count_) * (other.origin_ - origin);
      origin_ = origin;
    } else {
      if (exact_) go_coarse();
      for (std::size_t i = 0; i < kCells; ++i) {
        if (other.cells_[i] == 0) continue;
        const std::int64_t from = (other.base_ + static_cast<std::int64_t>(i)) << other.shift_;
        add_coarse(from + (std::int64_t{1} << other.shift_) / 2, other.cells_[i]);
      }
      sum_ += other.sum_ + static_cast<std::int64_t>(other.count_) * (other.origin_ - origin_);
      count_ += other.count_;
    }
  }
  other.reset(other.origin_);
}

void TimeBag::release(std::int64_t now_ms, Spread& into) {
  if (count_ == 0) return;
  if (exact_) {
    for (const std::int64_t time_ms : times_) into.insert(now_ms - time_ms);
  } else {
    // The last cell takes up what rounding to the middles would change of the sum.
    std::int64_t left = static_cast<std::int64_t>(count_) * (now_ms - origin_) - sum_;
    std::uint64_t todo = count_;
    for (std::size_t i = 0; i < kCells; ++i) {
      const std::uint32_t times = cells_[i];
      if (times == 0) continue;
      const std::int64_t from = (base_ + static_cast<std::int64_t>(i)) << shift_;
      const std::int64_t latency = now_ms - (from + ((std::int64_t{1} << shift_) - 1) / 2);
      todo -= times;
      const std::int64_t share = todo == 0 ? left : latency * static_cast<std::int64_t>(times);
      left -= share;
      into.insert(latency, times, share);
    }
  }
  reset(origin_);
}

}  // namespace wrackline::replay
