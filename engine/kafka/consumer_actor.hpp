// KafkaConsumer in a process: its connections, its heartbeat thread, and its blocking calls as things to
// await.
//
//   ConsumerActor consumer{...};
//   co_await consumer.poll(100ms, records);            // runs the rebalance listener inside, as the real
//   poll does const bool committed = co_await consumer.commit_sync(offsets, 60s);
//
// All decisions are KafkaConsumer's (kafka_consumer.hpp). The heartbeat thread runs as callbacks: whenever
// something arrives or its deadline comes, also while the application is busy or waits for something else.
// Not modelled: wakeup(), several application threads.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "engine/kafka/cluster_client.hpp"
#include "engine/kafka/kafka_consumer.hpp"
#include "sim/signal.hpp"

namespace wrackline::kafka {

/// Fetch settings that ride on each request (reference/kafka.md 5.2).
struct ConsumerFetchSettings {
  std::int64_t fetch_min_bytes = 1;
  std::int64_t fetch_max_wait_ms = 500;
  std::int64_t fetch_max_bytes = 52428800;
  std::int64_t max_partition_fetch_bytes = 1048576;
  ConnectionSettings connections;
};

class ConsumerActor final : public sim::Endpoint {
 public:
  /// Runs in poll() (ConsumerRebalanceListener); may commit.
  using Listener = std::function<sim::Task<>(const RebalanceCallback&)>;

  ConsumerActor(ClusterContext& cluster, sim::Process& process, const KafkaConsumerConfig& config,
                const ConsumerFetchSettings& fetch);

  void subscribe(std::vector<TopicId> topics, Listener listener);
  /// Fills `records`; empty when the time is over. Nullopt, or what poll() threw.
  sim::Task<std::optional<ConsumerException>> poll(sim::Duration timeout, ConsumerRecords& records);
  /// From a shutdown hook: poll() ends with nothing, at once and whenever it is called again.
  void wakeup();

  struct Committed {
    bool ok = false;
    std::optional<ConsumerException> exception;
  };
  sim::Task<Committed> commit_sync(std::vector<OffsetToCommit> offsets, std::int64_t timeout_ms);
  void commit_async(std::vector<OffsetToCommit> offsets);
  /// close(): a last auto-commit, the revocation callbacks, LeaveGroup.
  sim::Task<> close(std::int64_t timeout_ms);

  KafkaConsumer& consumer() { return consumer_; }
  std::int32_t generation() {
    return consumer_.coordinator() == nullptr ? -1 : consumer_.coordinator()->generation().id;
  }

  void on_open(sim::Socket socket) override { connections_.opened(socket); }
  void on_message(sim::Socket socket, sim::Message message) override;
  void on_closed(sim::Socket socket, sim::CloseReason why) override;

 private:
  static constexpr unsigned kLanes = 2;
  std::int64_t now_ms() const { return process_.node().mono_ms(); }
  void flush();
  void pump();
  void arm();
  void ask_for_metadata();
  void give_up_on(ClusterClient::Channel channel);
  static void on_timer(void* self, std::uint64_t);
  sim::Task<> wait_until_ms(std::int64_t at_ms, sim::Time give_up);

  ClusterContext& cluster_;
  sim::Process& process_;
  ConsumerFetchSettings fetch_;
  KafkaConsumer consumer_;
  ClusterClient connections_;
  Listener listener_;
  bool woken_ = false;
  sim::Signal arrived_{"an answer for the consumer"};
  sim::EventHandle timer_;
  BrokerId any_broker_ = kNoBroker;  ///< where the last request to "any broker" went
};

}  // namespace wrackline::kafka
