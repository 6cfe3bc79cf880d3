// One run of a simulated world: virtual time, the order of events, the fingerprint. One object, no globals.
//
//   Simulation sim{{.seed = 42}};
//   Node& node = sim...                       // nodes and processes: sim/node.hpp, sim/process.hpp
//   sim.schedule(kStart + 5ms, Callback::to<&Broker::on_tick>(broker), broker_entity);
//   sim.run();
//   sim.hash();                               // the same on every machine and compiler
//
// Order of events: (time, priority, source entity, per-source counter). It is total, and what an unrelated
// entity does at the same instant can not disturb it. With `tie_seed` set, events of one instant and priority
// are ordered by a seeded hash instead: another legal order per seed, for exploration.
//
// An event whose source is a process is that process's timer: it dies when the process crashes and is held
// back while it is paused. What must outlive a process (a message on its way, a disk write) is scheduled by
// the entity of the link or the disk.
//
// Not here: threads (one run is one thread), wall clocks, random draws (sim/random.hpp keys them by seed and
// name).
#pragma once

#include <cassert>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/entity.hpp"
#include "sim/event_id.hpp"
#include "sim/event_queue.hpp"
#include "sim/event_slots.hpp"
#include "sim/frame_arena.hpp"
#include "sim/moment.hpp"
#include "sim/run_hash.hpp"
#include "sim/time.hpp"

namespace wrackline::sim {

class Node;
class Process;
class TaskFrame;
class LeverRegistry;
class SelectorRegistry;
struct TaskScope;

struct SimulationOptions {
  std::uint64_t seed = 0;
  std::optional<std::uint64_t> tie_seed{};  ///< explore another order of simultaneous events
  QueueKind queue = QueueKind::adaptive;    ///< either gives the same run
  std::uint64_t checkpoint_interval = 1024;
  EventWindow record{};  ///< keep an EventRecord of each of these events
};

/// Names a scheduled event, to cancel it. Survives the event: cancelling one that has happened does nothing.
class EventHandle {
 public:
  EventHandle() = default;

 private:
  friend class Simulation;
  EventHandle(std::uint32_t slot, std::uint64_t order) : order_{order}, slot_{slot} {}
  std::uint64_t order_ = 0;  ///< unique in the run
  std::uint32_t slot_ = 0;
};

/// Unwinds the code of a process that crashed while it ran. Thrown by Process::announce and Process::fail;
/// caught by the kernel. Not a std::exception, so that no model catches it by accident.
struct ProcessCrashed {};

class Simulation {
 public:
  explicit Simulation(const SimulationOptions& options = {});
  ~Simulation();
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  Time now() const { return now_; }
  std::uint64_t seed() const { return options_.seed; }
  const SimulationOptions& options() const { return options_; }

  /// The entity of that name; made if there is none yet. Ids follow the order of first mention.
  EntityId entity(std::string_view name);
  const std::string& entity_name(EntityId id) const { return entity_names_[id.value()]; }
  std::size_t entity_count() const { return entity_names_.size(); }

  /// Calls back at `at`, which is not in the past. Allocates nothing in steady state.
  [[gnu::always_inline]] EventHandle schedule(Time at, Callback call, EntityId source,
                                              Priority priority = Priority::normal) {
    assert(at >= now_ && "an event in the past");
    const std::uint64_t urgency = std::uint64_t{static_cast<std::uint8_t>(priority)} << 60;
    const std::uint64_t order = tie_order_.of(TieKey{next_tie_[source.value()]++ | urgency});
    const std::uint32_t slot = slots_.take(call, order);
    queue_.push(static_cast<std::uint64_t>(to_ns(at)), order, slot);
    return {slot, order};
  }
  EventHandle schedule_after(Duration delay, Callback call, EntityId source,
                             Priority priority = Priority::normal) {
    return schedule(now_ + delay, call, source, priority);
  }
  /// True if the event was still to come.
  bool cancel(EventHandle handle) {
    if (!is_pending(handle)) return false;
    slots_[handle.slot_].call.function = nullptr;
    ++tombstones_;
    if (tombstones_ > kFewTombstones && 2 * tombstones_ > queue_.size()) [[unlikely]]
      bury_tombstones();
    return true;
  }
  bool is_pending(EventHandle handle) const {
    if (handle.slot_ >= slots_.size()) return false;
    const EventSlot& slot = slots_[handle.slot_];
    return slot.order == handle.order_ && !slot.cancelled();
  }

  /// Runs until nothing is left to do or stop() is called.
  void run();
  /// Executes every event up to and including `until`, then sets the clock to it. False if stop() ended it
  /// earlier.
  bool run_until(Time until);
  /// One event and all that it wakes. False if there was none.
  bool step();
  /// From inside an event: no further event is executed.
  void stop() {
    stopping_ = true;
    unsettled_ |= kStopping;
  }
  /// Time of the next event, or kNever.
  Time next_time();

  /// Ends every process without a word to anybody: their frames are destroyed, nothing runs any more. Call it
  /// before what the frames refer to goes away; the destructor does it too.
  void shut_down();

  std::uint64_t events() const { return mark_at_ + 1 - before_mark_; }
  std::size_t pending() const { return queue_.size() - tombstones_; }

  Hash128 hash() const { return hash_.value(); }
  /// For what a model does besides scheduling: payloads, decisions. Never an address.
  void absorb(std::uint64_t a, std::uint64_t b) { hash_.absorb(a, b); }
  HashTrail trail() const;
  /// The records of the window asked for in the options.
  std::vector<EventRecord> records() const;

