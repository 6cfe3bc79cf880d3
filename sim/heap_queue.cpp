#include "sim/heap_queue.hpp"

#include <algorithm>

namespace wrackline::sim {

void HeapQueue::push(std::uint64_t time, std::uint64_t order, std::uint32_t slot) {
  const Entry entry{time, order, slot};
  if (std::exchange(root_is_free_, false)) {
    sift_down(entry);
  } else {
    sift_up(entry);
  }
}

void HeapQueue::fill_root() {
  root_is_free_ = false;
  const Entry last = entries_.back();
  entries_.pop_back();
  if (!entries_.empty()) sift_down(last);
}

void HeapQueue::sift_up(const Entry& entry) {
  std::size_t at = entries_.size();
  entries_.push_back(entry);
  while (at > 0 && earlier(entry, entries_[(at - 1) / 4])) {
    entries_[at] = entries_[(at - 1) / 4];
    at = (at - 1) / 4;
  }
  entries_[at] = entry;
}

/// Moves the free place at the root down to where the entry belongs.
void HeapQueue::sift_down(const Entry& entry) {
  std::size_t at = 0;
  for (std::size_t child = 1; child < entries_.size(); child = 4 * at + 1) {
    const auto first = entries_.begin() + static_cast<std::ptrdiff_t>(child);
    const auto last = entries_.begin() + static_cast<std::ptrdiff_t>(std::min(child + 4, entries_.size()));
    const auto least = std::min_element(first, last, earlier);
    if (!earlier(*least, entry)) break;
    entries_[at] = *least;
    at = static_cast<std::size_t>(least - entries_.begin());
  }
  entries_[at] = entry;
}

}  // namespace wrackline::sim
