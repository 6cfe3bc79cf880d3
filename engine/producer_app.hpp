// An application that sends what arrives from a source: KafkaProducer with its network thread, as one
// process.
//
// The source is the world outside: it lives on while the producer is dead, and what reaches a dead or blocked
// producer is refused (its callers know). Records enter the accumulator with the exact time of their arrival,
// but lazily: the actor wakes when something has to be sent, not for every record. A batch that fills up
// between two wake-ups leaves at the next one, at most a quarter of the time that it takes to fill a batch at
// the source's full rate later.
//
// What a crash takes: the accumulator, the in-flight requests, the producer id. Nobody is told about those
// records (sim::Told::outcome_unknown, which the ledger assumes for whoever was never told anything else).
// `replays`: what the callback reported as failed is sent again, as applications with retry loops do
// (duplicates!).
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "engine/kafka/cluster_client.hpp"
#include "engine/kafka/sender.hpp"
#include "engine/workload/record_source.hpp"
#include "sim/process.hpp"

namespace wrackline {

struct ProducerAppOptions {
  std::uint32_t number = 0;  ///< of the producer, for moments
  kafka::TopicId topic = 0;
  kafka::ProducerConfig config;
  std::int64_t reconnect_backoff_ms = 50;
  std::int64_t reconnect_backoff_max_ms = 1000;
  bool keyed = true;
  std::string key_prefix;
  std::int32_t record_overhead_bytes = 7;
  bool replays = false;
  /// Upper bound of the source's rate in bytes per second: how often the accumulator must be looked at.
  std::int64_t peak_bytes_per_second = 1'000'000;
};

class ProducerApp final : public sim::Endpoint {
 public:
  ProducerApp(kafka::ClusterContext& cluster, sim::Process& process, ProducerAppOptions options,
              std::unique_ptr<workload::RecordSource> source);

  sim::Task<> run(sim::Process& process);
  sim::Task<> stop(sim::Process& process);

  workload::RecordSource& source() { return *source_; }
  sim::Process& process() { return process_; }
  /// Everything that arrived has been answered, and nothing will arrive any more.
  bool drained() const;
  /// Looks at the source again: a lever changed it.
  void wake();
  /// The source returns to its usual rate after so long (the end of a burst). Belongs to the source, not to
  /// the process.
  void calm_down_after(sim::Duration duration);
  /// Calls `visit(span of EventId)` for each batch of records that is still in memory here.
  template <class Visit>
  void for_each_held(Visit&& visit) const {
    for (const Waiting& waiting : backlog_) visit(std::span{&waiting.id, 1});
    if (!client_) return;
    client_->accumulator.for_each_incomplete(
        [&](const kafka::ProducerBatch& batch) { visit(std::span<const sim::EventId>{batch.records->ids}); });
  }
  bool has_incomplete() const { return client_ && client_->accumulator.has_incomplete(); }

  void on_message(sim::Socket socket, sim::Message message) override;
  void on_closed(sim::Socket socket, sim::CloseReason why) override;

 private:
  /// What one incarnation of the process holds in memory.
  struct Client {
    Client(const kafka::ProducerConfig& config, const kafka::ClusterContext& cluster);
    kafka::ProducerMetadata metadata;
    std::unique_ptr<kafka::TransactionManager> transactions;
    kafka::RecordAccumulator accumulator;
    kafka::Sender sender;
  };
  struct Waiting {
    sim::EventId id;
    std::uint32_t key = 0;
    std::int64_t event_time_ms = 0;
    std::int32_t size_bytes = 0;
    kafka::Nanos arrived_ns = 0;
  };

  kafka::Nanos local(sim::Time at) const { return process_.node().clock().mono(at).count(); }
  kafka::Nanos local_now() const { return local(process_.now()); }
  void turn();
  void take_arrivals();
  void refuse_arrivals();
  kafka::Append append(const Waiting& record);
  void append_backlog();
  void send();
  void report();
  void schedule_next();
  void ask_for_metadata();
  kafka::PartitionId partition_of(std::uint32_t key);
  static void on_timer(void* self, std::uint64_t);
  static void on_calm(void* self, std::uint64_t burst);
  void follow_clock();
  void tell_the_forgotten();

  kafka::ClusterContext& cluster_;
  sim::Process& process_;
  ProducerAppOptions options_;
  std::unique_ptr<workload::RecordSource> source_;
  kafka::ClusterClient connections_;
  sim::Stream sticky_draws_;
  std::unique_ptr<Client> client_;
  workload::ArrivalBatch arrivals_;
  std::deque<Waiting> backlog_;  ///< send() blocks on the first of these (buffer.memory)
  kafka::Nanos blocked_since_ = -1;
  std::vector<std::int32_t> partition_of_key_;
  kafka::Outbox outbox_;
  sim::EventHandle timer_;
  bool metadata_in_flight_ = false;
  sim::Time metadata_not_before_{};
  sim::Time metadata_give_up_{};
  std::uint64_t metadata_correlation_ = 0;
  sim::Duration longest_nap_{};
  bool stopping_ = false;
  std::uint64_t bursts_ = 0;
  sim::Duration clock_error_{};  ///< of the node, as far as the source's stamps follow it
};

}  // namespace wrackline
