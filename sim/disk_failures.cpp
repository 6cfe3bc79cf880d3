// The disk when things go wrong: ends of processes, loss of power, empty replacements, conditions. What it
// does while all is well is in disk.cpp.
#include <algorithm>

#include "sim/disk.hpp"

namespace wrackline::sim {
namespace {

constexpr std::int64_t kMillion = 1'000'000;

}  // namespace

void ConditionHandle::end() {
  if (disk_ != nullptr && *disk_ != nullptr && id_ != 0) (*disk_)->end_condition(id_);
  id_ = 0;
}

void Disk::process_ended(const Process& process) {
  for (std::uint32_t index = 0; index < ops_.size(); ++index) {
    Op& op = ops_[index];
    if (!op.in_use || op.process != &process) continue;
    if (op.posted) {
      free_op(index);
    } else {
      op.process = nullptr;
    }
  }
}

void Disk::power_lost() {
  for (std::uint32_t index = 0; index < ops_.size(); ++index) {
    Op& op = ops_[index];
    if (!op.in_use) continue;
    simulation_.cancel(op.event);
    free_op(index);
  }
  waiting_.clear();
  device_free_at_ = simulation_.now();
  const std::uint64_t nth = power_losses_++;
  for (File& f : files_) {
    Stream stream = Decider{simulation_.seed(), "disk " + name_ + " " + f.name, "power loss"}.stream(nth);
    age(f);
    const Extent before = f.asked;
    std::uint64_t kept = 0;
    if (fate_ == UnsyncedFate::keep_all) kept = f.dirty.size();
    if (fate_ == UnsyncedFate::random) kept = stream.below(f.dirty.size() + 1);
    if (kept > 0) f.flushed = f.dirty[kept - 1].end;
    f.torn_bytes = 0;
    if (kept < f.dirty.size() && fate_ == UnsyncedFate::random && stream.chance(torn_)) {
      const std::int64_t entry_bytes = f.dirty[kept].end.bytes - f.flushed.bytes;
      if (entry_bytes > 1) {
        f.torn_bytes = stream.between(1, entry_bytes - 1);
        ++counts_.torn;
      }
    }
    f.dirty.clear();
    f.asked = f.written = f.flushed;
    f.last_append = simulation_.now();
    counts_.records_lost += static_cast<std::uint64_t>(before.records - f.written.records);
    counts_.bytes_lost += static_cast<std::uint64_t>(before.bytes - f.written.bytes);
    used_bytes_ -= before.bytes - f.written.bytes - f.torn_bytes;
    if (f.version != f.durable_version) {
      const bool survived =
          fate_ == UnsyncedFate::keep_all || (fate_ == UnsyncedFate::random && stream.chance({1, 2}));
      if (survived) {
        f.durable_version = f.version;
      } else {
        f.version = f.durable_version;
      }
    }
  }
}

ConditionHandle Disk::impose(DiskCondition condition) {
  conditions_.emplace_back(next_condition_, condition);
  combine();
  return {self_, next_condition_++};
}

void Disk::combine() {
  __extension__ using Product = __int128;
  constexpr std::int64_t kSlowestPpm = kMillion * kMillion * kMillion;  // nothing comes back within a run
  DiskCondition sum;
  for (const auto& [id, condition] : conditions_) {
    sum.slow_ppm = static_cast<std::int64_t>(
        std::min<Product>(Product{sum.slow_ppm} * condition.slow_ppm / kMillion, kSlowestPpm));
    sum.stalled = sum.stalled || condition.stalled;
    sum.full = sum.full || condition.full;
    sum.read_only = sum.read_only || condition.read_only;
    sum.lying = sum.lying || condition.lying;
    if (!condition.failing.is_zero()) sum.failing = condition.failing;
  }
  now_ = sum;
}

void Disk::end_condition(std::uint32_t id) {
  std::erase_if(conditions_, [id](const auto& entry) { return entry.first == id; });
  combine();
  if (now_.stalled) return;
  for (const std::uint32_t op : std::exchange(waiting_, {})) issue(op, simulation_.now());
}

void Disk::wipe() {
  for (std::uint32_t file = 0; file < files_.size(); ++file) {
    File& f = files_[file];
    cut_under_way({file}, {});
    counts_.records_lost += static_cast<std::uint64_t>(f.written.records);
    counts_.bytes_lost += static_cast<std::uint64_t>(f.written.bytes);
    std::string its_name = std::move(f.name);
    f = File{};
    f.name = std::move(its_name);
    f.last_append = simulation_.now();
  }
  used_bytes_ = 0;
}

void Disk::set_power_loss(UnsyncedFate fate, Ratio torn) {
  fate_ = fate;
  torn_ = torn;
}

}  // namespace wrackline::sim
