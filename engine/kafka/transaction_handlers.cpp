// What the answers to the producer's own requests mean (kafka.md 3.5), and the order in which the requests go
// out.
#include <algorithm>
#include <cassert>

#include "engine/kafka/transaction_manager.hpp"

namespace wrackline::kafka {

namespace {

/// While the markers of the previous transaction are still being written, its successor asks again soon.
constexpr std::int64_t kFirstAddPartitionsBackoffMs = 20;

/// Lower goes first: a coordinator before anything else, the end of a transaction after its parts.
int priority(const TransactionManager::Pending& request) {
  switch (request.request.api) {
    case TxnApi::find_coordinator:
      return 0;
    case TxnApi::init_producer_id:
      return request.epoch_bump ? 4 : 1;
    case TxnApi::add_partitions_to_txn:
    case TxnApi::add_offsets_to_txn:
    case TxnApi::txn_offset_commit:
      return 2;
    case TxnApi::end_txn:
      return 3;
  }
  return 5;
}

bool fenced(Errors error) {
  // Coordinators of old answer with the first of the two.
  return error == Errors::invalid_producer_epoch || error == Errors::producer_fenced;
}

bool coordinator_moved(Errors error) {
  return error == Errors::coordinator_not_available || error == Errors::not_coordinator;
}

}  // namespace

// --- The queue. Equal priorities leave it in the order of Java's PriorityQueue, which is not that of
// arrival.

void TransactionManager::enqueue(Pending request) {
  pending_.push_back(std::move(request));
  for (std::size_t at = pending_.size() - 1; at > 0;) {
    const std::size_t parent = (at - 1) / 2;
    if (priority(pending_[at]) >= priority(pending_[parent])) break;
    std::swap(pending_[at], pending_[parent]);
    at = parent;
  }
}

TransactionManager::Pending TransactionManager::dequeue() {
  Pending first = std::move(pending_.front());
  if (pending_.size() > 1) pending_.front() = std::move(pending_.back());
  pending_.pop_back();
  for (std::size_t at = 0; 2 * at + 1 < pending_.size();) {
    std::size_t child = 2 * at + 1;
    if (child + 1 < pending_.size() && priority(pending_[child]) > priority(pending_[child + 1])) ++child;
    if (priority(pending_[at]) <= priority(pending_[child])) break;
    std::swap(pending_[at], pending_[child]);
    at = child;
  }
  return first;
}

void TransactionManager::retry(Pending request) {
  request.retry = true;
  enqueue(std::move(request));
}

TransactionManager::Pending TransactionManager::make_request(TxnApi api, CoordinatorType coordinator) const {
  Pending made;
  made.request.api = api;
  made.request.producer = producer_;
  made.request.transaction_version = protocol_v2_ ? 2 : 1;
  made.coordinator = coordinator;
  made.retry_backoff_ms = retry_backoff_ms_;
  return made;
}

TransactionManager::Pending TransactionManager::make_init_producer_id(bool epoch_bump) {
  Pending made = make_request(TxnApi::init_producer_id,
                              transactional() ? CoordinatorType::transaction : CoordinatorType::none);
  if (!epoch_bump) made.request.producer = {};
  made.epoch_bump = epoch_bump;
  return made;
}

TransactionManager::Pending TransactionManager::make_add_partitions() {
  pending_partitions_.insert(pending_partitions_.end(), new_partitions_.begin(), new_partitions_.end());
  new_partitions_.clear();
  Pending made = make_request(TxnApi::add_partitions_to_txn, CoordinatorType::transaction);
  made.request.partitions = pending_partitions_;
  std::sort(made.request.partitions.begin(), made.request.partitions.end());
  return made;
}

TransactionManager::Pending TransactionManager::make_offset_commit(const std::vector<TxnOffset>& offsets,
                                                                   GroupMetadata group, std::uint32_t call) {
  for (const TxnOffset& offset : offsets) {
    const auto known = std::find_if(pending_offsets_.begin(), pending_offsets_.end(),
                                    [&](const TxnOffset& p) { return p.partition == offset.partition; });
    if (known == pending_offsets_.end()) {
      pending_offsets_.push_back(offset);
    } else {
      *known = offset;
    }
  }
  Pending made = make_request(TxnApi::txn_offset_commit, CoordinatorType::group);
  made.request.offsets = pending_offsets_;
  made.request.group = std::move(group);
  made.call = call;
  return made;
}

std::optional<TransactionManager::Pending> TransactionManager::next_request(bool has_incomplete_batches) {
  if (!new_partitions_.empty()) enqueue(make_add_partitions());
  if (pending_.empty()) return std::nullopt;
  // The transaction ends after its last batch did.
  if (pending_.front().request.api == TxnApi::end_txn && has_incomplete_batches) return std::nullopt;

  Pending request = dequeue();
  // A coordinator may be looked for even now: the abort will need it.
  const bool allowed = has_abortable_error() && request.request.api == TxnApi::find_coordinator;
  if (has_error() && !allowed) {
    done(request.call, last_error_);
    return std::nullopt;
  }
  if (request.request.api == TxnApi::end_txn && !transaction_started_) {
    // Nothing became part of the transaction: there is nothing to end.
    done(request.call);
    if (!has_fatal_error()) complete_transaction();
    if (pending_.empty()) return std::nullopt;
    request = dequeue();
  }
  return request;
}

void TransactionManager::lookup_coordinator(CoordinatorType type, const std::string& group_id) {
  (type == CoordinatorType::group ? group_coordinator_ : transaction_coordinator_) = kNoBroker;
  Pending request = make_request(TxnApi::find_coordinator, CoordinatorType::none);
  request.request.key_type = type;
  request.request.key = type == CoordinatorType::group ? group_id : config_.transactional_id;
  enqueue(std::move(request));
}

void TransactionManager::complete_transaction() {
  const bool ok = sender_transition(epoch_bump_required_ ? State::initializing : State::ready);
  if (!ok) return;
  last_error_ = {};
  epoch_bump_required_ = false;
  transaction_started_ = false;
  new_partitions_.clear();
  pending_partitions_.clear();
  std::fill(in_transaction_.begin(), in_transaction_.end(), false);
}

// --- Outcomes of a request

void TransactionManager::fatal(const Pending& request, ClientError error) {
  done(request.call, error);
  to_fatal(error);
}

void TransactionManager::abortable(const Pending& request, ClientError error) {
  done(request.call, error);
  (void)to_abortable(error);
}

void TransactionManager::abortable_if_possible(const Pending& request, ClientError error) {
  if (!can_handle_abortable()) return fatal(request, error);
  if (client_must_bump()) epoch_bump_required_ = true;
  abortable(request, error);
}

void TransactionManager::handle_disconnect(Pending request) {
  if (request.coordinator != CoordinatorType::none) {
    lookup_coordinator(request.coordinator, request.request.group.group_id);
  }
  retry(std::move(request));
}

void TransactionManager::back_to_uninitialized(ClientError error) {
  // Each failing request may drag the state along; the requests stay queued, as they do in the real client.
  for (const Pending& request : std::vector<Pending>{pending_}) abortable(request, Local::authentication);
  (void)sender_transition(State::uninitialized);
  if (pending_transition_) done(pending_transition_->call, error);
  last_error_ = {};
}

void TransactionManager::close() {
  for (const Pending& request : std::vector<Pending>{pending_}) fatal(request, Local::kafka);
  if (pending_transition_) done(pending_transition_->call, Local::kafka);
}

void TransactionManager::handle_response(Pending request, const TxnResponse& response) {
  switch (request.request.api) {
    case TxnApi::find_coordinator:
      return on_find_coordinator(std::move(request), response);
    case TxnApi::init_producer_id:
      return on_init_producer_id(std::move(request), response);
    case TxnApi::add_partitions_to_txn:
      return on_add_partitions(std::move(request), response);
    case TxnApi::add_offsets_to_txn:
      return on_add_offsets(std::move(request), response);
    case TxnApi::txn_offset_commit:
      return on_offset_commit(std::move(request), response);
    case TxnApi::end_txn:
      return on_end_txn(std::move(request), response);
  }
}

void TransactionManager::on_find_coordinator(Pending request, const TxnResponse& response) {
  const Errors error = response.error;
  if (error == Errors::none) {
    const bool group = request.request.key_type == CoordinatorType::group;
    (group ? group_coordinator_ : transaction_coordinator_) = response.coordinator;
    done(request.call);
  } else if (is_retriable(error)) {
    retry(std::move(request));
  } else if (error == Errors::transactional_id_authorization_failed) {
    fatal(request, error);
  } else if (error == Errors::group_authorization_failed || error == Errors::transaction_abortable) {
    abortable(request, error);
  } else {
    fatal(request, Local::kafka);
  }
}

void TransactionManager::on_init_producer_id(Pending request, const TxnResponse& response) {
  const Errors error = response.error;
  if (error == Errors::none) {
    producer_ = response.producer;
    if (!sender_transition(State::ready)) return;
    last_error_ = {};
    if (request.epoch_bump) reset_sequences();
    done(request.call);
  } else if (coordinator_moved(error)) {
    lookup_coordinator(CoordinatorType::transaction, {});
    retry(std::move(request));
  } else if (is_retriable(error)) {
    retry(std::move(request));
  } else if (error == Errors::transactional_id_authorization_failed ||
             error == Errors::cluster_authorization_failed) {
    // The sender notices and takes the producer back to where init_transactions may be called again.
    last_error_ = error;
    abortable(request, error);
  } else if (fenced(error)) {
    fatal(request, Errors::producer_fenced);
  } else if (error == Errors::transaction_abortable) {
    abortable(request, error);
  } else {
    fatal(request, Local::kafka);
  }
}

bool TransactionManager::common_coordinator_error(Pending& request, Errors error) {
  if (coordinator_moved(error)) {
    lookup_coordinator(CoordinatorType::transaction, {});
    retry(std::move(request));
  } else if (is_retriable(error)) {
    retry(std::move(request));
  } else if (fenced(error)) {
    fatal(request, Errors::producer_fenced);
  } else if (error == Errors::transactional_id_authorization_failed || error == Errors::invalid_txn_state) {
    fatal(request, error);
  } else if (error == Errors::invalid_producer_id_mapping && config_.version == ClientVersion::v4_1) {
    fatal(request, error);
  } else if (error == Errors::unknown_producer_id || error == Errors::invalid_producer_id_mapping) {
    abortable_if_possible(request, error);
  } else if (error == Errors::transaction_abortable) {
    abortable(request, error);
  } else {
    return false;
  }
  return true;
}

void TransactionManager::on_add_partitions(Pending request, const TxnResponse& response) {
  std::vector<std::pair<PartitionId, Errors>> verdicts = response.partition_errors;
  if (verdicts.empty()) {
    for (const PartitionId partition : request.request.partitions)
      verdicts.emplace_back(partition, response.error);
  }
  request.retry_backoff_ms = retry_backoff_ms_;

  bool unauthorized = false;
  bool other_errors = false;
  for (const auto& [partition, error] : verdicts) {
    if (error == Errors::none) continue;
    if (error == Errors::concurrent_transactions) {
      const bool first =
          std::find(in_transaction_.begin(), in_transaction_.end(), true) == in_transaction_.end();
      if (first) request.retry_backoff_ms = std::min(retry_backoff_ms_, kFirstAddPartitionsBackoffMs);
    }
    if (common_coordinator_error(request, error)) return;
    if (error == Errors::topic_authorization_failed) {
      unauthorized = true;
    } else {
      other_errors = true;
    }
  }
  // Pending or not decides whether batches may go; after an error the batches are aborted anyway.
  std::erase_if(pending_partitions_, [&](PartitionId pending) {
    return std::any_of(verdicts.begin(), verdicts.end(), [&](const auto& v) { return v.first == pending; });
  });
  if (unauthorized) {
    abortable(request, Errors::topic_authorization_failed);
  } else if (other_errors) {
    abortable(request, Local::kafka);
  } else {
    for (const auto& verdict : verdicts) in_transaction_[verdict.first] = true;
    transaction_started_ = true;
    done(request.call);
  }
}

void TransactionManager::on_add_offsets(Pending request, const TxnResponse& response) {
  const Errors error = response.error;
  if (error == Errors::none) {
    // The call ends with the commit of the offsets.
    enqueue(make_offset_commit(request.request.offsets, std::move(request.request.group), request.call));
    transaction_started_ = true;
  } else if (!common_coordinator_error(request, error)) {
    if (error == Errors::group_authorization_failed) {
      abortable(request, error);
    } else {
      fatal(request, Local::kafka);
    }
  }
}

void TransactionManager::on_offset_commit(Pending request, const TxnResponse& response) {
  std::vector<std::pair<std::uint64_t, Errors>> verdicts = response.offset_errors;
  if (verdicts.empty()) {
    for (const TxnOffset& offset : request.request.offsets)
      verdicts.emplace_back(offset.partition, response.error);
  }
  bool coordinator_reloaded = false;
  bool failed = false;
  for (const auto& [partition, error] : verdicts) {
    if (error == Errors::none) {
      std::erase_if(pending_offsets_, [&](const TxnOffset& offset) { return offset.partition == partition; });
      continue;
    }
    if (coordinator_moved(error) || error == Errors::request_timed_out) {
      if (!coordinator_reloaded) lookup_coordinator(CoordinatorType::group, request.request.group.group_id);
      coordinator_reloaded = true;
      continue;
    }
    if (is_retriable(error)) continue;
    failed = true;
    if (error == Errors::group_authorization_failed || error == Errors::fenced_instance_id ||
        error == Errors::transaction_abortable) {
      abortable(request, error);
    } else if (error == Errors::unknown_member_id || error == Errors::illegal_generation) {
      abortable(request, Local::commit_failed);
    } else if (fenced(error)) {
      fatal(request, Errors::producer_fenced);
    } else if (error == Errors::transactional_id_authorization_failed ||
               error == Errors::unsupported_for_message_format) {
      fatal(request, error);
    } else {
      fatal(request, Local::kafka);
    }
    break;
  }
  if (failed) {
    pending_offsets_.clear();
  } else if (pending_offsets_.empty()) {
    done(request.call);
  } else {
    request.request.offsets = pending_offsets_;
    retry(std::move(request));
  }
}

void TransactionManager::on_end_txn(Pending request, const TxnResponse& response) {
  const Errors error = response.error;
  if (error == Errors::none) {
    // Protocol v2: every transaction has an epoch of its own, and the answer brings the next one.
    if (response.producer.valid()) {
      producer_ = response.producer;
      reset_sequences();
    }
    complete_transaction();
    done(request.call);
  } else if (!common_coordinator_error(request, error)) {
    fatal(request, Local::kafka);
  }
}

}  // namespace wrackline::kafka
