// The settings of a producer, typed: one field per real property, dots replaced by underscores. Defaults are
// those of Kafka 4.1; the property table (engine/kafka/properties.*) owns parsing and the defaults of other
// versions.
//
// Modelled here is everything that the producer's decisions read. `retry_backoff_max_ms` below
// `retry_backoff_ms` acts as equal to it, as in the real client.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace wrackline::kafka {

inline constexpr std::int16_t kAcksAll = -1;

/// Where the client's reactions differ between the modelled releases.
enum class ClientVersion : std::uint8_t {
  v3_9,  ///< INVALID_PRODUCER_ID_MAPPING is recovered from; a stored error keeps its own name
  v4_1,  ///< it is fatal; retriable errors that were given up become TransactionAbortableException
};

struct ProducerConfig {
  std::int16_t acks = kAcksAll;  ///< 0, 1 or -1 (all)
  bool enable_idempotence = true;
  std::int32_t retries = 2147483647;
  std::int32_t max_in_flight_requests_per_connection = 5;
  std::int64_t linger_ms = 5;
  std::int32_t batch_size = 16384;  ///< bytes; 0 makes every record a batch of its own
  std::int64_t buffer_memory = 33554432;
  std::int64_t max_block_ms = 60000;
  std::int32_t max_request_size = 1048576;
  std::int64_t delivery_timeout_ms = 120000;
  std::int64_t request_timeout_ms = 30000;
  std::int64_t retry_backoff_ms = 100;
  std::int64_t retry_backoff_max_ms = 1000;
  std::int64_t metadata_max_age_ms = 300000;
  bool partitioner_ignore_keys = false;
  bool partitioner_adaptive_partitioning_enable = true;
  std::int64_t partitioner_availability_timeout_ms = 0;
  std::string transactional_id;  ///< empty: not transactional
  std::int64_t transaction_timeout_ms = 60000;

  ClientVersion version = ClientVersion::v4_1;
  /// The cluster's finalized feature `transaction.version` as the client learns it: 2 selects protocol v2
  /// (KIP-890).
  std::int16_t transaction_version = 2;
  /// Feeds the +-20 % jitter of the backoff; from the producer's own random stream.
  std::uint64_t jitter_seed = 0;

  bool transactional() const { return !transactional_id.empty(); }
};

/// What the constructor of the real producer refuses (P-5, P-12). One sentence per conflict; empty when all
/// is well. `delivery_timeout_set`: the user gave delivery.timeout.ms. If not, `settle` raises it silently
/// instead.
std::vector<std::string> conflicts(const ProducerConfig& config, bool delivery_timeout_set,
                                   bool idempotence_set);
/// The silent adjustments of the real constructor: delivery.timeout.ms is raised to linger + request timeout,
/// and in 3.9 idempotence that nobody asked for gives way to settings that contradict it.
ProducerConfig settle(ProducerConfig config, bool delivery_timeout_set, bool idempotence_set);

}  // namespace wrackline::kafka
