#include "engine/event_time/slice.hpp"

namespace wrackline::event_time {

void Slice::append_ids(std::uint32_t slot, std::vector<sim::EventId>& out) const {
  const auto count = static_cast<std::size_t>(cells_[slot].aggregate.count);
  out.resize(out.size() + count);
  sim::EventId* end = out.data() + out.size();
  for (std::uint32_t at = cells_[slot].last; at != kEndOfChain; at = previous_[at]) *--end = ids_[at];
  assert(end == out.data() + out.size() - count);
}

void Slice::put_back(std::uint32_t key, const Aggregate& aggregate, const sim::EventId* ids) {
  const std::uint32_t slot = keys_.find_or_insert(key);
  assert(slot == cells_.size());
  Cell& cell = cells_.emplace_back();
  cell.aggregate = aggregate;
  for (std::int64_t i = 0; i < aggregate.count; ++i) {
    previous_.push_back(cell.last);
    cell.last = static_cast<std::uint32_t>(ids_.size());
    ids_.push_back(ids[i]);
  }
}

}  // namespace wrackline::event_time
