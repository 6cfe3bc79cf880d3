// What all parts of one simulated cluster share: the kernel, the network, the layout, the settings, the
// truth.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/kafka/cluster_layout.hpp"
#include "engine/kafka/commit_truth.hpp"
#include "engine/kafka/group_coordinator.hpp"
#include "engine/kafka/group_log.hpp"
#include "engine/kafka/log_cleaner.hpp"
#include "engine/kafka/partition.hpp"
#include "engine/kafka/possible_commits.hpp"
#include "sim/disk.hpp"
#include "sim/network.hpp"

namespace wrackline::kafka {

/// Processor time that a broker spends; calibration constants, not protocol (science.md §5).
struct BrokerCosts {
  sim::Duration request{std::chrono::microseconds{40}};  ///< any request: parsing, purgatory, response
  sim::Distribution batch =
      sim::Distribution::constant(std::chrono::microseconds{8});  ///< each batch appended
  sim::Duration kibibyte{std::chrono::microseconds{1}};           ///< each KiB appended
  sim::Duration startup{std::chrono::seconds{1}};                 ///< process start until its logs are opened
  std::int64_t recovery_bytes_per_second = 200'000'000;           ///< log recovery after an unclean stop
};

/// Broker settings by their real names (reference/kafka.md 5.3), typed.
struct BrokerSettings {
  std::int64_t broker_heartbeat_interval_ms = 2000;
  std::int64_t broker_session_timeout_ms = 9000;
  std::int64_t replica_lag_time_max_ms = 30000;
  std::int64_t replica_fetch_min_bytes = 1;
  std::int64_t replica_fetch_wait_max_ms = 500;
  std::int64_t replica_fetch_max_bytes = 1048576;
  std::int64_t replica_fetch_response_max_bytes = 10485760;
  std::int64_t replica_fetch_backoff_ms = 1000;
  std::int64_t replica_socket_timeout_ms = 30000;
  std::int64_t replica_high_watermark_checkpoint_interval_ms = 5000;
  std::int64_t log_flush_offset_checkpoint_interval_ms = 60000;
  std::int64_t log_retention_check_interval_ms = 300000;
  std::int64_t log_flush_scheduler_interval_ms = INT64_MAX;
  std::int64_t offsets_commit_timeout_ms = 5000;
  bool log_cleaner_enable = true;
  std::int64_t log_cleaner_backoff_ms = 15000;
  CleanerConfig cleaner;
  GroupCoordinatorConfig group;
  bool elr_enabled = true;
  BrokerCosts costs;
};

/// Settings of one topic, typed (reference/kafka.md 5.3).
struct TopicSettings {
  std::int32_t min_insync_replicas = 1;
  bool unclean_leader_election_enable = false;
  std::int64_t flush_messages = INT64_MAX;
  std::int64_t flush_ms = INT64_MAX;
  LogConfig log;
};

class Broker;
class ControllerServer;

struct ClusterContext {
  sim::Simulation& simulation;
  sim::Network& network;
  sim::Observer& observer;
  ClusterLayout layout;
  BrokerSettings settings;
  std::vector<TopicSettings> topics;  ///< by TopicId
  CommitTruth truth;
  std::vector<Broker*> brokers;  ///< in the order of layout.brokers()
  ControllerServer* controller = nullptr;
  sim::Process* controller_process = nullptr;
  std::map<BrokerId, sim::Process*> broker_processes;

  GroupLog group_log;
  PossibleCommits possible_commits;
  /// Which job reads as which group, to tell the observer about commits and generations.
  std::map<std::string, std::uint32_t, std::less<>> jobs_by_group;
  std::int64_t next_producer_id = 1;

  const TopicSettings& topic_of(PartitionId partition) const {
    return topics[static_cast<std::size_t>(layout.partition(partition).topic)];
  }
};

}  // namespace wrackline::kafka
