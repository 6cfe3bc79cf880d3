// Every message that crosses the network between clients, brokers and the controller.
//
// Partitions are named by their cluster-wide PartitionId (cluster_layout.hpp) where the hot path needs it, by
// TopicPartition where the client classes speak so. Not modelled: encodings, what API versions say, fetch sessions
// (KIP-227: every fetch names all its partitions), throttling.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/kafka/cluster_controller.hpp"
#include "engine/kafka/cluster_layout.hpp"
#include "engine/kafka/consumer_messages.hpp"
#include "engine/kafka/sender.hpp"

namespace wrackline::kafka {

// --- data
// ---------------------------------------------------------------------------------------------------------------

struct ProduceResponse {
  std::vector<PartitionResponse> partitions;
};

struct ReplicaFetchPartition {
  PartitionId partition = 0;
  Offset fetch_offset = 0;
  LeaderEpoch current_leader_epoch = kNoLeaderEpoch;
  LeaderEpoch last_fetched_epoch = kNoLeaderEpoch;
  Offset log_start = 0;
};

struct ReplicaFetchRequest {
  BrokerId replica = -1;
  BrokerEpoch broker_epoch = kNoBrokerEpoch;
  std::int64_t max_wait_ms = 500;
  std::int64_t min_bytes = 1;
  std::int64_t max_bytes_per_partition = 1048576;
  std::int64_t max_bytes = 10485760;
  std::vector<ReplicaFetchPartition> partitions;
};

struct ReplicaFetchedPartition {
  PartitionId partition = 0;
  Errors error = Errors::none;
  Offset high_watermark = kNoOffset;
  Offset log_start = kNoOffset;
  std::optional<EpochEndOffset> diverging;
  std::uint32_t first_batch = 0;  ///< into ReplicaFetchResponse::batches
  std::uint32_t batch_count = 0;
};

/// Only partitions with news (data, an error, a divergence, another high watermark), as a fetch session would
/// answer.
struct ReplicaFetchResponse {
  std::vector<ReplicaFetchedPartition> partitions;
  std::vector<RecordBatch> batches;
};

/// What a consumer asks a broker, with the fetch settings that the client classes leave to the actor.
struct ConsumerRequest {
  ConsumerRequestBody body;
  std::int64_t max_wait_ms = 500;  ///< fetch.max.wait.ms
  std::int64_t min_bytes = 1;      ///< fetch.min.bytes
  std::int64_t max_bytes = 52428800;
  std::int64_t max_bytes_per_partition = 1048576;
};

// --- metadata
// -----------------------------------------------------------------------------------------------------------

/// The first question on a connection. Its answer says nothing that matters here; that there is one, does.
struct ApiVersionsRequest {};
struct ApiVersionsResponse {};

struct MetadataRequest {};
struct MetadataResponse {
  struct Partition {
    PartitionId partition = 0;
    LeaderAndEpoch leader;
  };
  std::vector<Partition> partitions;
};

// --- broker to controller
// -----------------------------------------------------------------------------------------------

struct RegisterRequest {
  BrokerId broker = -1;
  std::uint64_t incarnation = 0;
  BrokerEpoch clean_epoch = kNoBrokerEpoch;
};
struct AlterPartitionRequest {
  BrokerId broker = -1;
  BrokerEpoch epoch = kNoBrokerEpoch;
  std::vector<AlterPartitionProposal> proposals;
};
/// Waits at the controller until there is something to tell, at most 500 ms (L-33).
struct MetadataFetchRequest {
  BrokerId broker = -1;
  MetadataOffset from = 0;
};
struct MetadataFetchResponse {
  std::vector<MetadataRecord> records;
  MetadataOffset next = 0;
};

/// The `kind` of each message on the network: who it is for, and which of the structures above it carries.
enum class Api : std::uint32_t {
  produce = 1,
  replica_fetch,
  consumer,
  metadata,
  transaction,
  register_broker,
  broker_heartbeat,
  alter_partition,
  metadata_fetch,
  api_versions,
};

constexpr std::uint32_t kind_of(Api api) { return static_cast<std::uint32_t>(api); }
constexpr Api api_of(std::uint32_t kind) { return static_cast<Api>(kind); }

/// Bytes of a message besides its records.
inline constexpr std::uint32_t kSmallMessageBytes = 128;

}  // namespace wrackline::kafka
