// Recycles the columns of batches: a block whose last owner (producer, log, consumer) let go comes back
// empty, but with its memory (unless that is far more than it needed), so that a producer in steady state
// hardly allocates. Blocks may outlive the pool.
#pragma once

#include <cstddef>

#include "engine/kafka/record_batch.hpp"

namespace wrackline::kafka {

class RecordsPool {
 public:
  RecordsPool();
  ~RecordsPool();
  RecordsPool(const RecordsPool&) = delete;
  RecordsPool& operator=(const RecordsPool&) = delete;

  /// An empty block. Give it to a RecordsPtr at once; that owner and its copies bring it back.
  Records* take();

  std::size_t idle() const;

 private:
  class Store;
  Store* store_;
};

}  // namespace wrackline::kafka