  MomentRegistry& moments() { return moments_; }
  const MomentRegistry& moments() const { return moments_; }
  /// Announces a moment for an entity that is no process (a link, the controller of the run). For processes:
  /// Process::announce.
  template <class... Value>
  void announce(const MomentDef& def, EntityId who, Value... values) {
    announce_for(def, who, nullptr, values...);
  }

  LeverRegistry& levers() { return *levers_; }
  SelectorRegistry& selectors() { return *selectors_; }

  /// Makes a node with its clocks and `cores` processors. The run owns it.
  Node& add_node(std::string name, std::string zone = "", unsigned cores = 1);
  /// Every node and process of the run, in the order in which they were made.
  const std::vector<std::unique_ptr<Node>>& nodes() const { return nodes_; }
  const std::vector<Process*>& processes() const { return processes_; }
  Node* find_node(std::string_view name) const;
  Process* find_process(std::string_view name) const;

  /// A name that lives as long as the run, for tasks whose names are composed.
  const char* intern(std::string_view name);

  /// The entity whose code runs now; kKernelEntity outside events.
  EntityId current() const { return current_; }

 private:
  friend class TaskFrame;
  friend class TaskHandle;
  friend class Process;
  friend class Node;
  template <class>
  friend class TimeoutAwaiter;

  static constexpr std::size_t kFewTombstones = 64;
  static constexpr std::uint8_t kReady = 1;
  static constexpr std::uint8_t kOther = 2;
  static constexpr std::uint8_t kStopping = 4;

  template <class... Value>
  void announce_for(const MomentDef& def, EntityId who, Process* process, Value... values) {
    static_assert(sizeof...(values) <= kMostAttributes);
    const MomentRegistry::Id id = moments_.note(def);
    absorb(def.key, who.value());
    absorb_values(static_cast<std::int64_t>(values)...);
    if (moments_.watched(id) || recording_) [[unlikely]] {
      Moment moment{def, 0, now_, events(), who, process, {static_cast<std::int64_t>(values)...}};
      tell(id, moment);
    }
  }
  void absorb_values() {}
  void absorb_values(std::int64_t a) { absorb(static_cast<std::uint64_t>(a), 1); }
  template <class... More>
  void absorb_values(std::int64_t a, std::int64_t b, More... more) {
    absorb(static_cast<std::uint64_t>(a), static_cast<std::uint64_t>(b));
    absorb_values(more...);
  }
  void tell(MomentRegistry::Id id, Moment& moment);

  template <bool kBounded>
  void loop(std::uint64_t until);
  void execute_next();
  bool hold_back(std::uint32_t slot, TieKey tie);
  void mark(std::uint64_t time, TieKey tie);
  void mark_at(std::uint64_t index, std::uint64_t done);
  bool settle();
  bool settle_rest();
  void settle_others();
  void resume_first_ready();
  void go_on() {
    stopping_ = false;
    unsettled_ &= static_cast<std::uint8_t>(~kStopping);
  }
  void leave();
  void bury_tombstones();

  // Used by tasks and processes.
  void make_ready(TaskFrame& task);
  void forget_ready(const TaskFrame& task);
  void continue_with(TaskFrame& task) {
    next_ = &task;
    unsettled_ |= kOther;
  }
  void bury(TaskFrame& finished_root) {
    finished_roots_.push_back(&finished_root);
    unsettled_ |= kOther;
  }
  void resume(TaskFrame& task);
  void drop_timers(EntityId process);
  Process* process_of(EntityId entity) const { return process_of_entity_[entity.value()]; }

  struct Recorded {
    std::uint64_t index;
    Time at;
    TieKey tie;
    Hash128 after;
    std::vector<std::string> moments;
  };

  SimulationOptions options_;
  TieOrder tie_order_;
  std::uint8_t unsettled_ = 0;  ///< of kReady, kOther, kStopping: what there is to do before the next event
  bool stopping_ = false;
  bool recording_ = false;
  Time now_ = kStart;
  std::uint64_t before_mark_ = 1;  ///< so many events, and with it their number in all
  std::uint64_t mark_at_ = 0;
  EntityId current_ = kKernelEntity;
  std::uint32_t paused_processes_ = 0;
  RunHash hash_;
  EventSlots slots_;
  EventQueue queue_;
  std::size_t tombstones_ = 0;
  std::vector<std::uint64_t> next_tie_;

  TaskFrame* first_ready_ = nullptr;  ///< linked through the tasks
  TaskFrame* last_ready_ = nullptr;   ///< if there is a first
  TaskFrame* next_ = nullptr;
  std::vector<TaskFrame*> finished_roots_;
  std::vector<Process*> crashed_while_running_;

  HashTrail trail_;
  std::uint64_t next_checkpoint_;
  std::vector<Recorded> recorded_;
  std::exception_ptr error_;  ///< what a task let out; run() passes it on
  MomentRegistry moments_;

  FrameArena* arena_;
  std::vector<std::string> entity_names_;
  std::map<std::string, EntityId, std::less<>> entity_ids_;
  std::map<std::string, std::unique_ptr<std::string>, std::less<>> interned_;
  std::unique_ptr<LeverRegistry> levers_;
  std::unique_ptr<SelectorRegistry> selectors_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<Process*> processes_;
  std::vector<Process*> process_of_entity_;  ///< by entity; null where the entity is no process
};

}  // namespace wrackline::sim
