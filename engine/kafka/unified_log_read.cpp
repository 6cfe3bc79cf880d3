// Watermarks and reads of UnifiedLog.
#include <algorithm>
#include <cassert>
#include <iterator>

#include "engine/kafka/unified_log.hpp"

namespace wrackline::kafka {

// --- where an offset lies ---

LogOffsetMetadata UnifiedLog::log_end_offset_metadata() const {
  return {.offset = log_end_,
          .segment_base = segments_.back().base_offset,
          .batch_number = batches_.end_number()};
}

std::size_t UnifiedLog::segment_index_of(Offset offset) const {
  if (segments_.back().base_offset <= offset) return segments_.size() - 1;
  const auto segments = segments_.items();
  const auto after =
      std::upper_bound(segments.begin(), segments.end(), offset,
                       [](Offset wanted, const Segment& segment) { return wanted < segment.base_offset; });
  return after == segments.begin() ? 0 : static_cast<std::size_t>(after - segments.begin()) - 1;
}

UnifiedLog::Number UnifiedLog::segment_end(std::size_t index) const {
  return index + 1 < segments_.size() ? segments_[index + 1].first_batch : batches_.end_number();
}

UnifiedLog::Number UnifiedLog::first_batch_reaching(Offset offset) const {
  const auto batches = batches_.items();
  // Readers are mostly near the end: widen a window from there before halving it.
  std::size_t step = 1;
  std::size_t high = batches.size();
  std::size_t low = high;
  while (low > 0) {
    low = step < low ? low - step : 0;
    if (batches[low].last_offset < offset) {
      ++low;
      break;
    }
    high = low;
    step *= 2;
  }
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (batches[middle].last_offset < offset) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return batches_.first_number() + low;
}

LogOffsetMetadata UnifiedLog::locate(Offset offset) const {
  if (offset < log_start_ || offset > log_end_ || offset < forgotten_below_) return {.offset = offset};
  if (offset == log_end_) return log_end_offset_metadata();
  const Number number = first_batch_reaching(offset);
  if (number == batches_.end_number()) return log_end_offset_metadata();
  std::size_t segment = segment_index_of(offset);
  while (number >= segment_end(segment)) ++segment;
  return {.offset = config_.rules.offset_metadata_names_batch_base ? batches_.at_number(number).base_offset
                                                                   : offset,
          .segment_base = segments_[segment].base_offset,
          .batch_number = number};
}

// --- watermarks ---

void UnifiedLog::set_high_watermark(const LogOffsetMetadata& offset) {
  assert(offset.offset >= 0);
  high_watermark_ = offset;
  producers_.on_high_watermark_updated(offset.offset);
  maybe_increment_first_unstable_offset();
}

void UnifiedLog::raise_high_watermark_to_log_end() {
  if (high_watermark_.offset >= log_end_) set_high_watermark(log_end_offset_metadata());
}

Offset UnifiedLog::update_high_watermark(const LogOffsetMetadata& offset) {
  if (offset.offset < log_start_) {
    set_high_watermark({.offset = log_start_});
  } else if (offset.offset >= log_end_) {
    set_high_watermark(log_end_offset_metadata());
  } else {
    set_high_watermark(offset);
  }
  return high_watermark_.offset;
}

std::optional<Offset> UnifiedLog::maybe_increment_high_watermark(const LogOffsetMetadata& offset) {
  assert(offset.offset <= log_end_);
  const LogOffsetMetadata old = fetch_high_watermark_metadata();
  const bool moves =
      old.offset < offset.offset || (old.offset == offset.offset && old.on_older_segment(offset));
  if (!moves) return std::nullopt;
  set_high_watermark(offset);
  return old.offset;
}

const LogOffsetMetadata& UnifiedLog::fetch_high_watermark_metadata() {
  if (high_watermark_.offset_only()) set_high_watermark(locate(high_watermark_.offset));
  return high_watermark_;
}

LogOffsetMetadata UnifiedLog::fetch_last_stable_offset_metadata() {
  const LogOffsetMetadata high_watermark = fetch_high_watermark_metadata();
  if (!first_unstable_ || first_unstable_->offset >= high_watermark.offset) return high_watermark;
  if (first_unstable_->offset_only()) first_unstable_ = locate(first_unstable_->offset);
  return *first_unstable_;
}

Offset UnifiedLog::last_stable_offset() const {
  if (first_unstable_ && first_unstable_->offset < high_watermark_.offset) return first_unstable_->offset;
  return high_watermark_.offset;
}

std::optional<Offset> UnifiedLog::first_unstable_offset() const {
  if (!first_unstable_) return std::nullopt;
  return first_unstable_->offset;
}

void UnifiedLog::maybe_increment_first_unstable_offset() {
  first_unstable_ = producers_.first_unstable_offset();
  if (first_unstable_ && (first_unstable_->offset_only() || first_unstable_->offset < log_start_)) {
    first_unstable_ = locate(std::max(first_unstable_->offset, log_start_));
  }
}

// --- reads ---

namespace {

FetchDataInfo refused(Errors error) {
  FetchDataInfo info;
  info.error = error;
  return info;
}

}  // namespace

FetchDataInfo UnifiedLog::read(Offset offset, FetchIsolation isolation, std::int64_t max_bytes,
                               bool min_one_message) {
  if (offset < log_start_) return refused(Errors::offset_out_of_range);
  switch (isolation) {
    case FetchIsolation::log_end:
      return read_to(offset, log_end_offset_metadata(), max_bytes, min_one_message, false);
    case FetchIsolation::high_watermark:
      return read_to(offset, fetch_high_watermark_metadata(), max_bytes, min_one_message, false);
    case FetchIsolation::txn_committed:
      return read_to(offset, fetch_last_stable_offset_metadata(), max_bytes, min_one_message, true);
  }
  return {};
}

FetchDataInfo UnifiedLog::read_to(Offset offset, const LogOffsetMetadata& max, std::int64_t max_bytes,
                                  bool min_one_message, bool committed) const {
  if (offset > log_end_) return refused(Errors::offset_out_of_range);
  FetchDataInfo info;
  if (offset == max.offset) {
    info.fetch_offset = max;
    return info;
  }
  if (offset > max.offset) {
    info.fetch_offset = locate(offset);
    return info;
  }
  assert(offset >= forgotten_below_);
  const LogOffsetMetadata start = locate(offset);
  info.fetch_offset = start;
  if (start.batch_number == batches_.end_number()) return info;

  std::size_t segment = segment_index_of(start.segment_base);
  Number end = start.batch_number;
  if (start.segment_base < max.segment_base) {
    end = segment_end(segment);
  } else if (start.segment_base == max.segment_base) {
    end = std::max(start.batch_number, std::min(max.batch_number, segment_end(segment)));
  }
  const auto readable = batches_.slice(start.batch_number, end);
  std::size_t count = readable.size();
  if (max_bytes != kUnlimited) {
    std::int64_t bytes = 0;
    for (count = 0; count < readable.size(); ++count) {
      bytes += readable[count].size_bytes;
      if (bytes > max_bytes && !(count == 0 && min_one_message)) break;
    }
  }
  info.batches = readable.first(count);
  info.segment_base = start.segment_base;
  if (committed) {
    // The real broker does not scan to the end of what it read: it takes the next entry of the sparse index,
    // else the next segment, else the log end.
    const Number first_after = start.batch_number + count;
    const auto entries = index_.items();
    const auto next =
        std::lower_bound(entries.begin(), entries.end(), first_after,
                         [](const IndexEntry& entry, Number wanted) { return entry.batch < wanted; });
    if (next != entries.end() && next->batch < segment_end(segment)) {
      info.upper_bound = next->last_offset;
    } else {
      info.upper_bound = segment + 1 < segments_.size() ? segments_[segment + 1].base_offset : log_end_;
    }
  }
  return info;
}

void UnifiedLog::aborted_of(const FetchDataInfo& fetched, Offset fetch_offset,
                            std::vector<AbortedTxn>& out) const {
  if (fetched.upper_bound == kNoOffset) return;
  aborted_.collect(fetched.segment_base, fetch_offset, fetched.upper_bound, out);
}

void UnifiedLog::collect_aborted(Offset from, Offset upper_bound, std::vector<AbortedTxn>& out) const {
  aborted_.collect(segments_[segment_index_of(from)].base_offset, log_start_, upper_bound, out);
}

// --- offsets by timestamp ---

namespace {

std::int64_t timestamp_of(const RecordBatch& batch, std::int64_t index) {
  const bool own = batch.append_time_ms == kNoTimestamp && batch.records &&
                   static_cast<std::size_t>(index) < batch.records->timestamps_ms.size();
  return own ? batch.records->timestamps_ms[static_cast<std::size_t>(index)] : batch.max_timestamp_ms;
}

/// The first record of the batch at or above `from` with at least this timestamp.
std::optional<TimestampAndOffset> search_batch(const RecordBatch& batch, std::int64_t timestamp,
                                               Offset from) {
  if (batch.max_timestamp_ms < timestamp) return std::nullopt;
  // A cleaned batch has not all of its offsets any more.
  const CompactionColumns* const compaction = batch.records ? batch.records->compaction.get() : nullptr;
  const auto count = compaction != nullptr ? std::ssize(compaction->shapes) : batch.count();
  for (std::int64_t i = 0; i < count; ++i) {
    const Offset delta =
        compaction != nullptr ? compaction->shapes[static_cast<std::size_t>(i)].offset_delta : i;
    const Offset offset = batch.base_offset + delta;
    const std::int64_t record_ms = timestamp_of(batch, i);
    if (record_ms < timestamp || offset < from) continue;
    TimestampAndOffset found{.timestamp_ms = record_ms, .offset = offset, .leader_epoch = std::nullopt};
    if (batch.leader_epoch != kNoLeaderEpoch) found.leader_epoch = batch.leader_epoch;
    return found;
  }
  return std::nullopt;
}

}  // namespace

std::optional<TimestampAndOffset> UnifiedLog::offset_by_timestamp(std::int64_t timestamp) const {
  if (timestamp == kLatestTimestamp) {
    return TimestampAndOffset{.offset = log_end_, .leader_epoch = epochs_.latest_epoch()};
  }
  if (timestamp == kEarliestTimestamp) {
    const auto earliest = epochs_.earliest_entry();
    const bool covers = earliest && earliest->start_offset <= log_start_;
    return TimestampAndOffset{.offset = log_start_,
                              .leader_epoch = covers ? std::optional{earliest->epoch} : std::nullopt};
  }
  const auto segments = segments_.items();
  if (timestamp == kMaxTimestamp) {
    const auto newest = std::max_element(
        segments.begin(), segments.end(),
        [](const Segment& a, const Segment& b) { return a.max_timestamp_ms < b.max_timestamp_ms; });
    const auto index = static_cast<std::size_t>(newest - segments.begin());
    for (Number n = std::max(newest->first_batch, batches_.first_number()); n < segment_end(index); ++n) {
      const RecordBatch& batch = batches_.at_number(n);
      if (batch.max_timestamp_ms == newest->max_timestamp_ms) {
        return search_batch(batch, batch.max_timestamp_ms, batch.base_offset);
      }
    }
    return std::nullopt;
  }
  for (std::size_t index = 0; index < segments.size(); ++index) {
    if (segments[index].max_timestamp_ms < timestamp) continue;
    for (Number n = std::max(segments[index].first_batch, batches_.first_number()); n < segment_end(index);
         ++n) {
      if (auto found = search_batch(batches_.at_number(n), timestamp, log_start_)) return found;
    }
    return std::nullopt;
  }
  return std::nullopt;
}

std::int64_t UnifiedLog::size_bytes() const {
  std::int64_t bytes = 0;
  for (const Segment& segment : segments_.items()) bytes += segment.size_bytes;
  return bytes;
}

std::int64_t UnifiedLog::bytes_from(Offset offset) const {
  std::int64_t bytes = 0;
  for (Number n = first_batch_reaching(offset); n < batches_.end_number(); ++n) {
    bytes += batches_.at_number(n).size_bytes;
  }
  return bytes;
}

std::int64_t UnifiedLog::bytes_to_recover(Offset recovery_point) const {
  std::int64_t bytes = 0;
  for (std::size_t i = segment_index_of(recovery_point); i < segments_.size(); ++i)
    bytes += segments_[i].size_bytes;
  return bytes;
}

}  // namespace wrackline::kafka
