// The pass of the log cleaner over one log (L-48): which records and batches are left, in which segments.
//
// Modelled: the map of the last offset of each key in the dirty part, with its limit; the last record of each
// key stays; a tombstone gets its delete horizon (delete.retention.ms from the pass that first finds it) and
// goes in a pass after that; records of aborted transactions go; a marker gets its horizon in the pass that
// finds no data of its transaction any more, and goes after it; the batch with an active producer's last
// sequence (or, if it has none, its last marker) stays, empty if need be; since 4.x so does the last batch of
// the cleaned range; segments that have become small are put together up to segment.bytes. Offsets never
// change; a batch keeps its first and last offset, whatever it loses. Not modelled: messages before magic 2,
// compression, the limit of the cleaner's throughput, the size of indexes as a limit of a segment. From:
// Cleaner (org.apache.kafka.storage.internals.log), MemoryRecords.filterTo.
//
// A pass decides and changes nothing: what it returns becomes the log by UnifiedLog::replace_segments, once
// its bytes are written. Until then the log may grow, but not be truncated into the range.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/kafka/log_cleaner_manager.hpp"
#include "engine/kafka/offset_map.hpp"

namespace wrackline::kafka {

struct CleanerConfig {
  std::int64_t dedupe_buffer_bytes = 134'217'728;  ///< log.cleaner.dedupe.buffer.size, for one thread
  double dedupe_buffer_load_factor = 0.9;          ///< log.cleaner.io.buffer.load.factor

  std::size_t most_keys() const {
    const std::int64_t slots = dedupe_buffer_bytes / OffsetMap::kBytesPerKey;
    return static_cast<std::size_t>(static_cast<double>(slots) * dedupe_buffer_load_factor);
  }
};

/// What takes the place of some segments.
struct CleanedSegment {
  Offset base_offset = 0;
  Offset next_base_offset = 0;  ///< of the segment behind those
  std::vector<RecordBatch> batches;
  std::vector<AbortedTxn> aborted;  ///< its part of the index
  std::int64_t bytes = 0;
};

struct CleanedLog {
  Offset end_offset = 0;  ///< the next checkpoint
  std::vector<CleanedSegment> segments;
  std::int64_t map_bytes_read = 0;
  std::int64_t bytes_read = 0;
  std::int64_t bytes_written = 0;
};

class Cleaner {
 public:
  explicit Cleaner(const CleanerConfig& config = {}) : config_{config} {}

  CleanedLog clean(const UnifiedLog& log, const LogToClean& to_clean, std::int64_t now_ms) const;

 private:
  CleanerConfig config_;
};

/// Puts the outcome of a pass into the log it was made from.
void replace_cleaned(UnifiedLog& log, CleanedLog&& cleaned);

}  // namespace wrackline::kafka
