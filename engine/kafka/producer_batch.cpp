#include "engine/kafka/producer_batch.hpp"

#include <cassert>

namespace wrackline::kafka {

BatchPool::~BatchPool() {
  for (ProducerBatch* batch : all_) delete batch;
}

ProducerBatch* BatchPool::take() {
  if (idle_.empty()) {
    all_.push_back(new ProducerBatch);
    idle_.reserve(all_.capacity());
    return all_.back();
  }
  ProducerBatch* const batch = idle_.back();
  idle_.pop_back();
  std::vector<std::int32_t> sizes = std::move(batch->sizes);
  sizes.clear();
  *batch = ProducerBatch{};
  batch->sizes = std::move(sizes);
  return batch;
}

void BatchPool::release(ProducerBatch* batch) {
  assert(batch->holders > 0);
  if (--batch->holders != 0) return;
  batch->records = {};
  batch->columns = nullptr;
  idle_.push_back(batch);
}

}  // namespace wrackline::kafka
