// What a reader may see of transactions (`isolation.level`), and what a broker tells a read_committed reader
// about the aborted ones.
#pragma once

#include <cstdint>

#include "engine/kafka/record_batch.hpp"

namespace wrackline::kafka {

enum class IsolationLevel : std::uint8_t { read_uncommitted, read_committed };

/// An aborted transaction that overlaps the range of a fetch answer.
struct AbortedTransaction {
  std::int64_t producer_id = kNoProducerId;
  Offset first_offset = 0;
};

}  // namespace wrackline::kafka
