#include "sim/simulation.hpp"

#include <algorithm>

#include "sim/lever.hpp"
#include "sim/node.hpp"
#include "sim/process.hpp"
#include "sim/selector.hpp"
#include "sim/task.hpp"

namespace wrackline::sim {

Simulation::Simulation(const SimulationOptions& options)
    : options_{options},
      tie_order_{options.tie_seed ? TieOrder{*options.tie_seed} : TieOrder{}},
      queue_{options.queue, slots_},
      trail_{options.checkpoint_interval},
      next_checkpoint_{options.checkpoint_interval},
      arena_{FrameArena::create()},
      levers_{std::make_unique<LeverRegistry>()},
      selectors_{std::make_unique<SelectorRegistry>(*this)} {
  assert(options.checkpoint_interval > 0);
  mark_at(options.record.begin < options.record.end ? std::min(next_checkpoint_, options.record.begin)
                                                    : next_checkpoint_,
          0);
  entity("kernel");
}

Simulation::~Simulation() {
  shut_down();
  nodes_.clear();
  arena_->retire();
}

void Simulation::shut_down() {
  // The frames' destructors still cancel timers here, but nobody sends, starts or announces anything any
  // more.
  for (Process* process : processes_) process->TaskScope::state = TaskScope::State::ended;
  for (Process* process : processes_) process->destroy_frames();
  stop();
}

EntityId Simulation::entity(std::string_view name) {
  const auto known = entity_ids_.find(name);
  if (known != entity_ids_.end()) return known->second;
  assert(entity_names_.size() <= EntityId::kMaximum && "a run has at most 2^20 entities");
  const EntityId id{static_cast<std::uint32_t>(entity_names_.size())};
  entity_names_.emplace_back(name);
  entity_ids_.emplace(name, id);
  next_tie_.push_back((std::uint64_t{id.value()} << TieKey::kCounterBits) + 1);
  process_of_entity_.push_back(nullptr);
  return id;
}

const char* Simulation::intern(std::string_view name) {
  auto known = interned_.find(name);
  if (known == interned_.end()) {
    known = interned_.emplace(name, std::make_unique<std::string>(name)).first;
  }
  return known->second->c_str();
}

Node* Simulation::find_node(std::string_view name) const {
  for (const auto& node : nodes_) {
    if (node->name() == name) return node.get();
  }
  return nullptr;
}

Process* Simulation::find_process(std::string_view name) const {
  for (Process* process : processes_) {
    if (process->name() == name) return process;
  }
  return nullptr;
}

[[gnu::always_inline]] inline void Simulation::execute_next() {
  const Due due = queue_.pop();
  queue_.foresee();
  const EventSlot& slot = slots_[due.slot];
  const Callback::Function function = slot.call.function;
  void* const object = slot.call.object;
  const std::uint64_t argument = slot.call.argument;
  const TieKey tie = tie_order_.tie(slot.order);
  if (function == nullptr) [[unlikely]] {
    slots_.give_back(due.slot);
    --tombstones_;
    return;
  }
  if (paused_processes_ != 0 && hold_back(due.slot, tie)) [[unlikely]]
    return;
  slots_.give_back(due.slot);
  if (--before_mark_ == 0) [[unlikely]]
    mark(due.time, tie);
  now_ = from_ns(static_cast<std::int64_t>(due.time));
  hash_.absorb(due.time, tie.bits());
#ifdef WRACKLINE_PLANTED_EVENT
  if (events() == WRACKLINE_PLANTED_EVENT) hash_.absorb(1, 1);
#endif
  current_ = tie.source();
  function(object, argument);
}

[[gnu::always_inline]] inline void Simulation::resume(TaskFrame& task) {
  current_ = task.scope().entity;
  task.state_ = TaskFrame::State::running;
  task.self_.resume();
}

[[gnu::always_inline]] inline void Simulation::resume_first_ready() {
  TaskFrame& task = *first_ready_;
  first_ready_ = task.next_ready_;
  if (first_ready_ == nullptr) unsettled_ &= static_cast<std::uint8_t>(~kReady);
  if (task.scope().state == TaskScope::State::paused) [[unlikely]] {
    static_cast<Process&>(task.scope()).hold(task);
  } else {
    resume(task);
  }
}

/// False if no further event is to be executed.
[[gnu::always_inline]] inline bool Simulation::settle() {
  while (unsettled_ != 0) {
    if (unsettled_ == kReady) [[likely]] {
      resume_first_ready();
    } else if (!settle_rest()) {
      return false;
    }
  }
  return true;
}

template <bool kBounded>
[[gnu::noinline]] void Simulation::loop(std::uint64_t until) {
  while (!queue_.empty()) {
    if constexpr (kBounded) {
      if (queue_.front().time > until) return;
    }
    execute_next();
    if (!settle()) return;
  }
}

void Simulation::leave() {
  current_ = kKernelEntity;
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
}

void Simulation::run() {
  const FrameArena::Use arena{arena_};
  go_on();
  for (bool ended = !settle(); !ended && !error_;) {
    try {
      loop<false>(0);
      ended = true;
    } catch (const ProcessCrashed&) {
      ended = !settle();
    }
  }
  leave();
}

bool Simulation::run_until(Time until) {
  assert(until >= now_);
  const FrameArena::Use arena{arena_};
  go_on();
  for (bool ended = !settle(); !ended && !error_;) {
    try {
      loop<true>(static_cast<std::uint64_t>(to_ns(until)));
      ended = true;
    } catch (const ProcessCrashed&) {
      ended = !settle();
    }
  }
  leave();
  if (stopping_) return false;
  now_ = until;
  return true;
}

bool Simulation::step() {
  const FrameArena::Use arena{arena_};
  go_on();
  settle();
  const std::uint64_t before = events();
  while (events() == before && !queue_.empty()) {
    try {
      execute_next();
    } catch (const ProcessCrashed&) {
    }
    settle();
  }
  leave();
  return events() != before;
}

Time Simulation::next_time() {
  while (!queue_.empty()) {
    const Due next = queue_.front();
    if (!slots_[next.slot].cancelled()) return from_ns(static_cast<std::int64_t>(next.time));
    queue_.pop();
    slots_.give_back(next.slot);
    --tombstones_;
  }
  return kNever;
}

/// What comes before the next task: the caller of a task that finished, then the end of finished and crashed
/// ones.
void Simulation::settle_others() {
  while ((unsettled_ & kOther) != 0) {
    if (next_ != nullptr) {
      TaskFrame& caller = *std::exchange(next_, nullptr);
      // The frames of a crashed process are destroyed below; a paused one continues when it is resumed.
      if (caller.scope().state == TaskScope::State::running) {
        resume(caller);
      } else if (caller.scope().state == TaskScope::State::paused) {
        caller.state_ = TaskFrame::State::ready;
        static_cast<Process&>(caller.scope()).hold(caller);
      }
    } else if (!finished_roots_.empty()) {
      TaskFrame& root = *finished_roots_.back();
      finished_roots_.pop_back();
      if (root.error_) {
        error_ = root.error_;
        stop();
      }
      root.self_.destroy();
    } else if (!crashed_while_running_.empty()) {
      Process& process = *crashed_while_running_.back();
      crashed_while_running_.pop_back();
      current_ = kKernelEntity;
      process.destroy_frames();
    } else {
      unsettled_ &= static_cast<std::uint8_t>(~kOther);
    }
  }
}

bool Simulation::settle_rest() {
  if ((unsettled_ & kOther) != 0) {
    settle_others();
  } else if ((unsettled_ & kReady) != 0) {
    resume_first_ready();
  } else {
    unsettled_ = 0;
    return false;
  }
  return true;
}

void Simulation::forget_ready(const TaskFrame& task) {
  TaskFrame* before = nullptr;
  for (TaskFrame* at = first_ready_; at != nullptr; before = at, at = at->next_ready_) {
    if (at != &task) continue;
    (before != nullptr ? before->next_ready_ : first_ready_) = at->next_ready_;
    if (at == last_ready_) last_ready_ = before;
    if (first_ready_ == nullptr) unsettled_ &= static_cast<std::uint8_t>(~kReady);
    return;
  }
}

bool Simulation::hold_back(std::uint32_t slot, TieKey tie) {
  Process* const process = process_of(tie.source());
  if (process == nullptr || !process->paused()) return false;
  process->hold(slot);
  return true;
}

void Simulation::drop_timers(EntityId process) {
  for (std::uint32_t slot = 0; slot < slots_.size(); ++slot) {
    EventSlot& event = slots_[slot];
    if (event.cancelled() || tie_order_.tie(event.order).source() != process) continue;
    event.call.function = nullptr;
    ++tombstones_;
  }
}

void Simulation::bury_tombstones() {
  queue_.remove_if([this](std::uint32_t slot) {
    if (!slots_[slot].cancelled()) return false;
    slots_.give_back(slot);
    --tombstones_;
    return true;
  });
}

void Simulation::tell(MomentRegistry::Id id, Moment& moment) {
  if (recording_) recorded_.back().moments.push_back(to_string(moment));
  if (moments_.watched(id)) moments_.tell(id, moment);
}

/// Before the event that is to be marked.
void Simulation::mark(std::uint64_t time, TieKey tie) {
  const EventWindow& window = options_.record;
  const std::uint64_t index = events() - 1;
  if (recording_) recorded_.back().after = hash();
  if (index == next_checkpoint_) {
    trail_.add({index, now_, hash_.value()});
    next_checkpoint_ = (index / trail_.interval() + 1) * trail_.interval();
  }
  recording_ = window.begin <= index && index < window.end;
  if (recording_) {
    recorded_.push_back({index, from_ns(static_cast<std::int64_t>(time)), tie, {}, {}});
    mark_at(index + 1, index + 1);
  } else {
    mark_at(index < window.begin ? std::min(next_checkpoint_, window.begin) : next_checkpoint_, index + 1);
  }
}

/// The event of that index, counted from 0, when `done` have been executed or are about to be.
void Simulation::mark_at(std::uint64_t index, std::uint64_t done) {
  mark_at_ = index;
  before_mark_ = index + 1 - done;
}

HashTrail Simulation::trail() const {
  HashTrail trail = trail_;
  trail.finish({events(), now_, hash_.value()});
  return trail;
}

std::vector<EventRecord> Simulation::records() const {
  std::vector<EventRecord> records;
  for (const Recorded& recorded : recorded_) {
    records.push_back({recorded.index, recorded.at, recorded.tie.priority(),
                       entity_name(recorded.tie.source()), recorded.tie.counter(), recorded.moments,
                       recorded.after});
  }
  if (recording_) records.back().after = hash();
  return records;
}

}  // namespace wrackline::sim
