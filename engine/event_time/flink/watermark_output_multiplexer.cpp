#include "engine/event_time/flink/watermark_output_multiplexer.hpp"

#include <algorithm>
#include <cassert>

namespace wrackline::event_time::flink {

const WatermarkOutputMultiplexer::Output* WatermarkOutputMultiplexer::find(OutputId id) const {
  const auto found =
      std::find_if(outputs_.begin(), outputs_.end(), [id](const Output& output) { return output.id == id; });
  return found == outputs_.end() ? nullptr : &*found;
}

WatermarkOutputMultiplexer::Output& WatermarkOutputMultiplexer::at(OutputId id) {
  const Output* const output = find(id);
  assert(output != nullptr && "an output that was not registered");
  return outputs_[static_cast<std::size_t>(output - outputs_.data())];
}

bool WatermarkOutputMultiplexer::register_output(OutputId id) {
  if (has_output(id)) return false;
  outputs_.push_back({id, {}});
  return true;
}

bool WatermarkOutputMultiplexer::unregister_output(OutputId id) {
  return std::erase_if(outputs_, [id](const Output& output) { return output.id == id; }) > 0;
}

bool WatermarkOutputMultiplexer::set_watermark(Output& output, TimestampMs timestamp,
                                               MultiplexerEvents& out) {
  if (!output.state.set_watermark(timestamp)) return false;
  out.push_back({MultiplexerEvent::Kind::output_watermark, timestamp, output.id});
  return true;
}

void WatermarkOutputMultiplexer::immediate(OutputId id, const WatermarkEvent& event, MultiplexerEvents& out) {
  Output& output = at(id);
  if (event.kind == WatermarkEvent::Kind::watermark) {
    // Below the combined watermark it cannot be what holds it back.
    if (set_watermark(output, event.timestamp, out) && event.timestamp > combined_.combined_watermark())
      combine(out);
    return;
  }
  output.state.idle = event.kind == WatermarkEvent::Kind::idle;
  combine(out);
}

void WatermarkOutputMultiplexer::deferred(OutputId id, const WatermarkEvent& event, MultiplexerEvents& out) {
  Output& output = at(id);
  if (event.kind == WatermarkEvent::Kind::watermark) {
    set_watermark(output, event.timestamp, out);
  } else {
    output.state.idle = event.kind == WatermarkEvent::Kind::idle;
  }
}

void WatermarkOutputMultiplexer::combine(MultiplexerEvents& out) {
  if (combined_.update(outputs_,
                       [](const Output& output) -> const PartialWatermark& { return output.state; }))
    out.push_back({MultiplexerEvent::Kind::watermark, combined_.combined_watermark(), 0});
  if (combined_.is_idle()) out.push_back({MultiplexerEvent::Kind::idle, 0, 0});
}

}  // namespace wrackline::event_time::flink
