// The event queue of the kernel: radix-64 buckets with a small sorted run in front (reference/kernel.md §2,
// §6).
//
// A bucket is (level, digit): the highest 6-bit digit in which an entry's time differs from the *origin*, and
// the value of that digit. Nothing is ever scheduled before the time last executed, so an entry only moves to
// lower levels, at most once per level, and memory is touched in sequence. The bucket of the earliest entries
// is taken out whole: a small one is sorted into the *run*, which is what pop() drains; a large one is dealt
// out again with its least time as origin.
//
// What keeps it honest:
//  * the run is bounded: past kRunLimit it is dealt back into the buckets, else a model with two events would
//  insert
//    into an ever longer array;
//  * looking at the front may advance the origin past the time last executed. An entry that is then pushed
//  below it from outside
//    joins the run, or when that is full the *side heap*; both drain before any bucket is looked at;
//  * a crowd at one instant can not be dealt out further: late arrivals to it go to the side heap as well;
//  * buckets are chains of 256-byte chunks from one pool, so no bucket hoards capacity; it keeps one chunk
//  once it has been used, so that
//    adding to it is free of surprises for the branch predictor.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "sim/queue_entry.hpp"

namespace wrackline::sim {

class RadixQueue {
 public:
  explicit RadixQueue(const EventSlots& slots);
  RadixQueue(const RadixQueue&) = delete;
  RadixQueue& operator=(const RadixQueue&) = delete;

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

  void push(std::uint64_t time, std::uint64_t order, std::uint32_t slot);

  /// The next event, left in place. The queue is not empty.
  Due front() { return due(front_entry()); }

  Due pop() {
    --size_;
    if ((run_size_ == 0) | side_in_use_) [[unlikely]] {
      if (QueueEntry entry; pop_from_side(entry)) return due(entry);
    }
    return due(run_[--run_size_]);
  }

  /// Fetches the slot of the event after the next two and the object of the next, as far as the run knows
  /// them.
  void foresee() const {
    const QueueEntry* const end = run_ + run_size_;
    __builtin_prefetch(&(*slots_)[end[-3].slot()]);
    __builtin_prefetch((*slots_)[end[-1].slot()].call.object);
  }

  /// Takes out every event whose slot is unwanted.
  template <class Predicate>
  void remove_if(Predicate unwanted) {
    drain_into_scratch();
    for (const QueueEntry& entry : scratch_) {
      if (!unwanted(entry.slot())) push(entry);
    }
    scratch_.clear();
  }
  /// Hands all events over, in any order, and is empty.
  template <class Taker>
  void hand_over(Taker take) {
    drain_into_scratch();
    for (const QueueEntry& entry : scratch_) take(entry.time, entry.slot());
    scratch_.clear();
  }

 private:
  static Due due(const QueueEntry& entry) { return {entry.time, entry.slot()}; }

  void push(QueueEntry entry) {
    ++size_;
    if (entry.time < run_end_) {
      push_into_run(entry);
    } else {
      place(entry);
    }
  }

  const QueueEntry& front_entry() {
    if ((run_size_ == 0) | side_in_use_) [[unlikely]]
      return slow_front();
    return run_[run_size_ - 1];
  }

  static constexpr unsigned kDigitBits = 6;
  static constexpr unsigned kDigits = 1U << kDigitBits;
  static constexpr unsigned kLevels = (64 + kDigitBits - 1) / kDigitBits;
  static constexpr std::size_t kChunkEntries = 15;
  static constexpr std::size_t kSortAtMost = 20;
  static constexpr std::size_t kRunLimit = 64;
  /// Looking so far ahead needs no bounds: before the run there are entries of slot 0.
  static constexpr std::size_t kForesight = 4;

  struct alignas(256) Chunk {
    Chunk* previous = nullptr;
    std::uint64_t unused = 0;
    QueueEntry entries[kChunkEntries];
  };
  static_assert(sizeof(Chunk) == 256);

  static Chunk* chunk_of(QueueEntry* next_place) {
    // The place after the last entry of a full chunk belongs to that chunk too.
    return reinterpret_cast<Chunk*>((reinterpret_cast<std::uintptr_t>(next_place) - 1) &
                                    ~std::uintptr_t{255});
  }

  void place(QueueEntry entry) {
    const std::uint64_t differing = entry.time ^ origin_;
    const unsigned level = static_cast<unsigned>(std::bit_width(differing | 1) - 1) / kDigitBits;
    const unsigned digit = static_cast<unsigned>(entry.time >> (level * kDigitBits)) & (kDigits - 1);
    QueueEntry*& next_place = buckets_[level][digit];
    // A cursor at the end of its chunk lies on a chunk boundary, and so does the null of a bucket never used.
    if ((reinterpret_cast<std::uintptr_t>(next_place) & 255) == 0) [[unlikely]]
      next_place = grow_bucket(next_place);
    *next_place++ = entry;
    occupied_[level] |= std::uint64_t{1} << digit;
    levels_ |= 1U << level;
  }

  /// Of an occupied level.
  unsigned lowest_digit(unsigned level) const {
    return static_cast<unsigned>(std::countr_zero(occupied_[level])) & (kDigits - 1);
  }
  void push_into_run(QueueEntry entry);
  void spill_run();
  bool pop_from_side(QueueEntry& entry);
  const QueueEntry& slow_front();
  void refill();
  void deal_out(QueueEntry*& next_place);
  void drain_into_scratch();
  void insert_sorted(QueueEntry entry) {
    QueueEntry* const run = run_;
    std::size_t at = run_size_++;
    for (; at > 0 && earlier(run[at - 1], entry, *slots_); --at) run[at] = run[at - 1];
    run[at] = entry;
  }
  template <class Each>
  void empty_bucket(QueueEntry*& next_place, Each each);
  void reserve_run(std::size_t entries);
  QueueEntry* grow_bucket(QueueEntry* next_place);
  void release(Chunk* chunk) {
    chunk->previous = free_;
    free_ = chunk;
  }

  const EventSlots* slots_;
  std::size_t size_ = 0;
  std::uint64_t origin_ = 0;
  std::uint64_t run_end_ = 0;  ///< every entry below it is in the run or the side heap, never in a bucket
  bool one_instant_ = false;   ///< the run holds a single instant (it came from a bucket of level 0)
  QueueEntry* run_ = nullptr;  ///< latest first, so that pop() takes from the back
  std::size_t run_size_ = 0;
  std::size_t run_capacity_ = 0;
  std::unique_ptr<QueueEntry[]> run_storage_;  ///< kForesight entries before the run, then the run
  bool side_in_use_ = false;
  std::vector<QueueEntry> side_;  ///< binary heap
  std::uint32_t levels_ = 0;
  std::uint64_t occupied_[kLevels] = {};
  QueueEntry* buckets_[kLevels][kDigits] = {};  ///< the next free place of each bucket
  Chunk* free_ = nullptr;
  std::vector<std::unique_ptr<Chunk[]>> blocks_;
  std::size_t next_block_chunks_ = 16;
  std::vector<QueueEntry> scratch_;
};

}  // namespace wrackline::sim
