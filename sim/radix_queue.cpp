#include "sim/radix_queue.hpp"

#include <algorithm>
#include <cassert>

namespace wrackline::sim {

RadixQueue::RadixQueue(const EventSlots& slots) : slots_{&slots} { reserve_run(2 * kRunLimit); }

void RadixQueue::reserve_run(std::size_t entries) {
  if (entries <= run_capacity_) return;
  auto larger = std::make_unique<QueueEntry[]>(kForesight + entries);
  std::copy_n(run_, run_size_, larger.get() + kForesight);
  run_storage_ = std::move(larger);
  run_ = run_storage_.get() + kForesight;
  run_capacity_ = entries;
}

[[gnu::noinline]] void RadixQueue::push(std::uint64_t time, std::uint64_t order, std::uint32_t slot) {
  push({(order >> 32 << 32) | slot, time});
}

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

/// Passes every entry on and leaves the bucket with one empty chunk. What `each` does may add to other
/// buckets.
template <class Each>
void RadixQueue::empty_bucket(QueueEntry*& next_place, Each each) {
  const QueueEntry* end = next_place;
  for (Chunk* chunk = chunk_of(next_place);;) {
    for (const QueueEntry* at = chunk->entries; at != end; ++at) each(*at);
    Chunk* const previous = chunk->previous;
    if (previous == nullptr) {
      next_place = chunk->entries;
      return;
    }
    release(chunk);
    chunk = previous;
    end = chunk->entries + kChunkEntries;
  }
}

void RadixQueue::push_into_run(QueueEntry entry) {
  if (run_size_ < kRunLimit) {
    insert_sorted(entry);
  } else if (one_instant_ || entry.time < origin_) {
    side_.push_back(entry);
    std::push_heap(side_.begin(), side_.end(),
                   [this](const QueueEntry& a, const QueueEntry& b) { return earlier(b, a, *slots_); });
    side_in_use_ = true;
  } else {
    spill_run();
    place(entry);
  }
}

void RadixQueue::spill_run() {
  // Entries below the origin came from outside after a look at the front; only the rest can go back.
  QueueEntry* const end = run_ + run_size_;
  QueueEntry* const kept =
      std::find_if(run_, end, [this](const QueueEntry& entry) { return entry.time < origin_; });
  std::for_each(run_, kept, [this](const QueueEntry& entry) { place(entry); });
  run_size_ = static_cast<std::size_t>(std::copy(kept, end, run_) - run_);
  run_end_ = origin_;
}

bool RadixQueue::pop_from_side(QueueEntry& entry) {
  if (!side_in_use_) {
    refill();
    return false;
  }
  if (run_size_ > 0 && earlier(run_[run_size_ - 1], side_.front(), *slots_)) return false;
  std::pop_heap(side_.begin(), side_.end(),
                [this](const QueueEntry& a, const QueueEntry& b) { return earlier(b, a, *slots_); });
  entry = side_.back();
  side_.pop_back();
  side_in_use_ = !side_.empty();
  return true;
}

const QueueEntry& RadixQueue::slow_front() {
  if (!side_in_use_) {
    refill();
    return run_[run_size_ - 1];
  }
  if (run_size_ > 0 && earlier(run_[run_size_ - 1], side_.front(), *slots_)) return run_[run_size_ - 1];
  return side_.front();
}

void RadixQueue::refill() {
  assert(levels_ != 0 && "the queue is not empty");
  for (;;) {
    const unsigned level = static_cast<unsigned>(std::countr_zero(levels_));
    const unsigned digit = lowest_digit(level);
    QueueEntry*& next_place = buckets_[level][digit];
    occupied_[level] &= occupied_[level] - 1;
    if (occupied_[level] == 0) levels_ &= ~(1U << level);

    Chunk* const chunk = chunk_of(next_place);
    const std::size_t in_chunk = static_cast<std::size_t>(next_place - chunk->entries);
    const bool one_chunk = chunk->previous == nullptr;
    const bool few =
        one_chunk || (chunk->previous->previous == nullptr && kChunkEntries + in_chunk <= kSortAtMost);
    if (!few && level > 0) {
      deal_out(next_place);
      continue;
    }
    const unsigned shift = level * kDigitBits;
    origin_ = chunk->entries[0].time >> shift << shift;
    run_end_ = origin_ + (std::uint64_t{1} << shift);
    one_instant_ = level == 0;
    if (one_chunk) {
      for (std::size_t i = 0; i < in_chunk; ++i) insert_sorted(chunk->entries[i]);
      next_place = chunk->entries;
    } else {
      empty_bucket(next_place, [this](const QueueEntry& entry) {
        if (run_size_ == run_capacity_) reserve_run(2 * run_capacity_);
        run_[run_size_++] = entry;
      });
      std::sort(run_, run_ + run_size_,
                [this](const QueueEntry& a, const QueueEntry& b) { return earlier(b, a, *slots_); });
    }
    return;
  }
}

void RadixQueue::deal_out(QueueEntry*& next_place) {
  std::uint64_t least = ~std::uint64_t{0};
  const QueueEntry* end = next_place;
  for (const Chunk* chunk = chunk_of(next_place); chunk != nullptr;) {
    for (const QueueEntry* at = chunk->entries; at != end; ++at) least = std::min(least, at->time);
    chunk = chunk->previous;
    if (chunk != nullptr) end = chunk->entries + kChunkEntries;
  }
  // The least time as origin skips the levels on which all of them agree. They all go to lower levels, so
  // never back into this bucket.
  origin_ = least;
  run_end_ = least;
  empty_bucket(next_place, [this](const QueueEntry& entry) { place(entry); });
}

void RadixQueue::drain_into_scratch() {
  scratch_.assign(run_, run_ + run_size_);
  scratch_.insert(scratch_.end(), side_.begin(), side_.end());
  run_size_ = 0;
  side_.clear();
  side_in_use_ = false;
  for (unsigned level = 0; level < kLevels; ++level) {
    for (; occupied_[level] != 0; occupied_[level] &= occupied_[level] - 1) {
      empty_bucket(buckets_[level][lowest_digit(level)],
                   [this](const QueueEntry& entry) { scratch_.push_back(entry); });
    }
  }
  levels_ = 0;
  size_ = 0;
}

}  // namespace wrackline::sim
