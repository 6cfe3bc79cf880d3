#include "engine/event_time/window/pane_state.hpp"

#include <algorithm>

namespace wrackline::event_time::window {

OpenWindow* KeyWindows::find(const Window& window) {
  const auto before = [](const OpenWindow& open, const Window& wanted) {
    return open.window.end_ms != wanted.end_ms ? open.window.end_ms < wanted.end_ms
                                               : open.window.start_ms < wanted.start_ms;
  };
  const auto at = std::lower_bound(windows.begin(), windows.end(), window, before);
  return at == windows.end() || at->window != window ? nullptr : &*at;
}

void PartitionWindows::append_ids(std::vector<sim::EventId>& out) const {
  by_key.for_each([&](std::uint32_t, const Shared<KeyWindows>& keyed) {
    for (const OpenWindow& open : keyed->windows) out.insert(out.end(), open.ids.begin(), open.ids.end());
    for (const KeptSlice& slice : keyed->slices) out.insert(out.end(), slice.ids.begin(), slice.ids.end());
    for (const Item& item : keyed->items) out.push_back(item.id);
  });
}

}  // namespace wrackline::event_time::window
