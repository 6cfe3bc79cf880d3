// The producer's identity: its id and epoch, the sequence of every batch, and the state of its transaction.
//
// Modelled (TransactionManager; rules P-12 to P-19, T-19, chapter 3.5): obtaining and bumping the producer
// id, sequences per partition, in-flight order, unresolved sequences, which errors are retried; transactions
// with protocol v1 and v2 (KIP-890): begin, add partitions, send offsets, commit, abort, abortable and fatal
// errors, coordinator look-up. Differences of 3.9 follow ProducerConfig::version. Not modelled: prepared
// transactions (KIP-939), an upgrade of transaction.version while the producer runs, authentication failures
// of the transport.
//
// No request is sent here: the Sender asks for `next_request` and brings the answers back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/kafka/producer_config.hpp"
#include "engine/kafka/transaction_requests.hpp"
#include "engine/kafka/txn_partition_map.hpp"

namespace wrackline::kafka {

/// A broker's verdict on one batch of a Produce request.
struct PartitionResponse {
  PartitionId partition = 0;
  Errors error = Errors::none;
  std::int64_t base_offset = -1;
  std::int64_t log_start_offset = -1;
  LeaderAndEpoch current_leader;  ///< KIP-951: who leads now, if the broker says so
};

class TransactionManager {
 public:
  enum class State : std::uint8_t {
    uninitialized,
    initializing,
    ready,
    in_transaction,
    committing_transaction,
    aborting_transaction,
    abortable_error,
    fatal_error,
  };

  /// `retry_backoff_ms`: between attempts of the requests of `next_request`.
  TransactionManager(const ProducerConfig& config, const ProducerMetadata& metadata,
                     std::int64_t retry_backoff_ms);
  /// Topics were added to the metadata after construction.
  void topics_added();

  // The application's calls. An error is what the call throws; else `call` names it in `call_completions`.
  struct Called {
    ClientError error;
    std::uint32_t call = 0;
  };
  Called init_transactions();
  ClientError begin_transaction();
  Called commit_transaction();
  Called abort_transaction();
  Called send_offsets(std::vector<TxnOffset> offsets, GroupMetadata group);
  /// Before a record is sent; after it was appended, as the real producer does.
  ClientError maybe_add_partition(PartitionId partition);
  std::vector<CallCompletion>& call_completions() { return call_completions_; }

  State state() const { return state_; }
  ClientError last_error() const { return last_error_; }
  bool transactional() const { return config_.transactional(); }
  ProducerIdAndEpoch producer() const { return producer_; }
  bool has_producer_id() const { return producer_.valid(); }
  bool has_error() const { return state_ == State::abortable_error || state_ == State::fatal_error; }
  bool has_fatal_error() const { return state_ == State::fatal_error; }
  bool has_abortable_error() const { return state_ == State::abortable_error; }
  bool aborting() const { return state_ == State::aborting_transaction; }
  bool completing() const { return state_ == State::committing_transaction || aborting(); }
  bool has_ongoing_transaction() const {
    return state_ == State::in_transaction || completing() || has_abortable_error();
  }
  std::size_t pending_requests() const { return pending_.size(); }
  bool has_pending_requests() const { return !pending_.empty() || !new_partitions_.empty(); }

  // What draining asks, per batch.
  bool send_allowed(PartitionId partition) const {
    if (has_fatal_error()) return false;
    return !transactional() || in_transaction_[partition];
  }
  TxnPartitionEntry& entry(PartitionId partition) {
    TxnPartitionEntry& found = entries_[partition];
    found.exists = true;
    return found;
  }
  bool stale_producer(PartitionId partition) { return !(entry(partition).producer == producer_); }
  /// A new id or epoch reaches the partition once nothing of the old one is in flight.
  void maybe_update_producer(PartitionId partition);
  /// Gives the batch its id, epoch and sequence, once and for all its attempts.
  void assign_sequence(ProducerBatch* batch);
  void add_in_flight(ProducerBatch* batch);
  void remove_in_flight(ProducerBatch* batch);

  // Verdicts on batches.
  void handle_completed(ProducerBatch* batch, const PartitionResponse& response);
  void handle_failed(ProducerBatch* batch, ClientError error, bool adjust_sequences);
  bool can_retry(const PartitionResponse& response, const ProducerBatch& batch);
  void mark_unresolved(const ProducerBatch& batch);
  void maybe_resolve_sequences();
  void bump_idempotent_epoch_if_needed();

