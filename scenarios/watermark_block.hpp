// The `watermark` of a job as the strategies take it.
#pragma once

#include <algorithm>
#include <chrono>

#include "scenarios/scenario.hpp"

namespace wrackline::scenarios {

inline event_time::strategy::Block block_of(const WatermarkSpec& spec) {
  using event_time::strategy::Emission;
  const auto ms = [](Duration d) { return std::chrono::floor<std::chrono::milliseconds>(d).count(); };
  event_time::strategy::Block block{spec.strategy, spec.options};
  if (block.spec.type == nullptr) {
    block.spec = event_time::strategy::defaults(*event_time::strategy::find("bounded"));
    block.spec.set("bound", ms(spec.bounded));
  }
  if (spec.interval == Duration{0} && block.options.emission == Emission::periodic)
    block.options.emission = Emission::per_record;
  block.options.interval_ms = std::max<std::int64_t>(ms(spec.interval), 1);
  block.options.idle_timeout_ms = spec.idle_timeout ? ms(*spec.idle_timeout) : 0;
  return block;
}

}  // namespace wrackline::scenarios
