// The group coordinators on one broker: one for each partition of __consumer_offsets that it leads.
//
// A coordinator's state is what its partition's log says (C-16): whoever becomes leader replays it first and
// answers COORDINATOR_LOAD_IN_PROGRESS meanwhile. Its writes are ordinary appends with acks = all. What the
// records say is kept once per run (group_log.hpp). From: GroupCoordinatorService, CoordinatorRuntime.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/kafka/replica_manager.hpp"

namespace wrackline::kafka {

class GroupService {
 public:
  GroupService(ClusterContext& cluster, BrokerId id, sim::Process& process, ReplicaManager& replicas,
               Responder& responder);

  /// Takes requests of members; answers now or later.
  void handle(Ticket ticket, ConsumerRequestBody& body);
  void leader_changed(PartitionId partition, bool leads);
  void write_done(PartitionId partition, std::uint64_t token, Errors error);
  void clear();

  /// Makes the members of the group join again (a lever). False: there is no such group here.
  bool force_rebalance(const std::string& group);

 private:
  struct Shard {
    PartitionId partition = 0;
    std::unique_ptr<GroupCoordinator> coordinator;  ///< null while loading
    sim::EventHandle timer;
    sim::EventHandle loading;
    /// What was last announced of a job's group.
    struct Told {
      std::int32_t generation = 0;
      ClassicGroupState state = ClassicGroupState::Empty;
    };
    std::map<std::string, Told> told;
    struct Write {
      WriteId id = 0;
      RecordsPtr records;
    };
    std::vector<Write> writes;
  };

  std::int64_t now_ms() const;
  PartitionId partition_of(std::string_view group) const;
  Shard* find(PartitionId partition);
  void load(Shard& shard);
  static void loaded(void* self, std::uint64_t partition);
  void drain(Shard& shard);
  void arm(Shard& shard);
  static void run_timers(void* self, std::uint64_t partition);
  void append(Shard& shard, GroupWrite& write);
  void tell_changes(Shard& shard);
  RequestId request_id(Ticket ticket) const { return (std::uint64_t{ticket.generation} << 32) | ticket.slot; }

  ClusterContext& cluster_;
  BrokerId id_;
  sim::Process& process_;
  ReplicaManager& replicas_;
  Responder& responder_;
  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace wrackline::kafka
