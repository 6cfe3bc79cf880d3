#include "sim/event_queue.hpp"

namespace wrackline::sim {

void EventQueue::add(std::uint64_t time, std::uint64_t order, std::uint32_t slot) {
  if (at_work_ == QueueKind::adaptive && few_.size() == kMany) [[unlikely]]
    move_to_many();
  if (at_work_ == QueueKind::adaptive) {
    few_.add(time, order, slot);
  } else if (at_work_ == QueueKind::radix) {
    many_.push(time, order, slot);
  } else {
    reference_.push(time, order, slot);
  }
}

[[gnu::noinline]] void EventQueue::move_to_many() {
  at_work_ = QueueKind::radix;
  few_.hand_over(
      [this](std::uint64_t time, std::uint64_t order, std::uint32_t slot) { many_.push(time, order, slot); });
}

[[gnu::noinline]] void EventQueue::move_to_few() {
  at_work_ = QueueKind::adaptive;
  many_.hand_over(
      [this](std::uint64_t time, std::uint32_t slot) { few_.push(time, (*slots_)[slot].order, slot); });
}

}  // namespace wrackline::sim
