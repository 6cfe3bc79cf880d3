#include "engine/event_time/flink/trigger.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace wrackline::event_time::flink {

namespace {

using Kind = TriggerLayer::Kind;

constexpr TriggerResult kContinue{};
constexpr TriggerResult kFire{.fire = true};

TriggerResult purging(TriggerResult inner) {
  if (inner.fire) inner.purge = true;
  return inner;
}

/// The next firing of a continuous trigger, never beyond the end of the window.
TimestampMs next_fire(TimestampMs time, const TriggerLayer& layer, const TriggerContext& context) {
  return std::min(wrapping_add(time, layer.interval_ms), context.window().max_timestamp());
}

void arm(std::optional<std::int64_t>& fire_time, TimestampMs at) {
  fire_time = fire_time ? std::min(*fire_time, at) : at;
}

TimestampMs interval_start(TimestampMs time, const TriggerLayer& layer) {
  return wrapping_sub(time, java_remainder(time, layer.interval_ms));
}

}  // namespace

Trigger::Trigger(std::vector<TriggerLayer> layers) : layers_{std::move(layers)} {
  assert(!layers_.empty() && !layers_.back().wraps());
  assert(std::all_of(layers_.begin(), layers_.end() - 1, [](const TriggerLayer& l) { return l.wraps(); }));
}

Trigger Trigger::default_of(const WindowAssigner& assigner) {
  if (assigner.kind == WindowAssigner::Kind::global) return Trigger{{{.kind = Kind::never}}};
  if (assigner.is_global()) return Trigger{{{.kind = Kind::end_of_stream}}};
  return Trigger{{{.kind = assigner.processing_time ? Kind::processing_time : Kind::event_time}}};
}

bool Trigger::can_merge() const {
  return std::all_of(layers_.begin(), layers_.end(), [](const TriggerLayer& layer) {
    return layer.kind != Kind::delta && layer.kind != Kind::processing_timeout && layer.kind != Kind::never &&
           layer.kind != Kind::end_of_stream;
  });
}

TriggerResult Trigger::on_element(std::size_t at, const WindowElement& element,
                                  TriggerContext& context) const {
  const TriggerLayer& layer = layers_[at];
  const TimestampMs end = context.window().max_timestamp();
  switch (layer.kind) {
    case Kind::event_time:
      if (end <= context.watermark()) return kFire;
      context.register_event_timer(end);
      return kContinue;
    case Kind::processing_time:
      context.register_processing_timer(end);
      return kContinue;
    case Kind::count: {
      std::optional<std::int64_t>& count = context.state().count;
      count = count.value_or(0) + 1;
      if (*count < layer.n) return kContinue;
      count.reset();
      return kFire;
    }
    case Kind::continuous_event_time: {
      if (end <= context.watermark()) return kFire;
      context.register_event_timer(end);
      if (context.state().fire_time) return kContinue;
      const TimestampMs next = next_fire(interval_start(element.timestamp, layer), layer, context);
      arm(context.state().fire_time, next);
      context.register_event_timer(next);
      return kContinue;
    }
    case Kind::continuous_processing_time: {
      if (context.state().fire_time) return kContinue;
      const TimestampMs next = next_fire(interval_start(context.now_ms(), layer), layer, context);
      arm(context.state().fire_time, next);
      context.register_processing_timer(next);
      return kContinue;
    }
    case Kind::delta: {
      std::optional<std::int64_t>& last = context.state().last_element;
      if (!last) {
        last = element.value;
        return kContinue;
      }
      if (!(static_cast<double>(element.value) - static_cast<double>(*last) > layer.threshold))
        return kContinue;
      last = element.value;
      return kFire;
    }
    case Kind::never:
      return kContinue;
    case Kind::end_of_stream:
      context.register_event_timer(end);
      return kContinue;
    case Kind::purging:
      return purging(on_element(at + 1, element, context));
    case Kind::processing_timeout: {
      const TriggerResult inner = on_element(at + 1, element, context);
      if (inner.fire) {
        clear(at, context);
        return inner;
      }
      const std::int64_t due = wrapping_add(context.now_ms(), layer.interval_ms);
      if (context.state().timeout && layer.reset_timer_on_new_record) {
        context.delete_processing_timer(*context.state().timeout);
        context.state().timeout.reset();
      }
      if (!context.state().timeout) {
        context.state().timeout = due;
        context.register_processing_timer(due);
      }
      return inner;
    }
  }
  return kContinue;
}

