#include "engine/event_time/flink/window_operator.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include <fmt/format.h>

namespace wrackline::event_time::flink {

namespace {

/// Beyond this a continuous trigger is taken to run for ever: the engine would fill its memory with results.
constexpr std::int64_t kMostFiringsPerPass = 1'000'000;

constexpr const char* kIllegalArgument = "java.lang.IllegalArgumentException";
constexpr const char* kUnsupported = "java.lang.UnsupportedOperationException";

Trigger trigger_of(const WindowOperatorConfig& config) {
  return config.trigger.empty() ? Trigger::default_of(config.assigner) : Trigger{config.trigger};
}

std::string no_timestamp(Version version) {
  return version == Version::v1_20
             ? "Record has Long.MIN_VALUE timestamp (= no timestamp marker). Is the time characteristic set "
               "to "
               "'ProcessingTime', or did you forget to call "
               "'DataStream.assignTimestampsAndWatermarks(...)'?"
             : "Record has Long.MIN_VALUE timestamp (= no timestamp marker). Did you forget to call "
               "'DataStream.assignTimestampsAndWatermarks(...)'?";
}

}  // namespace

std::optional<WindowOperatorConfig::Refusal> WindowOperatorConfig::refusal() const {
  for (const std::string& problem : assigner.problems(version)) return Refusal{kIllegalArgument, problem};
  if (assigner.is_merging() && !trigger_of(*this).can_merge())
    return Refusal{kUnsupported,
                   "A merging window assigner cannot be used with a trigger that does not support merging."};
  if (allowed_lateness_ms < 0) return Refusal{kIllegalArgument, "The allowed lateness cannot be negative."};
  return std::nullopt;
}

/// The operator as a trigger sees it, for one key and window.
class WindowOperator::Context final : public TriggerContext {
 public:
  Context(WindowOperator& op, std::uint32_t key, const TimeWindow& window)
      : op_{op}, key_{key}, window_{window} {}

  TimeWindow window() const override { return window_; }
  TimestampMs watermark() const override { return op_.watermark_; }
  std::int64_t now_ms() const override { return op_.now_ms_; }
  TriggerState& state() override { return op_.find_or_add(key_, window_).trigger; }
  void register_event_timer(TimestampMs at) override { op_.event_timers_.add({at, key_, window_}); }
  void delete_event_timer(TimestampMs at) override { op_.event_timers_.remove({at, key_, window_}); }
  void register_processing_timer(std::int64_t at) override {
    op_.processing_timers_.add({at, key_, window_});
  }
  void delete_processing_timer(std::int64_t at) override {
    op_.processing_timers_.remove({at, key_, window_});
  }