  // Requests besides Produce; at most one is in flight.
  struct Pending {
    TxnRequest request;
    CoordinatorType coordinator = CoordinatorType::none;  ///< who it must go to
    bool retry = false;
    bool epoch_bump = false;  ///< init_producer_id at the end of a transaction
    std::int64_t retry_backoff_ms = 0;
    std::uint32_t call = 0;  ///< completes with it; 0: none
  };
  std::optional<Pending> next_request(bool has_incomplete_batches);
  void retry(Pending request);
  void lookup_coordinator(CoordinatorType type, const std::string& group_id);
  BrokerId coordinator(CoordinatorType type) const {
    return type == CoordinatorType::group ? group_coordinator_ : transaction_coordinator_;
  }
  void coordinator_ready() { coordinator_supports_bump_ = true; }
  void handle_response(Pending request, const TxnResponse& response);
  void handle_disconnect(Pending request);
  /// An authorization error on the way to a producer id: everything fails, and init_transactions may be
  /// called again.
  void back_to_uninitialized(ClientError error);
  void close();

  /// The real sender thread makes an invalid transition of its own fatal; the recorded cases were run outside
  /// of it.
  void set_poison_on_invalid_transition(bool poison) { poison_ = poison; }

 private:
  static bool valid_transition(State from, State to);
  [[nodiscard]] bool transition(State to, ClientError error = {});
  [[nodiscard]] bool sender_transition(State to, ClientError error = {});
  bool to_abortable(ClientError error);
  void to_fatal(ClientError error);
  bool to_error_state(ClientError error);
  ClientError fail_if_error() const;
  ClientError fail_if_pending();
  bool call_open(std::uint32_t call) const;
  std::uint32_t new_call();
  void done(std::uint32_t call, ClientError error = {});
  void request_epoch_bump(PartitionId partition);
  void bump_idempotent_epoch();
  void reset_sequences();
  void forget(TxnPartitionEntry& at);
  void resolved(TxnPartitionEntry& at);
  bool client_must_bump() const { return coordinator_supports_bump_ && !protocol_v2_; }
  bool can_handle_abortable() const { return coordinator_supports_bump_ || protocol_v2_; }
  void enqueue(Pending request);
  Pending dequeue();
  Pending make_request(TxnApi api, CoordinatorType coordinator) const;
  Pending make_init_producer_id(bool epoch_bump);
  Pending make_add_partitions();
  Pending make_offset_commit(const std::vector<TxnOffset>& offsets, GroupMetadata group, std::uint32_t call);
  Called complete_transaction_by(bool commit);
  void complete_transaction();

  void fatal(const Pending& request, ClientError error);
  void abortable(const Pending& request, ClientError error);
  void abortable_if_possible(const Pending& request, ClientError error);
  void on_find_coordinator(Pending request, const TxnResponse& response);
  void on_init_producer_id(Pending request, const TxnResponse& response);
  void on_add_partitions(Pending request, const TxnResponse& response);
  void on_add_offsets(Pending request, const TxnResponse& response);
  void on_offset_commit(Pending request, const TxnResponse& response);
  void on_end_txn(Pending request, const TxnResponse& response);
  /// Errors that several answers treat alike; true if it was one of them.
  bool common_coordinator_error(Pending& request, Errors error);

  const ProducerConfig config_;
  const ProducerMetadata& metadata_;
  const std::int64_t retry_backoff_ms_;
  const bool protocol_v2_;

  State state_ = State::uninitialized;
  ClientError last_error_;
  ProducerIdAndEpoch producer_;
  bool epoch_bump_required_ = false;
  bool transaction_started_ = false;
  bool poison_ = true;
  bool coordinator_supports_bump_ = false;
  BrokerId transaction_coordinator_ = kNoBroker;
  BrokerId group_coordinator_ = kNoBroker;

  std::vector<TxnPartitionEntry> entries_;       ///< by partition
  std::vector<bool> in_transaction_;             ///< by partition
  std::vector<PartitionId> new_partitions_;      ///< to be added, not asked yet
  std::vector<PartitionId> pending_partitions_;  ///< asked
  std::size_t unresolved_ = 0;
  std::vector<TxnOffset> pending_offsets_;
  std::vector<Pending> pending_;  ///< a binary heap by priority, as Java's PriorityQueue keeps it
  std::vector<std::uint32_t> open_calls_;
  std::uint32_t next_call_ = 1;
  /// A call that changes the state and has not ended yet: nothing else may be called but it again.
  struct PendingTransition {
    std::uint32_t call = 0;
    State state = State::uninitialized;
  };
  std::optional<PendingTransition> pending_transition_;
  std::vector<CallCompletion> call_completions_;
};

}  // namespace wrackline::kafka
