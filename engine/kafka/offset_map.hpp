// The last offset of each key in the dirty part of a log: what the log cleaner goes by.
//
// The real map (SkimpyOffsetMap) has room for as many keys as its memory holds, at 24 bytes each; one that is
// full ends the dirty part early. Keys are numbers here and never collide, the real one compares hashes of
// 128 bits. From: org.apache.kafka.storage.internals.log.SkimpyOffsetMap.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/kafka/record_batch.hpp"

namespace wrackline::kafka {

class OffsetMap {
 public:
  static constexpr std::int64_t kBytesPerKey = 24;

  explicit OffsetMap(std::size_t most_keys) : most_keys_{most_keys}, slots_(64) {}

  /// False: it is full, also for keys that it knows.
  bool put(std::uint32_t key, Offset offset) {
    if (keys_ >= most_keys_) return false;
    if (2 * (keys_ + 1) > slots_.size()) grow();
    Slot& slot = slot_of(key);
    if (slot.offset == kNoOffset) ++keys_;
    slot = {key, offset};
    return true;
  }
  /// -1: unknown.
  Offset get(std::uint32_t key) const { return const_cast<OffsetMap*>(this)->slot_of(key).offset; }
  Offset latest_offset() const { return latest_offset_; }
  void update_latest_offset(Offset offset) { latest_offset_ = offset; }

 private:
  struct Slot {
    std::uint32_t key = 0;
    Offset offset = kNoOffset;
  };
  Slot& slot_of(std::uint32_t key) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = static_cast<std::size_t>(key * std::uint64_t{0x9e3779b97f4a7c15} >> 32) & mask;
    while (slots_[at].offset != kNoOffset && slots_[at].key != key) at = (at + 1) & mask;
    return slots_[at];
  }
  void grow() {
    std::vector<Slot> old(2 * slots_.size());
    old.swap(slots_);
    for (const Slot& slot : old)
      if (slot.offset != kNoOffset) slot_of(slot.key) = slot;
  }

  std::size_t most_keys_;
  std::size_t keys_ = 0;
  std::vector<Slot> slots_;
  Offset latest_offset_ = kNoOffset;
};

}  // namespace wrackline::kafka
