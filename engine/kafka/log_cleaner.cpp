#include "engine/kafka/log_cleaner.hpp"

#include <algorithm>
#include <cassert>
#include <limits>
#include <memory>
#include <utility>

#include "engine/kafka/cleaned_transaction_metadata.hpp"
#include "engine/kafka/record_bytes.hpp"

namespace wrackline::kafka {

namespace {

const std::vector<RecordShape>& shapes_of(const RecordBatch& batch) {
  assert(batch.records && batch.records->compaction);
  return batch.records->compaction->shapes;
}

/// Cleaner.buildOffsetMapForSegment. True: the map is full.
bool add_to_map(OffsetMap& map, std::span<const RecordBatch> batches, Offset start_offset, Offset next_base,
                CleanedTransactionMetadata& transactions) {
  for (const RecordBatch& batch : batches) {
    if (batch.is_control()) {
      transactions.on_control_batch(batch, nullptr);
    } else if (!transactions.on_batch(batch)) {
      const auto& shapes = shapes_of(batch);
      for (std::size_t i = 0; i < shapes.size(); ++i) {
        const Offset offset = batch.base_offset + shapes[i].offset_delta;
        if (shapes[i].key_bytes < 0 || offset < start_offset) continue;
        if (!map.put(batch.records->keys[i], offset)) return true;
      }
    }
    if (batch.last_offset >= start_offset) map.update_latest_offset(batch.last_offset);
  }
  // Where offsets are missing at the end of the segment, they are done with too.
  map.update_latest_offset(next_base - 1);
  return false;
}

/// The columns of a batch after a pass: the header alone.
RecordsPtr no_columns() {
  auto* const columns = new Records;
  columns->compaction = std::make_unique<const CompactionColumns>();
  return RecordsPtr{columns};
}

/// Filters batch by batch: Cleaner.cleanInto and MemoryRecords.filterTo.
class Filter {
 public:
  Filter(const UnifiedLog& log, const OffsetMap& map, Offset upper_bound, std::int64_t now_ms)
      : log_{log}, map_{map}, upper_bound_{upper_bound}, now_ms_{now_ms} {}

  void add(const RecordBatch& batch, CleanedTransactionMetadata& transactions, CleanedSegment& into) const {
    const bool discard = batch.is_control() ? transactions.on_control_batch(batch, &into.aborted)
                                            : transactions.on_batch(batch);
    const std::int64_t horizon_ms = batch.delete_horizon_ms();
    const bool past_horizon = horizon_ms != kNoTimestamp && horizon_ms <= now_ms_;
    const bool discard_records = discard && (!batch.is_control() || past_horizon);
    const bool keep_empty = is_last_of_producer(batch) || is_last_of_range(batch);
    RecordBatch kept = batch;
    if (discard_records || !keep_records(batch, discard, kept)) {
      if (!keep_empty) return;
      kept.records = no_columns();
      kept.size_bytes = kBatchOverheadBytes;
    }
    into.bytes += kept.size_bytes;
    into.batches.push_back(std::move(kept));
  }

 private:
  bool is_last_of_producer(const RecordBatch& batch) const {
    if (!batch.has_producer_id()) return false;
    const ProducerStateEntry* const producer = log_.producers().last_entry(batch.producer_id);
    if (producer == nullptr) return false;
    if (producer->has_batches()) return batch.last_offset == producer->last_batch().last_offset;
    return batch.is_control() && batch.producer_epoch == producer->producer_epoch;
  }
  bool is_last_of_range(const RecordBatch& batch) const {
    return log_.config().rules.cleaner_keeps_last_batch && batch.next_offset() == upper_bound_;
  }
  bool keeps(const RecordBatch& batch, std::size_t index) const {
    const RecordShape& shape = shapes_of(batch)[index];
    const Offset offset = batch.base_offset + shape.offset_delta;
    if (offset > map_.latest_offset()) return true;
    if (shape.key_bytes < 0) return false;
    if (offset < map_.get(batch.records->keys[index])) return false;
    const std::int64_t horizon_ms = batch.delete_horizon_ms();
    return shape.value_bytes >= 0 || horizon_ms == kNoTimestamp || now_ms_ < horizon_ms;
  }
  /// False: no record is left. `kept` becomes the batch as it is written.
  bool keep_records(const RecordBatch& batch, bool marker_without_data, RecordBatch& kept) const {
    if (batch.is_control()) {
      if (batch.is_emptied_marker()) return false;
      if (marker_without_data && batch.delete_horizon_ms() == kNoTimestamp)
        set_marker_horizon(kept, now_ms_ + log_.config().delete_retention_ms);
      return true;
    }
    const auto& shapes = shapes_of(batch);
    std::vector<std::size_t> left;
    bool tombstones = false;
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      if (!keeps(batch, i)) continue;
      left.push_back(i);
      tombstones = tombstones || shapes[i].value_bytes < 0;
    }
    if (left.empty()) return false;
    std::int64_t horizon_ms = batch.delete_horizon_ms();
    const bool sets_horizon = tombstones && horizon_ms == kNoTimestamp;
    if (sets_horizon) horizon_ms = now_ms_ + log_.config().delete_retention_ms;
    if (left.size() < shapes.size() || sets_horizon) rewrite(kept, left, horizon_ms);
    return true;
  }
  static void set_marker_horizon(RecordBatch& marker, std::int64_t horizon_ms) {
    auto* const columns = new Records;
    auto compaction = std::make_unique<CompactionColumns>();
    compaction->delete_horizon_ms = horizon_ms;
    columns->compaction = std::move(compaction);
    marker.records = RecordsPtr{columns};
    marker.size_bytes = kBatchOverheadBytes + record_bytes(marker.max_timestamp_ms - horizon_ms, 0, 4, 6);
  }
  /// MemoryRecords.buildRetainedRecordsInto: offsets and sequences as before, timestamps counted from the
  /// delete horizon where there is one.
  static void rewrite(RecordBatch& kept, std::span<const std::size_t> left, std::int64_t horizon_ms) {
    const Records& whole = *kept.records;
    auto* const columns = new Records;
    const RecordsPtr owner{columns};
    auto compaction = std::make_unique<CompactionColumns>();
    compaction->delete_horizon_ms = horizon_ms;
    compaction->origin = whole.compaction->origin ? whole.compaction->origin : kept.records;
    const bool own_times = kept.append_time_ms == kNoTimestamp;
    const auto time_of = [&](std::size_t i) {
      return own_times ? whole.timestamps_ms[i] : kept.max_timestamp_ms;
    };
    const std::int64_t base_ms = horizon_ms != kNoTimestamp ? horizon_ms : time_of(left.front());
    std::int32_t bytes = kBatchOverheadBytes;
    for (const std::size_t i : left) {
      const RecordShape& shape = whole.compaction->shapes[i];
      compaction->shapes.push_back(shape);
      columns->ids.push_back(whole.ids[i]);
      columns->timestamps_ms.push_back(whole.timestamps_ms[i]);
      columns->keys.push_back(whole.keys[i]);
      columns->max_timestamp_ms = std::max(columns->max_timestamp_ms, whole.timestamps_ms[i]);
      bytes += record_bytes(time_of(i) - base_ms, shape.offset_delta, shape.key_bytes, shape.value_bytes);
    }
    columns->compaction = std::move(compaction);
    if (own_times) kept.max_timestamp_ms = columns->max_timestamp_ms;
    kept.size_bytes = bytes;
    kept.records = owner;
  }

