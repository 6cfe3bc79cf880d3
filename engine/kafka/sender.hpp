// The producer's network loop as a decision: what to send to whom now, what an answer means for each batch,
// when to look again. No I/O: an actor carries the requests and brings answers, disconnects and the time.
//
// Modelled (Sender, and of NetworkClient the in-flight limit and the request timeout; rules P-4 to P-8, P-13
// to P-17): one Produce request per ready node and round, acks 0/1/all,
// max.in.flight.requests.per.connection, request.timeout.ms (all requests of the connection fail), retries,
// order by muting when one request is in flight, delivery timeout of batches in flight, splitting, the wish
// for metadata, and the requests of the TransactionManager, which are sent one at a time before any data. Not
// modelled: throttling, connection set-up (the actor says which nodes are reachable, and which ready).
//
// An actor drives it like this (times in ns of the producer's own clock):
//
//     accumulator.append(...);                        // arrivals, in order of time
//     sender.run(now, outbox);                        // after appends, answers and at next_wakeup
//     for (auto& r : outbox.produce) send(r);         // acks=0: call handle_written once the bytes left
//     for (auto& r : outbox.transactional) send(r);
//     answer arrives:   sender.handle_produce_response(correlation, verdicts, now); sender.run(...)
//     connection lost:  sender.handle_disconnect(node, now)
//     wake-up:          sender.handle_request_timeouts(now) -> nodes whose connection to close;
//     sender.run(...) then report and clear accumulator.completions(), and sleep until
//     sender.next_wakeup(now).
//
// Nothing may keep the batches of an answered correlation: late answers to requests that were given up are
// dropped here (unknown correlation), as the real client drops them with their connection.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "engine/kafka/record_accumulator.hpp"
#include "engine/kafka/transaction_manager.hpp"

namespace wrackline::kafka {

struct ProduceBatch {
  PartitionId partition = 0;
  RecordBatch batch;  ///< offsets counted from 0; the leader assigns the real ones
};

struct ProduceRequest {
  std::uint32_t correlation = 0;
  BrokerId node = kNoBroker;
  std::int16_t acks = kAcksAll;
  std::int64_t timeout_ms = 0;  ///< how long the leader may wait for replication
  bool transactional = false;
  std::int32_t size_bytes = 0;
  std::vector<ProduceBatch> batches;
};

struct Outbox {
  std::vector<ProduceRequest> produce;
  std::vector<TxnRequest> transactional;
  bool empty() const { return produce.empty() && transactional.empty(); }
  void clear() {
    produce.clear();
    transactional.clear();
  }
};

class Sender {
 public:
  /// `transactions` is null for a producer without idempotence. All must outlive the sender.
  Sender(const ProducerConfig& config, ProducerMetadata& metadata, RecordAccumulator& accumulator,
         TransactionManager* transactions)
      : Sender{config, metadata, accumulator, transactions,
               config.max_in_flight_requests_per_connection == 1} {}
  /// `guarantee_order`: at most one batch of a partition is in flight, also while it is retried.
  Sender(const ProducerConfig& config, ProducerMetadata& metadata, RecordAccumulator& accumulator,
         TransactionManager* transactions, bool guarantee_order);

  /// Until there is nothing to do at `now`. Appends to `outbox`.
  void run(Nanos now, Outbox& outbox);
  /// One round of the real loop. True if it did something, so that another round may.
  bool run_once(Nanos now, Outbox& outbox);
  /// When to run again if nothing else happens; kNeverNanos: never. Valid after `run`.
  Nanos next_wakeup(Nanos now) const;

  /// Optional: the answer (or the loss of the connection) reached the client, which has not looked at it yet.
  /// The request counts no longer against max.in.flight.requests.per.connection.
  void note_arrival(std::uint32_t correlation);
  void handle_produce_response(std::uint32_t correlation, std::span<const PartitionResponse> verdicts,
                               Nanos now);
  /// acks=0: the request left for the network, which is all that the producer will ever know.
  void handle_written(std::uint32_t correlation, Nanos now);
  void handle_transactional_response(std::uint32_t correlation, const TxnResponse& response, Nanos now);
  /// Every request in flight to `node` fails; with `timed_out` as REQUEST_TIMED_OUT, else NETWORK_EXCEPTION.
  void handle_disconnect(BrokerId node, Nanos now, bool timed_out = false);
  /// One request was lost with its connection.
  void handle_lost(std::uint32_t correlation, Nanos now, bool timed_out = false);
  /// Fails the connections with a request older than request.timeout.ms and says which; the actor closes
  /// them.
  std::vector<BrokerId> handle_request_timeouts(Nanos now, bool timed_out = true);

