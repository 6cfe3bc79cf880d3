// Which partitions to fetch from which broker, and what of the answers the application gets.
//
// Modelled: C-2 c/d (collect, then fetch ahead), C-3 (one fetch in flight per broker; a broker with buffered
// data is not asked; answers for a position that moved are dropped), C-11, C-27, KIP-392, KIP-951. Not
// modelled: fetch sessions. From: AbstractFetch, Fetcher, FetchCollector, FetchBuffer (4.1).
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "engine/kafka/completed_fetch.hpp"
#include "engine/kafka/consumer_metadata.hpp"
#include "engine/kafka/consumer_network_client.hpp"
#include "engine/kafka/subscription_state.hpp"

namespace wrackline::kafka {

struct FetcherConfig {
  IsolationLevel isolation = IsolationLevel::read_uncommitted;  ///< isolation.level
  std::uint32_t max_poll_records = 500;                         ///< max.poll.records
  bool check_crcs = true;                                       ///< check.crcs
};

/// What one poll hands to the application.
struct ConsumerRecords {
  struct Next {
    TopicPartition partition;
    Offset offset = 0;
    LeaderEpoch leader_epoch = kNoLeaderEpoch;
  };
  std::vector<FetchedSlice> slices;
  std::vector<Next> next_offsets;
  std::uint32_t count = 0;
  bool position_advanced = false;

  bool empty() const { return count == 0 && !position_advanced; }
  void clear() {
    slices.clear();
    next_offsets.clear();
    count = 0;
    position_advanced = false;
  }
};

class Fetcher final : public ResponseHandler {
 public:
  Fetcher(FetcherConfig config, SubscriptionState& subscriptions, ConsumerMetadata& metadata,
          ConsumerNetworkClient& network)
      : config_{config}, subscriptions_{subscriptions}, metadata_{metadata}, network_{network} {}

  /// Queues a fetch to every broker that may be asked now; answers how many.
  std::size_t send_fetches(std::int64_t now_ms);
  /// Answers whether the request was one of the fetcher's.
  bool handle(RequestId id, ConsumerResponseBody& body, std::int64_t now_ms) override;
  /// Fills `out`. A failure with nothing collected is returned; otherwise it comes with the next call.
  std::optional<ConsumerException> collect(ConsumerRecords& out, std::int64_t now_ms);
  /// Drops buffered data of partitions that are not in `assigned`.
  void retain(const TopicPartitions& assigned);
  bool has_available() const;

 private:
  struct InFlight {
    RequestId id = 0;
    BrokerId node = kNoBroker;
    std::vector<FetchPartition> partitions;
  };

  /// What a broker is to be asked.
  struct Plan {
    BrokerId node;
    FetchRequest request;
  };

  BrokerId read_replica(PartitionFetchState& state, std::int64_t now_ms);
  bool is_buffered(TopicPartition partition) const;
  /// Null result without failure: the answer is dropped.
  bool initialize(CompletedFetch& fetch, std::optional<ConsumerException>& failure, std::int64_t now_ms);
  void handle_error(const CompletedFetch& fetch, std::optional<ConsumerException>& failure);
  std::uint32_t take(CompletedFetch& fetch, std::uint32_t max_records, ConsumerRecords& out,
                     std::optional<ConsumerException>& failure);

  FetcherConfig config_;
  SubscriptionState& subscriptions_;
  ConsumerMetadata& metadata_;
  ConsumerNetworkClient& network_;
  std::vector<InFlight> in_flight_;
  // Of one call of send_fetches; kept for their memory.
  std::vector<BrokerId> busy_;
  std::vector<Plan> plans_;
  std::deque<CompletedFetch> buffer_;
  std::optional<CompletedFetch> next_in_line_;
};

}  // namespace wrackline::kafka