  const UnifiedLog& log_;
  const OffsetMap& map_;
  Offset upper_bound_;
  std::int64_t now_ms_;
};

/// Cleaner.groupSegmentsBySize: neighbours that fit into one segment together.
std::vector<UnifiedLog::SegmentRange> groups_of(const UnifiedLog& log, UnifiedLog::SegmentRange range,
                                                Offset first_uncleanable) {
  std::vector<UnifiedLog::SegmentRange> groups;
  while (range.first < range.last) {
    const Offset base = log.segment_base(range.first);
    std::int64_t bytes = log.segment(range.first).size_bytes;
    std::size_t end = range.first + 1;
    for (; end < range.last; ++end) {
      const std::int64_t size = log.segment(end).size_bytes;
      const Offset last = (end + 1 < range.last ? log.segment_base(end + 1) : first_uncleanable) - 1;
      const bool offsets_fit = size == 0 || last - base <= std::numeric_limits<std::int32_t>::max();
      if (bytes + size > log.config().segment_bytes || !offsets_fit) break;
      bytes += size;
    }
    groups.push_back({range.first, end});
    range.first = end;
  }
  return groups;
}

}  // namespace

CleanedLog Cleaner::clean(const UnifiedLog& log, const LogToClean& to_clean, std::int64_t now_ms) const {
  CleanedLog cleaned;
  const Offset upper_bound = to_clean.first_uncleanable_offset;
  OffsetMap map{config_.most_keys()};
  {
    CleanedTransactionMetadata transactions;
    std::vector<AbortedTxn> aborted;
    log.collect_aborted(to_clean.first_dirty_offset, upper_bound, aborted);
    transactions.add_aborted(aborted);
    const auto dirty = log.segments_between(to_clean.first_dirty_offset, upper_bound);
    for (std::size_t i = dirty.first; i < dirty.last; ++i) {
      const Offset next_base = i + 1 < dirty.last ? log.segment_base(i + 1) : upper_bound;
      cleaned.map_bytes_read += log.segment(i).size_bytes;
      if (add_to_map(map, log.segment_batches(i), to_clean.first_dirty_offset, next_base, transactions))
        break;
    }
  }
  cleaned.end_offset = map.latest_offset() + 1;

  CleanedTransactionMetadata transactions;
  const Filter filter{log, map, upper_bound, now_ms};
  const auto range = log.segments_between(std::min<Offset>(0, cleaned.end_offset), cleaned.end_offset);
  for (const auto& group : groups_of(log, range, upper_bound)) {
    CleanedSegment& segment = cleaned.segments.emplace_back();
    segment.base_offset = log.segment_base(group.first);
    segment.next_base_offset = log.segment_base(group.last);
    for (std::size_t i = group.first; i < group.last; ++i) {
      // The index is asked for the whole segment: that of the new one is made anew.
      const Offset end = i + 1 < group.last ? log.segment_base(i + 1) : log.segment(i).next_offset;
      std::vector<AbortedTxn> aborted;
      log.collect_aborted(log.segment_base(i), end, aborted);
      transactions.add_aborted(aborted);
      for (const RecordBatch& batch : log.segment_batches(i)) filter.add(batch, transactions, segment);
      cleaned.bytes_read += log.segment(i).size_bytes;
    }
    cleaned.bytes_written += segment.bytes;
  }
  return cleaned;
}

void replace_cleaned(UnifiedLog& log, CleanedLog&& cleaned) {
  for (CleanedSegment& segment : cleaned.segments) {
    log.replace_segments(log.segments_between(segment.base_offset, segment.next_base_offset),
                         std::move(segment.batches), segment.aborted);
  }
}

}  // namespace wrackline::kafka
