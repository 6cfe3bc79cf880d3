// How a UnifiedLog gets shorter: at the end by truncation, at the start by DeleteRecords and retention, and
// in memory by forgetting.
#include <algorithm>
#include <cassert>

#include "engine/kafka/unified_log.hpp"

namespace wrackline::kafka {

// --- at the end ---

bool UnifiedLog::truncate_to(Offset offset, std::int64_t now_ms) {
  assert(offset >= 0);
  if (offset >= log_end_) {
    // A leader that fell before it wrote anything leaves an epoch entry at its log end.
    epochs_.truncate_from_end(log_end_);
    return false;
  }
  if (segments_.front().base_offset > offset) {
    truncate_fully_and_start_at(offset, now_ms);
    return true;
  }
  assert(offset >= forgotten_below_);
  std::size_t kept = segments_.size();
  while (segments_[kept - 1].base_offset > offset) {
    producers_.remove_snapshot(segments_[kept - 1].base_offset);
    --kept;
  }
  drop_segments_from(kept);
  truncate_segment(kept - 1, first_batch_reaching(offset), now_ms);
  log_end_ = offset;
  epochs_.truncate_from_end(offset);
  recovery_point_ = std::min(recovery_point_, offset);
  log_start_ = std::min(log_start_, offset);
  rebuild_producer_state(producers_, offset, now_ms, false);
  if (high_watermark_.offset >= log_end_) update_high_watermark(log_end_offset_metadata());
  return true;
}

void UnifiedLog::truncate_fully_and_start_at(Offset offset, std::int64_t now_ms) {
  start_at(offset, now_ms);
  epochs_.clear();
  producers_.truncate_fully_and_start_at(offset);
  log_start_ = offset;
  recovery_point_ = std::min(recovery_point_, offset);
  rebuild_producer_state(producers_, offset, now_ms, false);
  update_high_watermark(log_end_offset_metadata());
}

void UnifiedLog::start_at(Offset offset, std::int64_t now_ms) {
  batches_.clear();
  segments_.clear();
  index_.clear();
  aborted_.clear();
  segments_.push_back({.base_offset = offset, .first_batch = batches_.end_number(), .created_ms = now_ms});
  log_end_ = offset;
  forgotten_below_ = offset;
  folds_.clear();
}

// --- at the start ---

void UnifiedLog::update_log_start_offset(Offset offset) {
  log_start_ = offset;
  if (high_watermark_.offset < log_start_) update_high_watermark(log_start_);
  recovery_point_ = std::max(recovery_point_, log_start_);
}

UnifiedLog::Moved UnifiedLog::maybe_increment_log_start_offset(Offset offset) {
  if (offset > high_watermark_.offset) return {.error = Errors::offset_out_of_range};
  if (offset <= log_start_) return {};
  update_log_start_offset(offset);
  epochs_.truncate_from_start(log_start_);
  producers_.on_log_start_incremented(log_start_);
  maybe_increment_first_unstable_offset();
  return {.error = Errors::none, .moved = true};
}

template <typename Predicate>
std::size_t UnifiedLog::delete_segments_while(Predicate&& goes, std::int64_t now_ms) {
  std::size_t count = 0;
  while (count < segments_.size()) {
    const bool last = count + 1 == segments_.size();
    const Segment& segment = segments_[count];
    const Offset end = last ? log_end_ : segments_[count + 1].base_offset;
    // What is not below the high watermark stays, whatever its age: the log start may never pass it.
    if (high_watermark_.offset < end || (last && segment.size_bytes == 0)) break;
    if (!goes(segment, last ? nullptr : &segments_[count + 1])) break;
    ++count;
  }
  if (count == 0) return 0;
  if (count == segments_.size()) roll(now_ms);
  const Moved moved = maybe_increment_log_start_offset(segments_[count].base_offset);
  assert(moved.error == Errors::none);
  static_cast<void>(moved);
  drop_front_segments(count);
  return count;
}

void UnifiedLog::drop_front_segments(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    producers_.remove_snapshot(segments_.front().base_offset);
    segments_.pop_front();
  }
  const Segment& first = segments_.front();
  while (!batches_.empty() && batches_.first_number() < first.first_batch) batches_.pop_front();
  while (!index_.empty() && index_.front().batch < first.first_batch) index_.pop_front();
  aborted_.drop_below(first.base_offset);
  forgotten_below_ = std::max(forgotten_below_, first.base_offset);
}

std::size_t UnifiedLog::delete_old_segments(std::int64_t now_ms) {
  std::size_t deleted = delete_segments_while(
      [&](const Segment&, const Segment* next) { return next != nullptr && next->base_offset <= log_start_; },
      now_ms);
  if (!config_.deleted) return deleted;
  if (config_.retention_bytes >= 0) {
    std::int64_t excess = size_bytes() - config_.retention_bytes;
    deleted += delete_segments_while(
        [&](const Segment& segment, const Segment*) {
          if (excess < segment.size_bytes) return false;
          excess -= segment.size_bytes;
          return true;
        },
        now_ms);
  }
  if (config_.retention_ms >= 0) {
    deleted += delete_segments_while(
        [&](const Segment& segment, const Segment*) {
          return segment.max_timestamp_ms >= 0 && now_ms - segment.max_timestamp_ms > config_.retention_ms;
        },
        now_ms);
  }
  return deleted;
}

// --- in memory ---

void UnifiedLog::forget_below(Offset offset) {
  assert(offset <= log_end_);
  const Number keep = first_batch_reaching(offset);
  if (keep == batches_.first_number()) return;
  fold(batches_.at_number(keep - 1).next_offset());
  std::size_t segment = 0;
  while (batches_.first_number() < keep) {
    while (batches_.first_number() >= segment_end(segment)) ++segment;
    Segment& of = segments_[segment];
    const RecordBatch& gone = batches_.front();
    of.forgotten_bytes += gone.size_bytes;
    of.forgotten_max_timestamp_ms = std::max(of.forgotten_max_timestamp_ms, gone.max_timestamp_ms);
    of.forgotten_end = gone.next_offset();
    forgotten_below_ = gone.next_offset();
    batches_.pop_front();
  }
  while (!index_.empty() && index_.front().batch < batches_.first_number()) index_.pop_front();
  aborted_.drop_below(forgotten_below_);
}

}  // namespace wrackline::kafka