  /// False while the connection to the node cannot take a request (down, reconnect backoff). All are
  /// reachable at first.
  void set_reachable(BrokerId node, bool reachable) { node_of(node).reachable = reachable; }
  /// False while a connection is not ready to take requests: batches stay in the accumulator. For requests of
  /// the transaction manager the sender waits until it is. All are ready at first.
  void set_ready(BrokerId node, bool ready) { node_of(node).ready = ready; }
  /// Whose connections the last `run` would have used, had they been ready.
  const std::vector<BrokerId>& awaited() const { return awaited_; }

  std::size_t in_flight() const { return in_flight_.size(); }
  std::size_t in_flight(BrokerId node) const;
  /// A request of the TransactionManager waits out its backoff until then; the sender sends nothing
  /// meanwhile.
  std::optional<Nanos> sleeping_until() const;

  /// close(timeout) ran out, or the producer must stop now: everything incomplete fails.
  void force_close(Nanos now);

 private:
  struct InFlight {
    std::uint32_t correlation = 0;
    BrokerId node = kNoBroker;
    Nanos sent_ns = 0;
    bool arrived = false;
    std::vector<ProducerBatch*> batches;
    std::optional<TransactionManager::Pending> transactional;
  };
  struct Node {
    std::size_t in_flight = 0;
    bool reachable = true;
    bool ready = true;
  };

  enum class Round : std::uint8_t { go_on, over, did_something };
  Round send_transactional(Nanos now, Outbox& outbox);
  Round dispatch(TransactionManager::Pending request, Nanos now, Outbox& outbox);
  bool send_produce_data(Nanos now, Outbox& outbox);
  void send_produce_request(BrokerId node, std::span<ProducerBatch* const> batches, Nanos now,
                            Outbox& outbox);
  bool expire(Nanos now);
  /// Whether a request may be given to the connection, to be written when it is ready.
  bool can_queue(BrokerId node) const;
  bool can_send(BrokerId node) const;
  BrokerId least_loaded_node() const;
  Node& node_of(BrokerId node);
  std::optional<InFlight> take(std::uint32_t correlation);
  void leave(const InFlight& request);
  void lose(InFlight request, Nanos now, bool timed_out);
  void end_produce(InFlight request, Errors error, Nanos now);

  void complete_batch(ProducerBatch* batch, const PartitionResponse& response, Nanos now);
  void fail_batch(ProducerBatch* batch, ClientError error, bool adjust_sequences);
  void succeed_batch(ProducerBatch* batch, const PartitionResponse& response);
  bool can_retry(const ProducerBatch& batch, const PartitionResponse& response, Nanos now);
  void remove_in_flight(ProducerBatch* batch);
  void deallocate(ProducerBatch* batch);

  const ProducerConfig config_;
  ProducerMetadata& metadata_;
  RecordAccumulator& accumulator_;
  TransactionManager* const transactions_;
  const bool guarantee_order_;  ///< max.in.flight 1: a partition is muted while a batch of it is in flight

  std::vector<Node> nodes_;
  std::vector<InFlight> in_flight_;  ///< oldest first
  std::vector<std::vector<ProducerBatch*>> spare_lists_;
  std::vector<std::vector<ProducerBatch*>> in_flight_batches_;  ///< by partition, in order of draining
  std::uint32_t next_correlation_ = 1;

  std::optional<TransactionManager::Pending> sleeping_;  ///< waits out its backoff
  Nanos sleep_until_ = 0;
  bool transactional_in_flight_ = false;
  std::vector<BrokerId> awaited_;
  std::vector<ProducerBatch*> drained_;
  std::vector<std::pair<BrokerId, std::size_t>> ends_;  ///< of each node within drained_
  std::vector<ProducerBatch*> expired_;
};

}  // namespace wrackline::kafka
