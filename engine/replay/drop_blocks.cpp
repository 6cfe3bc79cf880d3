#include "engine/replay/drop_blocks.hpp"

#include <algorithm>

namespace wrackline::replay {

std::vector<std::uint32_t> DropBlocks::joined(std::uint64_t rows, std::uint64_t least_rows,
                                              std::uint64_t& block_rows) const {
  const std::uint64_t factor = std::max<std::uint64_t>((least_rows + block_rows_ - 1) / block_rows_, 1);
  block_rows = factor * block_rows_;
  const std::uint64_t whole = rows / block_rows;
  const std::uint64_t rest = rows % block_rows;
  std::vector<std::uint32_t> blocks(static_cast<std::size_t>(whole + (rest * 2 >= block_rows ? 1 : 0)), 0);
  for (std::size_t i = 0; i < dropped_.size(); ++i) {
    const std::size_t at = i / static_cast<std::size_t>(factor);
    if (at < blocks.size()) blocks[at] += dropped_[i];
  }
  return blocks;
}

}  // namespace wrackline::replay
