// Finds positions for partitions that have none (ListOffsets by reset policy) and checks positions against a
// new leader's epochs (OffsetsForLeaderEpoch).
//
// Modelled: C-9, C-10, retries after `retry.backoff.ms`; failures are thrown by a later poll. Not modelled:
// offsetsForTimes and the other look-ups an application can ask for. From: OffsetFetcher, OffsetFetcherUtils.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/kafka/consumer_metadata.hpp"
#include "engine/kafka/consumer_network_client.hpp"
#include "engine/kafka/subscription_state.hpp"

namespace wrackline::kafka {

class OffsetFetcher final : public ResponseHandler {
 public:
  OffsetFetcher(IsolationLevel isolation, std::int64_t request_timeout_ms, std::int64_t retry_backoff_ms,
                SubscriptionState& subscriptions, ConsumerMetadata& metadata, ConsumerNetworkClient& network)
      : isolation_{isolation},
        request_timeout_ms_{request_timeout_ms},
        retry_backoff_ms_{retry_backoff_ms},
        subscriptions_{subscriptions},
        metadata_{metadata},
        network_{network} {}

  std::optional<ConsumerException> validate_positions(std::int64_t now_ms);
  /// `wall_clock_ms` is what by_duration counts from.
  std::optional<ConsumerException> reset_positions(std::int64_t now_ms, std::int64_t wall_clock_ms);
  void validate_on_metadata_change();
  bool handle(RequestId id, ConsumerResponseBody& body, std::int64_t now_ms) override;

 private:
  struct Reset {
    TopicPartition partition;
    ResetStrategy strategy;
  };
  struct Validation {
    TopicPartition partition;
    FetchPosition position;
  };
  struct InFlight {
    RequestId id = 0;
    std::vector<Reset> resets;
    std::vector<Validation> validations;
  };

  void handle_reset(const InFlight& request, ConsumerResponseBody& body, std::int64_t now_ms);
  void handle_validation(const InFlight& request, ConsumerResponseBody& body, std::int64_t now_ms);

  IsolationLevel isolation_;
  std::int64_t request_timeout_ms_;
  std::int64_t retry_backoff_ms_;
  SubscriptionState& subscriptions_;
  ConsumerMetadata& metadata_;
  ConsumerNetworkClient& network_;
  std::vector<InFlight> in_flight_;
  std::int32_t seen_metadata_version_ = -1;
  std::optional<ConsumerException> reset_failure_;
  std::optional<ConsumerException> validation_failure_;
};

}  // namespace wrackline::kafka
