#include "scenarios/job_windows.hpp"

#include <fmt/format.h>

namespace wrackline::scenarios {

namespace {

using event_time::window::AggregateSpec;
using event_time::window::PanePolicy;
using event_time::window::TimeZone;
using event_time::window::WindowDefinition;
using event_time::window::WindowedAggregation;

std::int64_t whole_ms(Duration d) { return std::chrono::floor<std::chrono::milliseconds>(d).count(); }

AggregateSpec::Function function_of(Aggregate aggregate) {
  using Function = AggregateSpec::Function;
  switch (aggregate) {
    case Aggregate::kNone:
    case Aggregate::kCount:
      return Function::count;
    case Aggregate::kSum:
      return Function::sum;
    case Aggregate::kMin:
      return Function::min;
    case Aggregate::kMax:
      return Function::max;
    case Aggregate::kMean:
      return Function::mean;
    case Aggregate::kDistinct:
      return Function::distinct;
    case Aggregate::kDistinctSketch:
      return Function::distinct_sketch;
    case Aggregate::kQuantile:
      return Function::quantile;
    case Aggregate::kQuantileSketch:
      return Function::quantile_sketch;
  }
  return Function::count;
}

bool is_plain(const JobSpec& job) {
  const WindowSpec& window = job.window;
  const bool plain_window = window.kind == Windows::kTumbling || window.kind == Windows::kHopping;
  const bool plain_panes = !window.early_every && !window.early_records && !window.late_every &&
                           !window.late_records && window.accumulation == Accumulation::kAccumulating;
  return plain_window && plain_panes && window.zone.empty() && job.aggregate <= Aggregate::kMax;
}

WindowDefinition plain_definition_of(const WindowSpec& window) {
  const std::int64_t offset = whole_ms(window.offset);
  switch (window.kind) {
    case Windows::kNone:
    case Windows::kTumbling:
      return WindowDefinition::tumbling(whole_ms(window.size), offset);
    case Windows::kHopping:
      return WindowDefinition::hopping(whole_ms(window.size), whole_ms(window.slide), offset);
    case Windows::kCumulate:
      return WindowDefinition::cumulate(whole_ms(window.size), whole_ms(window.slide), offset);
    case Windows::kSession: {
      WindowDefinition made = WindowDefinition::session(whole_ms(window.gap));
      if (window.max_gap && *window.max_gap > window.gap) {
        const std::int64_t range = whole_ms(*window.max_gap) - made.gap_ms + 1;
        made.gap_of = [least = made.gap_ms, range](std::uint32_t, std::int64_t value) {
          return least + (value % range + range) % range;
        };
      }
      made.offset_ms = offset;
      return made;
    }
    case Windows::kCount: {
      WindowDefinition made = WindowDefinition::count(window.records, window.records_every);
      made.offset_ms = offset;
      return made;
    }
    case Windows::kGlobal: {
      WindowDefinition made = WindowDefinition::global();
      made.offset_ms = offset;
      return made;
    }
    case Windows::kSliding: {
      WindowDefinition made = WindowDefinition::sliding(whole_ms(window.size));
      made.offset_ms = offset;
      return made;
    }
  }
  return {};
}

PanePolicy policy_of(const WindowSpec& window) {
  PanePolicy policy;
  policy.allowed_lateness_ms = whole_ms(window.allowed_lateness);
  if (window.early_every) policy.early_every_ms = whole_ms(*window.early_every);
  policy.early_every_records = window.early_records.value_or(0);
  if (window.late_every) policy.late_every_ms = whole_ms(*window.late_every);
  policy.late_every_records = window.late_records.value_or(window.late_every ? 0 : 1);
  policy.accumulation = static_cast<PanePolicy::Accumulation>(window.accumulation);
  return policy;
}

}  // namespace

WindowDefinition definition_of(const WindowSpec& window) {
  WindowDefinition made = plain_definition_of(window);
  if (!window.zone.empty()) made.zone = TimeZone::load(window.zone).zone;
  return made;
}

std::optional<WindowedAggregation> panes_of(const JobSpec& job) {
  if (job.join || job.window.kind == Windows::kNone || is_plain(job)) return std::nullopt;
  WindowedAggregation made;
  made.windows = definition_of(job.window);
  made.aggregate.function = function_of(job.aggregate);
  made.aggregate.quantile = job.quantile.value_or(0.5);
  made.panes = policy_of(job.window);
  return made;
}

std::vector<std::string> window_problems(const JobSpec& job) {
  std::vector<std::string> found;
  if (!job.window.zone.empty()) {
    const TimeZone::Loaded loaded = TimeZone::load(job.window.zone);
    if (loaded.zone == nullptr) return {loaded.problem};
  }
  const bool overlaps = job.window.kind == Windows::kHopping || job.window.kind == Windows::kCumulate;
  if (overlaps && job.window.slide > Duration{} &&
      job.window.size / job.window.slide >= kMostWindowsPerEvent) {
    found.push_back(fmt::format("{} windows for each event are too many: there may be {}",
                                job.window.size / job.window.slide, kMostWindowsPerEvent));
  }
  const bool counts_often = job.window.kind == Windows::kCount && job.window.records_every > 0;
  if (counts_often && job.window.records / job.window.records_every + 1 >= kMostWindowsPerEvent) {
    found.push_back(fmt::format("{} windows for each event are too many: there may be {}",
                                job.window.records / job.window.records_every, kMostWindowsPerEvent));
  }
  if (job.join || is_plain(job)) {
    for (std::string& problem : definition_of(job.window).problems()) found.push_back(std::move(problem));
  }
  if (const auto panes = panes_of(job)) {
    for (std::string& problem : panes->problems()) found.push_back(std::move(problem));
  }
  return found;
}

}  // namespace wrackline::scenarios
