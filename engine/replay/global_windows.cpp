#include "engine/replay/global_windows.hpp"

#include <algorithm>
#include <cassert>

namespace wrackline::replay {

namespace window = event_time::window;

GlobalWindows::GlobalWindows(const ReplayConfig& config, RowList& rows)
    : results_{config.aggregates, rows}, detailed_{config.aggregates.detailed()} {
  assert(config.window.kind == WindowKind::global && config.problems().empty());
  window::WindowedAggregation spec;
  spec.windows = config.window.definition();
  spec.panes.early_every_ms = config.early_every_ms;
  spec.panes.early_every_records = config.early_every_records;
  spec.panes.accumulation = config.accumulation;
  spec.lineage = false;
  for (const AggregateSpec& aggregate : config.aggregates.specs) {
    if (detailed_ && !is_detailed(aggregate)) continue;
    spec.aggregate = aggregate;
    operators_.emplace_back(spec);
    if (!detailed_) break;
  }
  fired_.resize(operators_.size());
}

Verdict GlobalWindows::add(std::uint32_t key, std::int64_t event_ms, std::int64_t value, std::int64_t now_ms,
                           std::int64_t /*watermark*/) {
  if (key >= by_key_.size()) by_key_.resize(std::max<std::size_t>(key + std::size_t{1}, by_key_.size() * 2));
  Keyed& keyed = by_key_[key];
  if (keyed.fresh == 0) keyed.waiting.reset(event_ms);
  ++keyed.fresh;
  keyed.waiting.add(event_ms);
  ++figures_.slice_updates;
  ++figures_.bucket_updates;
  const sim::EventId id{0, next_record_++};
  for (std::size_t i = 0; i < operators_.size(); ++i)
    operators_[i].add(0, key, event_ms, id, value, now_ms, fired_[i]);
  figures_.peak_windows = std::max<std::uint64_t>(figures_.peak_windows, operators_.front().costs().windows);
  if (!fired_.front().panes.empty()) note_panes(now_ms);
  return Verdict::accepted;
}

void GlobalWindows::on_clock(std::int64_t now_ms) {
  for (std::size_t i = 0; i < operators_.size(); ++i)
    operators_[i].advance_processing_time(now_ms, fired_[i]);
  note_panes(now_ms);
}

void GlobalWindows::note_panes(std::int64_t now_ms) {
  for (std::size_t p = 0; p < fired_.front().panes.size(); ++p) {
    const window::ResultPane& pane = fired_.front().panes[p];
    if (pane.retraction) {
      ++figures_.retractions;
    } else {
      Keyed& keyed = by_key_[pane.key];
      ++figures_.early.panes;
      ++figures_.results;
      figures_.early.records += keyed.fresh;
      keyed.fresh = 0;
      keyed.waiting.release(now_ms, figures_.record_latency);
    }
    if (!results_.reads()) continue;
    results_of_pane_.clear();
    if (detailed_) {
      for (const window::ResultPanes& of_one : fired_) results_of_pane_.push_back(of_one.panes[p].result);
    }
    if (!pane.retraction && results_.compares()) results_.note(results_of_pane_, figures_);
    if (!results_.wants_rows()) continue;
    WindowRow row;
    row.start_ms = pane.window.start_ms;
    row.end_ms = pane.window.end_ms;
    row.fired_at_ms = now_ms;
    row.key = pane.key;
    row.timing = PaneTiming::early;
    row.retraction = pane.retraction;
    row.count = pane.basic.count;
    row.sum = pane.basic.sum;
    row.least = pane.basic.min;
    row.greatest = pane.basic.max;
    results_.rows().add(row, results_of_pane_);
  }
  for (window::ResultPanes& fired : fired_) fired.clear();
}

WindowFigures GlobalWindows::take(bool at_end, std::int64_t /*now_ms*/) {
  if (at_end) {
    for (const Keyed& keyed : by_key_) {
      if (keyed.fresh == 0) continue;
      figures_.unfired += keyed.fresh;
      ++figures_.unfired_windows;
    }
  }
  figures_.peak_cells = figures_.peak_windows;
  // They only grow, unless panes discard; and then what is there now stands for what there was.
  for (const window::PaneOperator& each : operators_) figures_.peak_bytes += each.state_bytes();
  WindowFigures taken = std::move(figures_);
  figures_ = WindowFigures{};
  figures_.peak_windows = taken.peak_windows;
  return taken;
}

}  // namespace wrackline::replay
