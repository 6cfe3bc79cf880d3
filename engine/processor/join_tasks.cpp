#include "engine/processor/join_tasks.hpp"

#include <algorithm>

namespace wrackline::processor {

using event_time::TimestampMs;
using event_time::window::StreamJoin;

void JoinTasks::open(std::int32_t number, const StreamJoin* state, Rows& out) {
  tasks_.erase(number);
  const auto made = tasks_
                        .emplace(number, Task{state != nullptr ? *state : StreamJoin{options_.spec},
                                              options_.committed->claim(number, claimant_),
                                              {},
                                              0,
                                              {}})
                        .first;
  made->second.join.advance_watermark(watermark_, out);
}

JoinTasks::Task& JoinTasks::task(std::int32_t number, Rows& out) {
  const auto found = tasks_.find(number);
  if (found != tasks_.end()) return found->second;
  open(number, nullptr, out);
  return tasks_.find(number)->second;
}

TimestampMs JoinTasks::combined() const {
  using AllIdle = event_time::WatermarkStrategy::AllIdle;
  const TimestampMs left = left_.current();
  const TimestampMs right = right_.current();
  if (!left_.idle()) return right_.idle() ? left : std::min(left, right);
  if (!right_.idle()) return right;
  return left_.strategy().all_idle == AllIdle::flush_max ? std::max(left, right) : watermark_;
}

void JoinTasks::advance_to(TimestampMs watermark, Rows& out) {
  if (watermark <= watermark_) return;
  watermark_ = watermark;
  for (auto& [number, task] : tasks_) task.join.advance_watermark(watermark, out);
}

std::size_t JoinTasks::waiting() const {
  std::size_t waiting = 0;
  for (const auto& [number, task] : tasks_) waiting += task.join.waiting();
  return waiting;
}

}  // namespace wrackline::processor
