// Recycles the columns of batches: a block whose last owner (producer, log, consumer) let go comes back
// empty, but with its memory, so that a producer in steady state hardly allocates. Blocks may outlive the
// pool.
//
// A batch grows in an open block, of which a producer needs few: they stay in cache. What it becomes lives
// long, in the logs and with whoever reads them, so it moves into a block that fits. Were they the same, each
// block would in time grow to the largest batch that ever was.
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

  /// An empty block to grow in. Give it to a RecordsPtr at once; that owner and its copies bring it back.
  Records* take();
  /// The same columns in a block that fits. `open` has no other owner, and is to be let go.
  RecordsPtr fitted(const RecordsPtr& open);

  /// Blocks that wait for use.
  std::size_t idle() const;
  /// How many records a block for `records` has room for: at most an eighth more, or eight.
  static std::size_t room_for(std::size_t records);

 private:
  class Store;
  Store* store_;
};

}  // namespace wrackline::kafka
