// A vector that also forgets from its front: contiguous (so a range of it is a span), amortised O(1) at both
// ends, and without allocation once it has reached the size of its window. The logs keep batches, epochs and
// index entries in it.
//
// Elements have a stable number: the first one ever pushed is 0, and dropping the front renumbers nothing.
// Pointers and spans hold until the next push.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace wrackline::kafka {

template <typename T>
class SlidingVector {
 public:
  using Number = std::uint64_t;

  bool empty() const { return head_ == items_.size(); }
  std::size_t size() const { return items_.size() - head_; }
  /// Number of the first element still held, and of the one that the next push will add.
  Number first_number() const { return first_number_; }
  Number end_number() const { return first_number_ + size(); }

  T& operator[](std::size_t index) { return items_[head_ + index]; }
  const T& operator[](std::size_t index) const { return items_[head_ + index]; }
  const T& at_number(Number number) const {
    assert(number >= first_number_ && number < end_number());
    return items_[head_ + static_cast<std::size_t>(number - first_number_)];
  }
  T& front() { return items_[head_]; }
  const T& front() const { return items_[head_]; }
  T& back() { return items_.back(); }
  const T& back() const { return items_.back(); }

  std::span<const T> items() const { return {items_.data() + head_, size()}; }
  /// Elements with a number in [from, to).
  std::span<const T> slice(Number from, Number to) const {
    assert(from >= first_number_ && from <= to && to <= end_number());
    return items().subspan(static_cast<std::size_t>(from - first_number_),
                           static_cast<std::size_t>(to - from));
  }

  void push_back(T item) {
    // Moving the survivors down costs less than half a move per element ever pushed, because at least as many
    // were dropped.
    if (items_.size() == items_.capacity() && head_ > size()) compact();
    items_.push_back(std::move(item));
  }
  void pop_front() {
    assert(!empty());
    items_[head_] = T{};
    ++head_;
    ++first_number_;
    if (empty()) compact();
  }
  void pop_back() {
    assert(!empty());
    items_.pop_back();
  }
  /// Puts `with`, which is not longer, in the place of the elements in [from, to). The end keeps its number,
  /// and so do all elements from `to` on; those before move up by what has gone.
  void replace(Number from, Number to, std::vector<T>&& with) {
    assert(from >= first_number_ && from <= to && to <= end_number() && with.size() <= to - from);
    const auto place = [&](Number number) {
      return items_.begin() +
             static_cast<std::ptrdiff_t>(head_ + static_cast<std::size_t>(number - first_number_));
    };
    const auto gone = static_cast<std::size_t>(to - from) - with.size();
    std::move(with.begin(), with.end(), place(from + gone));
    std::move_backward(items_.begin() + static_cast<std::ptrdiff_t>(head_), place(from), place(from + gone));
    for (std::size_t i = 0; i < gone; ++i) pop_front();
  }
  /// Forgets everything and continues the numbering at the present end.
  void clear() {
    first_number_ = end_number();
    items_.clear();
    head_ = 0;
  }

 private:
  void compact() {
    items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }

  std::vector<T> items_;
  std::size_t head_ = 0;
  Number first_number_ = 0;
};

}  // namespace wrackline::kafka
