// How a broker brings ISR proposals of its partitions to the controller (L-16).
//
// Modelled: one proposal per partition waits or is out; one request in flight per broker, carrying all that
// wait; a top-level error repeats everything after 50 ms; a partition missing in the answer is sent again at
// once. Not modelled: which controller is asked and how it is found (the actor's). From:
// kafka.server.DefaultAlterPartitionManager.
//
// The broker actor: `submit` what a Partition proposes (false = refused: tell
// Partition::on_alter_partition_refused); whenever `request_due(now)` is true, `begin_request` and send what
// it returns; on the answer call `on_response`, which returns for each partition the answer to hand to
// Partition::on_alter_partition_response.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "engine/kafka/errors.hpp"
#include "engine/kafka/replica.hpp"
#include "engine/kafka/topic_partition.hpp"

namespace wrackline::kafka {

struct IsrMember {
  BrokerId id = -1;
  BrokerEpoch broker_epoch = kNoBrokerEpoch;  ///< -1 = not known, the controller does not check it
  bool operator==(const IsrMember&) const = default;
};

/// One partition's proposal.
struct AlterPartitionProposal {
  TopicPartition partition{};
  std::uint64_t id = 0;  ///< of the change within the Partition, to match the answer
  LeaderEpoch leader_epoch = 0;
  std::int32_t partition_epoch = 0;
  std::vector<IsrMember> new_isr{};  ///< by id
  bool recovering = false;           ///< leader recovery state
};

/// The controller's answer for one partition.
struct AlterPartitionAnswer {
  TopicPartition partition{};
  Errors error = Errors::none;
  BrokerId leader = -1;
  LeaderEpoch leader_epoch = 0;
  std::int32_t partition_epoch = 0;
  std::vector<BrokerId> isr{};
};

class AlterPartitionManager {
 public:
  static constexpr std::int64_t kRetryBackoffMs = 50;

  /// False: this partition already has a proposal on its way (OPERATION_NOT_ATTEMPTED).
  bool submit(AlterPartitionProposal proposal);
  bool in_flight() const { return in_flight_; }
  /// Something waits, nothing is in flight and no pause is on.
  bool request_due(std::int64_t now_ms) const;
  /// When the pause after a top-level error ends; nothing if there is none, or nothing waits.
  std::optional<std::int64_t> next_attempt_ms() const;
  /// Marks everything that waits as in flight. The span holds until the next call.
  std::span<const AlterPartitionProposal> begin_request();

  struct Completion {
    AlterPartitionProposal proposal;
    AlterPartitionAnswer answer;
  };
  /// `top_level` with the answers of those partitions that the response names.
  std::vector<Completion> on_response(Errors top_level, std::span<const AlterPartitionAnswer> answers,
                                      std::int64_t now_ms);
  /// The process lost everything.
  void clear() { *this = {}; }

 private:
  std::vector<AlterPartitionProposal> unsent_;  ///< those in flight first
  std::size_t in_flight_count_ = 0;
  bool in_flight_ = false;
  std::int64_t paused_until_ms_ = 0;
};

}  // namespace wrackline::kafka
