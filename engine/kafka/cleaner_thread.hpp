// The log cleaner of a broker, running: looks for a dirty log, reads it, writes what is left, puts that in
// its place (L-48).
//
// Modelled: one thread; log.cleaner.backoff.ms between two looks that find nothing; the dirty part is read
// twice (for the map of keys, then with all before it) and what is left is written to a file of its own and
// flushed, all through the broker's disk; a log that is truncated meanwhile is left as it is; a write that
// the disk refuses takes the log directory offline; the checkpoint of clean offsets is on disk when it is
// written. A crash on the way leaves the old segments. Not modelled: the limit of its throughput, its
// processor time, what of the reads the page cache would serve. From: LogCleaner.CleanerThread
// (org.apache.kafka.storage.internals.log).
//
// Looks that can find nothing are left out: while no log has a closed segment beyond its checkpoint the
// thread rests, and the next segment that is closed wakes it at the time of the look that would have come
// then.
#pragma once

#include <vector>

#include "engine/kafka/log_cleaner.hpp"
#include "engine/kafka/replica_manager.hpp"

namespace wrackline::kafka {

class CleanerThread {
 public:
  CleanerThread(ClusterContext& cluster, BrokerId id, sim::Process& process, sim::Disk& disk,
                ReplicaManager& replicas);

  /// The process has loaded its logs.
  void start();
  /// A compacted log has begun another segment.
  void segment_closed();
  void truncated(PartitionId partition, Offset offset) {
    manager_.maybe_truncate_checkpoint(partition, offset);
  }

 private:
  sim::Task<> run(sim::Duration until_next_look);
  sim::Task<> clean(LogCleanerManager::Grabbed grabbed);
  /// Some log has a closed segment that was not cleaned yet.
  bool may_find_something() const;
  sim::Duration backoff() const;
  sim::FileId cleaned_file(PartitionId partition);

  ClusterContext& cluster_;
  BrokerId id_;
  sim::Process& process_;
  sim::Disk& disk_;
  ReplicaManager& replicas_;
  LogCleanerManager manager_;  ///< its checkpoints are a file
  Cleaner cleaner_;
  std::vector<LogCleanerManager::Candidate> logs_;
  sim::Duration last_look_{};  ///< by the monotonic clock
  bool running_ = false;
};

}  // namespace wrackline::kafka
