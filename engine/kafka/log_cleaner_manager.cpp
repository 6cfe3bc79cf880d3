#include "engine/kafka/log_cleaner_manager.hpp"

#include <algorithm>

namespace wrackline::kafka {

namespace {

std::int64_t bytes_in(const UnifiedLog& log, UnifiedLog::SegmentRange range) {
  std::int64_t bytes = 0;
  for (std::size_t i = range.first; i < range.last; ++i) bytes += log.segment(i).size_bytes;
  return bytes;
}

bool younger_than(const UnifiedLog::SegmentInfo& segment, std::int64_t horizon_ms) {
  return segment.max_timestamp_ms < 0 || segment.max_timestamp_ms > horizon_ms;
}

}  // namespace

OffsetsToClean cleanable_offsets(const UnifiedLog& log, std::optional<Offset> last_clean,
                                 std::int64_t now_ms) {
  OffsetsToClean range;
  const Offset checkpoint = last_clean.value_or(log.log_start_offset());
  range.force_update_checkpoint = checkpoint < log.log_start_offset() || checkpoint > log.log_end_offset();
  range.first_dirty = range.force_update_checkpoint ? log.log_start_offset() : checkpoint;
  range.first_uncleanable = std::min(log.last_stable_offset(), log.segment_base(log.segment_count() - 1));
  const std::int64_t lag_ms = std::max<std::int64_t>(log.config().min_compaction_lag_ms, 0);
  if (lag_ms == 0) return range;
  const UnifiedLog::SegmentRange closed = log.closed_segments_from(range.first_dirty);
  for (std::size_t i = closed.first; i < closed.last; ++i) {
    const UnifiedLog::SegmentInfo segment = log.segment(i);
    if (!younger_than(segment, now_ms - lag_ms)) continue;
    range.first_uncleanable = std::min(range.first_uncleanable, segment.base_offset);
    break;
  }
  return range;
}

std::int64_t max_compaction_delay_ms(const UnifiedLog& log, Offset first_dirty, std::int64_t now_ms) {
  const std::int64_t clean_until_ms = now_ms - std::max<std::int64_t>(log.config().max_compaction_lag_ms, 0);
  std::int64_t earliest_ms = kUnlimited;
  const UnifiedLog::SegmentRange closed = log.closed_segments_from(first_dirty);
  for (std::size_t i = closed.first; i < closed.last; ++i) {
    const std::int64_t first_ms = log.segment(i).first_batch_timestamp_ms;
    if (first_ms > 0) earliest_ms = std::min(earliest_ms, first_ms);
  }
  return earliest_ms < clean_until_ms ? clean_until_ms - earliest_ms : 0;
}

LogToClean::LogToClean(const UnifiedLog& log, Offset first_dirty, Offset uncleanable,
                       bool need_compaction_now_)
    : first_dirty_offset{first_dirty}, need_compaction_now{need_compaction_now_} {
  // The segment in which the range would end is not cleaned at all.
  const UnifiedLog::SegmentRange beyond = log.closed_segments_from(uncleanable);
  first_uncleanable_offset =
      log.segment_base(beyond.first < beyond.last ? beyond.first : log.segment_count() - 1);
  // One that was cleaned before as far as into its middle counts on both sides.
  clean_bytes = bytes_in(log, log.segments_between(std::min<Offset>(-1, first_dirty), first_dirty));
  cleanable_bytes = bytes_in(
      log, log.segments_between(std::min(first_dirty, first_uncleanable_offset), first_uncleanable_offset));
}

std::optional<LogCleanerManager::Grabbed> LogCleanerManager::grab_filthiest(std::span<const Candidate> logs,
                                                                            std::int64_t now_ms) {
  std::optional<Grabbed> filthiest;
  for (const Candidate& candidate : logs) {
    const UnifiedLog& log = *candidate.log;
    if (!log.config().compacted) continue;
    const OffsetsToClean range = cleanable_offsets(log, checkpoint(candidate.number), now_ms);
    if (range.force_update_checkpoint) set_checkpoint(candidate.number, range.first_dirty);
    const bool overdue = max_compaction_delay_ms(log, range.first_dirty, now_ms) > 0;
    const LogToClean to_clean{log, range.first_dirty, range.first_uncleanable, overdue};
    const bool wanted = (overdue && to_clean.cleanable_bytes > 0) ||
                        to_clean.cleanable_ratio() > log.config().min_cleanable_dirty_ratio;
    if (!wanted) continue;
    if (!filthiest || to_clean.cleanable_ratio() > filthiest->to_clean.cleanable_ratio())
      filthiest = Grabbed{candidate.number, to_clean};
  }
  return filthiest;
}

void LogCleanerManager::maybe_truncate_checkpoint(std::size_t number, Offset offset) {
  if (const auto known = checkpoint(number); known && *known > offset) set_checkpoint(number, offset);
}

void LogCleanerManager::set_checkpoint(std::size_t number, Offset offset) {
  if (checkpoints_.size() <= number) checkpoints_.resize(number + 1);
  checkpoints_[number] = offset;
}

}  // namespace wrackline::kafka
