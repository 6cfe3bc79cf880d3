// KafkaProducer in a process: its connections and its network thread, between an application that hands
// records over and a cluster that takes them.
//
//   ProducerActor producer{cluster, process, application, options};
//   producer.open();                       // the process starts
//   producer.append(key, id, time, ...);   // send(); a batch leaves at a later turn
//   producer.turn();                       // one turn of the network thread, now
//
// All decisions are RecordAccumulator's and Sender's. A turn lets the application hand over what it has,
// sends what is ready (of acks=0 as much as the buffers of the connection take), tells the application what
// was completed, and sets the timer for the next. What a crash takes: the accumulator, the requests in
// flight, the producer id. Not modelled: interceptors, callbacks of single records (a batch completes as a
// whole).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/kafka/cluster_client.hpp"
#include "engine/kafka/sender.hpp"
#include "sim/process.hpp"

namespace wrackline::kafka {

struct ProducerActorOptions {
  std::uint32_t number = 0;  ///< of the producer, for moments
  TopicId topic = 0;
  ProducerConfig config;
  ConnectionSettings connections;
  /// What the kernels at both ends of a connection take before a send has to wait.
  std::int64_t socket_buffers_bytes = 397'000;
  bool keyed = true;
  std::string key_prefix;
  /// A process may hold a consumer's connections too; their backoffs jitter apart.
  std::string_view jitter_purpose = "reconnect.backoff";
};

class ProducerActor final : public sim::Endpoint {
 public:
  /// Who calls send(), and hears the callbacks.
  class Application {
   public:
    virtual ~Application() = default;
    /// A turn begins: hand over what has arrived.
    virtual void hand_over() = 0;
    /// A turn has sent what was ready; these batches are done. Called with none, too.
    virtual void completed(std::span<const Completion> done) = 0;
    /// When the application wants a turn of its own accord; kNever: not.
    virtual sim::Time next_turn() = 0;
  };

  ProducerActor(ClusterContext& cluster, sim::Process& process, Application& application,
                ProducerActorOptions options);

  void open();
  bool is_open() const { return client_ != nullptr; }
  void turn();
  /// The application's wish may have changed.
  void wake() {
    if (process_.alive() && client_) schedule_next();
  }

  Append append(std::uint32_t key, sim::EventId id, std::int64_t timestamp_ms, std::int32_t size_bytes,
                Nanos arrived_ns) {
    if (options_.keyed) [[likely]] {
      return client_->accumulator.append(partition_of(key), key, id, timestamp_ms, size_bytes, arrived_ns);
    }
    return client_->accumulator.append_unkeyed(
        static_cast<TopicIndex>(options_.topic), key, id, timestamp_ms, size_bytes, arrived_ns,
        [this] { return static_cast<std::int32_t>(sticky_draws_.next() >> 33); });
  }
  RecordAccumulator& accumulator() { return client_->accumulator; }
  const RecordAccumulator& accumulator() const { return client_->accumulator; }
  bool has_incomplete() const { return client_ && client_->accumulator.has_incomplete(); }

  Nanos local(sim::Time at) const { return process_.node().clock().mono(at).count(); }
  Nanos local_now() const { return local(process_.now()); }
  const ProducerConfig& config() const { return options_.config; }

  void on_open(sim::Socket socket) override { connections_.opened(socket); }
  void on_message(sim::Socket socket, sim::Message message) override;
  void on_closed(sim::Socket socket, sim::CloseReason why) override;

 private:
  /// What one incarnation of the process holds in memory.
  struct Client {
    Client(const ProducerConfig& config, const ClusterContext& cluster);
    ProducerMetadata metadata;
    std::unique_ptr<TransactionManager> transactions;
    RecordAccumulator accumulator;
    Sender sender;
  };

  PartitionId partition_of(std::uint32_t key) {
    if (key < partition_of_key_.size() && partition_of_key_[key] >= 0) [[likely]] {
      return first_partition_ + static_cast<PartitionId>(partition_of_key_[key]);
    }
    return hash_partition(key);
  }
  PartitionId hash_partition(std::uint32_t key);
  void send();
  bool has_room(const ProduceRequest& request) const;
  void write(ProduceRequest request);
  void write_what_waits();
  void report();
  void schedule_next();
  void ask_for_metadata();
  void give_up_on(BrokerId broker);
  static void on_timer(void* self, std::uint64_t);

  ClusterContext& cluster_;
  sim::Process& process_;
  Application& application_;
  ProducerActorOptions options_;
  ClusterClient connections_;
  sim::Stream sticky_draws_;
  std::unique_ptr<Client> client_;
  PartitionId first_partition_ = 0;
  std::vector<std::int32_t> partition_of_key_;
  Outbox outbox_;
  std::vector<ProduceRequest> unwritten_;  ///< under acks=0: their connection has no room
  std::vector<Completion> done_;
  sim::EventHandle timer_;
};

}  // namespace wrackline::kafka
