#include "engine/event_time/window/window_join.hpp"

namespace wrackline::event_time::window {

WindowJoin::WindowJoin(const WindowDefinition& windows, JoinType type) : windows_{windows}, type_{type} {}

JoinVerdict WindowJoin::add(JoinSide side, std::uint32_t key, const JoinRecord& record) {
  windows_.assign(record.timestamp, scratch_);
  late_.clear();
  bool taken = false;
  for (const Window& window : scratch_) {
    if (window.max_timestamp() <= watermark_) {
      late_.push_back(window);
      continue;
    }
    std::shared_ptr<Contents>& contents = open_[{window.end_ms, window.start_ms, key}];
    if (contents == nullptr) {
      contents = std::make_shared<Contents>();
    } else if (contents.use_count() > 1) {
      contents = std::make_shared<Contents>(*contents);
    }
    contents->sides[side == JoinSide::left ? 0 : 1].push_back(record);
    taken = true;
  }
  return taken ? JoinVerdict::accepted : JoinVerdict::late_dropped;
}

void WindowJoin::advance_watermark(TimestampMs watermark, std::vector<JoinedRow>& out) {
  if (watermark <= watermark_) return;
  watermark_ = watermark;
  while (!open_.empty() && std::get<0>(open_.begin()->first) - 1 <= watermark_) {
    const auto& [where, shared] = *open_.begin();
    const Contents& contents = *shared;
    const auto& [end, start, key] = where;
    const Window window{start, end};
    for (const JoinRecord& left : contents.sides[0]) {
      for (const JoinRecord& right : contents.sides[1]) out.push_back(joined(key, &left, &right, window));
      if (contents.sides[1].empty() && pads_left_rows(type_))
        out.push_back(joined(key, &left, nullptr, window));
    }
    if (contents.sides[0].empty() && pads_right_rows(type_))
      for (const JoinRecord& right : contents.sides[1]) out.push_back(joined(key, nullptr, &right, window));
    open_.erase(open_.begin());
  }
}

void WindowJoin::append_ids(std::vector<sim::EventId>& out) const {
  for (const auto& [where, contents] : open_)
    for (const std::vector<JoinRecord>& side : contents->sides)
      for (const JoinRecord& record : side) out.push_back(record.id);
}

}  // namespace wrackline::event_time::window
