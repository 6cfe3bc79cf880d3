// The aggregates that the recorded queries use: count(1), sum, min, max over one column.
//
// A buffer is one value, so partial aggregation, merging with the state and the result are all `merge`. NULL
// arguments do not count; a sum, min or max of nothing is NULL. Overflow of a sum (an error in ANSI mode) is
// not modelled.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "engine/event_time/spark/row.hpp"

namespace wrackline::event_time::spark {

struct AggregateFunction {
  enum class Kind : std::uint8_t { count, sum, min, max };
  Kind kind = Kind::count;
  std::size_t column = 0;  ///< of the input; not for count

  Value of(Row row) const { return kind == Kind::count ? Value::bigint(1) : row[column]; }

  void merge(Value& into, const Value& other) const {
    if (other.is_null()) return;
    if (into.is_null()) {
      into = other;
      return;
    }
    switch (kind) {
      case Kind::count:
      case Kind::sum:
        into.a += other.a;
        return;
      case Kind::min:
        into.a = std::min(into.a, other.a);
        return;
      case Kind::max:
        into.a = std::max(into.a, other.a);
        return;
    }
  }
};

}  // namespace wrackline::event_time::spark
