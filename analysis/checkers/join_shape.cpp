#include "analysis/checkers/join_shape.hpp"

#include <algorithm>

namespace wrackline::analysis {

namespace {

bool window_holds(const JoinShape::Window& window, std::int64_t event_time_ms) {
  return window.start_ms <= event_time_ms && event_time_ms < window.end_ms;
}

}  // namespace

JoinShape::JoinShape(const Spec& spec, std::vector<std::uint16_t> right_sources,
                     std::vector<std::uint16_t> right_topics, ValueOf value_of)
    : spec_{spec},
      right_sources_{std::move(right_sources)},
      right_topics_{std::move(right_topics)},
      value_of_{std::move(value_of)} {
  if (windowed()) windows_.emplace(spec.windows);
}

JoinShape::Side JoinShape::side_of(sim::EventId id) const {
  const bool right =
      std::find(right_sources_.begin(), right_sources_.end(), id.source()) != right_sources_.end();
  return right ? Side::right : Side::left;
}

bool JoinShape::is_right_topic(std::uint16_t topic) const {
  return std::find(right_topics_.begin(), right_topics_.end(), topic) != right_topics_.end();
}

bool JoinShape::pads(Side side) const {
  return side == Side::left ? event_time::window::pads_left_rows(spec_.kind)
                            : event_time::window::pads_right_rows(spec_.kind);
}

std::vector<JoinShape::Window> JoinShape::windows_of(std::int64_t event_time_ms) const {
  std::vector<Window> windows;
  windows_->assign(event_time_ms, windows);
  return windows;
}

std::int64_t JoinShape::closes_at(sim::EventId id, std::int64_t event_time_ms) const {
  if (windowed()) return windows_->last_end(event_time_ms) - 1;
  const std::int64_t lateness = spec_.type != Spec::Type::interval ? 0
                                : side_of(id) == Side::left        ? spec_.allowed_lateness_ms
                                                                   : spec_.right_allowed_lateness_ms;
  return event_time::saturating_add(event_time_ms, lateness);
}

std::int64_t JoinShape::alone_from(Side side, std::int64_t event_time_ms) const {
  if (spec_.type != Spec::Type::interval) return event_time_ms;
  return side == Side::left ? event_time::saturating_add(event_time_ms, spec_.upper_ms)
                            : event_time::saturating_sub(event_time_ms, spec_.lower_ms);
}

std::string JoinShape::wrong_with(const sim::VisibleResult& row, const Parent* left,
                                  const Parent* right) const {
  if (left == nullptr && right == nullptr) return "it has no records";
  if (left == nullptr && !pads(Side::right)) return "it has no left record";
  if (right == nullptr && !pads(Side::left)) return "it has no right record";
  std::uint64_t digest = 0;
  std::int64_t value = 0;
  const Window window{row.window_start_ms, row.window_end_ms};
  if (windowed() && !windows_->is_window(window)) return "no such window";
  for (const Parent* const one : {left, right}) {
    if (one == nullptr) continue;
    if (one->key != row.key) return "a record has another key";
    if (windowed() && !window_holds(window, one->event_time_ms)) return "a record lies outside its window";
    digest += sim::mix(one->id);
    if (value_of_) value += value_of_(one->id);
  }
  if (digest != row.digest) return "the digest is not that of its records";
  if (value_of_ && value != row.value) return "the value is not that of its records";
  if (left == nullptr || right == nullptr) return {};
  if (spec_.type == Spec::Type::interval && !in_interval(left->event_time_ms, right->event_time_ms))
    return "its records lie too far apart";
  if (spec_.type == Spec::Type::temporal && right->event_time_ms > left->event_time_ms)
    return "the version was not valid yet at the time of the record";
  return {};
}

}  // namespace wrackline::analysis
