#include "engine/event_time/strategy/bind.hpp"

#include <cassert>

namespace wrackline::event_time::strategy {

WatermarkStrategy bind(const Block& block) {
  const Spec& spec = block.spec;
  assert(spec.type != nullptr && spec.type->make != nullptr);
  WatermarkStrategy bound;
  if (spec.type->name == "ascending") {
    bound.kind = WatermarkStrategy::Kind::ascending;
  } else if (spec.type->name == "bounded" || spec.type->name == "stream_time") {
    bound.kind = WatermarkStrategy::Kind::bounded;
    bound.bound_ms = spec.values.front().integer;
  } else {
    bound.kind = WatermarkStrategy::Kind::generated;
    bound.make = [spec] { return make(spec); };
    bound.uses_values = spec.type->uses_values;
  }
  bound.emission = block.options.emission;
  bound.interval_ms = block.options.interval_ms;
  bound.marker_every = block.options.marker_every;
  bound.scope = block.options.scope;
  bound.combine = block.options.combine;
  bound.idle_timeout_ms = block.options.idle_timeout_ms;
  return bound;
}

}  // namespace wrackline::event_time::strategy
