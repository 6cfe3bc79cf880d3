// The classic KafkaConsumer as the application sees it: poll, seek, pause, commit, close, put together from
// its parts.
//
// One `poll(now)` is one turn of the real poll loop with a timeout of zero: membership, positions, buffered
// records, fetches, network, records again. An application's poll(timeout) is: call it; if nothing came, wait
// until something arrives for this consumer or `next_poll_ms`, call it again, until records came or the
// timeout is over.
//
// Modelled: C-2, C-3, C-9 and what the parts model. Not modelled: wakeup, interceptors, metadata of
// unassigned topics. From: ClassicKafkaConsumer (4.1).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "engine/kafka/consumer_coordinator.hpp"
#include "engine/kafka/fetcher.hpp"
#include "engine/kafka/offset_fetcher.hpp"

namespace wrackline::kafka {

struct KafkaConsumerConfig {
  FetcherConfig fetch;
  ResetStrategy auto_offset_reset;  ///< auto.offset.reset
  std::int64_t request_timeout_ms = 30000;
  std::int64_t retry_backoff_ms = 100;
  std::int64_t metadata_max_age_ms = 300000;  ///< metadata.max.age.ms
  std::optional<ConsumerGroupConfig> group;   ///< absent: manual assignment only
};

struct ConsumerPoll {
  /// `callback`: see ConsumerCoordinator; run it, `coordinator()->callback_done`, poll on.
  enum class Kind : std::uint8_t { records, nothing, callback, failed };
  Kind kind = Kind::nothing;
  RebalanceCallback callback;
  ConsumerException exception;
};

class KafkaConsumer {
 public:
  KafkaConsumer(KafkaConsumerConfig config, std::int64_t now_ms);
  KafkaConsumer(const KafkaConsumer&) = delete;
  KafkaConsumer& operator=(const KafkaConsumer&) = delete;

  /// Fills `records` (cleared first). `wall_clock_ms`: what auto.offset.reset by_duration counts from.
  ConsumerPoll poll(ConsumerRecords& records, std::int64_t now_ms, std::int64_t wall_clock_ms);
  /// After a poll that brought nothing: when to poll again if nothing arrives. Always later than `now_ms`.
  std::int64_t next_poll_ms(std::int64_t now_ms) const;

  void subscribe(std::vector<TopicId> topics);
  void assign(const TopicPartitions& partitions, std::int64_t now_ms);
  void seek(TopicPartition partition, Offset offset, LeaderEpoch leader_epoch = kNoLeaderEpoch);
  void seek_to_beginning(TopicPartition partition);
  void seek_to_end(TopicPartition partition);
  void pause(TopicPartition partition) { subscriptions_.pause(partition, true); }
  void resume(TopicPartition partition) { subscriptions_.pause(partition, false); }

  ConsumerMetadata& metadata() { return metadata_; }
  SubscriptionState& subscriptions() { return subscriptions_; }
  ConsumerNetworkClient& network() { return network_; }
  Fetcher& fetcher() { return fetcher_; }
  /// Null without group.
  ConsumerCoordinator* coordinator() { return coordinator_.get(); }

 private:
  bool update_positions(std::optional<ConsumerException>& failure, std::int64_t now_ms,
                        std::int64_t wall_clock_ms);
  void send_fetches(std::int64_t now_ms);

  KafkaConsumerConfig config_;
  ConsumerMetadata metadata_;
  SubscriptionState subscriptions_;
  ConsumerNetworkClient network_;
  OffsetFetcher offset_fetcher_;
  Fetcher fetcher_;
  std::unique_ptr<ConsumerCoordinator> coordinator_;
};

}  // namespace wrackline::kafka
