#include "sim/process.hpp"

#include <algorithm>
#include <cassert>

#include "sim/node.hpp"

namespace wrackline::sim {

const WaitKind Process::ReachAwaiter::kPaused{
    [](const void*) { return std::string{"its process to be resumed"}; }};

std::string_view to_string(ProcessState state) {
  switch (state) {
    case ProcessState::created:
      return "created";
    case ProcessState::running:
      return "running";
    case ProcessState::paused:
      return "paused";
    case ProcessState::stopping:
      return "stopping";
    case ProcessState::stopped:
      return "stopped";
    case ProcessState::crashed:
      return "crashed";
  }
  return "?";
}

Process::Process(Node& node, std::string name) : node_{&node}, name_{std::move(name)} {
  powered_ = node.powered();
  simulation = &node.sim();
  assert(simulation->find_process(name_) == nullptr && "two processes of one name");
  entity = simulation->entity(name_);
  simulation->processes_.push_back(this);
  simulation->process_of_entity_[entity.value()] = this;
}

Process::~Process() { destroy_frames(); }

void Process::start(Main main) {
  assert(state_ == ProcessState::created && "a process is started once, then restarted");
  main_ = std::move(main);
  begin_incarnation();
}

void Process::begin_incarnation() {
  state_ = ProcessState::running;
  TaskScope::state = TaskScope::State::running;
  wanted_up_since_ = kNever;
  ++incarnation_;
  if (main_) spawn("main", main_(*this));
  tell(ProcessChange::started);
}

void Process::crash() {
  if (alive()) end(ProcessState::crashed, ProcessChange::crashed);
}

void Process::fail() {
  assert(simulation->current() == entity && "only its own code can give up");
  crash();
  throw ProcessCrashed{};
}

void Process::end(ProcessState as, ProcessChange change) {
  if (paused()) --simulation->paused_processes_;
  state_ = as;
  TaskScope::state = TaskScope::State::ended;
  for (std::size_t i = released_; i < held_.size(); ++i) {
    if (held_[i].kind != Held::Kind::timer) continue;
    if (simulation->slots_[held_[i].slot].cancelled()) --simulation->tombstones_;
    simulation->slots_.give_back(held_[i].slot);
  }
  held_.clear();
  released_ = 0;
  simulation->drop_timers(entity);
  node_->cpu().drop(*this);
  if (simulation->current() == entity) {
    // Its code is on the stack: the frames go when it has been unwound.
    simulation->crashed_while_running_.push_back(this);
    simulation->unsettled_ |= Simulation::kOther;
  } else {
    destroy_frames();
  }
  tell(change);
}

void Process::destroy_frames() {
  while (first_root != nullptr) first_root->self_.destroy();
}

void Process::pause() {
  if (!alive() || paused()) return;
  before_pause_ = state_;
  state_ = ProcessState::paused;
  TaskScope::state = TaskScope::State::paused;
  ++simulation->paused_processes_;
  simulation->cancel(release_);
  node_->cpu().pause(*this);
  tell(ProcessChange::paused);
}

void Process::resume() {
  if (!paused()) return;
  state_ = before_pause_;
  TaskScope::state = TaskScope::State::running;
  --simulation->paused_processes_;
  node_->cpu().resume(*this);
  if (!held_.empty()) release_later();
  tell(ProcessChange::resumed);
}

// One at a time, each an event of its own, so that what the first one does can still cancel or crash the
// next.
void Process::release_later() {
  if (released_ == held_.size()) {
    held_.clear();
    released_ = 0;
  } else {
    release_ = schedule(now(), Callback::to<&Process::release_next>(*this), Priority::early);
  }
}

void Process::release_next() {
  const Held held = held_[released_++];
  release_later();
  switch (held.kind) {
    case Held::Kind::nothing:
      break;
    case Held::Kind::task:
      simulation->make_ready(*held.task);
      break;
    case Held::Kind::mail:
      held.mail();
      break;
    case Held::Kind::timer: {
      const EventSlot event = simulation->slots_[held.slot];
      simulation->slots_.give_back(held.slot);
      if (event.cancelled()) {
        --simulation->tombstones_;
      } else {
        simulation->absorb(simulation->tie_order_.tie(event.order).bits(), 0);
        event.call();
      }
    }
  }
}

void Process::forget_held(const TaskFrame& task) {
  for (Held& held : held_) {
    if (held.task == &task) held = {};
  }
}

bool Process::deliver_later(const Callback& call) {
  if (!alive()) return false;
  if (paused() || !held_.empty()) {
    held_.push_back({Held::Kind::mail, 0, nullptr, call});
  } else {
    schedule(now(), call);
  }
  return true;
}

void Process::restart() {
  assert(state_ != ProcessState::created && "start it first");
  crash();
  auto& dying = simulation->crashed_while_running_;
  if (std::find(dying.begin(), dying.end(), this) != dying.end()) {
    // Its last code has yet to be unwound.
    wanted_up_since_ = now();
    simulation->schedule(now(), Callback::to<&Process::start_if_wanted>(*this), kKernelEntity,
                         Priority::first);
    return;
  }
  begin_incarnation();
}

void Process::bring_up() {
  if (alive() && !stopping()) return;
  wanted_up_since_ = std::min(wanted_up_since_, now());
  start_if_wanted();
}

void Process::keep_down(bool kept) {
  kept_down_ = kept;
  start_if_wanted();
}

void Process::start_if_wanted() {
  if (wanted_up_since_ != kNever && !kept_down_ && powered_) restart();
}

void Process::stop() {
  if (!alive() || stopping()) return;
  (paused() ? before_pause_ : state_) = ProcessState::stopping;
  tell(ProcessChange::stopping);
  if (stop_handler_) {
    spawn("stop", run_stop_handler());
  } else {
    end(ProcessState::stopped, ProcessChange::stopped);
  }
}

Task<> Process::run_stop_handler() {
  co_await stop_handler_(*this);
  end(ProcessState::stopped, ProcessChange::stopped);
}

TaskHandle Process::spawn(const char* name, Task<> task) {
  if (!alive()) return {};
  TaskFrame& frame = *task.release();
  frame.scope_ = this;
  frame.name_ = name;
  frame.root_ = true;
  frame.previous_root_ = last_root;
  (last_root != nullptr ? last_root->next_root_ : first_root) = &frame;
  last_root = &frame;
  frame.state_ = TaskFrame::State::ready;
  simulation->make_ready(frame);
  return TaskHandle{frame};
}

void Process::tell(ProcessChange change) {
  for (std::size_t i = 0; i < listeners_.size(); ++i) listeners_[i](*this, change);
}

}  // namespace wrackline::sim
