// A disk of a node: what was written (the page cache, which a crashing process leaves behind) beside what is
// durable (which is all that a loss of power leaves).
//
//   const FileId log = disk.open("payments-0/log");
//   DiskResult result = co_await disk.append(log, process, 16'384, 1);        // bytes, records (or batches)
//   result = co_await disk.flush(log, process);                               // fsync
//   ... power is lost and comes back ...
//   disk.written(log)                                                          // how much survived, and
//   whether it is torn
//
// Contents are abstract. A log file is a sequence of entries, each so many bytes and so many records of the
// caller's unit; after a restart the model asks how many survived. A side file (a checkpoint, a snapshot) is
// replaced whole: it has a version number, and the model asks which version survived (`Kept<T>` keeps the
// contents with the versions). Each file is flushed on its own, so that side files and logs may disagree
// after a loss of power.
//
// Loss of power: of what was not flushed, the background writeback has saved whatever is older than
// `writeback_after`; of the rest a random beginning survives (a stream per file; or all, or nothing), and the
// entry after it may be torn: partly there. Side files keep their flushed version or a later one. Faults:
// `DiskCondition` (slow, stalled, full, read-only, failing, fsync that lies), in force as long as its handle
// lives. Not modelled: seek times, file systems, directories, RAID, contents.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/distribution.hpp"
#include "sim/node.hpp"
#include "sim/process.hpp"
#include "sim/simulation.hpp"
#include "sim/task.hpp"

namespace wrackline::sim {

/// Dense number of a file on its disk. Files live as long as the disk: a name is the same file after a
/// restart.
struct FileId {
  std::uint32_t value = 0;
};

enum class DiskResult : std::uint8_t { ok, full, read_only, failed };
std::string_view to_string(DiskResult result);

/// How far a file reaches.
struct Extent {
  std::int64_t bytes = 0;
  std::int64_t records = 0;
  friend bool operator==(const Extent&, const Extent&) = default;
};

struct DiskOptions {
  Distribution write_latency =
      Distribution::constant(std::chrono::microseconds{10});  ///< into the page cache
  std::int64_t cache_bytes_per_second = 2'000'000'000;
  Distribution flush_latency = Distribution::lognormal_median_p99(2e6, 6e6);  ///< science.md §5: fsync 2 ms
  Distribution read_latency =
      Distribution::constant(std::chrono::microseconds{100});  ///< not in the page cache
  std::int64_t bytes_per_second = 500'000'000;                 ///< of the device
  std::int64_t capacity_bytes = 1'000'000'000'000;
  Duration writeback_after = std::chrono::seconds{30};  ///< vm.dirty_expire_centisecs
};

/// What is wrong with a disk for a while.
struct DiskCondition {
  std::int64_t slow_ppm = 1'000'000;  ///< every operation takes so many millionths of its usual time
  bool stalled = false;               ///< nothing completes until it ends
  bool full = false;
  bool read_only = false;
  Ratio failing = Ratio::never();  ///< an operation fails (EIO); decided per operation
  bool lying = false;              ///< fsync reports success and makes nothing durable
};

/// What a loss of power does to what is not durable.
enum class UnsyncedFate : std::uint8_t { random, lose_all, keep_all };

struct DiskCounts {
  std::uint64_t operations = 0;
  std::uint64_t slowed = 0;
  std::uint64_t stalled = 0;
  std::uint64_t refused = 0;  ///< full or read-only
  std::uint64_t failed = 0;
  std::uint64_t lied = 0;
  std::uint64_t records_lost = 0;  ///< to losses of power
  std::uint64_t bytes_lost = 0;
  std::uint64_t torn = 0;
};

class Disk;

/// Called when an operation is done, in the process's name; never if it crashed meanwhile.
struct DiskHandler {
  using Function = void (*)(void* object, std::uint64_t argument, DiskResult result);
  Function function = nullptr;
  void* object = nullptr;
  std::uint64_t argument = 0;

  template <auto Member, class Object>
  static DiskHandler to(Object& object, std::uint64_t argument = 0) {
    return {[](void* self, std::uint64_t word, DiskResult result) {
              (static_cast<Object*>(self)->*Member)(word, result);
            },
            &object, argument};
  }
};

/// Ends its condition when it goes away.
class ConditionHandle {
 public:
  ConditionHandle() = default;
  ConditionHandle(ConditionHandle&& other) noexcept { *this = std::move(other); }
  ConditionHandle& operator=(ConditionHandle&& other) noexcept {
    std::swap(disk_, other.disk_);
    std::swap(id_, other.id_);
    return *this;
  }
  ~ConditionHandle() { end(); }
  void end();

