// How a batch leaves the accumulator, or comes back into it: sent again, split, completed, failed, aborted.
#include <cassert>

#include "engine/kafka/record_accumulator.hpp"
#include "engine/kafka/transaction_manager.hpp"

namespace wrackline::kafka {

// --- Retries

void RecordAccumulator::insert_in_sequence_order(Queue& queue, ProducerBatch* batch) {
  ProducerBatch* next = queue.batches.front();
  while (next != nullptr && next->has_sequence() && next->base_sequence < batch->base_sequence) {
    next = next->queue_next;
  }
  enter_queue(queue, next, batch);
}

void RecordAccumulator::reenqueue(ProducerBatch* batch, Nanos now) {
  ++batch->attempts;
  batch->last_attempt_ns = std::max(batch->last_attempt_ns, now);
  batch->in_retry = true;
  Queue& queue = queues_[batch->partition];
  if (transactions_ != nullptr) {
    insert_in_sequence_order(queue, batch);
  } else {
    enter_queue(queue, queue.batches.front(), batch);
  }
}

std::size_t RecordAccumulator::split_and_reenqueue(ProducerBatch* big) {
  const Records& records = *big->records;
  parts_scratch_.clear();
  ProducerBatch* part = nullptr;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const std::int32_t bytes = big->bytes_of(i);
    if (part == nullptr || part->size_bytes + bytes > part->write_limit) {
      part = new_batch(big->partition, bytes);
      part->created_ns = part->last_attempt_ns = big->created_ns;
      part->serial = big->serial;
      part->maybe_in_log = big->maybe_in_log;
      part->ever_sent = big->ever_sent;
      if (big->has_sequence()) {
        part->producer = big->producer;
        part->base_sequence = big->base_sequence + static_cast<std::int32_t>(i);
        part->transactional = big->transactional;
      }
      link_incomplete(big, part);
      parts_scratch_.push_back(part);
    }
    put(*part, records.keys[i], records.ids[i], records.timestamps_ms[i], bytes);
  }
  Queue& queue = queues_[big->partition];
  for (auto last = parts_scratch_.rbegin(); last != parts_scratch_.rend(); ++last) {
    shut(**last);
    if (transactions_ != nullptr) {
      transactions_->add_in_flight(*last);
      insert_in_sequence_order(queue, *last);
    } else {
      enter_queue(queue, queue.batches.front(), *last);
    }
  }
  big->final_state = ProducerBatch::Final::aborted;
  return parts_scratch_.size();
}

// --- Ends

void RecordAccumulator::finish(ProducerBatch* batch, ProducerBatch::Final how, ClientError error,
                               std::int64_t base_offset) {
  assert(!batch->done());
  batch->final_state = how;
  Completion& completion = completions_.emplace_back();
  completion.records = batch->records;
  completion.partition = batch->partition;
  completion.error = error;
  completion.base_offset = base_offset;
  completion.ever_sent = batch->ever_sent;
  if (!error) {
    completion.told = config_.acks == 0 ? sim::Told::fire_and_forget : sim::Told::acknowledged;
    return;
  }
  completion.record_bytes = batch->record_bytes;
  if (batch->record_bytes < 0) completion.sizes = batch->sizes;
  completion.maybe_in_log = batch->maybe_in_log || batch->in_request;
  completion.told = completion.maybe_in_log ? sim::Told::outcome_unknown : sim::Told::failed;
}

void RecordAccumulator::complete(ProducerBatch* batch, std::int64_t base_offset) {
  finish(batch, ProducerBatch::Final::succeeded, {}, base_offset);
}

void RecordAccumulator::fail(ProducerBatch* batch, ProducerBatch::Final how, ClientError error) {
  finish(batch, how, error, -1);
}

void RecordAccumulator::abort(ProducerBatch* batch, ClientError error) {
  shut(*batch);
  finish(batch, ProducerBatch::Final::aborted, error, -1);
  if (batch->queued) leave_queue(queues_[batch->partition], batch);
  deallocate(batch);
}

void RecordAccumulator::abort_batches(ClientError error) {
  while (incomplete_front_ != nullptr) abort(incomplete_front_, error);
}

void RecordAccumulator::abort_undrained(ClientError error) {
  for (ProducerBatch* batch = incomplete_front_; batch != nullptr;) {
    ProducerBatch* const next = batch->incomplete_next;
    const bool undrained = transactions_ != nullptr ? !batch->has_sequence() : batch->columns != nullptr;
    if (undrained) abort(batch, error);
    batch = next;
  }
}

void RecordAccumulator::begin_flush() {
  flushing_ = true;
  flush_before_serial_ = next_serial_;
}

bool RecordAccumulator::flush_done() {
  if (incomplete_front_ != nullptr && incomplete_front_->serial < flush_before_serial_) return false;
  flushing_ = false;
  return true;
}

}  // namespace wrackline::kafka
