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
    Contents& contents = open_.own({window.end_ms, window.start_ms, key});
    contents.sides[side == JoinSide::left ? 0 : 1].push_back(record);
    taken = true;
  }
  return taken ? JoinVerdict::accepted : JoinVerdict::late_dropped;
}

void WindowJoin::advance_watermark(TimestampMs watermark, std::vector<JoinedRow>& out) {
  if (watermark <= watermark_) return;
  watermark_ = watermark;
  while (!open_.empty() && std::get<0>(open_.first_key()) - 1 <= watermark_) {
    const Where where = open_.first_key();
    const Contents& contents = open_.first_value();
    const auto& [end, start, key] = where;
    const Window window{start, end};
    for (const JoinRecord& left : contents.sides[0]) {
      for (const JoinRecord& right : contents.sides[1]) out.push_back(joined(key, &left, &right, window));
      if (contents.sides[1].empty() && pads_left_rows(type_))
        out.push_back(joined(key, &left, nullptr, window));
    }
    if (contents.sides[0].empty() && pads_right_rows(type_))
      for (const JoinRecord& right : contents.sides[1]) out.push_back(joined(key, nullptr, &right, window));
    open_.erase(where);
  }
}

void WindowJoin::append_ids(std::vector<sim::EventId>& out, SeenParts* seen) const {
  open_.for_each(
      [&](const Where&, const Contents& contents) {
        for (const SharedList<JoinRecord>& side : contents.sides)
          for (const JoinRecord& record : side.unseen(seen)) out.push_back(record.id);
      },
      seen);
}

}  // namespace wrackline::event_time::window
