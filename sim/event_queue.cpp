#include "sim/event_queue.hpp"

namespace wrackline::sim {

void EventQueue::add(std::uint64_t time, std::uint64_t order, std::uint32_t slot) {
  if (in_heap_ && heap_.size() == most_in_heap_) [[unlikely]]
    move_to_radix();
  if (in_heap_) {
    heap_.add(time, order, slot);
  } else {
    radix_.push(time, order, slot);
  }
}

[[gnu::noinline]] void EventQueue::move_to_radix() {
  in_heap_ = false;
  heap_.hand_over([this](std::uint64_t time, std::uint64_t order, std::uint32_t slot) {
    radix_.push(time, order, slot);
  });
}

[[gnu::noinline]] void EventQueue::move_to_heap() {
  in_heap_ = true;
  radix_.hand_over(
      [this](std::uint64_t time, std::uint32_t slot) { heap_.push(time, (*slots_)[slot].order, slot); });
}

}  // namespace wrackline::sim