 private:
  friend class Disk;
  ConditionHandle(std::shared_ptr<Disk*> disk, std::uint32_t id) : disk_{std::move(disk)}, id_{id} {}
  std::shared_ptr<Disk*> disk_;
  std::uint32_t id_ = 0;
};

class Disk {
 public:
  Disk(Node& node, std::string name, DiskOptions options = {});
  ~Disk();
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  const std::string& name() const { return name_; }
  Node& node() const { return node_; }
  const DiskCounts& counts() const { return counts_; }

  /// The file of that name, made if there is none.
  FileId open(std::string_view file_name);

  /// Adds an entry at the end of a log file. It is in the page cache, visible and proof against a crash of
  /// the process, when the operation is done; entries of one file become so in the order of asking.
  void append(FileId file, Process& process, std::int64_t bytes, std::int64_t records, DiskHandler done);
  /// Replaces a side file by a version (any number that grows).
  void replace(FileId file, Process& process, std::int64_t bytes, std::int64_t version, DiskHandler done);
  /// Makes durable what has been asked of the file so far, appends that are still under way included. The
  /// device serves one flush at a time.
  void flush(FileId file, Process& process, DiskHandler done);
  /// Reading what is not in the page cache.
  void read(Process& process, std::int64_t bytes, DiskHandler done);

  class Operation;
  [[nodiscard]] Operation append(FileId file, Process& process, std::int64_t bytes, std::int64_t records);
  [[nodiscard]] Operation replace(FileId file, Process& process, std::int64_t bytes, std::int64_t version);
  [[nodiscard]] Operation flush(FileId file, Process& process);
  [[nodiscard]] Operation read(Process& process, std::int64_t bytes);

  /// What a process that looks now finds.
  Extent written(FileId file) const { return files_[file.value].written; }
  /// With the appends that are still under way.
  Extent asked(FileId file) const { return files_[file.value].asked; }
  std::int64_t version(FileId file) const { return files_[file.value].version; }
  /// The truth beside the view: what a loss of power now would certainly leave.
  Extent durable(FileId file) const;
  std::int64_t durable_version(FileId file) const { return files_[file.value].durable_version; }
  /// After a loss of power: bytes of an incomplete entry behind written(); 0 once truncated.
  std::int64_t torn_bytes(FileId file) const { return files_[file.value].torn_bytes; }

  /// Cuts the file; it takes effect at once, on what was asked and is still under way too. Also ends a torn
  /// entry.
  void truncate(FileId file, Extent to);
  /// The file's beginning was replaced by what is durable already: a file of its own that was flushed and
  /// renamed.
  void make_durable(FileId file, std::int64_t bytes);
  /// Gives the space of the file's beginning back (retention). Extents go on counting from the file's
  /// creation. `bytes`: with all that was given back before.
  void drop_prefix(FileId file, std::int64_t bytes);
  std::int64_t used_bytes() const { return used_bytes_; }

  [[nodiscard]] ConditionHandle impose(DiskCondition condition);
  /// Everything is gone, durable or not (the machine came back with an empty disk). File numbers stay valid.
  void wipe();

  /// For the losses of power from now on. A torn entry with this probability.
  void set_power_loss(UnsyncedFate fate, Ratio torn = {1, 4});

 private:
  friend class ConditionHandle;

  struct Entry {
    Extent end;
    Time at;
  };
  /// First in, first out, in one block of memory.
  class Dirty {
   public:
    bool empty() const { return first_ == entries_.size(); }
    std::size_t size() const { return entries_.size() - first_; }
    const Entry& operator[](std::size_t i) const { return entries_[first_ + i]; }
    const Entry& front() const { return entries_[first_]; }
    Entry& back() { return entries_.back(); }
    void push_back(const Entry& entry) {
      if (first_ > 64 && 2 * first_ > entries_.size()) {
        entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(first_));
        first_ = 0;
      }
      entries_.push_back(entry);
    }
    void pop_front() {
      if (++first_ == entries_.size()) clear();
    }
    void pop_back() {
      entries_.pop_back();
      if (first_ == entries_.size()) clear();
    }
    void clear() {
      entries_.clear();
      first_ = 0;
    }

   private:
    std::vector<Entry> entries_;
    std::size_t first_ = 0;
  };
  struct File {
    std::string name;
    Extent asked;  ///< with the appends that are under way
    Extent written;
    Extent flushed;
    Dirty dirty;  ///< entries behind `flushed` that the writeback may not have reached
    std::int64_t torn_bytes = 0;
    std::int64_t version = 0;
    std::int64_t durable_version = 0;
    std::int64_t side_bytes = 0;
    std::int64_t dropped_bytes = 0;
    Time last_append{kStart};
  };
  enum class Kind : std::uint8_t { append, replace, flush, read };
  struct Op {
    Kind kind = Kind::append;
    DiskResult result = DiskResult::ok;
    bool in_use = false;
    bool posted = false;
    bool lies = false;
    FileId file;
    std::uint32_t generation = 0;
    Extent end;  ///< where the file ends with this append; what this flush makes durable
    std::int64_t version = 0;
    Process* process = nullptr;  ///< null: nobody waits
    DiskHandler done;
    EventHandle event;
  };

