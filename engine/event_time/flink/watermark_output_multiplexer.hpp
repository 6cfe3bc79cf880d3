// The watermarks of the splits of one reader into one: Flink's WatermarkOutputMultiplexer.
//
// Modelled: immediate outputs recombine when they exceed the combined watermark (and at every idle or
// active), deferred outputs wait for the periodic emission; the listener of an output hears only of rises;
// idle is said again at every combination, which downstream code must filter; removing an output moves
// nothing before the next combination. Version: see CombinedWatermarkStatus.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/event_time/flink/combined_watermark_status.hpp"

namespace wrackline::event_time::flink {

using OutputId = std::uint32_t;

/// What the multiplexer did, in order.
struct MultiplexerEvent {
  enum class Kind : std::uint8_t {
    watermark,         ///< on the underlying output
    idle,              ///< on the underlying output, not filtered
    output_watermark,  ///< the listener of `output`
  };
  Kind kind = Kind::watermark;
  TimestampMs timestamp = 0;
  OutputId output = 0;
};
using MultiplexerEvents = std::vector<MultiplexerEvent>;

class WatermarkOutputMultiplexer {
 public:
  explicit WatermarkOutputMultiplexer(Version version) : combined_{version} {}

  /// False: there is an output of that id already (Flink throws).
  bool register_output(OutputId id);
  /// Whether it existed.
  bool unregister_output(OutputId id);
  bool has_output(OutputId id) const { return find(id) != nullptr; }

  /// A call on the immediate or deferred output of a registered id.
  void immediate(OutputId id, const WatermarkEvent& event, MultiplexerEvents& out);
  void deferred(OutputId id, const WatermarkEvent& event, MultiplexerEvents& out);
  void on_periodic_emit(MultiplexerEvents& out) { combine(out); }

  TimestampMs combined_watermark() const { return combined_.combined_watermark(); }

 private:
  struct Output {
    OutputId id = 0;
    PartialWatermark state;
  };
  const Output* find(OutputId id) const;
  Output& at(OutputId id);
  static bool set_watermark(Output& output, TimestampMs timestamp, MultiplexerEvents& out);
  void combine(MultiplexerEvents& out);

  std::vector<Output> outputs_;  ///< in order of registration
  CombinedWatermarkStatus combined_;
};

}  // namespace wrackline::event_time::flink
