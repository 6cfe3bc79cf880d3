// Event time, as pure logic: watermarks, windows, lateness. Feed it timestamps and a clock value; there is no
// simulator, no I/O and no clock inside, so the simulation, trace replay, tests and Python use the same
// objects.
//
//   timestamp.hpp             the axis: whole ms, MIN = none yet, MAX = ended
//   watermark_generator.hpp   none / ascending / bounded out-of-orderness, one partition
//   idleness.hpp              when a silent partition stops counting
//   partition_watermarks.hpp  one task over its partitions: min-combine, idleness, emission, never backwards
//   alignment.hpp             partitions that run ahead wait; the watermark of an aggregator that is polled
//   window_assigner.hpp       tumbling and hopping windows with offsets
//   window_operator.hpp       keyed aggregation, firing, lateness, panes, snapshots  (slice, key_table, pane
//   beside it) oracle.hpp                the batch recomputation that judges it
//
// Rules: Flink's (reference/flink.md 2 and 3, with the corrections of the recorded vectors). Not here,
// but in rooms of their own: further strategies (strategy/), sessions, other windows, panes, aggregates and
// joins (window/), and the engines' exact operators (flink/, spark/, streams/).
#pragma once

#include "engine/event_time/alignment.hpp"
#include "engine/event_time/oracle.hpp"
#include "engine/event_time/partition_watermarks.hpp"
#include "engine/event_time/window_operator.hpp"
