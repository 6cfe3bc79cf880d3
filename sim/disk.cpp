#include "sim/disk.hpp"

#include <algorithm>
#include <cassert>

namespace wrackline::sim {
namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;
constexpr std::int64_t kMillion = 1'000'000;
constexpr std::size_t kManyEntries = 1024;
constexpr Duration kTogether = std::chrono::milliseconds{50};

}  // namespace

std::string_view to_string(DiskResult result) {
  switch (result) {
    case DiskResult::ok:
      return "ok";
    case DiskResult::full:
      return "no space left";
    case DiskResult::read_only:
      return "read-only";
    case DiskResult::failed:
      return "input/output error";
  }
  return "";
}

const WaitKind Disk::Operation::kAwaitsDisk{
    [](const void* disk) { return "the disk " + static_cast<const Disk*>(disk)->name(); }};

void Disk::Operation::submit() {
  const DiskHandler done{&Operation::finished, this, 0};
  switch (kind_) {
    case Kind::append:
      address_ = disk_.submit_append(file_, process_, bytes_, number_, done);
      break;
    case Kind::replace:
      address_ = disk_.submit_replace(file_, process_, bytes_, number_, done);
      break;
    case Kind::flush:
      address_ = disk_.submit_flush(file_, process_, done);
      break;
    case Kind::read:
      address_ = disk_.submit_read(process_, bytes_, done);
      break;
  }
}

Disk::Disk(Node& node, std::string name, DiskOptions options)
    : simulation_{node.sim()},
      node_{node},
      name_{std::move(name)},
      options_{std::move(options)},
      entity_{simulation_.entity("disk " + name_)},
      self_{std::make_shared<Disk*>(this)},
      write_stream_{simulation_.seed(), "disk " + name_, "write latency"},
      flush_stream_{simulation_.seed(), "disk " + name_, "flush latency"},
      read_stream_{simulation_.seed(), "disk " + name_, "read latency"},
      failures_{simulation_.seed(), "disk " + name_, "failures"} {
  node.listen([self = self_](Node&, NodeChange change) {
    if (*self != nullptr && change == NodeChange::power_lost) (*self)->power_lost();
  });
}

Disk::~Disk() {
  *self_ = nullptr;
  for (const Op& op : ops_) simulation_.cancel(op.event);
}

FileId Disk::open(std::string_view file_name) {
  const auto known = by_name_.find(file_name);
  if (known != by_name_.end()) return {known->second};
  const auto id = static_cast<std::uint32_t>(files_.size());
  files_.emplace_back().name = std::string{file_name};
  by_name_.emplace(file_name, id);
  return {id};
}

Extent Disk::durable(FileId file) const {
  const File& f = files_[file.value];
  Extent result = f.flushed;
  for (std::size_t i = 0; i < f.dirty.size(); ++i) {
    if (f.dirty[i].at + options_.writeback_after > simulation_.now()) break;
    result = f.dirty[i].end;
  }
  return result;
}

/// What the background writeback has reached needs no memory any more.
void Disk::age(File& file) const {
  while (!file.dirty.empty() && file.dirty.front().at + options_.writeback_after <= simulation_.now()) {
    file.flushed = file.dirty.front().end;
    file.dirty.pop_front();
  }
}

Duration Disk::cost(const Distribution& latency, Stream& stream, std::int64_t bytes,
                    std::int64_t bytes_per_second) {
  __extension__ using Nanoseconds = __int128;
  const Duration drawn = latency.sample_duration(stream);
  Nanoseconds ns = drawn.count();
  if (bytes_per_second > 0) ns += Nanoseconds{bytes} * kNsPerSecond / bytes_per_second;
  if (now_.slow_ppm != kMillion) {
    ns = ns * now_.slow_ppm / kMillion;
    ++counts_.slowed;
  }
  constexpr Nanoseconds kFar = Nanoseconds{1} << 60;  // 36 years
  return Duration{static_cast<std::int64_t>(std::min(ns, kFar))};
}

DiskResult Disk::judge(bool writes, std::int64_t bytes) {
  const std::uint64_t nth = counts_.operations++;
  if (writes && now_.read_only) {
    ++counts_.refused;
    return DiskResult::read_only;
  }
  if (writes && bytes > 0 && (now_.full || used_bytes_ + bytes > options_.capacity_bytes)) {
    ++counts_.refused;
    return DiskResult::full;
  }
  if (failures_.chance(nth, now_.failing)) {
    ++counts_.failed;
    return DiskResult::failed;
  }
  return DiskResult::ok;
}

