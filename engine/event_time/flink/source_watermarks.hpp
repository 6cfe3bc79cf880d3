// In-source watermarks of a FLIP-27 reader: Flink's ProgressiveTimestampsAndWatermarks.
//
// Modelled: one generator per split and one for the main output (records that belong to no split); per-record
// watermarks recombine at once, periodic emissions ask every split first and combine once, then ask the main
// output; the reader is idle only if both the splits' output and the main output are (both start idle, and
// end it with their first watermark, advancing or not); ACTIVE is said only together with a watermark that
// advances. A reader without splits thus stays active at MIN, and blocks everything downstream, unless
// withIdleness lets its main output time out (M-17's companion). The calls on the WatermarkUpdateListener -
// what watermark alignment sees - are listed with the output. Not modelled: the pause of the idleness clocks
// under backpressure and alignment.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/event_time/flink/watermark_generator.hpp"
#include "engine/event_time/flink/watermark_output_multiplexer.hpp"

namespace wrackline::event_time::flink {

using SplitId = OutputId;

struct SourceEvent {
  enum class Kind : std::uint8_t {
    watermark,         ///< sent downstream
    idle,              ///< sent downstream
    active,            ///< sent downstream
    split_watermark,   ///< listener: the watermark of `split` rose
    split_finished,    ///< listener
    reader_watermark,  ///< listener: what the reader as a whole has reached
    reader_idle,       ///< listener
    reader_active,     ///< listener
  };
  Kind kind = Kind::watermark;
  TimestampMs timestamp = 0;
  SplitId split = 0;
};
using SourceEvents = std::vector<SourceEvent>;

class SourceWatermarks {
 public:
  /// `interval_ms`: pipeline.auto-watermark-interval; 0 = no periodic emission.
  SourceWatermarks(const GeneratorConfig& generator, std::int64_t interval_ms, std::int64_t now_ms,
                   Version version);

  /// A split that is there already is left alone.
  void add_split(SplitId split);
  void release_split(SplitId split, SourceEvents& out);
  bool has_split(SplitId split) const { return multiplexer_.has_output(split); }

  /// The record itself has gone downstream already.
  void on_record(SplitId split, TimestampMs timestamp, SourceEvents& out);
  void on_main_record(TimestampMs timestamp, SourceEvents& out);
  /// The reader itself says that the split has nothing for now (SourceOutput.markIdle).
  void mark_idle(SplitId split, SourceEvents& out);
  /// The clock reads now_ms: runs every periodic emission that is due (fixed delay: a jump runs each missed
  /// one, all at the new time).
  void on_processing_time(std::int64_t now_ms, SourceEvents& out);

 private:
  struct Split {
    SplitId id = 0;
    WatermarkGenerator generator;
  };
  Split& at(SplitId split);
  void emit_periodic(std::int64_t now_ms, SourceEvents& out);
  void forward_splits(SourceEvents& out);
  void forward_main(SourceEvents& out);
  void emit(TimestampMs timestamp, SourceEvents& out);
  void maybe_idle(SourceEvents& out);

  GeneratorConfig config_;
  std::int64_t interval_ms_;
  std::int64_t next_emit_ms_;
  std::vector<Split> splits_;  ///< in order of assignment
  WatermarkOutputMultiplexer multiplexer_;
  WatermarkGenerator main_;
  bool splits_idle_ = true;
  bool main_idle_ = true;
  TimestampMs max_watermark_ = kMinTimestamp;
  bool idle_ = false;
  WatermarkEvents said_;
  MultiplexerEvents combined_;
};

}  // namespace wrackline::event_time::flink
