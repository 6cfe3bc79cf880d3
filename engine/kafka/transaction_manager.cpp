#include "engine/kafka/transaction_manager.hpp"

#include <algorithm>
#include <cassert>

namespace wrackline::kafka {

TransactionManager::TransactionManager(const ProducerConfig& config, const ProducerMetadata& metadata,
                                       std::int64_t retry_backoff_ms)
    : config_{config},
      metadata_{metadata},
      retry_backoff_ms_{retry_backoff_ms},
      protocol_v2_{config.transactional() && config.transaction_version >= 2 &&
                   config.version != ClientVersion::v3_9} {
  topics_added();
}

void TransactionManager::topics_added() {
  entries_.resize(metadata_.partitions());
  in_transaction_.resize(metadata_.partitions());
}

// --- States

bool TransactionManager::valid_transition(State from, State to) {
  switch (to) {
    case State::uninitialized:
      return from == State::ready || from == State::abortable_error;
    case State::initializing:
      return from == State::uninitialized || from == State::aborting_transaction ||
             from == State::committing_transaction;
    case State::ready:
      return from == State::initializing || from == State::committing_transaction ||
             from == State::aborting_transaction;
    case State::in_transaction:
      return from == State::ready;
    case State::committing_transaction:
      return from == State::in_transaction;
    case State::aborting_transaction:
      return from == State::in_transaction || from == State::abortable_error;
    case State::abortable_error:
      return from == State::in_transaction || from == State::committing_transaction ||
             from == State::abortable_error || from == State::initializing;
    case State::fatal_error:
      return true;
  }
  return false;
}

bool TransactionManager::transition(State to, ClientError error) {
  if (!valid_transition(state_, to)) return false;
  last_error_ = to == State::fatal_error || to == State::abortable_error ? error : ClientError{};
  state_ = to;
  return true;
}

bool TransactionManager::sender_transition(State to, ClientError error) {
  if (transition(to, error)) return true;
  if (poison_) {
    state_ = State::fatal_error;
    last_error_ = Local::illegal_state;
  }
  return false;
}

bool TransactionManager::to_abortable(ClientError error) {
  // The transaction is being given up already.
  if (aborting()) return true;
  return sender_transition(State::abortable_error, error);
}

void TransactionManager::to_fatal(ClientError error) {
  const bool ok = transition(State::fatal_error, error);
  assert(ok);
  if (pending_transition_) done(pending_transition_->call, error);
}

bool TransactionManager::to_error_state(ClientError error) {
  const bool fatal_mapping =
      error == Errors::invalid_producer_id_mapping && config_.version == ClientVersion::v4_1;
  if (error == Errors::cluster_authorization_failed ||
      error == Errors::transactional_id_authorization_failed || error == Errors::producer_fenced ||
      error == Errors::unsupported_version || fatal_mapping) {
    to_fatal(error);
    return true;
  }
  if (!transactional()) return true;
  // A transient error that was given up leaves a hole in the transaction: only an abort is safe now.
  if (config_.version == ClientVersion::v4_1 && (is_retriable(error) || error == Errors::invalid_txn_state)) {
    error = Errors::transaction_abortable;
  }
  if (client_must_bump() && !completing()) epoch_bump_required_ = true;
  return to_abortable(error);
}

ClientError TransactionManager::fail_if_error() const {
  if (!has_error()) return {};
  if (last_error_ == Errors::producer_fenced || last_error_ == Errors::invalid_producer_epoch ||
      last_error_ == Local::illegal_state) {
    return last_error_;
  }
  return Local::kafka;
}

ClientError TransactionManager::fail_if_pending() {
  if (!pending_transition_) return {};
  if (call_open(pending_transition_->call)) return Local::illegal_state;
  pending_transition_.reset();
  return {};
}

// --- Calls that end later

std::uint32_t TransactionManager::new_call() {
  open_calls_.push_back(next_call_);
  return next_call_++;
}

bool TransactionManager::call_open(std::uint32_t call) const {
  return std::find(open_calls_.begin(), open_calls_.end(), call) != open_calls_.end();
}

void TransactionManager::done(std::uint32_t call, ClientError error) {
  if (std::erase(open_calls_, call) != 0) call_completions_.push_back({call, error});
}

TransactionManager::Called TransactionManager::init_transactions() {
  if (const ClientError error = fail_if_error()) return {error};
  if (!transactional()) return {Local::illegal_state};
  if (pending_transition_ && call_open(pending_transition_->call)) {
    if (pending_transition_->state != State::initializing) return {Local::illegal_state};
    return {{}, pending_transition_->call};
  }
  if (!transition(State::initializing)) return {Local::illegal_state};
  Pending request = make_init_producer_id(false);
  request.call = new_call();
  pending_transition_ = {request.call, State::initializing};
  enqueue(request);
  return {{}, request.call};
}

ClientError TransactionManager::begin_transaction() {
  if (!transactional()) return Local::illegal_state;
  if (const ClientError error = fail_if_pending()) return error;
  if (const ClientError error = fail_if_error()) return error;
  if (!transition(State::in_transaction)) return Local::illegal_state;
  return {};
}

TransactionManager::Called TransactionManager::commit_transaction() { return complete_transaction_by(true); }

TransactionManager::Called TransactionManager::abort_transaction() { return complete_transaction_by(false); }

TransactionManager::Called TransactionManager::complete_transaction_by(bool commit) {
  const State next = commit ? State::committing_transaction : State::aborting_transaction;
  if (!transactional()) return {Local::illegal_state};
  if (pending_transition_ && call_open(pending_transition_->call)) {
    if (pending_transition_->state != next) return {Local::illegal_state};
    return {{}, pending_transition_->call};
  }
  pending_transition_.reset();
  if (commit || state_ != State::abortable_error) {
    if (const ClientError error = fail_if_error()) return {error};
  }
  if (!transition(next)) return {Local::illegal_state};
  if (!commit) new_partitions_.clear();

  const std::uint32_t call = new_call();
  pending_transition_ = {call, next};
  if (!new_partitions_.empty()) enqueue(make_add_partitions());
  Pending end = make_request(TxnApi::end_txn, CoordinatorType::transaction);
  end.request.committed = commit;
  if (!epoch_bump_required_) end.call = call;
  enqueue(std::move(end));
  if (epoch_bump_required_) {
    Pending bump = make_init_producer_id(true);
    bump.call = call;
    enqueue(std::move(bump));
  }
  return {{}, call};
}

TransactionManager::Called TransactionManager::send_offsets(std::vector<TxnOffset> offsets,
                                                            GroupMetadata group) {
  if (!transactional()) return {Local::illegal_state};
  if (const ClientError error = fail_if_pending()) return {error};
  if (const ClientError error = fail_if_error()) return {error};
  if (state_ != State::in_transaction) return {Local::illegal_state};
  const std::uint32_t call = new_call();
  if (protocol_v2_) {
    // The group coordinator adds its partition to the transaction itself.
    transaction_started_ = true;
    enqueue(make_offset_commit(offsets, std::move(group), call));
  } else {
    Pending request = make_request(TxnApi::add_offsets_to_txn, CoordinatorType::transaction);
    request.request.offsets = std::move(offsets);
    request.request.group = std::move(group);
    request.call = call;
    enqueue(std::move(request));
  }
  return {{}, call};
}

ClientError TransactionManager::maybe_add_partition(PartitionId partition) {
  if (const ClientError error = fail_if_error()) return error;
  if (const ClientError error = fail_if_pending()) return error;
  if (!transactional()) return {};
  if (!has_producer_id() || state_ != State::in_transaction) return Local::illegal_state;
  if (in_transaction_[partition]) return {};
  if (protocol_v2_) {
    entry(partition);
    in_transaction_[partition] = true;
    transaction_started_ = true;
    return {};
  }
  const auto in = [&](const std::vector<PartitionId>& list) {
    return std::find(list.begin(), list.end(), partition) != list.end();
  };
  if (in(new_partitions_) || in(pending_partitions_)) return {};
  entry(partition);
  new_partitions_.push_back(partition);
  return {};
}

// --- Sequences

void TransactionManager::maybe_update_producer(PartitionId partition) {
  if (has_fatal_error()) return;
  TxnPartitionEntry& at = entry(partition);
  if (!(at.producer == producer_) && !at.has_in_flight()) at.start_at_beginning(producer_);
}

void TransactionManager::assign_sequence(ProducerBatch* batch) {
  TxnPartitionEntry& at = entry(batch->partition);
  batch->producer = producer_;
  batch->base_sequence = at.next_sequence;
  batch->transactional = transactional();
  at.increment_sequence(batch->count);
  at.add(batch);
}

void TransactionManager::add_in_flight(ProducerBatch* batch) { entry(batch->partition).add(batch); }

void TransactionManager::remove_in_flight(ProducerBatch* batch) { entry(batch->partition).remove(*batch); }

void TransactionManager::handle_completed(ProducerBatch* batch, const PartitionResponse& response) {
  TxnPartitionEntry& at = entries_[batch->partition];
  if (at.exists) at.last_acked_sequence = std::max(at.last_acked_sequence, batch->last_sequence());
  if (response.base_offset != -1) {
    at.exists = true;
    at.last_acked_offset = std::max(at.last_acked_offset, response.base_offset + batch->count - 1);
  }
  remove_in_flight(batch);
}

void TransactionManager::handle_failed(ProducerBatch* batch, ClientError error, bool adjust_sequences) {
  if (!to_error_state(error)) return;
  remove_in_flight(batch);
  if (has_fatal_error()) return;

  if (error == Errors::out_of_order_sequence_number && !transactional()) {
    request_epoch_bump(batch->partition);
  } else if (error == Errors::unknown_producer_id) {
    // The broker knows nothing of this producer, so it accepts sequence 0.
    forget(entries_[batch->partition]);
  } else if (adjust_sequences) {
    if (!transactional()) {
      request_epoch_bump(batch->partition);
    } else if (TxnPartitionEntry& at = entries_[batch->partition]; at.exists) {
      at.close_gap(batch->base_sequence, batch->count);
    }
  }
}

bool TransactionManager::can_retry(const PartitionResponse& response, const ProducerBatch& batch) {
  TxnPartitionEntry& at = entries_[batch.partition];
  if (response.error == Errors::unknown_producer_id) {
    // Without the log start nothing can be told yet.
    if (response.log_start_offset == -1 || batch.sequence_reset) return true;
    const std::int64_t last_acked = at.exists ? at.last_acked_offset : -1;
    if (last_acked < response.log_start_offset) {
      // Retention took the producer's last records and its state with them: not a loss.
      if (transactional()) {
        at.start_at_beginning(producer_);
      } else {
        request_epoch_bump(batch.partition);
      }
      return true;
    }
    if (!transactional()) {
      request_epoch_bump(batch.partition);
      return true;
    }
  } else if (response.error == Errors::out_of_order_sequence_number) {
    const bool unresolved = at.unresolved_from.has_value();
    // An earlier batch is still missing: this one can only succeed after it.
    if (!unresolved && (batch.sequence_reset || !at.is_next_sequence(batch.base_sequence))) return true;
    if (!transactional()) {
      if (!unresolved || *at.unresolved_from == batch.base_sequence) request_epoch_bump(batch.partition);
      return true;
    }
  }
  return is_retriable(response.error);
}

void TransactionManager::mark_unresolved(const ProducerBatch& batch) {
  TxnPartitionEntry& at = entries_[batch.partition];
  const auto next = static_cast<std::int32_t>(static_cast<std::uint32_t>(batch.last_sequence()) + 1);
  if (!at.unresolved_from) {
    ++unresolved_;
    at.unresolved_from = next;
  } else {
    at.unresolved_from = std::max(*at.unresolved_from, next);
  }
}

void TransactionManager::resolved(TxnPartitionEntry& at) {
  if (!at.unresolved_from) return;
  at.unresolved_from.reset();
  --unresolved_;
}

void TransactionManager::maybe_resolve_sequences() {
  if (unresolved_ == 0) return;
  for (PartitionId partition = 0; partition < entries_.size(); ++partition) {
    TxnPartitionEntry& at = entries_[partition];
    if (!at.unresolved_from || at.has_in_flight()) continue;
    at.exists = true;
    if (!at.is_next_sequence(at.next_sequence)) {
      // Nothing that was sent after the expired batch was acknowledged: its place in the log stays in doubt.
      if (!transactional()) {
        request_epoch_bump(partition);
      } else if (can_handle_abortable()) {
        if (client_must_bump()) epoch_bump_required_ = true;
        if (!to_abortable(Local::kafka)) return;
      } else {
        to_fatal(Local::kafka);
      }
    }
    resolved(at);
  }
}

void TransactionManager::request_epoch_bump(PartitionId partition) {
  epoch_bump_required_ = true;
  entries_[partition].rewrite_sequences = true;
}

void TransactionManager::bump_idempotent_epoch() {
  if (producer_.epoch == INT16_MAX) {
    producer_ = {};
    const bool ok = sender_transition(State::uninitialized);
    assert(ok || poison_);
  } else {
    ++producer_.epoch;
  }
  for (TxnPartitionEntry& at : entries_) {
    if (!at.rewrite_sequences) continue;
    at.exists = true;
    at.start_at_beginning(producer_);
    resolved(at);
    at.rewrite_sequences = false;
  }
  epoch_bump_required_ = false;
}

void TransactionManager::bump_idempotent_epoch_if_needed() {
  if (transactional()) return;
  if (epoch_bump_required_) bump_idempotent_epoch();
  if (state_ == State::initializing || has_producer_id()) return;
  if (!sender_transition(State::initializing)) return;
  enqueue(make_init_producer_id(false));
}

void TransactionManager::forget(TxnPartitionEntry& at) {
  resolved(at);
  at.clear();
  const bool rewrite = at.rewrite_sequences;
  at = {};
  at.rewrite_sequences = rewrite;
}

void TransactionManager::reset_sequences() {
  for (TxnPartitionEntry& at : entries_) forget(at);
}

}  // namespace wrackline::kafka
