// When a strategy's word is emitted and how the words of several partitions become one: the explicit options
// of a watermark block, whatever its strategy is.
//
// Modelled (science.md §1, combination rules; reference/flink.md 2.2-2.8): emission per record, periodic or
// at marker records; a generator per partition or one for the task's merged stream (after a shuffle); the
// minimum or, as Spark's policy allows, the maximum over the partitions; idleness; alignment; watermarks that
// travel in band, or out of band through an aggregator that is polled.
#pragma once

#include <cstdint>
#include <span>

namespace wrackline::event_time::strategy {

enum class Emission : std::uint8_t {
  periodic,    ///< every `interval_ms` of the processor's clock (pipeline.auto-watermark-interval)
  per_record,  ///< right behind every record ("on-event")
  marker,      ///< right behind every `marker_every`-th record of a partition (punctuated)
};
enum class Scope : std::uint8_t {
  partition,  ///< one generator for each partition, combined: the order inside a partition is used
  task,       ///< one generator over what the task reads, merged: what a generator behind a shuffle sees
};
enum class Combine : std::uint8_t {
  min,  ///< the slowest partition rules
  max,  ///< the fastest does (spark.sql.streaming.multipleWatermarkPolicy=max)
};
enum class Propagation : std::uint8_t {
  in_band,      ///< each task goes by its own partitions
  out_of_band,  ///< an aggregator asks all tasks every `poll_ms`; every task goes by the minimum it heard
};

struct Options {
  Emission emission = Emission::periodic;
  std::int64_t interval_ms = 200;  ///< of periodic emission and of the idleness probes, > 0
  std::int64_t marker_every = 1;   ///< of Emission::marker
  Scope scope = Scope::partition;
  Combine combine = Combine::min;
  std::int64_t idle_timeout_ms = 0;  ///< 0: a silent partition holds the others back for ever
  std::int64_t max_drift_ms = -1;  ///< alignment: partitions further ahead of the slowest are paused; -1: off
  std::int64_t align_interval_ms = 1000;  ///< how often the alignment is announced
  Propagation propagation = Propagation::in_band;
  std::int64_t poll_ms = 1000;  ///< of Propagation::out_of_band
  friend bool operator==(const Options&, const Options&) = default;
};

/// How an option is written in a block, what it says now, and what a written value changes.
struct OptionField;
std::span<const OptionField> option_fields();

}  // namespace wrackline::event_time::strategy
