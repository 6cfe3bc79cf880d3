#include "sim/radix_queue.hpp"

#include <algorithm>
#include <cassert>

namespace wrackline::sim {

RadixQueue::RadixQueue(const EventSlots& slots) : slots_{&slots} { run_.reserve(2 * kRunLimit); }

QueueEntry* RadixQueue::grow_bucket(QueueEntry* next_place) {
  if (free_ == nullptr) {
    auto block = std::make_unique<Chunk[]>(next_block_chunks_);
    for (std::size_t i = next_block_chunks_; i-- > 0;) release(&block[i]);
    blocks_.push_back(std::move(block));
    next_block_chunks_ = std::min<std::size_t>(2 * next_block_chunks_, 4096);
  }
  Chunk* const chunk = free_;
  free_ = chunk->previous;
  chunk->previous = next_place == nullptr ? nullptr : chunk_of(next_place);
  return chunk->entries;
}

void RadixQueue::insert_sorted(QueueEntry entry) {
  run_.push_back(entry);
  QueueEntry* const run = run_.data();
  std::size_t at = run_.size() - 1;
  while (at > 0 && earlier(run[at - 1], entry, *slots_)) {
    run[at] = run[at - 1];
    --at;
  }
  run[at] = entry;
}

void RadixQueue::push_into_run(QueueEntry entry) {
  if (run_.size() < kRunLimit) {
    insert_sorted(entry);
    return;
  }
  if (one_instant_ || entry.time < origin_) {
    side_.push_back(entry);
    std::push_heap(side_.begin(), side_.end(),
                   [this](const QueueEntry& a, const QueueEntry& b) { return earlier(b, a, *slots_); });
    return;
  }
  spill_run();
  place(entry);
}

void RadixQueue::spill_run() {
  // Entries below the origin came from outside after a look at the front; only the rest can go back.
  const auto kept = std::find_if(run_.begin(), run_.end(),
                                 [this](const QueueEntry& entry) { return entry.time < origin_; });
  for (auto at = run_.begin(); at != kept; ++at) place(*at);
  run_.erase(run_.begin(), kept);
  run_end_ = origin_;
}

bool RadixQueue::pop_from_side(QueueEntry& entry) {
  if (side_.empty()) {
    refill();
    return false;
  }
  if (!run_.empty() && earlier(run_.back(), side_.front(), *slots_)) return false;
  std::pop_heap(side_.begin(), side_.end(),
                [this](const QueueEntry& a, const QueueEntry& b) { return earlier(b, a, *slots_); });
  entry = side_.back();
  side_.pop_back();
  --size_;
  return true;
}

const QueueEntry& RadixQueue::slow_front() {
  if (side_.empty()) {
    refill();
    return run_.back();
  }
  if (!run_.empty() && earlier(run_.back(), side_.front(), *slots_)) return run_.back();
  return side_.front();
}

void RadixQueue::refill() {
  assert(size_ > 0 && levels_ != 0);
  for (;;) {
    const unsigned level = static_cast<unsigned>(std::countr_zero(levels_));
    const unsigned digit = static_cast<unsigned>(std::countr_zero(occupied_[level]));
    QueueEntry* const next_place = buckets_[level][digit];
    buckets_[level][digit] = nullptr;
    occupied_[level] &= occupied_[level] - 1;
    if (occupied_[level] == 0) levels_ &= ~(1U << level);

    Chunk* const chunk = chunk_of(next_place);
    const std::size_t in_chunk = static_cast<std::size_t>(next_place - chunk->entries);
    const bool small = chunk->previous == nullptr && in_chunk <= kSortAtMost;
    if (!small && level > 0) {
      deal_out(next_place);
      continue;
    }
    const unsigned shift = level * kDigitBits;
    origin_ = chunk->entries[0].time >> shift << shift;
    run_end_ = origin_ + (std::uint64_t{1} << shift);
    one_instant_ = level == 0;
    if (small) {
      for (std::size_t i = 0; i < in_chunk; ++i) insert_sorted(chunk->entries[i]);
      release(chunk);
    } else {
      const QueueEntry* end = next_place;
      for (Chunk* from = chunk; from != nullptr;) {
        run_.insert(run_.end(), static_cast<const QueueEntry*>(from->entries), end);
        Chunk* const previous = from->previous;
        release(from);
        from = previous;
        if (from != nullptr) end = from->entries + kChunkEntries;
      }
      std::sort(run_.begin(), run_.end(),
                [this](const QueueEntry& a, const QueueEntry& b) { return earlier(b, a, *slots_); });
    }
    return;
  }
}

void RadixQueue::deal_out(QueueEntry* next_place) {
  std::uint64_t least = ~std::uint64_t{0};
  const QueueEntry* end = next_place;
  for (const Chunk* chunk = chunk_of(next_place); chunk != nullptr;) {
    for (const QueueEntry* at = chunk->entries; at != end; ++at) least = std::min(least, at->time);
    chunk = chunk->previous;
    if (chunk != nullptr) end = chunk->entries + kChunkEntries;
  }
  // The least time as origin skips the levels on which all of them agree.
  origin_ = least;
  run_end_ = least;
  end = next_place;
  for (Chunk* chunk = chunk_of(next_place); chunk != nullptr;) {
    for (const QueueEntry* at = chunk->entries; at != end; ++at) place(*at);
    Chunk* const previous = chunk->previous;
    release(chunk);
    chunk = previous;
    if (chunk != nullptr) end = chunk->entries + kChunkEntries;
  }
}

void RadixQueue::drain_into_scratch() {
  scratch_.clear();
  scratch_.insert(scratch_.end(), run_.begin(), run_.end());
  scratch_.insert(scratch_.end(), side_.begin(), side_.end());
  run_.clear();
  side_.clear();
  for (unsigned level = 0; level < kLevels; ++level) {
    for (; occupied_[level] != 0; occupied_[level] &= occupied_[level] - 1) {
      QueueEntry*& next_place = buckets_[level][std::countr_zero(occupied_[level])];
      const QueueEntry* end = next_place;
      for (Chunk* chunk = chunk_of(next_place); chunk != nullptr;) {
        scratch_.insert(scratch_.end(), static_cast<const QueueEntry*>(chunk->entries), end);
        Chunk* const previous = chunk->previous;
        release(chunk);
        chunk = previous;
        if (chunk != nullptr) end = chunk->entries + kChunkEntries;
      }
      next_place = nullptr;
    }
  }
  levels_ = 0;
  size_ = 0;
}

}  // namespace wrackline::sim
