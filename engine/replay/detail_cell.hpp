// Aggregates by key that need more than counters: a cell with an accumulator for each of them.
//
// The accumulators are the library's (event_time/window/aggregate.hpp), so a sketch here is the sketch of a
// job. A cell makes them when its first record comes: an empty one is as small as a counter.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "engine/replay/aggregates.hpp"

namespace wrackline::replay {

/// What the cells of one replay have in common.
class Details {
 public:
  explicit Details(const AggregateList& list) : plain_bytes_{list.partial_bytes()} {
    for (const AggregateSpec& spec : list.specs)
      if (is_detailed(spec)) specs_.push_back(spec);
    for (const AggregateSpec& spec : specs_) blank_.emplace_back(spec);
  }
  const std::vector<AggregateSpec>& specs() const { return specs_; }
  const std::vector<event_time::window::Accumulator>& blank() const { return blank_; }
  std::uint64_t plain_bytes() const { return plain_bytes_; }

 private:
  std::uint64_t plain_bytes_;
  std::vector<AggregateSpec> specs_;
  std::vector<event_time::window::Accumulator> blank_;
};

struct DetailCell {
  std::int64_t count = 0;
  std::int64_t sum = 0;
  std::int64_t least = INT64_MAX;
  std::int64_t greatest = INT64_MIN;
  const Details* details = nullptr;  ///< needed before the first record
  std::vector<event_time::window::Accumulator> kept;

  void add(std::int64_t value) {
    ++count;
    sum = static_cast<std::int64_t>(static_cast<std::uint64_t>(sum) + static_cast<std::uint64_t>(value));
    least = std::min(least, value);
    greatest = std::max(greatest, value);
    if (kept.empty()) kept = details->blank();
    for (auto& accumulator : kept) accumulator.add({}, value);
  }
  void merge(const DetailCell& other) {
    if (other.count == 0) return;
    count += other.count;
    sum = static_cast<std::int64_t>(static_cast<std::uint64_t>(sum) + static_cast<std::uint64_t>(other.sum));
    least = std::min(least, other.least);
    greatest = std::max(greatest, other.greatest);
    if (kept.empty()) kept = details->blank();
    for (std::size_t i = 0; i < kept.size(); ++i) kept[i].merge(other.kept[i]);
  }
  /// What a backend would store.
  std::uint64_t bytes() const {
    std::uint64_t all = details->plain_bytes();
    for (const auto& accumulator : kept) all += accumulator.size_bytes();
    return all;
  }
};

}  // namespace wrackline::replay
