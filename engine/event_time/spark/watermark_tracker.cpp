#include "engine/event_time/spark/watermark_tracker.hpp"

#include <algorithm>
#include <cassert>
#include <string>

namespace wrackline::event_time::spark {

void EventTimeStats::add(std::int64_t event_time_ms) {
  max_ms = std::max(max_ms, event_time_ms);
  min_ms = std::min(min_ms, event_time_ms);
  ++count;
  avg_ms += (static_cast<double>(event_time_ms) - avg_ms) / static_cast<double>(count);
}

std::optional<MultipleWatermarkPolicy> parse_policy(std::string_view text) {
  std::string lower{text};
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (lower == "min") return MultipleWatermarkPolicy::min;
  if (lower == "max") return MultipleWatermarkPolicy::max;
  return std::nullopt;
}

WatermarkTracker::WatermarkTracker(MultipleWatermarkPolicy policy, std::vector<std::int64_t> delays_ms)
    : policy_{policy}, delays_ms_{std::move(delays_ms)}, nodes_(delays_ms_.size()) {}

void WatermarkTracker::update(std::span<const EventTimeStats> nodes) {
  assert(nodes.size() == nodes_.size());
  if (nodes_.empty()) return;
  std::int64_t chosen = 0;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].count > 0) {
      const std::int64_t said = nodes[i].max_ms - delays_ms_[i];
      nodes_[i] = nodes_[i] ? std::max(*nodes_[i], said) : said;
    } else if (!nodes_[i]) {
      nodes_[i] = 0;
    }
    const bool better = policy_ == MultipleWatermarkPolicy::min ? *nodes_[i] < chosen : *nodes_[i] > chosen;
    if (i == 0 || better) chosen = *nodes_[i];
  }
  global_ms_ = std::max(global_ms_, chosen);
}

void WatermarkTracker::restart() { nodes_.assign(nodes_.size(), std::nullopt); }

}  // namespace wrackline::event_time::spark
