// The batches of one partition that wait to be sent: the real client's Deque, as an intrusive list.
#pragma once

#include <cstddef>

#include "engine/kafka/producer_batch.hpp"

namespace wrackline::kafka {

class BatchQueue {
 public:
  ProducerBatch* front() const { return front_; }
  ProducerBatch* back() const { return back_; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  void push_front(ProducerBatch* batch) { insert_before(front_, batch); }
  void push_back(ProducerBatch* batch) { insert_before(nullptr, batch); }
  /// `next` null: at the end.
  void insert_before(ProducerBatch* next, ProducerBatch* batch) {
    ProducerBatch* const prev = next != nullptr ? next->queue_prev : back_;
    batch->queue_prev = prev;
    batch->queue_next = next;
    (prev != nullptr ? prev->queue_next : front_) = batch;
    (next != nullptr ? next->queue_prev : back_) = batch;
    ++size_;
  }
  void remove(ProducerBatch* batch) {
    (batch->queue_prev != nullptr ? batch->queue_prev->queue_next : front_) = batch->queue_next;
    (batch->queue_next != nullptr ? batch->queue_next->queue_prev : back_) = batch->queue_prev;
    batch->queue_prev = batch->queue_next = nullptr;
    --size_;
  }

 private:
  ProducerBatch* front_ = nullptr;
  ProducerBatch* back_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace wrackline::kafka
