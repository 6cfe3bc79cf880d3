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
      next_mark_{0},
      queue_{options.queue, slots_},
      trail_{options.checkpoint_interval},
      next_checkpoint_{options.checkpoint_interval},
      arena_{FrameArena::create()},
      levers_{std::make_unique<LeverRegistry>()},
      selectors_{std::make_unique<SelectorRegistry>(*this)} {
  assert(options.checkpoint_interval > 0);
  next_mark_ = next_checkpoint_;
  if (options.record.begin < options.record.end) next_mark_ = std::min(next_mark_, options.record.begin);
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
  stopping_ = true;
}

EntityId Simulation::entity(std::string_view name) {
  const auto known = entity_ids_.find(name);
  if (known != entity_ids_.end()) return known->second;
  assert(entity_names_.size() <= EntityId::kMaximum && "a run has at most 2^20 entities");
  const EntityId id{static_cast<std::uint32_t>(entity_names_.size())};
  entity_names_.emplace_back(name);
  entity_ids_.emplace(name, id);
  next_tie_.push_back((std::uint64_t{id.value()} << TieKey::kCounterBits) + 1);
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
  if (const QueueEntry* next = queue_.upcoming(0)) {
    if (const QueueEntry* later = queue_.upcoming(2)) __builtin_prefetch(&slots_[later->slot()]);
    __builtin_prefetch(slots_[next->slot()].call.object);
  }
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
  if (events_ == next_mark_) [[unlikely]]
    mark(due, tie);
  ++events_;
  now_ = from_ns(static_cast<std::int64_t>(due.time));
  hash_.absorb(due.time, tie.bits());
#ifdef WRACKLINE_PLANTED_EVENT
  if (events_ == WRACKLINE_PLANTED_EVENT) hash_.absorb(1, 1);
#endif
  current_ = tie.source();
  function(object, argument);
}

template <bool kBounded>
void Simulation::loop(std::uint64_t until) {
  while (!stopping_ && !queue_.empty()) {
    if constexpr (kBounded) {
      if (queue_.front().time > until) return;
    }
    execute_next();
    if (unsettled_) settle();
  }
}

void Simulation::leave() {
  current_ = kKernelEntity;
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
}

void Simulation::run() {
  const FrameArena::Use arena{arena_};
  stopping_ = false;
  settle();
  for (bool ended = false; !ended && !error_;) {
    try {
      loop<false>(0);
      ended = true;
    } catch (const ProcessCrashed&) {
      settle();
    }
  }
  leave();
}

bool Simulation::run_until(Time until) {
  assert(until >= now_);
  const FrameArena::Use arena{arena_};
  stopping_ = false;
  settle();
  for (bool ended = false; !ended && !error_;) {
    try {
      loop<true>(static_cast<std::uint64_t>(to_ns(until)));
      ended = true;
    } catch (const ProcessCrashed&) {
      settle();
    }
  }
  leave();
  if (stopping_) return false;
  now_ = until;
  return true;
}

bool Simulation::step() {
  const FrameArena::Use arena{arena_};
  stopping_ = false;
  settle();
  const std::uint64_t before = events_;
  while (events_ == before && !queue_.empty()) {
    try {
      execute_next();
    } catch (const ProcessCrashed&) {
    }
    if (unsettled_) settle();
  }
  leave();
  return events_ != before;
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

void Simulation::resume(TaskFrame& task) {
  current_ = task.scope().entity;
  task.state_ = TaskFrame::State::running;
  task.self_.resume();
}

void Simulation::settle() {
  do {
    if ((unsettled_ & kOther) != 0) settle_others();
    if (ready_next_ == ready_.size()) continue;
    TaskFrame* const task = ready_[ready_next_++];
    if (task == nullptr) continue;
    if (task->scope().state == TaskScope::State::paused) [[unlikely]] {
      static_cast<Process&>(task->scope()).hold(*task);
    } else {
      resume(*task);
    }
  } while (ready_next_ < ready_.size() || (unsettled_ & kOther) != 0);
  ready_.clear();
  ready_next_ = 0;
  unsettled_ = 0;
}

/// What comes before the next task: the caller of a task that finished, then the end of finished and crashed
/// ones.
void Simulation::settle_others() {
  for (;;) {
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
        stopping_ = true;
      }
      root.self_.destroy();
    } else if (!crashed_while_running_.empty()) {
      Process& process = *crashed_while_running_.back();
      crashed_while_running_.pop_back();
      current_ = kKernelEntity;
      process.destroy_frames();
    } else {
      break;
    }
  }
  unsettled_ &= static_cast<std::uint8_t>(~kOther);
}

void Simulation::forget_ready(const TaskFrame& task) {
  for (std::size_t i = ready_next_; i < ready_.size(); ++i) {
    if (ready_[i] == &task) ready_[i] = nullptr;
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

void Simulation::mark(const Due& due, TieKey tie) {
  const EventWindow& window = options_.record;
  if (recording_) recorded_.back().after = hash();
  if (events_ == next_checkpoint_) {
    trail_.add(checkpoint());
    next_checkpoint_ = (events_ / trail_.interval() + 1) * trail_.interval();
  }
  recording_ = window.begin <= events_ && events_ < window.end;
  if (recording_) {
    recorded_.push_back({events_, from_ns(static_cast<std::int64_t>(due.time)), tie, {}, {}});
    next_mark_ = events_ + 1;
  } else {
    next_mark_ = next_checkpoint_;
    if (events_ < window.begin) next_mark_ = std::min(next_mark_, window.begin);
  }
}

HashTrail Simulation::trail() const {
  HashTrail trail = trail_;
  trail.finish(checkpoint());
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
