// How many records were dropped in each stretch of equally many records: what an interval for the drop rate
// is made from, because late records come in clusters.
//
// Memory is fixed: when the blocks would become too many, neighbours are joined and a block is twice as long.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace wrackline::replay {

class DropBlocks {
 public:
  static constexpr std::size_t kMost = 1024;

  /// Record number `row` (from 0) was dropped.
  void add(std::uint64_t row) {
    while (row / block_rows_ >= kMost) halve();
    const auto block = static_cast<std::size_t>(row / block_rows_);
    if (block >= dropped_.size()) dropped_.resize(block + 1);
    ++dropped_[block];
  }
  std::uint64_t block_rows() const { return block_rows_; }
  /// By block, as far as the last one with a drop.
  const std::vector<std::uint32_t>& dropped() const { return dropped_; }
  /// By block for all `rows` records, in `blocks` blocks at most and of at least `least_rows` records each; a
  /// last block that is not full counts as one if it is at least half full.
  std::vector<std::uint32_t> joined(std::uint64_t rows, std::uint64_t least_rows,
                                    std::uint64_t& block_rows) const;

  friend bool operator==(const DropBlocks&, const DropBlocks&) = default;

 private:
  void halve() {
    for (std::size_t i = 0; i < dropped_.size(); ++i) {
      const std::uint32_t count = dropped_[i];
      if (i % 2 == 0) {
        dropped_[i / 2] = count;
      } else {
        dropped_[i / 2] += count;
      }
    }
    dropped_.resize((dropped_.size() + 1) / 2);
    block_rows_ *= 2;
  }

  std::uint64_t block_rows_ = 16;
  std::vector<std::uint32_t> dropped_;
};

}  // namespace wrackline::replay
