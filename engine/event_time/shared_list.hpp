// A list that grows at its end, and whose copy costs nothing (shared.hpp).
//
// Copies share one array, each up to its own length. Whoever is as long as the array appends to it, and none
// of the others sees it; whoever is shorter - the array went on without him - takes what is his along.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "engine/event_time/shared.hpp"

namespace wrackline::event_time {

template <class T>
class SharedList {
 public:
  SharedList() = default;
  SharedList(const SharedList&) = default;
  SharedList(SharedList&& other) noexcept
      : array_{std::move(other.array_)}, size_{std::exchange(other.size_, 0)} {}
  SharedList& operator=(SharedList other) noexcept {
    std::swap(array_, other.array_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~SharedList() = default;

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  /// Until the next change of any copy.
  std::span<const T> span() const {
    return size_ == 0 ? std::span<const T>{} : std::span<const T>{array_->data(), size_};
  }
  const T* begin() const { return span().data(); }
  const T* end() const { return span().data() + size_; }

  void push_back(T item) {
    own_end().push_back(std::move(item));
    ++size_;
  }
  void append(const SharedList& other) {
    if (empty()) {
      *this = other;
      return;
    }
    const SharedList kept = other;  // may be this very list
    for (std::size_t i = 0; i < kept.size_; ++i) push_back((*kept.array_)[i]);
  }
  void clear() { *this = SharedList{}; }
  /// What no copy has shown to `seen`; without: all.
  std::span<const T> unseen(SeenParts* seen) const {
    return seen == nullptr ? span() : span().subspan(seen->up_to(array_.get(), size_));
  }

 private:
  std::vector<T>& own_end() {
    if (array_ == nullptr) {
      array_ = std::make_shared<std::vector<T>>();
    } else if (array_->size() != size_) {
      array_ = std::make_shared<std::vector<T>>(begin(), end());
    }
    return *array_;
  }

  std::shared_ptr<std::vector<T>> array_;
  std::size_t size_ = 0;
};

}  // namespace wrackline::event_time
