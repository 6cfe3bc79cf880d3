#include "engine/kafka/producer_batch.hpp"

namespace wrackline::kafka {

BatchPool::~BatchPool() {
  for (ProducerBatch* batch : all_) delete batch;
}

ProducerBatch* BatchPool::take() {
  if (idle_.empty()) {
    all_.push_back(new ProducerBatch);
    idle_.reserve(all_.capacity());
    all_.back()->home = this;
    return all_.back();
  }
  ProducerBatch* const batch = idle_.back();
  idle_.pop_back();
  std::vector<std::int32_t> sizes = std::move(batch->sizes);
  sizes.clear();
  *batch = ProducerBatch{};
  batch->home = this;
  batch->sizes = std::move(sizes);
  return batch;
}

void BatchPool::take_back(ProducerBatch* batch) {
  batch->records = {};
  batch->columns = nullptr;
  idle_.push_back(batch);
}

}  // namespace wrackline::kafka
