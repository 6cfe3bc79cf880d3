#include "engine/kafka/cleaner_thread.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/kafka/moments.hpp"

namespace wrackline::kafka {

CleanerThread::CleanerThread(ClusterContext& cluster, BrokerId id, sim::Process& process, sim::Disk& disk,
                             ReplicaManager& replicas)
    : cluster_{cluster},
      id_{id},
      process_{process},
      disk_{disk},
      replicas_{replicas},
      cleaner_{cluster.settings.cleaner} {
  for (const PartitionId partition : replicas.hosted()) {
    const UnifiedLog& log = replicas.find(partition)->log();
    if (log.config().compacted) logs_.push_back({partition, &log});
  }
}

sim::Duration CleanerThread::backoff() const {
  return std::chrono::milliseconds{cluster_.settings.log_cleaner_backoff_ms};
}

void CleanerThread::start() {
  running_ = false;
  last_look_ = process_.node().clock().mono(process_.now());
  segment_closed();
}

void CleanerThread::segment_closed() {
  if (running_ || !cluster_.settings.log_cleaner_enable || !may_find_something()) return;
  running_ = true;
  const sim::Duration waited = process_.node().clock().mono(process_.now()) - last_look_;
  const sim::Duration pause = backoff();
  process_.spawn("log cleaner", run(pause.count() == 0 ? pause : pause - waited % pause));
}

bool CleanerThread::may_find_something() const {
  for (const LogCleanerManager::Candidate& candidate : logs_) {
    const UnifiedLog& log = *candidate.log;
    const Offset clean = manager_.checkpoint(candidate.number).value_or(log.log_start_offset());
    if (clean > log.log_end_offset() || clean < log.segment_base(log.segment_count() - 1)) return true;
  }
  return false;
}

sim::Task<> CleanerThread::run(sim::Duration until_next_look) {
  co_await sim::sleep_local(until_next_look);
  for (;;) {
    if (auto grabbed = manager_.grab_filthiest(logs_, process_.node().wall_ms())) {
      co_await clean(*grabbed);
      continue;
    }
    last_look_ = process_.node().clock().mono(process_.now());
    if (!may_find_something()) break;
    // Without a pause it would look again and again in no time.
    co_await sim::sleep_local(std::max<sim::Duration>(backoff(), std::chrono::milliseconds{1}));
  }
  running_ = false;
}

sim::FileId CleanerThread::cleaned_file(PartitionId partition) {
  const sim::FileId file = disk_.open("log/" + cluster_.layout.name_of(partition) + ".cleaned");
  // What a pass that was broken off has left.
  disk_.truncate(file, {});
  return file;
}

sim::Task<> CleanerThread::clean(LogCleanerManager::Grabbed grabbed) {
  const auto partition = static_cast<PartitionId>(grabbed.number);
  const UnifiedLog& log = replicas_.find(partition)->log();
  const std::uint64_t truncations = replicas_.truncations(partition);
  sim::DiskResult result =
      co_await disk_.read(process_, grabbed.to_clean.cleanable_bytes + grabbed.to_clean.total_bytes());
  if (result != sim::DiskResult::ok) {
    replicas_.disk_failed();
    co_return;
  }
  if (replicas_.truncations(partition) != truncations) co_return;
  CleanedLog cleaned = cleaner_.clean(log, grabbed.to_clean, process_.node().wall_ms());
  const sim::FileId file = cleaned_file(partition);
  result = co_await disk_.append(file, process_, cleaned.bytes_written, 0);
  if (result == sim::DiskResult::ok) result = co_await disk_.flush(file, process_);
  if (result != sim::DiskResult::ok) {
    replicas_.disk_failed();
    co_return;
  }
  const bool durable = disk_.durable(file).bytes >= cleaned.bytes_written;
  disk_.truncate(file, {});
  if (replicas_.truncations(partition) != truncations) co_return;
  const Offset end = cleaned.end_offset;
  const std::int64_t before = log.size_bytes();
  replicas_.replace_cleaned(partition, std::move(cleaned), durable);
  manager_.done_cleaning(partition, end);
  process_.announce(moments::kLogCleaned, id_, partition, before, log.size_bytes());
}

}  // namespace wrackline::kafka