 private:
  WindowOperator& op_;
  std::uint32_t key_;
  TimeWindow window_;
};

WindowOperator::WindowOperator(const WindowOperatorConfig& config)
    : config_{config}, trigger_{trigger_of(config)} {
  assert(!config.refusal());
}

WindowOperator::Verdict WindowOperator::add(std::uint32_t key, const WindowElement& element,
                                            WindowResults& out) {
  switch (config_.assigner.assign(element, now_ms_, assigned_)) {
    case WindowAssigner::Refusal::none:
      break;
    case WindowAssigner::Refusal::no_timestamp:
      fail("java.lang.RuntimeException", no_timestamp(config_.version));
      return Verdict::failed;
    case WindowAssigner::Refusal::gap_not_positive:
      fail(kIllegalArgument, "Dynamic session time gap must satisfy 0 < gap");
      return Verdict::failed;
  }
  bool skipped = true;
  for (const TimeWindow& window : assigned_) {
    TimeWindow actual = window;
    TimeWindow state_window = window;
    if (config_.assigner.is_merging()) {
      actual = key_state(key).sessions.add(window, merges_);
      for (const MergingWindowSet::Merge& merge : merges_)
        if (!apply_merge(key, merge)) return Verdict::failed;
      if (is_window_late(actual)) {
        key_state(key).sessions.retire(actual);
        continue;
      }
      state_window = *key_state(key).sessions.state_window(actual);
    } else if (is_window_late(actual)) {
      continue;
    }
    skipped = false;
    if (!add_to_window(key, actual, state_window, element, out)) return Verdict::failed;
  }
  if (!skipped) return Verdict::accepted;
  return is_element_late(element) ? Verdict::late : Verdict::vanished;
}

bool WindowOperator::add_to_window(std::uint32_t key, const TimeWindow& window,
                                   const TimeWindow& state_window, const WindowElement& element,
                                   WindowResults& out) {
  WindowState& state = find_or_add(key, state_window);
  if (config_.reduce && !config_.evictor) {
    state.sum = wrapping_add(state.has_contents ? state.sum : 0, element.value);
  } else {
    state.elements.push_back(element);
  }
  state.has_contents = true;
  Context context{*this, key, window};
  const TriggerResult result = trigger_.on_element(element, context);
  if (!act(result, key, window, state_window, {FireCause::By::element, 0}, out)) return false;
  const TimestampMs cleanup = cleanup_time(window);
  if (cleanup != kMaxTimestamp) cleanup_queue().add({cleanup, key, window});
  prune(key, window);
  prune(key, state_window);
  return true;
}

bool WindowOperator::apply_merge(std::uint32_t key, const MergingWindowSet::Merge& merge) {
  const WindowAssigner& assigner = config_.assigner;
  // Unlike the cleanup time this sum is not protected against overflow: with a huge lateness a merge can
  // fail.
  if (assigner.is_event_time() &&
      wrapping_add(merge.result.max_timestamp(), config_.allowed_lateness_ms) <= watermark_)
    return fail(
        kUnsupported,
        fmt::format("The end timestamp of an event-time window cannot become earlier than the current "
                    "watermark by merging. Current watermark: {} window: TimeWindow{{start={}, end={}}}",
                    watermark_, merge.result.start, merge.result.end));
  if (!assigner.is_event_time() && merge.result.max_timestamp() <= now_ms_)
    return fail(kUnsupported,
                fmt::format("The end timestamp of a processing-time window cannot become earlier than the "
                            "current processing time by merging. Current processing time: {} window: "
                            "TimeWindow{{start={}, end={}}}",
                            now_ms_, merge.result.start, merge.result.end));

  std::vector<TriggerState> merged;
  for (const TimeWindow& old : merge.windows) {
    WindowState* const state = find(key, old);
    if (state == nullptr) continue;
    merged.push_back(state->trigger);
    // Only the state that the trigger merges moves; the others cannot be there, as such triggers do not
    // merge.
    state->trigger = {};
  }
  Context context{*this, key, merge.result};
  trigger_.on_merge(merged, context);
  for (const TimeWindow& old : merge.windows) {
    Context old_context{*this, key, old};
    trigger_.clear(old_context);
    const TimestampMs cleanup = cleanup_time(old);
    if (cleanup != kMaxTimestamp) cleanup_queue().remove({cleanup, key, old});
  }

  std::vector<WindowElement> elements;
  std::int64_t sum = 0;
  bool any = false;
  for (const TimeWindow& from : merge.merged_state_windows) {
    WindowState* const state = find(key, from);
    if (state == nullptr || !state->has_contents) continue;
    any = true;
    sum = wrapping_add(sum, state->sum);
    elements.insert(elements.end(), state->elements.begin(), state->elements.end());
    state->elements.clear();
    state->sum = 0;
    state->has_contents = false;
  }
  if (any) {
    WindowState& into = find_or_add(key, merge.state_window);
    into.sum = wrapping_add(into.has_contents ? into.sum : 0, sum);
    into.elements.insert(into.elements.end(), elements.begin(), elements.end());
    into.has_contents = true;
  }
  for (const TimeWindow& old : merge.windows) prune(key, old);
  for (const TimeWindow& from : merge.merged_state_windows) prune(key, from);
  prune(key, merge.result);
  return true;
}

bool WindowOperator::advance_watermark(TimestampMs watermark, WindowResults& out) {
  watermark_ = watermark;
  if (watermark == kMaxTimestamp && config_.assigner.is_global() && event_timers_.size() > 0 &&
      trigger_.is_continuous_in_event_time()) {
    return never_ends(
        "each firing of the continuous trigger registers the next one, up to MAX and then at MAX");
  }
  std::int64_t fired = 0;
  while (const std::optional<WindowTimer> timer = event_timers_.pop_due(watermark)) {
    if (!fire_timer(*timer, {FireCause::By::event_timer, timer->time}, out)) return false;
    if (event_timers_.contains(*timer)) return never_ends("a timer registers itself again at its own time");
    if (++fired > kMostFiringsPerPass) return never_ends("more than a million firings in one pass");
  }
  return true;
}

bool WindowOperator::advance_processing_time(std::int64_t now_ms, WindowResults& out) {
  now_ms_ = now_ms;
  std::int64_t fired = 0;
  while (const std::optional<WindowTimer> timer = processing_timers_.pop_due(now_ms)) {
    if (!fire_timer(*timer, {FireCause::By::processing_timer, timer->time}, out)) return false;
    if (processing_timers_.contains(*timer))
      return never_ends("a timer registers itself again at its own time");
    if (++fired > kMostFiringsPerPass) return never_ends("more than a million firings in one pass");
  }
  return true;
}

bool WindowOperator::fire_timer(const WindowTimer& timer, FireCause cause, WindowResults& out) {
  TimeWindow state_window = timer.window;
  if (config_.assigner.is_merging()) {
    const std::optional<TimeWindow> found = key_state(timer.key).sessions.state_window(timer.window);
    // A timer that a trigger left behind when its window was merged away.
    if (!found) return true;
    state_window = *found;
  }
  const bool event_time = cause.by == FireCause::By::event_timer;
  Context context{*this, timer.key, timer.window};
  const TriggerResult result = event_time ? trigger_.on_event_time(timer.time, context)
                                          : trigger_.on_processing_time(timer.time, context);
  if (result.failed)
    return fail("java.lang.NullPointerException",
                "Cannot invoke \"java.lang.Long.equals(Object)\" because the return value of "
                "\"org.apache.flink.api.common.state.ReducingState.get()\" is null");
  if (!act(result, timer.key, timer.window, state_window, cause, out)) return false;
  if (config_.assigner.is_event_time() == event_time && timer.time == cleanup_time(timer.window)) {
    clear_contents(timer.key, state_window);
    trigger_.clear(context);
    if (config_.assigner.is_merging()) key_state(timer.key).sessions.retire(timer.window);
  }
  prune(timer.key, timer.window);
  prune(timer.key, state_window);
  return true;
}

bool WindowOperator::act(const TriggerResult& result, std::uint32_t key, const TimeWindow& window,
                         const TimeWindow& state_window, FireCause cause, WindowResults& out) {
  if (result.fire) {
    WindowState* const state = find(key, state_window);
    if (state != nullptr && state->has_contents && !emit(key, window, *state, cause, out)) return false;
  }
  if (result.purge) clear_contents(key, state_window);
  return true;
}

bool WindowOperator::emit(std::uint32_t key, const TimeWindow& window, WindowState& state, FireCause cause,
                          WindowResults& out) {
  const char* const no_evictor_timestamp = config_.version == Version::v1_20
                                               ? "Record has no timestamp. Is the time characteristic set to "
                                                 "'ProcessingTime', or did you forget to "
                                                 "call 'DataStream.assignTimestampsAndWatermarks(...)'?"
                                               : "Record has no timestamp. Did you forget to call "
                                                 "'DataStream.assignTimestampsAndWatermarks(...)'?";
  const bool evicts = config_.evictor.has_value();
  if (evicts && !config_.evictor->evict_after && !config_.evictor->evict(state.elements))
    return fail("java.lang.IllegalStateException", no_evictor_timestamp);

  WindowResult result{.key = key,
                      .window = window,
                      .timestamp = window.max_timestamp(),
                      .sum = state.sum,
                      .first_value = out.values.size(),
                      .count = state.elements.size(),
                      .cause = cause};
  if (!config_.reduce || evicts) {
    result.sum = 0;
    for (const WindowElement& element : state.elements) {
      result.sum = wrapping_add(result.sum, element.value);
      out.values.push_back(element.value);
    }
  }
  out.results.push_back(result);

  if (!evicts) return true;
  if (config_.evictor->evict_after && !config_.evictor->evict(state.elements))
    return fail("java.lang.IllegalStateException", no_evictor_timestamp);
  state.has_contents = !state.elements.empty();
  return true;
}

void WindowOperator::clear_contents(std::uint32_t key, const TimeWindow& state_window) {
  WindowState* const state = find(key, state_window);
  if (state == nullptr) return;
  state->has_contents = false;
  state->sum = 0;
  state->elements.clear();
}

void WindowOperator::restore() { watermark_ = kMinTimestamp; }

TimestampMs WindowOperator::cleanup_time(const TimeWindow& window) const {
  const TimestampMs max = window.max_timestamp();
  if (!config_.assigner.is_event_time()) return max;
  const TimestampMs cleanup = wrapping_add(max, config_.allowed_lateness_ms);
  return cleanup >= max ? cleanup : kMaxTimestamp;
}

bool WindowOperator::is_window_late(const TimeWindow& window) const {
  return config_.assigner.is_event_time() && cleanup_time(window) <= watermark_;
}

bool WindowOperator::is_element_late(const WindowElement& element) const {
  return config_.assigner.is_event_time() &&
         wrapping_add(element.timestamp, config_.allowed_lateness_ms) <= watermark_;
}

bool WindowOperator::fail(std::string exception, std::string message) {
  failure_ = Failure{std::move(exception), std::move(message), false};
  return false;
}

bool WindowOperator::never_ends(const char* why) {
  failure_ = Failure{"", why, true};
  return false;
}

WindowOperator::KeyState& WindowOperator::key_state(std::uint32_t key) {
  if (key >= keys_.size()) keys_.resize(key + 1);
  return keys_[key];
}

WindowOperator::WindowState* WindowOperator::find(std::uint32_t key, const TimeWindow& window) {
  std::vector<WindowState>& windows = key_state(key).windows;
  const auto at =
      std::lower_bound(windows.begin(), windows.end(), window,
                       [](const WindowState& state, const TimeWindow& w) { return state.window < w; });
  return at == windows.end() || at->window != window ? nullptr : &*at;
}

WindowOperator::WindowState& WindowOperator::find_or_add(std::uint32_t key, const TimeWindow& window) {
  if (WindowState* const state = find(key, window)) return *state;
  std::vector<WindowState>& windows = key_state(key).windows;
  const auto at =
      std::lower_bound(windows.begin(), windows.end(), window,
                       [](const WindowState& state, const TimeWindow& w) { return state.window < w; });
  return *windows.insert(at, WindowState{.window = window, .elements = {}, .trigger = {}});
}

void WindowOperator::prune(std::uint32_t key, const TimeWindow& window) {
  const WindowState* const state = find(key, window);
  if (state == nullptr || !state->empty()) return;
  std::vector<WindowState>& windows = key_state(key).windows;
  windows.erase(windows.begin() + (state - windows.data()));
}

std::size_t WindowOperator::state_entries() const {
  std::size_t entries = 0;
  for (const KeyState& key : keys_) {
    if (!key.sessions.empty()) ++entries;
    for (const WindowState& state : key.windows)
      entries += state.trigger.entries() + std::size_t{state.has_contents};
  }
  return entries;
}

}  // namespace wrackline::event_time::flink
