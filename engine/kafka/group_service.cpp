#include "engine/kafka/group_service.hpp"

#include <algorithm>
#include <utility>

#include "engine/kafka/moments.hpp"
#include "engine/kafka/partitioner.hpp"

namespace wrackline::kafka {

namespace {

/// Reading the partition's log back: what makes a failover of the coordinator take time.
constexpr std::int64_t kLoadBytesPerSecond = 50'000'000;
constexpr std::chrono::milliseconds kLoadAtLeast{5};

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

Ticket ticket_of(RequestId id) {
  return {static_cast<std::uint32_t>(id & 0xffffffffU), static_cast<std::uint32_t>(id >> 32)};
}

/// An answer to `body` that says only `error`.
ConsumerResponseBody refusal(const ConsumerRequestBody& body, Errors error) {
  return std::visit(
      Overloaded{
          [&](const JoinGroupRequest&) -> ConsumerResponseBody {
            JoinGroupResponse answer;
            answer.error = error;
            return answer;
          },
          [&](const SyncGroupRequest&) -> ConsumerResponseBody {
            SyncGroupResponse answer;
            answer.error = error;
            return answer;
          },
          [&](const HeartbeatRequest&) -> ConsumerResponseBody { return HeartbeatResponse{error}; },
          [&](const LeaveGroupRequest&) -> ConsumerResponseBody {
            LeaveGroupResponse answer;
            answer.error = error;
            return answer;
          },
          [&](const OffsetCommitRequest& request) -> ConsumerResponseBody {
            OffsetCommitResponse answer;
            answer.error = error;
            for (const OffsetToCommit& offset : request.offsets) {
              answer.partitions.emplace_back(offset.partition, error);
            }
            return answer;
          },
          [&](const OffsetFetchRequest&) -> ConsumerResponseBody {
            OffsetFetchResponse answer;
            answer.error = error;
            return answer;
          },
          [&](const auto&) -> ConsumerResponseBody { return Disconnected{}; },
      },
      body);
}

const std::string* group_of(const ConsumerRequestBody& body) {
  return std::visit(Overloaded{
                        [](const JoinGroupRequest& r) -> const std::string* { return &r.group; },
                        [](const SyncGroupRequest& r) -> const std::string* { return &r.group; },
                        [](const HeartbeatRequest& r) -> const std::string* { return &r.group; },
                        [](const LeaveGroupRequest& r) -> const std::string* { return &r.group; },
                        [](const OffsetCommitRequest& r) -> const std::string* { return &r.group; },
                        [](const OffsetFetchRequest& r) -> const std::string* { return &r.group; },
                        [](const auto&) -> const std::string* { return nullptr; },
                    },
                    body);
}

}  // namespace

GroupService::GroupService(ClusterContext& cluster, BrokerId id, sim::Process& process,
                           ReplicaManager& replicas, Responder& responder)
    : cluster_{cluster}, id_{id}, process_{process}, replicas_{replicas}, responder_{responder} {}

std::int64_t GroupService::now_ms() const { return process_.node().mono_ms(); }

PartitionId GroupService::partition_of(std::string_view group) const {
  const TopicLayout& topic =
      cluster_.layout.topics()[static_cast<std::size_t>(cluster_.layout.topic_id(kOffsetsTopic))];
  return topic.first + static_cast<PartitionId>(coordinator_partition(group, topic.partitions));
}

GroupService::Shard* GroupService::find(PartitionId partition) {
  const auto found = std::find_if(shards_.begin(), shards_.end(),
                                  [&](const auto& shard) { return shard->partition == partition; });
  return found == shards_.end() ? nullptr : found->get();
}

void GroupService::handle(Ticket ticket, ConsumerRequestBody& body) {
  const PartitionId partition = partition_of(*group_of(body));
  Shard* const shard = find(partition);
  const auto refuse = [&](Errors error) {
    responder_.answer(ticket, Api::consumer, kSmallMessageBytes, refusal(body, error));
  };
  if (shard == nullptr) return refuse(Errors::not_coordinator);
  if (!shard->coordinator) return refuse(Errors::coordinator_load_in_progress);
  GroupCoordinator& coordinator = *shard->coordinator;
  const RequestId id = request_id(ticket);
  std::visit(Overloaded{
                 [&](JoinGroupRequest& request) {
                   process_.announce(moments::kGroupJoined, id_, partition);
                   request.request = id;
                   coordinator.join_group(request, now_ms());
                 },
                 [&](SyncGroupRequest& request) {
                   request.request = id;
                   coordinator.sync_group(request, now_ms());
                 },
                 [&](HeartbeatRequest& request) {
                   request.request = id;
                   coordinator.heartbeat(request, now_ms());
                 },
                 [&](LeaveGroupRequest& request) {
                   request.request = id;
                   coordinator.leave_group(request, now_ms());
                 },
                 [&](OffsetCommitRequest& request) {
                   process_.announce(moments::kOffsetsCommitting, id_, partition);
                   request.request = id;
                   coordinator.commit_offsets(request, now_ms());
                 },
                 [&](OffsetFetchRequest& request) {
                   responder_.answer(ticket, Api::consumer, kSmallMessageBytes,
                                     ConsumerResponseBody{coordinator.fetch_offsets(request)});
                 },
                 [&](auto&) { refuse(Errors::invalid_request); },
             },
             body);
  drain(*shard);
}

void GroupService::leader_changed(PartitionId partition, bool leads) {
  Shard* shard = find(partition);
  if (shard != nullptr) {
    if (shard->coordinator) {
      shard->coordinator->unload();
      drain(*shard);
    }
    process_.cancel(shard->timer);
    process_.cancel(shard->loading);
    std::erase_if(shards_, [&](const auto& other) { return other.get() == shard; });
  }
  if (!leads) return;
  shards_.push_back(std::make_unique<Shard>());
  shards_.back()->partition = partition;
  load(*shards_.back());
}

void GroupService::load(Shard& shard) {
  const UnifiedLog& log = replicas_.find(shard.partition)->log();
  const auto reading = sim::Duration{log.size_bytes() * 1'000'000'000 / kLoadBytesPerSecond};
  shard.loading = process_.schedule_after(kLoadAtLeast + reading, {&loaded, this, shard.partition});
}

void GroupService::loaded(void* self, std::uint64_t at) {
  auto& service = *static_cast<GroupService*>(self);
  const auto partition = static_cast<PartitionId>(at);
  Shard* const shard = service.find(partition);
  if (shard == nullptr) return;
  const Partition& replica = *service.replicas_.find(partition);
  GroupCoordinatorConfig config = service.cluster_.settings.group;
  config.first_member_number = (static_cast<std::uint64_t>(replica.leader_epoch()) << 32) + 1;
  shard->coordinator = std::make_unique<GroupCoordinator>(config, service.now_ms());
  service.cluster_.group_log.for_each(replica.log().batches(), [&](const GroupRecord& record) {
    shard->coordinator->load(record, kNoProducerId);
  });
  shard->coordinator->start(service.now_ms());
  for (const auto& [name, job] : service.cluster_.jobs_by_group) {
    const ClassicGroup* const group = shard->coordinator->group(name);
    if (group != nullptr) shard->told[name] = {group->generation(), group->state()};
  }
  service.process_.announce(moments::kCoordinatorLoaded, service.id_, partition);
  service.drain(*shard);
}

void GroupService::write_done(PartitionId partition, std::uint64_t token, Errors error) {
  Shard* const shard = find(partition);
  if (shard == nullptr || !shard->coordinator) return;
  const auto write = std::find_if(shard->writes.begin(), shard->writes.end(),
                                  [&](const Shard::Write& known) { return known.id == token; });
  if (write != shard->writes.end()) {
    if (error == Errors::none) {
      for (const sim::EventId record : write->records->ids) {
        const auto* commit = std::get_if<OffsetCommitRecord>(&cluster_.group_log.at(record));
        if (commit == nullptr || commit->tombstone) continue;
        const auto job = cluster_.jobs_by_group.find(commit->group);
        if (job == cluster_.jobs_by_group.end()) continue;
        const PartitionId of = cluster_.layout.id_of(commit->partition);
        cluster_.observer.offset_committed(job->second, cluster_.truth.ref(of), commit->offset,
                                           process_.now());
        process_.announce(moments::kOffsetsCommitted, job->second, of, commit->offset);
      }
    }
    shard->writes.erase(write);
  }
  shard->coordinator->on_written(token, error, now_ms());
  drain(*shard);
}

void GroupService::drain(Shard& shard) {
  GroupCoordinator& coordinator = *shard.coordinator;
  while (!coordinator.outbox().empty()) {
    GroupOutbox outbox;
    std::swap(outbox, coordinator.outbox());
    for (const FiredTimer& timer : outbox.timers) {
      const auto job = cluster_.jobs_by_group.find(timer.group);
      if (job != cluster_.jobs_by_group.end() && timer.name.starts_with("heartbeat-"))
        process_.announce(moments::kMemberExpired, job->second);
    }
    for (GroupAnswer& answer : outbox.answers) {
      ConsumerResponseBody body =
          std::visit(Overloaded{
                         [](DeleteGroupResponse&) -> ConsumerResponseBody { return Disconnected{}; },
                         [](auto& response) -> ConsumerResponseBody { return std::move(response); },
                     },
                     answer.response);
      responder_.answer(ticket_of(answer.request), Api::consumer, kSmallMessageBytes, std::move(body));
    }
    for (GroupWrite& write : outbox.writes) append(shard, write);
  }
  tell_changes(shard);
  arm(shard);
}

void GroupService::append(Shard& shard, GroupWrite& write) {
  RecordBatch batch;
  batch.records = cluster_.group_log.columns_of(std::move(write.records), process_.node().wall_ms());
  const auto count = static_cast<std::int32_t>(batch.records->size());
  batch.last_offset = count - 1;
  batch.size_bytes = GroupLog::batch_bytes(*batch.records);
  batch.max_timestamp_ms = batch.records->max_timestamp_ms;
  shard.writes.push_back({write.id, batch.records});
  const AppendInfo info = replicas_.append_internal(shard.partition, std::move(batch), write.id,
                                                    cluster_.settings.offsets_commit_timeout_ms);
  if (info.error != Errors::none) {
    const Errors error = info.error == Errors::not_enough_replicas      ? Errors::coordinator_not_available
                         : info.error == Errors::not_leader_or_follower ? Errors::not_coordinator
                                                                        : info.error;
    shard.writes.pop_back();
    shard.coordinator->on_written(write.id, error, now_ms());
  }
}

void GroupService::tell_changes(Shard& shard) {
  for (const auto& [name, job] : cluster_.jobs_by_group) {
    if (partition_of(name) != shard.partition) continue;
    const ClassicGroup* const group = shard.coordinator->group(name);
    if (group == nullptr) continue;
    Shard::Told& told = shard.told[name];
    const Shard::Told before = std::exchange(told, {group->generation(), group->state()});
    if (told.generation != before.generation)
      cluster_.observer.generation(job, told.generation, process_.now());
    const bool other = told.state != before.state || told.generation != before.generation;
    if (told.state == ClassicGroupState::PreparingRebalance && other)
      process_.announce(moments::kRebalanceStarted, job, told.generation);
    if (told.state == ClassicGroupState::Stable && other) {
      process_.announce(moments::kRebalanceCompleted, job, told.generation,
                        static_cast<std::int64_t>(group->members().size()));
    }
  }
}

void GroupService::arm(Shard& shard) {
  process_.cancel(shard.timer);
  const std::int64_t next = shard.coordinator->next_deadline_ms();
  if (next == kNoDeadlineMs) return;
  const auto delay = std::chrono::milliseconds{std::max<std::int64_t>(next - now_ms(), 0)};
  shard.timer = process_.schedule_after(delay, {&run_timers, this, shard.partition});
}

void GroupService::run_timers(void* self, std::uint64_t partition) {
  auto& service = *static_cast<GroupService*>(self);
  Shard* const shard = service.find(static_cast<PartitionId>(partition));
  if (shard == nullptr || !shard->coordinator) return;
  shard->coordinator->run_timers(service.now_ms());
  service.drain(*shard);
}

bool GroupService::force_rebalance(const std::string& group) {
  Shard* const shard = find(partition_of(group));
  if (shard == nullptr || !shard->coordinator || shard->coordinator->group(group) == nullptr) return false;
  const bool began = shard->coordinator->force_rebalance(group, now_ms());
  drain(*shard);
  return began;
}

void GroupService::clear() { shards_.clear(); }

}  // namespace wrackline::kafka
