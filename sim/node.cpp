#include "sim/node.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

namespace wrackline::sim {

Node& Simulation::add_node(std::string name, std::string zone, unsigned cores) {
  assert(find_node(name) == nullptr && "two nodes of one name");
  nodes_.push_back(std::make_unique<Node>(*this, std::move(name), std::move(zone), cores));
  return *nodes_.back();
}

Node::Node(Simulation& simulation, std::string name, std::string zone, unsigned cores)
    : simulation_{simulation},
      name_{std::move(name)},
      zone_{std::move(zone)},
      entity_{simulation.entity("node/" + name_)},
      cpu_{simulation, name_, cores} {}

Node::~Node() = default;

Process& Node::add_process(std::string name) {
  processes_.push_back(std::make_unique<Process>(*this, std::move(name)));
  return *processes_.back();
}

void Node::change_clock(const std::function<void(NodeClock&, Time)>& change) {
  const std::uint32_t before = clock_.revision();
  change(clock_, simulation_.now());
  if (clock_.revision() == before) return;
  for (Timer* timer = first_timer_; timer != nullptr; timer = timer->next_) {
    if (timer->incarnation_ != timer->process_.incarnation()) continue;  // it died with its process
    simulation_.cancel(timer->event_);
    timer->arm();
  }
}

void Node::power_off() {
  if (!powered_) return;
  powered_ = false;
  to_restart_.clear();
  for (const auto& process : processes_) process->powered_ = false;
  for (const auto& process : processes_) {
    if (!process->alive() || process->process_state() == ProcessState::created) continue;
    to_restart_.push_back(process.get());
    process->crash();
  }
  for (std::size_t i = 0; i < listeners_.size(); ++i) listeners_[i](*this, NodeChange::power_lost);
}

void Node::power_on() {
  if (powered_) return;
  powered_ = true;
  for (const auto& process : processes_) process->powered_ = true;
  for (std::size_t i = 0; i < listeners_.size(); ++i) listeners_[i](*this, NodeChange::power_restored);
  for (Process* process : std::exchange(to_restart_, {})) process->bring_up();
  for (const auto& process : processes_) process->start_if_wanted();
}

void Timer::set_after(Duration delay) { set_at_mono(process_.node().clock().mono(process_.now()) + delay); }

void Timer::set_at_mono(Duration reading) {
  cancel();
  if (!process_.alive()) return;
  deadline_ = reading;
  incarnation_ = process_.incarnation();
  Node& node = process_.node();
  armed_ = true;
  previous_ = nullptr;
  next_ = node.first_timer_;
  if (next_ != nullptr) next_->previous_ = this;
  node.first_timer_ = this;
  arm();
}

void Timer::arm() {
  const Time due = process_.node().clock().true_time_of_mono(deadline_);
  event_ = {};
  if (due == kNever) return;
  event_ = process_.schedule(std::max(due, process_.now()), Callback::to<&Timer::fire>(*this));
}

void Timer::unlink() {
  armed_ = false;
  (previous_ != nullptr ? previous_->next_ : process_.node().first_timer_) = next_;
  if (next_ != nullptr) next_->previous_ = previous_;
}

void Timer::cancel() {
  if (!armed_) return;
  unlink();
  process_.cancel(event_);
}

void Timer::fire() {
  unlink();
  call_();
}

const WaitKind LocalSleepAwaiter::kSleeps{[](const void* awaiter) {
  return fmt::format("sleep by the node's clock, set for {} ns",
                     static_cast<const LocalSleepAwaiter*>(awaiter)->duration_.count());
}};

void LocalSleepAwaiter::suspend(TaskFrame& task) {
  task_ = &task;
  task.wait_for(kSleeps, this);
  timer_.emplace(static_cast<Process&>(task.scope()), Callback{&TaskFrame::resume_now, task.address(), 0});
  if (absolute_) {
    timer_->set_at_mono(duration_);
  } else {
    timer_->set_after(duration_);
  }
}

}  // namespace wrackline::sim
