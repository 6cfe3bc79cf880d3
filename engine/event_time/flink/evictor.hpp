// What is thrown out of a window before or after its function: Flink's CountEvictor, TimeEvictor and
// DeltaEvictor, applied to a list in state order.
//
// Modelled: count keeps the last n; time keeps what is younger than the newest element minus the size, and
// does nothing if the first element has no timestamp; delta removes every element whose distance to the last
// one (last value minus its value) reaches the threshold - also the last one itself if the threshold is not
// positive.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/event_time/flink/time_window.hpp"

namespace wrackline::event_time::flink {

struct Evictor {
  enum class Kind : std::uint8_t { count, time, delta };
  Kind kind = Kind::count;
  std::int64_t n = 0;        ///< count
  std::int64_t size_ms = 0;  ///< time
  double threshold = 0;      ///< delta
  bool evict_after = false;  ///< after the window function instead of before it

  /// False: an element behind the first has no timestamp, which TimeEvictor does not survive.
  bool evict(std::vector<WindowElement>& elements) const;
};

}  // namespace wrackline::event_time::flink