void Disk::watch(Process& process) {
  if (std::exchange(watched_[process.id().value()], true)) return;
  process.listen([self = self_](Process& changed, ProcessChange change) {
    if (*self == nullptr) return;
    if (change == ProcessChange::crashed || change == ProcessChange::stopped) (*self)->process_ended(changed);
  });
}

std::uint32_t Disk::take_op(Kind kind, Process& process, DiskHandler done) {
  watch(process);
  if (free_ops_.empty()) {
    free_ops_.push_back(static_cast<std::uint32_t>(ops_.size()));
    ops_.emplace_back();
  }
  const std::uint32_t index = free_ops_.back();
  free_ops_.pop_back();
  Op& op = ops_[index];
  const std::uint32_t generation = op.generation + 1;
  op = Op{};
  op.generation = generation;
  op.in_use = true;
  op.kind = kind;
  op.process = &process;
  op.done = done;
  return index;
}

void Disk::issue(std::uint32_t index, Time due) {
  ops_[index].event = simulation_.schedule(due, Callback::to<&Disk::on_done>(*this, index), entity_);
}

std::uint64_t Disk::submit_append(FileId file, Process& process, std::int64_t bytes, std::int64_t records,
                                  DiskHandler done) {
  const std::uint32_t index = take_op(Kind::append, process, done);
  Op& op = ops_[index];
  File& f = files_[file.value];
  op.file = file;
  op.result = judge(true, bytes);
  if (op.result == DiskResult::ok) {
    used_bytes_ += bytes;
    f.asked = {f.asked.bytes + bytes, f.asked.records + records};
  }
  op.end = f.asked;
  const Time due =
      simulation_.now() + cost(options_.write_latency, write_stream_, bytes, options_.cache_bytes_per_second);
  f.last_append = std::max(f.last_append, due);
  issue(index, f.last_append);
  return address(index);
}

std::uint64_t Disk::submit_replace(FileId file, Process& process, std::int64_t bytes, std::int64_t version,
                                   DiskHandler done) {
  const std::uint32_t index = take_op(Kind::replace, process, done);
  Op& op = ops_[index];
  File& f = files_[file.value];
  assert(version > f.version);
  op.file = file;
  op.version = version;
  op.result = judge(true, bytes - f.side_bytes);
  if (op.result == DiskResult::ok) {
    used_bytes_ += bytes - f.side_bytes;
    f.side_bytes = bytes;
  }
  const Time due =
      simulation_.now() + cost(options_.write_latency, write_stream_, bytes, options_.cache_bytes_per_second);
  f.last_append = std::max(f.last_append, due);
  issue(index, f.last_append);
  return address(index);
}

std::uint64_t Disk::submit_flush(FileId file, Process& process, DiskHandler done) {
  const std::uint32_t index = take_op(Kind::flush, process, done);
  Op& op = ops_[index];
  File& f = files_[file.value];
  op.file = file;
  op.end = f.asked;
  op.version = f.version;
  op.result = judge(true, 0);
  op.lies = now_.lying;
  age(f);
  const std::int64_t dirty_bytes = f.asked.bytes - f.flushed.bytes;
  // What is written reaches the page cache first.
  const Time begins = std::max({simulation_.now(), f.last_append, device_free_at_});
  device_free_at_ =
      begins + cost(options_.flush_latency, flush_stream_, dirty_bytes, options_.bytes_per_second);
  issue(index, device_free_at_);
  return address(index);
}

std::uint64_t Disk::submit_read(Process& process, std::int64_t bytes, DiskHandler done) {
  const std::uint32_t index = take_op(Kind::read, process, done);
  ops_[index].result = judge(false, 0);
  issue(index,
        simulation_.now() + cost(options_.read_latency, read_stream_, bytes, options_.bytes_per_second));
  return address(index);
}

void Disk::append(FileId file, Process& process, std::int64_t bytes, std::int64_t records, DiskHandler done) {
  submit_append(file, process, bytes, records, done);
}
void Disk::replace(FileId file, Process& process, std::int64_t bytes, std::int64_t version,
                   DiskHandler done) {
  submit_replace(file, process, bytes, version, done);
}
void Disk::flush(FileId file, Process& process, DiskHandler done) { submit_flush(file, process, done); }
void Disk::read(Process& process, std::int64_t bytes, DiskHandler done) { submit_read(process, bytes, done); }

Disk::Operation Disk::append(FileId file, Process& process, std::int64_t bytes, std::int64_t records) {
  return Operation{*this, Kind::append, file, process, bytes, records};
}
Disk::Operation Disk::replace(FileId file, Process& process, std::int64_t bytes, std::int64_t version) {
  return Operation{*this, Kind::replace, file, process, bytes, version};
}
Disk::Operation Disk::flush(FileId file, Process& process) {
  return Operation{*this, Kind::flush, file, process, 0, 0};
}
Disk::Operation Disk::read(Process& process, std::int64_t bytes) {
  return Operation{*this, Kind::read, FileId{}, process, bytes, 0};
}

