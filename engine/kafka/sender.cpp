#include "engine/kafka/sender.hpp"

#include <algorithm>
#include <cassert>

namespace wrackline::kafka {

Sender::Sender(const ProducerConfig& config, ProducerMetadata& metadata, RecordAccumulator& accumulator,
               TransactionManager* transactions, bool guarantee_order)
    : config_{config},
      metadata_{metadata},
      accumulator_{accumulator},
      transactions_{transactions},
      guarantee_order_{guarantee_order} {}

// --- Nodes

Sender::Node& Sender::node_of(BrokerId node) {
  assert(node >= 0);
  const auto index = static_cast<std::size_t>(node);
  if (nodes_.size() <= index) nodes_.resize(index + 1);
  return nodes_[index];
}

bool Sender::can_send(BrokerId node) const {
  const auto index = static_cast<std::size_t>(node);
  return can_queue(node) && (index >= nodes_.size() || nodes_[index].ready);
}

bool Sender::can_queue(BrokerId node) const {
  const auto index = static_cast<std::size_t>(node);
  if (index >= nodes_.size()) return true;
  return nodes_[index].reachable &&
         nodes_[index].in_flight < static_cast<std::size_t>(config_.max_in_flight_requests_per_connection);
}

std::size_t Sender::in_flight(BrokerId node) const {
  const auto index = static_cast<std::size_t>(node);
  return index < nodes_.size() ? nodes_[index].in_flight : 0;
}

BrokerId Sender::least_loaded_node() const {
  BrokerId best = kNoBroker;
  for (const BrokerId node : metadata_.brokers()) {
    if (can_queue(node) && (best == kNoBroker || in_flight(node) < in_flight(best))) best = node;
  }
  return best;
}

// --- Rounds

void Sender::run(Nanos now, Outbox& outbox) {
  awaited_.clear();
  while (run_once(now, outbox)) {
  }
}

bool Sender::run_once(Nanos now, Outbox& outbox) {
  if (transactions_ != nullptr) {
    if (sleeping_) {
      if (now < sleep_until_) return false;
      TransactionManager::Pending request = std::move(*sleeping_);
      sleeping_.reset();
      request.retry = false;
      return dispatch(std::move(request), now, outbox) == Round::did_something;
    }
    transactions_->maybe_resolve_sequences();
    const ClientError last_error = transactions_->last_error();
    if (transactions_->has_fatal_error()) {
      if (!accumulator_.has_incomplete()) return false;
      accumulator_.abort_batches(last_error);
      return true;
    }
    if (transactions_->has_abortable_error() &&
        (last_error == Errors::transactional_id_authorization_failed ||
         last_error == Errors::cluster_authorization_failed)) {
      accumulator_.abort_batches(last_error);
      transactions_->back_to_uninitialized(last_error);
      return true;
    }
    transactions_->bump_idempotent_epoch_if_needed();
    const std::size_t waiting = transactions_->pending_requests();
    const Round round = send_transactional(now, outbox);
    if (round != Round::go_on) return round == Round::did_something;
    // A request may have ended without having been sent.
    const bool ended = transactions_->pending_requests() < waiting;
    return send_produce_data(now, outbox) || ended;
  }
  return send_produce_data(now, outbox);
}

Nanos Sender::next_wakeup(Nanos now) const {
  if (sleeping_ && sleep_until_ > now) return sleep_until_;
  Nanos next = kNeverNanos;
  const auto consider = [&](Nanos at) {
    if (at > now) next = std::min(next, at);
  };
  for (const InFlight& request : in_flight_) {
    consider(request.sent_ns + config_.request_timeout_ms * kNanosPerMs);
  }
  // Whoever waits for an answer, or for room on a connection, waits for nothing else.
  if (transactional_in_flight_ || sleeping_) return next;
  consider(accumulator_.next_expiry());
  // Also of a node whose connection nobody has wanted yet: it is opened when a batch is ready.
  consider(accumulator_.next_ready_time(now, [this](BrokerId node) { return can_queue(node); }));
  return next;
}

std::optional<Nanos> Sender::sleeping_until() const {
  if (!sleeping_) return std::nullopt;
  return sleep_until_;
}

// --- Requests of the transaction manager

Sender::Round Sender::send_transactional(Nanos now, Outbox& outbox) {
  if (transactional_in_flight_) return Round::over;
  if ((transactions_->has_abortable_error() || transactions_->aborting()) && accumulator_.has_incomplete()) {
    ClientError why = transactions_->last_error();
    if (!why) why = Local::transaction_aborted;
    accumulator_.abort_undrained(why);
  }
  std::optional<TransactionManager::Pending> request =
      transactions_->next_request(accumulator_.has_incomplete());
  if (!request) return Round::go_on;
  return dispatch(std::move(*request), now, outbox);
}

Sender::Round Sender::dispatch(TransactionManager::Pending request, Nanos now, Outbox& outbox) {
  const bool any_node = request.coordinator == CoordinatorType::none;
  const BrokerId node = any_node ? least_loaded_node() : transactions_->coordinator(request.coordinator);
  const bool reachable = node != kNoBroker && (any_node || node_of(node).reachable);
  if (!reachable) {
    // The sender thread waits where it cannot ask for another coordinator.
    if (any_node) {
      metadata_.request_update();
      sleep_until_ = now + std::max<Nanos>(kNanosPerMs, request.retry_backoff_ms * kNanosPerMs);
      sleeping_ = std::move(request);
      return Round::over;
    }
    transactions_->lookup_coordinator(request.coordinator, request.request.group.group_id);
    transactions_->retry(std::move(request));
    return Round::did_something;
  }
  if (!can_queue(node)) {
    // The connection has room again after an answer.
    sleep_until_ = now;
    sleeping_ = std::move(request);
    return Round::over;
  }
  if (request.coordinator == CoordinatorType::transaction) transactions_->coordinator_ready();
  if (request.retry && request.retry_backoff_ms > 0) {
    sleep_until_ = now + request.retry_backoff_ms * kNanosPerMs;
    sleeping_ = std::move(request);
    return Round::over;
  }
  InFlight& sent = in_flight_.emplace_back();
  sent.correlation = request.request.correlation = next_correlation_++;
  sent.node = request.request.node = node;
  sent.sent_ns = now;
  ++node_of(node).in_flight;
  transactional_in_flight_ = true;
  outbox.transactional.push_back(request.request);
  sent.transactional = std::move(request);
  return Round::did_something;
}

// --- Produce requests

bool Sender::send_produce_data(Nanos now, Outbox& outbox) {
  const RecordAccumulator::Ready& ready = accumulator_.ready(now);
  if (ready.unknown_leader) metadata_.request_update();

  drained_.clear();
  ends_.clear();
  for (const BrokerId node : ready.nodes) {
    const bool can = can_send(node);
    accumulator_.update_node_latency(node, now, can);
    if (!can) {
      if (!node_of(node).ready) awaited_.push_back(node);
      continue;
    }
    accumulator_.drain(node, now, drained_);
    ends_.emplace_back(node, drained_.size());
  }
  if (in_flight_batches_.size() < metadata_.partitions()) in_flight_batches_.resize(metadata_.partitions());
  for (ProducerBatch* batch : drained_) {
    BatchPool::hold(batch);
    in_flight_batches_[batch->partition].push_back(batch);
    if (guarantee_order_) accumulator_.mute(batch->partition);
    batch->in_request = true;
    batch->ever_sent = true;
  }
  const bool expired_some = now >= accumulator_.next_expiry() && expire(now);

  std::size_t begin = 0;
  for (const auto& [node, end] : ends_) {
    send_produce_request(node, std::span{drained_}.subspan(begin, end - begin), now, outbox);
    begin = end;
  }
  return expired_some || !drained_.empty();
}

bool Sender::expire(Nanos now) {
  expired_.clear();
  accumulator_.expired(now, expired_);
  for (std::vector<ProducerBatch*>& in_flight : in_flight_batches_) {
    std::size_t count = 0;
    while (count < in_flight.size() && accumulator_.past_delivery_timeout(*in_flight[count], now)) ++count;
    expired_.insert(expired_.end(), in_flight.begin(),
                    in_flight.begin() + static_cast<std::ptrdiff_t>(count));
    in_flight.erase(in_flight.begin(), in_flight.begin() + static_cast<std::ptrdiff_t>(count));
  }
  for (ProducerBatch* batch : expired_) {
    BatchPool::hold(batch);
    fail_batch(batch, Errors::request_timed_out, false);
    // It may or may not be in the log: nothing new is drained behind it until that is known.
    if (transactions_ != nullptr && batch->in_retry) transactions_->mark_unresolved(*batch);
    BatchPool::release(batch);
  }
  return !expired_.empty();
}

void Sender::send_produce_request(BrokerId node, std::span<ProducerBatch* const> batches, Nanos now,
                                  Outbox& outbox) {
  if (batches.empty()) return;
  InFlight& sent = in_flight_.emplace_back();
  sent.correlation = next_correlation_++;
  sent.node = node;
  sent.sent_ns = now;
  if (!spare_lists_.empty()) {
    sent.batches = std::move(spare_lists_.back());
    spare_lists_.pop_back();
  }
  sent.batches.assign(batches.begin(), batches.end());
  ++node_of(node).in_flight;

  ProduceRequest& request = outbox.produce.emplace_back();
  request.correlation = sent.correlation;
  request.node = node;
  request.acks = config_.acks;
  request.timeout_ms = config_.request_timeout_ms;
  request.transactional = config_.transactional();
  request.batches.reserve(batches.size());
  for (const ProducerBatch* batch : batches) {
    ProduceBatch& part = request.batches.emplace_back();
    part.partition = batch->partition;
    part.batch.last_offset = batch->count - 1;
    part.batch.base_sequence = batch->base_sequence;
    part.batch.producer_id = batch->producer.id;
    part.batch.producer_epoch = batch->producer.epoch;
    part.batch.max_timestamp_ms = batch->records->max_timestamp_ms;
    part.batch.size_bytes = batch->size_bytes;
    part.batch.transactional = batch->transactional;
    part.batch.records = batch->records;
    request.size_bytes += batch->size_bytes;
  }
}

// --- Answers

std::optional<Sender::InFlight> Sender::take(std::uint32_t correlation) {
  const auto found = std::find_if(in_flight_.begin(), in_flight_.end(), [&](const InFlight& request) {
    return request.correlation == correlation;
  });
  if (found == in_flight_.end()) return std::nullopt;
  InFlight request = std::move(*found);
  in_flight_.erase(found);
  leave(request);
  return request;
}

void Sender::note_arrival(std::uint32_t correlation) {
  for (InFlight& request : in_flight_) {
    if (request.correlation != correlation || request.arrived) continue;
    request.arrived = true;
    --node_of(request.node).in_flight;
  }
}

void Sender::leave(const InFlight& request) {
  if (!request.arrived) --node_of(request.node).in_flight;
  if (request.transactional) transactional_in_flight_ = false;
}

void Sender::handle_produce_response(std::uint32_t correlation, std::span<const PartitionResponse> verdicts,
                                     Nanos now) {
  std::optional<InFlight> request = take(correlation);
  if (!request) return;
  for (const PartitionResponse& verdict : verdicts) {
    const auto batch =
        std::find_if(request->batches.begin(), request->batches.end(), [&](const ProducerBatch* candidate) {
          return candidate != nullptr && candidate->partition == verdict.partition;
        });
    if (batch == request->batches.end()) continue;
    complete_batch(*batch, verdict, now);
    *batch = nullptr;
  }
  // A partition that the answer leaves out is as good as unanswered.
  std::erase(request->batches, nullptr);
  end_produce(std::move(*request), Errors::network_exception, now);
}

void Sender::handle_written(std::uint32_t correlation, Nanos now) {
  assert(config_.acks == 0);
  if (std::optional<InFlight> request = take(correlation))
    end_produce(std::move(*request), Errors::none, now);
}

void Sender::end_produce(InFlight request, Errors error, Nanos now) {
  for (ProducerBatch* batch : request.batches) {
    PartitionResponse verdict;
    verdict.partition = batch->partition;
    verdict.error = error;
    complete_batch(batch, verdict, now);
  }
  request.batches.clear();
  spare_lists_.push_back(std::move(request.batches));
}

void Sender::handle_transactional_response(std::uint32_t correlation, const TxnResponse& response, Nanos) {
  std::optional<InFlight> request = take(correlation);
  if (request && request->transactional) {
    transactions_->handle_response(std::move(*request->transactional), response);
  }
}

void Sender::handle_disconnect(BrokerId node, Nanos now, bool timed_out) {
  std::vector<InFlight> lost;
  for (InFlight& request : in_flight_) {
    if (request.node == node) lost.push_back(std::move(request));
  }
  std::erase_if(in_flight_, [&](const InFlight& request) { return request.node == node; });
  for (InFlight& request : lost) {
    leave(request);
    lose(std::move(request), now, timed_out);
  }
}

void Sender::handle_lost(std::uint32_t correlation, Nanos now, bool timed_out) {
  if (std::optional<InFlight> request = take(correlation)) lose(std::move(*request), now, timed_out);
}

void Sender::lose(InFlight request, Nanos now, bool timed_out) {
  if (request.transactional) {
    transactions_->handle_disconnect(std::move(*request.transactional));
  } else {
    end_produce(std::move(request), timed_out ? Errors::request_timed_out : Errors::network_exception, now);
  }
}

std::vector<BrokerId> Sender::handle_request_timeouts(Nanos now, bool timed_out) {
  std::vector<BrokerId> nodes;
  for (const InFlight& request : in_flight_) {
    const bool overdue = now - request.sent_ns >= config_.request_timeout_ms * kNanosPerMs;
    if (overdue && std::find(nodes.begin(), nodes.end(), request.node) == nodes.end())
      nodes.push_back(request.node);
  }
  for (const BrokerId node : nodes) handle_disconnect(node, now, timed_out);
  return nodes;
}

void Sender::force_close(Nanos) {
  accumulator_.close();
  if (transactions_ != nullptr) transactions_->close();
  accumulator_.abort_batches(Local::kafka);
}

}  // namespace wrackline::kafka
