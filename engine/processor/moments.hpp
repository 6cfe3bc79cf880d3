// The steps of a job that faults can strike at (sim/moment.hpp).
#pragma once

#include "sim/moment.hpp"

namespace wrackline::processor::moments {

using sim::MomentDef;

// clang-format off
inline constexpr MomentDef kProcessing{"job.records.processing", {"consumer", "records"}, "the records of a poll are about to change the job's state"};
inline constexpr MomentDef kProcessed{"job.records.processed", {"consumer", "records"}, "the records are in the job's state; nothing was written out or committed yet"};
inline constexpr MomentDef kGuardRefused{"job.guard.refused", {"consumer", "too_new", "too_old"}, "records were refused for their event time, and touched nothing"};
inline constexpr MomentDef kWatermark{"job.watermark.advanced", {"consumer", "watermark_ms"}, "the combined watermark of an instance moved"};
inline constexpr MomentDef kWindowFired{"window.fired", {"consumer", "panes"}, "windows fired; their results are not written yet"};
inline constexpr MomentDef kJoined{"join.rows.made", {"consumer", "rows"}, "a join made rows; they are not written yet"};
inline constexpr MomentDef kCommitting{"job.offsets.committing", {"consumer", "partitions"}, "the results are out; the offsets are about to be committed"};
inline constexpr MomentDef kCommitted{"job.offsets.committed", {"consumer"}, "the job knows that its offsets are committed"};
// clang-format on

inline constexpr const MomentDef* kAll[] = {&kProcessing,  &kProcessed, &kGuardRefused, &kWatermark,
                                            &kWindowFired, &kJoined,    &kCommitting,   &kCommitted};

}  // namespace wrackline::processor::moments
