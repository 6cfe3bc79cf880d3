// The requests that a producer sends besides Produce: looking for coordinators, its producer id, its
// transactions.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/kafka/client_error.hpp"
#include "engine/kafka/producer_batch.hpp"

namespace wrackline::kafka {

enum class TxnApi : std::uint8_t {
  find_coordinator,
  init_producer_id,
  add_partitions_to_txn,
  add_offsets_to_txn,
  txn_offset_commit,
  end_txn,
};

/// Who a request must go to, or (find_coordinator) who is looked for.
enum class CoordinatorType : std::uint8_t { none, transaction, group };

/// An input offset to commit with the transaction. `partition` is the caller's own number for an input
/// partition.
struct TxnOffset {
  std::uint64_t partition = 0;
  std::int64_t offset = 0;
};

/// The consumer's place in its group (KIP-447): lets the group coordinator refuse a zombie.
struct GroupMetadata {
  std::string group_id;
  std::int32_t generation = -1;
  std::string member_id;
  std::string instance_id;
};

struct TxnRequest {
  std::uint32_t correlation = 0;  ///< set by the Sender
  BrokerId node = kNoBroker;      ///< where to send it; set by the Sender
  TxnApi api = TxnApi::find_coordinator;
  CoordinatorType key_type = CoordinatorType::none;  ///< find_coordinator: what is looked for
  std::string key;                                   ///< find_coordinator: transactional id or group id
  ProducerIdAndEpoch producer;
  bool committed = false;  ///< end_txn: commit, else abort
  std::int16_t transaction_version = 1;
  std::vector<PartitionId> partitions;
  std::vector<TxnOffset> offsets;
  GroupMetadata group;
};

struct TxnResponse {
  Errors error = Errors::none;
  BrokerId coordinator = kNoBroker;  ///< find_coordinator
  ProducerIdAndEpoch producer;       ///< init_producer_id; end_txn under protocol v2
  std::vector<std::pair<PartitionId, Errors>>
      partition_errors;  ///< add_partitions_to_txn; empty: `error` for all
  std::vector<std::pair<std::uint64_t, Errors>> offset_errors;  ///< txn_offset_commit; empty: `error` for all
};

/// The calls of the application that end later.
enum class TxnCall : std::uint8_t { init_transactions, send_offsets, commit_transaction, abort_transaction };

struct CallCompletion {
  std::uint32_t call = 0;  ///< as returned when it was made
  ClientError error;
};

}  // namespace wrackline::kafka
