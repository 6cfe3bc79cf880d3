#include "sim/task.hpp"

#include <fmt/format.h>

#include "sim/process.hpp"

namespace wrackline::sim {

const WaitKind SleepAwaiter::kSleeps{[](const void* awaiter) {
  return fmt::format("sleep until {} ns", static_cast<const SleepAwaiter*>(awaiter)->ns_);
}};

const WaitKind TaskHandle::JoinAwaiter::kJoins{[](const void* task) {
  return fmt::format("the end of task {}", static_cast<const TaskFrame*>(task)->name());
}};

TaskFrame::~TaskFrame() {
  if (scope_ == nullptr) return;
  if (state_ == State::ready) {
    simulation().forget_ready(*this);
    static_cast<Process*>(scope_)->forget_held(*this);
  }
  if (simulation().next_ == this) simulation().next_ = nullptr;
  if (!root_) return;
  (previous_root_ != nullptr ? previous_root_->next_root_ : scope_->first_root) = next_root_;
  (next_root_ != nullptr ? next_root_->previous_root_ : scope_->last_root) = previous_root_;
  if (handle_ != nullptr) {
    handle_->ended(state_ == State::done ? TaskHandle::Outcome::finished : TaskHandle::Outcome::cancelled);
  }
}

std::string TaskFrame::describe_wait() const {
  switch (state_) {
    case State::created:
      return "its start";
    case State::running:
      return "nothing: it runs";
    case State::ready:
      return "its turn";
    case State::done:
      return "nothing: it is done";
    case State::waiting:
      break;
  }
  return wait_kind_->describe(waited_for_);
}

void TaskFrame::finished() noexcept {
  state_ = State::done;
  if (starting_ || scope_->state == TaskScope::State::ended) return;
  if (parent_ != nullptr) {
    simulation().continue_with(*parent_);
  } else {
    simulation().bury(*this);
  }
}

void TaskHandle::cancel() {
  if (task_ == nullptr) return;
  assert(task_->state() != TaskFrame::State::running && "a task can not cancel itself: return instead");
  task_->self_.destroy();
}

}  // namespace wrackline::sim