  void watch(Process& process);
  void process_ended(const Process& process);
  void power_lost();
  std::uint32_t take_op(Kind kind, Process& process, DiskHandler done);
  void issue(std::uint32_t op, Time due);
  void on_done(std::uint64_t op);
  void complete(std::uint32_t op);
  static void hand_over(void* disk, std::uint64_t address);
  void free_op(std::uint32_t op);
  void forget(std::uint64_t address);
  std::uint64_t address(std::uint32_t op) const { return std::uint64_t{ops_[op].generation} << 32 | op; }
  std::uint64_t submit_append(FileId, Process&, std::int64_t bytes, std::int64_t records, DiskHandler);
  std::uint64_t submit_replace(FileId, Process&, std::int64_t bytes, std::int64_t version, DiskHandler);
  std::uint64_t submit_flush(FileId, Process&, DiskHandler);
  std::uint64_t submit_read(Process&, std::int64_t bytes, DiskHandler);
  Duration cost(const Distribution& latency, Stream& stream, std::int64_t bytes,
                std::int64_t bytes_per_second);
  DiskResult judge(bool writes, std::int64_t bytes);
  void age(File& file) const;
  void cut_under_way(FileId file, Extent to);
  void end_condition(std::uint32_t id);
  void combine();

  Simulation& simulation_;
  Node& node_;
  std::string name_;
  DiskOptions options_;
  EntityId entity_;
  std::shared_ptr<Disk*> self_;
  Stream write_stream_;
  Stream flush_stream_;
  Stream read_stream_;
  Decider failures_;
  std::vector<File> files_;
  std::map<std::string, std::uint32_t, std::less<>> by_name_;
  std::vector<Op> ops_;
  std::vector<std::uint32_t> free_ops_;
  std::vector<std::uint32_t> waiting_;  ///< done but for the stall
  std::map<std::uint32_t, bool> watched_;
  Time device_free_at_{kStart};
  std::int64_t used_bytes_ = 0;
  DiskCounts counts_;
  std::vector<std::pair<std::uint32_t, DiskCondition>> conditions_;
  DiskCondition now_;  ///< all conditions together
  std::uint32_t next_condition_ = 1;
  UnsyncedFate fate_ = UnsyncedFate::random;
  Ratio torn_{1, 4};
  std::uint64_t power_losses_ = 0;
};

/// An operation to await. A cancelled task does not undo it.
class [[nodiscard]] Disk::Operation {
 public:
  Operation(Disk& disk, Kind kind, FileId file, Process& process, std::int64_t bytes, std::int64_t number)
      : disk_{disk}, process_{process}, file_{file}, bytes_{bytes}, number_{number}, kind_{kind} {}
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;
  ~Operation() {
    if (task_ != nullptr) disk_.forget(address_);
  }
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> caller) {
    task_ = &caller.promise();
    task_->wait_for(kAwaitsDisk, &disk_);
    submit();
  }
  DiskResult await_resume() {
    std::exchange(task_, nullptr)->resumed();
    return result_;
  }

 private:
  static const WaitKind kAwaitsDisk;
  void submit();
  static void finished(void* self, std::uint64_t, DiskResult result) {
    auto& operation = *static_cast<Operation*>(self);
    operation.result_ = result;
    operation.task_->wake();
  }
  Disk& disk_;
  Process& process_;
  FileId file_;
  std::int64_t bytes_;
  std::int64_t number_;
  std::uint64_t address_ = 0;
  TaskFrame* task_ = nullptr;
  Kind kind_;
  DiskResult result_ = DiskResult::ok;
};

/// The contents of a side file, by version: what the page cache holds, and what may be found after a loss of
/// power.
template <class T>
class Kept {
 public:
  /// The version to give to Disk::replace for this value.
  std::int64_t put(T value) {
    values_.emplace_back(++last_, std::move(value));
    return last_;
  }
  /// The value of the version that the disk reports; null for 0 (never written). Versions that neither the
  /// cache nor the durable file can name any more are forgotten.
  const T* at(const Disk& disk, FileId file) {
    const std::int64_t oldest = disk.durable_version(file);
    while (!values_.empty() && values_.front().first < oldest) values_.pop_front();
    for (const auto& [version, value] : values_) {
      if (version == disk.version(file)) return &value;
    }
    return nullptr;
  }

 private:
  std::deque<std::pair<std::int64_t, T>> values_;
  std::int64_t last_ = 0;
};

}  // namespace wrackline::sim