void Disk::on_done(std::uint64_t index) {
  const auto op = static_cast<std::uint32_t>(index);
  if (now_.stalled) {
    ++counts_.stalled;
    waiting_.push_back(op);
    return;
  }
  complete(op);
}

void Disk::complete(std::uint32_t index) {
  Op& op = ops_[index];
  if (op.result == DiskResult::ok && op.kind != Kind::read) {
    File& f = files_[op.file.value];
    if (op.kind == Kind::append) {
      f.written = op.end;
      age(f);
      // So many entries to choose from are enough: a busy file's are counted together.
      if (f.dirty.size() >= kManyEntries && f.dirty.back().at + kTogether > simulation_.now()) {
        f.dirty.back().end = f.written;
      } else {
        f.dirty.push_back({f.written, simulation_.now()});
      }
    } else if (op.kind == Kind::replace) {
      f.version = std::max(f.version, op.version);
    } else if (op.lies) {
      ++counts_.lied;
    } else {
      f.durable_version = std::max(f.durable_version, std::min(op.version, f.version));
      while (!f.dirty.empty() && f.dirty.front().end.bytes <= op.end.bytes) {
        f.flushed = f.dirty.front().end;
        f.dirty.pop_front();
      }
    }
  }
  if (op.process == nullptr || op.done.function == nullptr) {
    free_op(index);
    return;
  }
  op.posted = true;
  // A process that ends before it takes this has its operation freed by process_ended.
  if (!op.process->deliver({&Disk::hand_over, this, address(index)})) {
    if (ops_[index].in_use && ops_[index].posted) free_op(index);
  }
}

void Disk::hand_over(void* disk, std::uint64_t address) {
  auto& self = *static_cast<Disk*>(disk);
  const auto index = static_cast<std::uint32_t>(address);
  const Op& op = self.ops_[index];
  if (!op.in_use || op.generation != address >> 32) return;
  const DiskHandler done = op.done;
  const DiskResult result = op.result;
  const bool wanted = op.process != nullptr;
  self.free_op(index);
  if (wanted) done.function(done.object, done.argument, result);
}

void Disk::free_op(std::uint32_t index) {
  Op& op = ops_[index];
  op.in_use = false;
  op.process = nullptr;
  free_ops_.push_back(index);
}

void Disk::forget(std::uint64_t address) {
  Op& op = ops_[static_cast<std::uint32_t>(address)];
  if (op.in_use && op.generation == address >> 32) op.process = nullptr;
}

void Disk::truncate(FileId file, Extent to) {
  File& f = files_[file.value];
  assert(to.bytes <= f.asked.bytes && to.records <= f.asked.records);
  used_bytes_ -= f.asked.bytes - to.bytes + f.torn_bytes;
  f.torn_bytes = 0;
  f.asked = to;
  cut_under_way(file, to);
  if (to.bytes >= f.written.bytes) return;
  f.written = to;
  while (!f.dirty.empty() && f.dirty.back().end.bytes > to.bytes) f.dirty.pop_back();
  if (f.flushed.bytes > to.bytes) f.flushed = to;
  const std::int64_t known = f.dirty.empty() ? f.flushed.bytes : f.dirty.back().end.bytes;
  if (known < to.bytes) f.dirty.push_back({to, simulation_.now()});
}

void Disk::cut_under_way(FileId file, Extent to) {
  for (Op& op : ops_) {
    const bool of_file = op.in_use && !op.posted && op.file.value == file.value &&
                         (op.kind == Kind::append || op.kind == Kind::flush);
    if (of_file && op.end.bytes > to.bytes) op.end = to;
  }
}

void Disk::make_durable(FileId file, std::int64_t bytes) {
  File& f = files_[file.value];
  while (!f.dirty.empty() && f.dirty.front().end.bytes <= bytes) {
    f.flushed = f.dirty.front().end;
    f.dirty.pop_front();
  }
  f.flushed.bytes = std::max(f.flushed.bytes, std::min(bytes, f.written.bytes));
}

void Disk::drop_prefix(FileId file, std::int64_t bytes) {
  File& f = files_[file.value];
  const std::int64_t dropped = std::min(bytes, f.written.bytes);
  if (dropped <= f.dropped_bytes) return;
  used_bytes_ -= dropped - f.dropped_bytes;
  f.dropped_bytes = dropped;
}

}  // namespace wrackline::sim
