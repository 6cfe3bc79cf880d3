#include "engine/event_time/flink/evictor.hpp"

#include <algorithm>

namespace wrackline::event_time::flink {

bool Evictor::evict(std::vector<WindowElement>& elements) const {
  if (elements.empty()) return true;
  switch (kind) {
    case Kind::count: {
      const auto size = static_cast<std::int64_t>(elements.size());
      if (size > n)
        elements.erase(elements.begin(), elements.begin() + (size - std::max<std::int64_t>(n, 0)));
      return true;
    }
    case Kind::time: {
      if (!elements.front().has_timestamp) return true;
      TimestampMs newest = kMinTimestamp;
      for (const WindowElement& element : elements) {
        if (!element.has_timestamp) return false;
        newest = std::max(newest, element.timestamp);
      }
      const TimestampMs cutoff = wrapping_sub(newest, size_ms);
      std::erase_if(elements, [cutoff](const WindowElement& e) { return e.timestamp <= cutoff; });
      return true;
    }
    case Kind::delta: {
      const auto last = static_cast<double>(elements.back().value);
      std::erase_if(elements, [this, last](const WindowElement& e) {
        return last - static_cast<double>(e.value) >= threshold;
      });
      return true;
    }
  }
  return true;
}

}  // namespace wrackline::event_time::flink
