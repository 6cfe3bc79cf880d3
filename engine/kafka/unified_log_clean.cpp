// What the log cleaner sees of a UnifiedLog, and how the segments that it wrote take their places.
#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>

#include "engine/kafka/offset_map.hpp"
#include "engine/kafka/unified_log.hpp"

namespace wrackline::kafka {

UnifiedLog::SegmentInfo UnifiedLog::segment(std::size_t index) const {
  const Segment& of = segments_[index];
  const auto batches = segment_batches(index);
  return {.base_offset = of.base_offset,
          .next_offset = batches.empty() ? of.base_offset : batches.back().next_offset(),
          .size_bytes = of.size_bytes,
          .max_timestamp_ms = of.max_timestamp_ms,
          .first_batch_timestamp_ms = of.rolling_timestamp_ms};
}

std::span<const RecordBatch> UnifiedLog::segment_batches(std::size_t index) const {
  const Number first = std::max(segments_[index].first_batch, batches_.first_number());
  return batches_.slice(first, std::max(first, segment_end(index)));
}

UnifiedLog::SegmentRange UnifiedLog::segments_between(Offset from, Offset to) const {
  assert(from <= to);
  if (from == to) return {};
  const std::size_t first = segment_index_of(from);
  std::size_t last = first;
  while (last < segments_.size() && segments_[last].base_offset < to) ++last;
  return {first, last};
}

UnifiedLog::SegmentRange UnifiedLog::closed_segments_from(Offset from) const {
  const Offset active = segments_.back().base_offset;
  return from > active ? SegmentRange{} : segments_between(from, active);
}

/// Numbers from `to` on stay as they are, so that whatever points to them still does. The segments are the
/// caller's to renumber.
void UnifiedLog::replace_batches(Number from, Number to, std::vector<RecordBatch>&& kept) {
  const Number first_kept = to - kept.size();
  batches_.replace(from, to, std::move(kept));
  std::vector<IndexEntry> entries;
  for (const IndexEntry& entry : index_.items()) {
    if (entry.batch < from) entries.push_back({entry.last_offset, entry.batch + (first_kept - from)});
  }
  std::int64_t bytes = 0;
  for (Number n = first_kept; n < to; ++n) {
    if (bytes > config_.index_interval_bytes) {
      entries.push_back({batches_.at_number(n).last_offset, n});
      bytes = 0;
    }
    bytes += batches_.at_number(n).size_bytes;
  }
  for (const IndexEntry& entry : index_.items()) {
    if (entry.batch >= to) entries.push_back(entry);
  }
  index_.clear();
  for (const IndexEntry& entry : entries) index_.push_back(entry);
}

void UnifiedLog::replace_segments(SegmentRange old, std::vector<RecordBatch>&& kept,
                                  std::span<const AbortedTxn> aborted) {
  assert(old.first < old.last && old.last < segments_.size());
  assert(folds_.empty());
  Segment cleaned{.base_offset = segments_[old.first].base_offset,
                  .created_ms = segments_[old.first].created_ms};
  for (const RecordBatch& batch : kept) {
    if (cleaned.size_bytes == 0) cleaned.rolling_timestamp_ms = batch.max_timestamp_ms;
    cleaned.size_bytes += batch.size_bytes;
    cleaned.max_timestamp_ms = std::max(cleaned.max_timestamp_ms, batch.max_timestamp_ms);
  }
  const Number from = std::max(segments_[old.first].first_batch, batches_.first_number());
  const Number to = segments_[old.last].first_batch;
  cleaned.first_batch = to - kept.size();
  for (std::size_t i = 0; i < old.first; ++i) segments_[i].first_batch += cleaned.first_batch - from;
  replace_batches(from, to, std::move(kept));
  aborted_.replace(cleaned.base_offset, segments_[old.last].base_offset, aborted);
  // A snapshot goes with its segment; that of the first stays for the one in its place.
  for (std::size_t i = old.first + 1; i < old.last; ++i) producers_.remove_snapshot(segments_[i].base_offset);

  std::vector<Segment> segments;
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    if (i == old.first) segments.push_back(cleaned);
    if (i < old.first || i >= old.last) segments.push_back(segments_[i]);
  }
  segments_.clear();
  for (const Segment& segment : segments) segments_.push_back(segment);
}

// --- in memory ---

/// Adds the batches of [from, to) that say the last of some key in their segment.
void UnifiedLog::keep_latest(Segment& segment, Number from, Number to, std::vector<RecordBatch>& kept) {
  OffsetMap seen{std::numeric_limits<std::size_t>::max()};
  std::vector<bool> latest;
  for (Number n = to; n-- > from;) {
    const RecordBatch& batch = batches_.at_number(n);
    bool says = batch.has_producer_id() || !batch.records;
    for (std::size_t i = 0; batch.records && i < batch.records->keys.size(); ++i) {
      const std::uint32_t key = batch.records->keys[i];
      if (seen.get(key) != kNoOffset) continue;
      says = true;
      seen.put(key, batch.last_offset);
    }
    latest.push_back(says);
  }
  for (Number n = from; n < to; ++n) {
    const RecordBatch& batch = batches_.at_number(n);
    if (latest[static_cast<std::size_t>(to - n - 1)]) {
      kept.push_back(batch);
      continue;
    }
    segment.forgotten_bytes += batch.size_bytes;
    segment.forgotten_max_timestamp_ms = std::max(segment.forgotten_max_timestamp_ms, batch.max_timestamp_ms);
    forgotten_below_ = std::max(forgotten_below_, batch.next_offset());
  }
}

void UnifiedLog::forget_superseded_below(Offset offset) {
  assert(config_.compacted && folds_.empty() && offset <= log_end_);
  const Number from = batches_.first_number();
  const Number to = first_batch_reaching(offset);
  constexpr std::size_t kWorthwhile = 32;
  if (to - from < 2 * kept_below_ + kWorthwhile) return;
  std::vector<RecordBatch> kept;
  std::vector<std::size_t> kept_before;
  for (std::size_t i = 0; i < segments_.size() && segments_[i].first_batch < to; ++i) {
    kept_before.push_back(kept.size());
    const Number first = std::max(segments_[i].first_batch, from);
    keep_latest(segments_[i], first, std::max(first, std::min(segment_end(i), to)), kept);
  }
  for (std::size_t i = 0; i < kept_before.size(); ++i)
    segments_[i].first_batch = to - (kept.size() - kept_before[i]);
  kept_below_ = kept.size();
  replace_batches(from, to, std::move(kept));
}

}  // namespace wrackline::kafka
