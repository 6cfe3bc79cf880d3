#include "engine/event_time/sketch/adwin.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "sim/math.hpp"

namespace wrackline::event_time::sketch {

Adwin::Adwin(double delta, std::uint32_t check_every) : delta_{delta}, check_every_{check_every}, rows_(1) {
  assert(delta > 0 && delta <= 1 && check_every >= 1);
}

void Adwin::Moments::add(double value, double n_before) {
  if (n_before > 0) {
    const double distance = value - sum / n_before;
    square += distance * distance * n_before / (n_before + 1);
  }
  sum += value;
}

void Adwin::Moments::take_out(const Moments& part, double n0, double n1) {
  sum -= part.sum;
  const double distance = part.sum / n0 - (n1 > 0 ? sum / n1 : 0);
  square = std::max(0.0, square - part.square - distance * distance * n0 * n1 / (n0 + n1));
}

bool Adwin::add(double value, double payload) {
  value_.add(value, static_cast<double>(size_));
  payload_.add(payload, static_cast<double>(size_));
  ++size_;
  Row& newest = rows_.front();
  newest.buckets[newest.used++] = {{value, 0}, {payload, 0}};
  compress();
  ++ticks_;
  return ticks_ % check_every_ == 0 && size_ > 2 * kShortest && cut_if_changed();
}

/// A row with one bucket too many gives its two oldest, as one, to the next row.
void Adwin::compress() {
  for (std::size_t row = 0; row < rows_.size() && rows_[row].used > kBucketsPerRow; ++row) {
    if (row + 1 == rows_.size()) rows_.emplace_back();
    Row& from = rows_[row];
    Row& to = rows_[row + 1];
    const auto width = static_cast<double>(std::uint64_t{1} << row);
    const auto joined = [width](const Moments& a, const Moments& b) {
      const double distance = (a.sum - b.sum) / width;
      return Moments{a.sum + b.sum, a.square + b.square + distance * distance * width / 2};
    };
    const Bucket& a = from.buckets[0];
    const Bucket& b = from.buckets[1];
    to.buckets[to.used++] = {joined(a.value, b.value), joined(a.payload, b.payload)};
    std::copy(from.buckets + 2, from.buckets + from.used, from.buckets);
    from.used -= 2;
  }
}

bool Adwin::cut_if_changed() {
  bool changed = false;
  bool cut = true;
  while (cut && size_ > 2 * kShortest) {
    cut = false;
    const auto n = static_cast<double>(size_);
    const double log_term = sim::math::log(2 * sim::math::log(n) / delta_);
    const double spread = variance();
    std::uint64_t old_size = 0;
    double old_sum = 0;
    for (std::size_t row = rows_.size(); row-- > 0 && !cut;) {
      for (std::size_t i = 0; i < rows_[row].used; ++i) {
        old_size += std::uint64_t{1} << row;
        old_sum += rows_[row].buckets[i].value.sum;
        const std::uint64_t new_size = size_ - old_size;
        if (new_size < kShortest) break;
        if (old_size < kShortest) continue;
        const auto n0 = static_cast<double>(old_size);
        const auto n1 = static_cast<double>(new_size);
        const double inverse = 1 / n0 + 1 / n1;
        const double bound = std::sqrt(2 * inverse * spread * log_term) + 2 * inverse / 3 * log_term;
        if (std::abs(old_sum / n0 - (value_.sum - old_sum) / n1) > bound) {
          cut = true;
          break;
        }
      }
    }
    if (cut) {
      drop_oldest();
      changed = true;
    }
  }
  return changed;
}

void Adwin::drop_oldest() {
  Row& last = rows_.back();
  const std::uint64_t width = std::uint64_t{1} << (rows_.size() - 1);
  const Bucket oldest = last.buckets[0];
  size_ -= width;
  value_.take_out(oldest.value, static_cast<double>(width), static_cast<double>(size_));
  payload_.take_out(oldest.payload, static_cast<double>(width), static_cast<double>(size_));
  std::copy(last.buckets + 1, last.buckets + last.used, last.buckets);
  --last.used;
  while (rows_.size() > 1 && rows_.back().used == 0) rows_.pop_back();
}

std::size_t Adwin::buckets() const {
  std::size_t total = 0;
  for (const Row& row : rows_) total += row.used;
  return total;
}

}  // namespace wrackline::event_time::sketch
