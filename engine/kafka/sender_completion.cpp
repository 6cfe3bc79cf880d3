// What a verdict means for one batch: done, failed, split, or sent again (P-6, P-7, P-15 to P-17).
#include <algorithm>

#include "engine/kafka/sender.hpp"

namespace wrackline::kafka {

namespace {

/// The answer does not tell whether the batch is in the leader's log, or may get there.
bool leaves_doubt(Errors error, std::int16_t acks) {
  switch (error) {
    case Errors::network_exception:
    case Errors::request_timed_out:
    case Errors::not_enough_replicas_after_append:
    case Errors::unknown_server_error:
    case Errors::kafka_storage_error:
      return true;
    // With acks=all the leader may lose its place after it appended, while it waits for replicas.
    case Errors::not_leader_or_follower:
      return acks == kAcksAll;
    default:
      return false;
  }
}

}  // namespace

bool Sender::can_retry(const ProducerBatch& batch, const PartitionResponse& response, Nanos now) {
  if (accumulator_.past_delivery_timeout(batch, now) || batch.attempts >= config_.retries || batch.done()) {
    return false;
  }
  return transactions_ != nullptr ? transactions_->can_retry(response, batch) : is_retriable(response.error);
}

void Sender::complete_batch(ProducerBatch* batch, const PartitionResponse& response, Nanos now) {
  const Errors error = response.error;
  batch->in_request = false;
  batch->maybe_in_log = batch->maybe_in_log || leaves_doubt(error, config_.acks);

  if (error == Errors::message_too_large && batch->count > 1 && !batch->done()) {
    // Not counted as an attempt, not even when the parts are no smaller than the whole was.
    if (transactions_ != nullptr) transactions_->remove_in_flight(batch);
    accumulator_.split_and_reenqueue(batch);
    deallocate(batch);
  } else if (error == Errors::none) {
    succeed_batch(batch, response);
  } else {
    if (can_retry(*batch, response, now)) {
      accumulator_.reenqueue(batch, now);
      remove_in_flight(batch);
    } else if (error == Errors::duplicate_sequence_number) {
      // The broker has it, but does not remember where.
      succeed_batch(batch, response);
    } else {
      // Once the retries are used up nobody knows whether the sequence was taken: it may not be given out
      // again.
      fail_batch(batch, error, batch->attempts < config_.retries);
    }
    if (refreshes_metadata(error)) metadata_.request_update();
    if ((error == Errors::not_leader_or_follower || error == Errors::fenced_leader_epoch) &&
        response.current_leader.leader != kNoBroker && response.current_leader.epoch != kNoLeaderEpoch) {
      metadata_.update(batch->partition, response.current_leader);
    }
  }
  if (guarantee_order_) accumulator_.unmute(batch->partition);
  BatchPool::release(batch);
}

void Sender::succeed_batch(ProducerBatch* batch, const PartitionResponse& response) {
  // Also for a batch that was given up: the acknowledgement moves the sequence on.
  if (transactions_ != nullptr) transactions_->handle_completed(batch, response);
  if (batch->done()) return;
  accumulator_.complete(batch, response.base_offset);
  deallocate(batch);
}

void Sender::fail_batch(ProducerBatch* batch, ClientError error, bool adjust_sequences) {
  if (batch->done()) return;
  accumulator_.fail(batch, ProducerBatch::Final::failed, error);
  if (transactions_ != nullptr) transactions_->handle_failed(batch, error, adjust_sequences);
  deallocate(batch);
}

void Sender::remove_in_flight(ProducerBatch* batch) {
  std::erase(in_flight_batches_[batch->partition], batch);
}

void Sender::deallocate(ProducerBatch* batch) {
  remove_in_flight(batch);
  accumulator_.deallocate(batch);
}

}  // namespace wrackline::kafka
