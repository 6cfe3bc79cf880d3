#include "engine/kafka/replica_manager.hpp"

#include <algorithm>
#include <cassert>

#include "engine/kafka/moments.hpp"

namespace wrackline::kafka {

ReplicaManager::ReplicaManager(ClusterContext& cluster, BrokerId id, sim::Process& process, sim::Disk& disk,
                               const MetadataCache& metadata, Responder& responder, ReplicaListener& listener)
    : cluster_{cluster},
      id_{id},
      process_{process},
      disk_{disk},
      responder_{responder},
      listener_{listener},
      replicas_(cluster.layout.partition_count()) {
  for (PartitionId p = 0; p < replicas_.size(); ++p) {
    const auto& placed = cluster.layout.replicas(p);
    if (std::find(placed.begin(), placed.end(), id) == placed.end()) continue;
    const TopicSettings& topic = cluster.topic_of(p);
    PartitionConfig config;
    config.local_broker = id;
    config.partition = cluster.layout.partition(p);
    config.replica_lag_time_max_ms = cluster.settings.replica_lag_time_max_ms;
    config.min_insync_replicas = topic.min_insync_replicas;
    const sim::FileId file = disk.open("log/" + cluster.layout.name_of(p));
    replicas_[p] = std::make_unique<Replica>(config, topic.log, metadata, kNoBrokerEpoch, now_ms(), file);
    hosted_.push_back(p);
  }
}

std::int64_t ReplicaManager::now_ms() const { return process_.node().wall_ms(); }

/// The partition set something in motion: completions, a higher watermark, a proposal.
void ReplicaManager::after(PartitionId id) {
  Replica& at = replica(id);
  const PartitionEvents& events = at.partition.events();
  const bool moved = events.high_watermark_moved;
  if (!moved && events.completed.empty() && !events.proposal) return;
  std::vector<std::pair<std::uint64_t, Errors>> completed;
  completed.swap(completed_scratch_);
  completed.clear();
  for (const ProduceCompletion& done : events.completed) completed.emplace_back(done.token, done.error);
  std::optional<AlterPartitionProposal> proposal = events.proposal;
  if (moved && at.partition.is_leader()) {
    cluster_.truth.committed(id, at.partition.log(), process_.now());
    process_.announce(moments::kHighWatermark, id_, id, at.partition.log().high_watermark());
  }
  if (proposal) {
    process_.announce(moments::kIsrProposed, id_, id, static_cast<std::int64_t>(proposal->new_isr.size()));
    listener_.isr_proposed(std::move(*proposal));
  }
  for (const auto& [token, error] : completed) {
    if ((token & kInternalToken) != 0) {
      listener_.internal_write_done(id, token & ~kInternalToken, error);
    } else {
      complete_produce(token, error);
    }
  }
  completed_scratch_.swap(completed);
  if (moved) wake_parked(id, false, true, false);
}

void ReplicaManager::write(PartitionId id, std::int64_t bytes, sim::DiskHandler done) {
  Replica& at = replica(id);
  const Offset end = at.partition.log().log_end_offset();
  if (end - at.flush_counted_from < cluster_.topic_of(id).flush_messages) {
    disk_.append(at.file, process_, bytes, 0, done);
    return;
  }
  disk_.append(at.file, process_, bytes, 0,
               sim::DiskHandler::to<&ReplicaManager::on_background_write>(*this));
  flush(id, done);
}

void ReplicaManager::flush(PartitionId id, sim::DiskHandler done) {
  Replica& at = replica(id);
  at.flushed_at_ms = now_ms();
  at.flush_counted_from = at.partition.log().log_end_offset();
  at.flushes.push_back({at.flush_counted_from, done});
  disk_.flush(at.file, process_, sim::DiskHandler::to<&ReplicaManager::on_flushed>(*this, id));
}

bool ReplicaManager::flushes_each_append(PartitionId id) const {
  return cluster_.topic_of(id).flush_messages == 1;
}

void ReplicaManager::on_flushed(std::uint64_t id, sim::DiskResult result) {
  Replica& at = replica(static_cast<PartitionId>(id));
  const Flush flush = at.flushes.front();
  at.flushes.pop_front();
  UnifiedLog& log = at.partition.log();
  if (result == sim::DiskResult::ok) log.mark_flushed(std::min(flush.to, log.log_end_offset()));
  if (flush.done.function != nullptr) {
    flush.done.function(flush.done.object, flush.done.argument, result);
  } else if (result != sim::DiskResult::ok) {
    listener_.log_directory_failed();
  }
}

void ReplicaManager::on_background_write(std::uint64_t, sim::DiskResult result) {
  if (result != sim::DiskResult::ok) listener_.log_directory_failed();
}

void ReplicaManager::flush_dirty() {
  for (const PartitionId id : hosted_) {
    Replica& at = replica(id);
    const Offset end = at.partition.log().log_end_offset();
    if (now_ms() - at.flushed_at_ms < cluster_.topic_of(id).flush_ms || end == at.flush_counted_from)
      continue;
    flush(id, {});
  }
}

void ReplicaManager::was_truncated(PartitionId id) {
  Replica& at = replica(id);
  cut_file(at);
  ++at.truncations;
  listener_.log_truncated(id, at.partition.log().log_end_offset());
}

/// The log was shortened at its end: so is its file.
void ReplicaManager::cut_file(Replica& at) {
  // What a full or broken disk has refused is not in the file.
  const std::int64_t bytes = at.deleted_bytes + at.partition.log().size_bytes();
  disk_.truncate(at.file, {std::min(bytes, disk_.asked(at.file).bytes), 0});
}

// --- replication
// --------------------------------------------------------------------------------------------------------

AppendInfo ReplicaManager::append_fetched(PartitionId id, std::span<const RecordBatch> batches,
                                          const ReplicaFetchedPartition& answer) {
  Replica& at = replica(id);
  const Offset end_before = at.partition.log().log_end_offset();
  const AppendInfo info = at.partition.append_as_follower(batches, at.partition.leader_epoch(),
                                                          answer.high_watermark, answer.log_start, now_ms());
  if (!batches.empty() && info.error == Errors::none && info.fault == AppendFault::none) {
    fetched_.push_back({id, at.partition.log().bytes_from(end_before)});
    if (info.rolled && at.partition.log().config().compacted) listener_.compacted_segment_closed();
    process_.announce(moments::kReplicaAppended, id_, id, at.partition.log().log_end_offset());
  }
  after(id);
  return info;
}

std::uint32_t ReplicaManager::write_fetched(sim::DiskHandler written) {
  // A disk takes writes in order, so the last stands for all; a flush stands for itself.
  std::uint32_t waits = 0;
  for (std::size_t i = 0; i < fetched_.size(); ++i) {
    const auto [id, bytes] = fetched_[i];
    const bool told = i + 1 == fetched_.size() || flushes_each_append(id);
    if (told) ++waits;
    write(id, bytes, told ? written : sim::DiskHandler::to<&ReplicaManager::on_background_write>(*this));
  }
  fetched_.clear();
  return waits;
}

void ReplicaManager::start_over(PartitionId id, Offset offset) {
  Replica& at = replica(id);
  at.partition.log().truncate_fully_and_start_at(offset, now_ms());
  was_truncated(id);
}

Partition::Truncation ReplicaManager::truncate(PartitionId id, const EpochEndOffset& leader_end) {
  Replica& at = replica(id);
  const Partition::Truncation done = at.partition.truncate_to_divergence(leader_end, now_ms());
  was_truncated(id);
  process_.announce(moments::kReplicaTruncated, id_, id, done.offset);
  after(id);
  return done;
}

ReplicaManager::RoleChange ReplicaManager::apply(PartitionId id, const PartitionRegistration& state) {
  RoleChange change;
  if (!replicas_[id]) return change;
  Replica& at = replica(id);
  const bool led = at.partition.is_leader();
  LeaderAndIsr told;
  told.leader = state.leader;
  told.leader_epoch = state.leader_epoch;
  told.partition_epoch = state.partition_epoch;
  told.isr = state.isr;
  told.replicas = state.replicas;
  told.recovering = state.leader_recovery_state == LeaderRecoveryState::recovering;
  if (state.leader == id_) {
    const LeaderEpoch before = at.partition.leader_epoch();
    change.became_leader = at.partition.become_leader(told, now_ms());
    const bool new_epoch = at.partition.leader_epoch() != before;
    after(id);
    if (change.became_leader || new_epoch) {
      cluster_.truth.leader_changed(id, at.partition.log(), process_.now());
      process_.announce(moments::kBecameLeader, id_, id, at.partition.leader_epoch(),
                        at.partition.log().log_end_offset());
    }
  } else {
    change.became_follower = at.partition.become_follower(told, now_ms());
    change.resigned = led;
    after(id);
    if (led) wake_parked(id, true, true, true);
  }
  return change;
}

void ReplicaManager::check_isr() {
  for (const PartitionId id : hosted_) {
    if (!replica(id).partition.is_leader()) continue;
    replica(id).partition.check_isr(now_ms());
    after(id);
  }
}

void ReplicaManager::on_alter_partition(PartitionId id, std::uint64_t proposal,
                                        const AlterPartitionAnswer& answer) {
  replica(id).partition.on_alter_partition_response(proposal, answer, now_ms());
  after(id);
}

void ReplicaManager::on_alter_partition_refused(PartitionId id, std::uint64_t proposal) {
  replica(id).partition.on_alter_partition_refused(proposal);
}

// --- disk
// ---------------------------------------------------------------------------------------------------------------

void ReplicaManager::set_broker_epoch(BrokerEpoch epoch) {
  for (const PartitionId id : hosted_) replica(id).partition.set_local_broker_epoch(epoch);
}

void ReplicaManager::checkpoint_high_watermarks() {
  for (const PartitionId id : hosted_) {
    replica(id).high_watermark_checkpoint = replica(id).partition.log().high_watermark();
  }
}

void ReplicaManager::checkpoint_recovery_points() {
  for (const PartitionId id : hosted_) {
    replica(id).recovery_point_checkpoint = replica(id).partition.log().recovery_point();
  }
}

void ReplicaManager::run_retention() {
  for (const PartitionId id : hosted_) {
    Replica& at = replica(id);
    const std::int64_t before = at.partition.log().size_bytes();
    if (at.partition.log().delete_old_segments(now_ms()) > 0) {
      const std::int64_t deleted = before - at.partition.log().size_bytes();
      at.deleted_bytes += deleted;
      disk_.drop_prefix(at.file, at.deleted_bytes);
    }
    at.partition.log().remove_expired_producers(now_ms());
  }
}

void ReplicaManager::flush_all() {
  for (const PartitionId id : hosted_) {
    Replica& at = replica(id);
    disk_.flush(at.file, process_, {});
    at.partition.log().mark_flushed(at.partition.log().log_end_offset());
    at.high_watermark_checkpoint = at.partition.log().high_watermark();
    at.recovery_point_checkpoint = at.partition.log().recovery_point();
  }
}

std::int64_t ReplicaManager::recover(bool clean, BrokerEpoch epoch) {
  produces_.clear();
  free_produces_.clear();
  parked_.clear();
  free_parked_.clear();
  fetched_.clear();
  std::int64_t bytes = 0;
  for (const PartitionId id : hosted_) {
    Replica& at = replica(id);
    at.parked.clear();
    at.flushes.clear();
    UnifiedLog& log = at.partition.log();
    ReopenOptions options;
    options.clean = clean;
    options.recovery_point = std::max(at.recovery_point_checkpoint, log.log_start_offset());
    if (!clean) {
      bytes += log.bytes_to_recover(options.recovery_point);
      // What the machine lost with its power: the bytes that had not been written back.
      std::int64_t lost = at.deleted_bytes + log.size_bytes() - disk_.written(at.file).bytes;
      const auto batches = log.batches();
      for (auto batch = batches.rbegin(); batch != batches.rend() && lost > 0; ++batch) {
        lost -= batch->size_bytes;
        options.lost_from_offset = batch->base_offset;
      }
    }
    at.partition.restart(options, at.high_watermark_checkpoint, epoch, now_ms());
    was_truncated(id);
    at.flush_counted_from = log.log_end_offset();
  }
  return bytes;
}

Offset ReplicaManager::durable_below(PartitionId id) {
  Replica& at = replica(id);
  const UnifiedLog& log = at.partition.log();
  std::erase_if(at.ends, [&](const auto& end) { return end.first > log.log_end_offset(); });
  at.ends.emplace_back(log.log_end_offset(), at.deleted_bytes + log.size_bytes());
  const std::int64_t durable = disk_.durable(at.file).bytes;
  while (at.ends.size() > 1 && at.ends[1].second <= durable) at.ends.pop_front();
  return at.ends.front().second <= durable ? at.ends.front().first : log.forgotten_below();
}

void ReplicaManager::forget_below(PartitionId id, Offset offset) {
  if (!replicas_[id]) return;
  UnifiedLog& log = replica(id).partition.log();
  const Offset limit = std::min({offset, log.high_watermark(), log.log_end_offset()});
  if (limit > log.forgotten_below()) log.forget_below(limit);
}

void ReplicaManager::forget_superseded_below(PartitionId id, Offset offset) {
  if (!replicas_[id]) return;
  UnifiedLog& log = replica(id).partition.log();
  if (log.log_end_offset() > 0)
    log.forget_superseded_below(std::min({offset, log.high_watermark(), log.log_end_offset()}));
}

void ReplicaManager::replace_cleaned(PartitionId id, CleanedLog&& cleaned, bool durable) {
  Replica& at = replica(id);
  UnifiedLog& log = at.partition.log();
  if (cleaned.segments.empty()) return;
  const Offset end = cleaned.segments.back().next_base_offset;
  cluster_.possible_commits.before_cleaning(id, log, end, cluster_.group_log);
  const std::int64_t before = log.size_bytes();
  kafka::replace_cleaned(log, std::move(cleaned));
  // What comes behind stays where it is in the file. Where a horizon made records longer, nothing is given
  // back until they go.
  at.deleted_bytes += before - log.size_bytes();
  disk_.drop_prefix(at.file, at.deleted_bytes);
  std::int64_t cleaned_bytes = at.deleted_bytes;
  for (std::size_t i = 0; log.segment_base(i) < end; ++i) cleaned_bytes += log.segment(i).size_bytes;
  if (durable) disk_.make_durable(at.file, cleaned_bytes);
}

}  // namespace wrackline::kafka
