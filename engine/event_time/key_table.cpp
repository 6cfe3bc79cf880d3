#include "engine/event_time/key_table.hpp"

namespace wrackline::event_time {

void KeyTable::grow() {
  const std::uint32_t capacity = cells_.empty() ? 16 : 2 * (mask_ + 1);
  cells_.assign(capacity, Cell{});
  mask_ = capacity - 1;
  shift_ = 32;
  for (std::uint32_t left = capacity; left > 1; left /= 2) --shift_;
  for (std::uint32_t slot = 0; slot < size(); ++slot) {
    std::uint32_t at = home(keys_[slot]);
    while (cells_[at].slot != kAbsent) at = (at + 1) & mask_;
    cells_[at] = {keys_[slot], slot};
  }
}

}  // namespace wrackline::event_time
