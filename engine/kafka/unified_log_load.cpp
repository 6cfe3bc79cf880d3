// How a UnifiedLog comes back: what the disk kept, recovery of what was not flushed, and the producer state
// rebuilt from snapshots and batches (L-41; LogLoader, UnifiedLog.rebuildProducerState).
#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include "engine/kafka/unified_log.hpp"

namespace wrackline::kafka {

// --- segments ---

void UnifiedLog::drop_segments_from(std::size_t index) {
  while (segments_.size() > index) {
    aborted_.truncate_to(segments_.back().base_offset);
    while (!batches_.empty() && batches_.end_number() > segments_.back().first_batch) batches_.pop_back();
    segments_.pop_back();
  }
}

/// Cuts the last segment before the given batch.
void UnifiedLog::truncate_segment(std::size_t index, Number from, std::int64_t now_ms) {
  assert(index + 1 == segments_.size());
  Segment& segment = segments_[index];
  while (batches_.end_number() > from) {
    segment.size_bytes -= batches_.back().size_bytes;
    aborted_.truncate_to(batches_.back().base_offset);
    batches_.pop_back();
  }
  while (!index_.empty() && index_.back().batch >= batches_.end_number()) index_.pop_back();
  segment.bytes_since_index = 0;
  segment.max_timestamp_ms = segment.forgotten_max_timestamp_ms;
  for (Number n = std::max(segment.first_batch, batches_.first_number()); n < batches_.end_number(); ++n) {
    segment.max_timestamp_ms = std::max(segment.max_timestamp_ms, batches_.at_number(n).max_timestamp_ms);
  }
  if (segment.size_bytes == 0) {
    segment.created_ms = now_ms;
    segment.rolling_timestamp_ms = kNoTimestamp;
  }
}

// --- producers ---

void UnifiedLog::replay(ProducerStateManager& producers, Number from, Number to) const {
  for (Number n = std::max(from, batches_.first_number()); n < to; ++n) {
    const RecordBatch& batch = batches_.at_number(n);
    if (!batch.has_producer_id()) continue;
    if (const auto completed = producers.apply(batch, {.offset = batch.base_offset})) {
      producers.complete_txn(*completed);
    }
  }
}

void UnifiedLog::rebuild_producer_state(ProducerStateManager& producers, Offset last_offset,
                                        std::int64_t now_ms, bool reload_from_clean_shutdown) const {
  // The starts of the last two segments and the end: a truncation after the load then needs no scan of the
  // whole log.
  const Offset last_base = segments_.back().base_offset;
  const Offset next_to_last_base =
      segments_.size() > 1 ? segments_[segments_.size() - 2].base_offset : last_base;
  const auto wants_snapshot = [&](Offset base) { return base == last_base || base == next_to_last_base; };

  if (!producers.latest_snapshot_offset() && reload_from_clean_shutdown) {
    for (const Offset offset : std::array{next_to_last_base, last_base, last_offset}) {
      producers.update_map_end_offset(offset);
      producers.take_snapshot();
    }
    return;
  }
  const bool was_empty = producers.empty() && producers.map_end_offset() >= last_offset;
  producers.truncate_and_reload(log_start_, last_offset, now_ms);
  if (last_offset > producers.map_end_offset() && !was_empty) {
    const bool over_gap = !folds_.empty() && producers.map_end_offset() < forgotten_below_;
    if (over_gap) producers.take_over(fold_from(producers.map_end_offset())->state);
    const Number end = first_batch_reaching(last_offset);
    for (std::size_t i = segment_index_of(producers.map_end_offset());
         i < segments_.size() && segments_[i].base_offset < last_offset; ++i) {
      const Offset start = std::max({segments_[i].base_offset, producers.map_end_offset(), log_start_});
      producers.update_map_end_offset(start);
      // In the middle of a segment only because what comes before was forgotten: no snapshot belongs there.
      const bool at_gap = over_gap && start == forgotten_below_ && start > segments_[i].base_offset;
      if (!at_gap && wants_snapshot(segments_[i].base_offset)) producers.take_snapshot();
      replay(producers, std::max(first_batch_reaching(start), segments_[i].first_batch),
             std::min(end, segment_end(i)));
    }
  }
  producers.update_map_end_offset(last_offset);
  producers.take_snapshot();
}

const UnifiedLog::Fold* UnifiedLog::fold_from(Offset snapshot) const {
  const Fold* best = nullptr;
  for (const Fold& fold : folds_) {
    if (best == nullptr || fold.from <= snapshot) best = &fold;
  }
  return best;
}

void UnifiedLog::fold(Offset below) {
  // A reload replays from a snapshot: the one at the base of the segment, or a later one that was taken at a
  // log end. The batches about to go are replayed into a state beside each of them.
  Offset base = log_start_;
  std::vector<Offset> starts;
  for (const Offset snapshot : producers_.snapshot_offsets()) {
    if (snapshot > below) break;
    if (segments_[segment_index_of(snapshot)].base_offset == snapshot) {
      base = snapshot;
      starts.clear();
    }
    starts.push_back(snapshot);
  }
  if (starts.empty() || starts.front() != base) starts.insert(starts.begin(), base);
  std::vector<Fold> kept;
  for (const Offset start : starts) {
    const auto known =
        std::find_if(folds_.begin(), folds_.end(), [&](const Fold& old) { return old.from == start; });
    if (known != folds_.end()) {
      kept.push_back(std::move(*known));
    } else if (start >= forgotten_below_ || folds_.empty()) {
      kept.push_back({.from = start, .state = producers_.reopened()});
      if (!kept.back().state.load_snapshot(start)) kept.back().state.truncate_fully_and_start_at(start);
    } else if (start == base) {
      // What lies between is gone: the next older state has it all, and more.
      kept.push_back(*fold_from(start));
    }
  }
  folds_ = std::move(kept);
  std::sort(folds_.begin(), folds_.end(), [](const Fold& a, const Fold& b) { return a.from < b.from; });
  producers_.remove_snapshots_below(base);
  for (Fold& fold : folds_) {
    fold.state.remove_all_snapshots();
    Number n = std::max(batches_.first_number(), first_batch_reaching(fold.from));
    for (; n < batches_.end_number() && batches_.at_number(n).last_offset < below; ++n) {
      replay(fold.state, n, n + 1);
      fold.state.update_map_end_offset(batches_.at_number(n).next_offset());
    }
  }
}

// --- stop and start ---

void UnifiedLog::lose_tail(const ReopenOptions& options, std::int64_t now_ms) {
  if (options.lost_from_offset && *options.lost_from_offset < log_end_) {
    assert(*options.lost_from_offset >= forgotten_below_);
    const Number from = first_batch_reaching(*options.lost_from_offset);
    std::size_t segment = segment_index_of(*options.lost_from_offset);
    while (segment + 1 < segments_.size() && from >= segments_[segment + 1].first_batch) ++segment;
    drop_segments_from(segment + 1);
    truncate_segment(segment, from, now_ms);
  }
  if (options.lost_bytes_at_end > 0) {
    const Segment& active = segments_.back();
    Number keep = batches_.end_number();
    for (std::int64_t lost = options.lost_bytes_at_end;
         lost > 0 && keep > std::max(active.first_batch, batches_.first_number());) {
      --keep;
      lost -= batches_.at_number(keep).size_bytes;
    }
    truncate_segment(segments_.size() - 1, keep, now_ms);
  }
}

void UnifiedLog::recover_segment(std::size_t index, ProducerStateManager& disk, std::int64_t now_ms) {
  const Segment& segment = segments_[index];
  const Number first = std::max(segment.first_batch, batches_.first_number());
  ProducerStateManager producers = disk.reopened();
  rebuild_producer_state(producers, segment.base_offset, now_ms, false);
  Offset end = segment.base_offset;
  if (segment.forgotten_end != kNoOffset) {
    producers.take_over(fold_from(segment.base_offset)->state);
    end = segment.forgotten_end;
  }
  for (Number n = first; n < segment_end(index); ++n) {
    const RecordBatch& batch = batches_.at_number(n);
    if (batch.leader_epoch >= 0 && batch.leader_epoch > epochs_.latest_epoch().value_or(kNoLeaderEpoch)) {
      epochs_.assign(batch.leader_epoch, batch.base_offset);
    }
    if (batch.has_producer_id()) {
      if (const auto completed = producers.apply(batch, {.offset = batch.base_offset})) {
        if (completed->aborted) {
          aborted_.append({.producer_id = completed->producer_id,
                           .first_offset = completed->first_offset,
                           .last_offset = completed->last_offset,
                           .last_stable_offset = producers.last_stable_offset(*completed)});
        }
        producers.complete_txn(*completed);
      }
    }
    end = batch.next_offset();
  }
  producers.update_map_end_offset(std::max(end, producers.map_end_offset()));
  // What was recovered once need not be scanned again.
  producers.take_snapshot();
  disk = producers.reopened();
}

void UnifiedLog::reopen(const ReopenOptions& options, std::int64_t now_ms) {
  if (options.clean) producers_.take_snapshot();
  if (options.snapshots_lost) producers_.remove_all_snapshots();
  if (options.epochs_lost) epochs_.clear();
  ProducerStateManager disk = producers_.reopened();
  if (!options.clean) {
    lose_tail(options, now_ms);
    const std::size_t from = segment_index_of(options.recovery_point);
    // The indexes of recovered segments are written anew.
    aborted_.truncate_to(std::max(segments_[from].base_offset, forgotten_below_));
    for (std::size_t i = from; i < segments_.size(); ++i) {
      // A segment that was forgotten whole left its outcome in the snapshot at its end, or in the folded
      // state.
      const bool forgotten = i + 1 < segments_.size() && segment_end(i) <= batches_.first_number() &&
                             segments_[i].forgotten_end != kNoOffset;
      if (!forgotten) recover_segment(i, disk, now_ms);
    }
  }
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    segments_[i].bytes_since_index = 0;
    segments_[i].created_ms = now_ms;
  }

  const Segment& active = segments_.back();
  if (batches_.end_number() > std::max(active.first_batch, batches_.first_number())) {
    log_end_ = batches_.back().next_offset();
  } else {
    log_end_ = active.forgotten_end != kNoOffset ? active.forgotten_end : active.base_offset;
  }
  if (log_end_ < log_start_) {
    start_at(log_start_, now_ms);
    epochs_.clear();
    disk.truncate_fully_and_start_at(log_start_);
    recovery_point_ = std::min(options.recovery_point, log_end_);
  } else {
    recovery_point_ = options.clean ? log_end_ : std::min(options.recovery_point, log_end_);
  }
  log_start_ = std::max(log_start_, segments_.front().base_offset);
  epochs_.truncate_from_end(log_end_);
  epochs_.truncate_from_start(log_start_);

  std::vector<Offset> bases;
  for (const Segment& segment : segments_.items()) bases.push_back(segment.base_offset);
  disk.remove_stray_snapshots(bases);
  rebuild_producer_state(disk, log_end_, now_ms, options.clean);
  producers_ = std::move(disk);

  high_watermark_ = {.offset = log_start_};
  first_unstable_.reset();
  maybe_increment_first_unstable_offset();
}

}  // namespace wrackline::kafka
