// What a replay computes over each window and key: one or several of the library's aggregates, by the names
// that scenario files use.
//
//   count                              needs a counter
//   sum, min, max, mean                need StatCell
//   distinct, quantile and sketches    need an accumulator each (event_time/window/aggregate.hpp)
//
// If both an exact aggregate and a sketch of it are asked for, the sketch is held against it at every result:
// |sketch - exact| / max(|exact|, 1). A quantile's sketch promises that for values (DDSketch) or for ranks
// (t-digest: the value may be far where values are sparse).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/event_time/window/aggregate.hpp"

namespace wrackline::replay {

using event_time::window::AggregateResult;
using event_time::window::AggregateSpec;

bool is_quantile(AggregateSpec::Function function);
/// More than count, sum, least and greatest value tell.
bool is_detailed(const AggregateSpec& spec);
std::string_view name_of(AggregateSpec::Function function);

/// A sketch and the exact aggregate that it stands for, by their places among those asked for.
struct SketchPair {
  std::size_t sketch = 0;
  std::size_t exact = 0;
};

/// What was asked for, in order; never empty, none twice.
struct AggregateList {
  std::vector<AggregateSpec> specs{AggregateSpec{}};

  bool counts_only() const {
    return specs.size() == 1 && specs[0].function == AggregateSpec::Function::count;
  }
  bool detailed() const;
  /// Of the quantiles among them; there is one for all.
  std::optional<double> quantile() const;
  std::vector<SketchPair> pairs() const;
  /// "quantile,quantile_sketch".
  std::string text() const;
  /// What a cell takes in a state store, by the model of science.md 2; of aggregates that are not detailed.
  std::uint64_t partial_bytes() const;
  std::vector<std::string> problems() const;
};

struct ParsedAggregates {
  AggregateList list;
  std::vector<std::string> errors;  ///< if there are any, the list says nothing
};
/// Names, each of which may hold several with commas between them. `quantile` is which one; without it those
/// that need one are an error.
ParsedAggregates parse_aggregates(std::span<const std::string> names, std::optional<double> quantile);

}  // namespace wrackline::replay