TriggerResult Trigger::on_event_time(std::size_t at, TimestampMs time, TriggerContext& context) const {
  const TriggerLayer& layer = layers_[at];
  switch (layer.kind) {
    case Kind::event_time:
    case Kind::end_of_stream:
      return time == context.window().max_timestamp() ? kFire : kContinue;
    case Kind::continuous_event_time: {
      if (time == context.window().max_timestamp()) return kFire;
      if (context.state().fire_time != time) return kContinue;
      const TimestampMs next = next_fire(time, layer, context);
      context.state().fire_time = next;
      context.register_event_timer(next);
      return kFire;
    }
    case Kind::purging:
      return purging(on_event_time(at + 1, time, context));
    case Kind::processing_timeout: {
      TriggerResult inner = on_event_time(at + 1, time, context);
      if (inner.failed) return inner;
      if (layer.clear_on_timeout) clear(at, context);
      return {.fire = true, .purge = inner.purge};
    }
    case Kind::processing_time:
    case Kind::count:
    case Kind::continuous_processing_time:
    case Kind::delta:
    case Kind::never:
      break;
  }
  return kContinue;
}

TriggerResult Trigger::on_processing_time(std::size_t at, std::int64_t time, TriggerContext& context) const {
  const TriggerLayer& layer = layers_[at];
  switch (layer.kind) {
    case Kind::processing_time:
      return kFire;
    case Kind::continuous_processing_time: {
      if (!context.state().fire_time) return {.failed = true};
      if (context.state().fire_time != time) return kContinue;
      const TimestampMs next = next_fire(time, layer, context);
      context.state().fire_time = next;
      context.register_processing_timer(next);
      return kFire;
    }
    case Kind::purging:
      return purging(on_processing_time(at + 1, time, context));
    case Kind::processing_timeout: {
      TriggerResult inner = on_processing_time(at + 1, time, context);
      if (inner.failed) return inner;
      if (layer.clear_on_timeout) clear(at, context);
      return {.fire = true, .purge = inner.purge};
    }
    case Kind::event_time:
    case Kind::count:
    case Kind::continuous_event_time:
    case Kind::delta:
    case Kind::never:
    case Kind::end_of_stream:
      break;
  }
  return kContinue;
}

void Trigger::on_merge(const std::vector<TriggerState>& merged, TriggerContext& context) const {
  const TimestampMs end = context.window().max_timestamp();
  // Wrappers only hand a merge on.
  switch (layers_.back().kind) {
    case Kind::event_time:
      if (end > context.watermark()) context.register_event_timer(end);
      break;
    case Kind::processing_time:
      if (end > context.now_ms()) context.register_processing_timer(end);
      break;
    case Kind::count:
      for (const TriggerState& old : merged)
        if (old.count) context.state().count = context.state().count.value_or(0) + *old.count;
      break;
    case Kind::continuous_event_time:
    case Kind::continuous_processing_time: {
      for (const TriggerState& old : merged)
        if (old.fire_time) arm(context.state().fire_time, *old.fire_time);
      const std::optional<std::int64_t> next = context.state().fire_time;
      if (!next) break;
      if (layers_.back().kind == Kind::continuous_event_time) {
        context.register_event_timer(*next);
      } else {
        context.register_processing_timer(*next);
      }
      break;
    }
    case Kind::delta:
    case Kind::never:
    case Kind::end_of_stream:
    case Kind::purging:
    case Kind::processing_timeout:
      break;
  }
}

void Trigger::clear(std::size_t at, TriggerContext& context) const {
  switch (layers_[at].kind) {
    case Kind::event_time:
      context.delete_event_timer(context.window().max_timestamp());
      break;
    case Kind::processing_time:
      context.delete_processing_timer(context.window().max_timestamp());
      break;
    case Kind::count:
      context.state().count.reset();
      break;
    case Kind::continuous_event_time:
      if (context.state().fire_time) context.delete_event_timer(*context.state().fire_time);
      context.state().fire_time.reset();
      break;
    case Kind::continuous_processing_time:
      if (context.state().fire_time) context.delete_processing_timer(*context.state().fire_time);
      context.state().fire_time.reset();
      break;
    case Kind::delta:
      context.state().last_element.reset();
      break;
    case Kind::never:
    case Kind::end_of_stream:
      break;
    case Kind::purging:
      clear(at + 1, context);
      break;
    case Kind::processing_timeout:
      if (context.state().timeout) context.delete_processing_timer(*context.state().timeout);
      context.state().timeout.reset();
      clear(at + 1, context);
      break;
  }
}

}  // namespace wrackline::event_time::flink
