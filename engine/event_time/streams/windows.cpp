#include "engine/event_time/streams/windows.hpp"

#include <fmt/format.h>

namespace wrackline::event_time::streams {

Refusal TimeWindows::refusal() const {
  if (size_ms <= 0) return "Window size (sizeMs) must be larger than zero.";
  if (advance_ms <= 0 || advance_ms > size_ms) {
    return fmt::format(
        "Window advancement interval should be more than zero and less than window duration which is {} ms, "
        "but "
        "given advancement interval is: {} ms",
        size_ms, advance_ms);
  }
  if (grace_ms < 0) return "Grace period must not be negative.";
  return std::nullopt;
}

Refusal TimeWindows::retention_refusal(std::int64_t retention_ms, const std::string& store) const {
  if (default_retention_ms() <= retention_ms) return std::nullopt;
  return fmt::format(
      "The retention period of the window store {} must be no smaller than its window size plus the grace "
      "period. Got size=[{}], grace=[{}], retention=[{}]",
      store, size_ms, grace_ms, retention_ms);
}

Refusal SlidingWindows::refusal() const {
  if (time_difference_ms < 0) return "Window time difference must not be negative.";
  if (grace_ms < 0) return "Window grace period must not be negative.";
  return std::nullopt;
}

Refusal SlidingWindows::retention_refusal(std::int64_t retention_ms, const std::string& store) const {
  if (default_retention_ms() <= retention_ms) return std::nullopt;
  return fmt::format(
      "The retention period of the window store {} must be no smaller than 2 * time difference plus the "
      "grace "
      "period. Got time difference=[{}], grace=[{}], retention=[{}]",
      store, time_difference_ms, grace_ms, retention_ms);
}

Refusal SessionWindows::refusal(Version version) const {
  if (version == Version::v3_9) {
    if (inactivity_gap_ms <= 0) return "Gap time cannot be zero or negative.";
  } else if (inactivity_gap_ms < 0) {
    return "Gap time cannot be negative.";
  }
  if (grace_ms < 0) return "Grace period must not be negative.";
  return std::nullopt;
}

Refusal SessionWindows::retention_refusal(std::int64_t retention_ms, const std::string& store) const {
  if (default_retention_ms() <= retention_ms) return std::nullopt;
  return fmt::format(
      "The retention period of the session store {} must be no smaller than the session inactivity gap plus "
      "the "
      "grace period. Got gap=[{}], grace=[{}], retention=[{}]",
      store, inactivity_gap_ms, grace_ms, retention_ms);
}

Refusal JoinWindows::refusal() const {
  if (size_ms() < 0) return "Window interval (ie, beforeMs+afterMs) must not be negative.";
  if (grace_ms < 0) return "Grace period must not be negative.";
  return std::nullopt;
}

}  // namespace wrackline::event_time::streams
