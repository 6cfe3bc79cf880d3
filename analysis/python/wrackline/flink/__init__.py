"""Flink's operators of time, stepped by hand, as its own KeyedOneInputStreamOperatorTestHarness steps them.

    from wrackline import flink

    windows = flink.WindowOperator(flink.TumblingEventTimeWindows("10s"), lateness="5s")
    windows.record("a", 2_000)
    windows.watermark(9_999)      # a [0,10000) = 1; W(9999)
    windows.dropped               # numLateRecordsDropped
    windows                       # in a notebook: everything that went in and came out

The classes bear Flink's names and are the ones that `wrackline conform` holds against Flink 1.20 and 2.2, where
`version` chooses between the two. Times are milliseconds: numbers, or text with a unit ("5s"). A configuration that
Flink refuses is a ValueError with Flink's message; a rule that is not built is `wrackline.NotModelled`. An operator
that fails the job says so as its last event and takes no more input. `docs/surprises/flink.md` and
`notebooks/surprises_flink.ipynb` show what surprises people.
"""

from .._operator import Event, Out, Step
from ._barriers import CheckpointedInputGate
from ._joins import CUMULATE, HOP, SESSION, TUMBLE, IntervalJoinOperator, SqlWindowQuery
from ._watermarks import (
    IndexedCombinedWatermarkStatus,
    SourceReader,
    StatusWatermarkValve,
    TimestampsAndWatermarksOperator,
    TwoInputOperator,
    WatermarkGenerator,
    WatermarkOutputMultiplexer,
)
from ._windows import (
    ContinuousEventTimeTrigger,
    ContinuousProcessingTimeTrigger,
    CountEvictor,
    CountTrigger,
    DeltaEvictor,
    DeltaTrigger,
    DynamicEventTimeSessionWindows,
    DynamicProcessingTimeSessionWindows,
    EventTimeSessionWindows,
    EventTimeTrigger,
    GlobalWindows,
    ProcessingTimeoutTrigger,
    ProcessingTimeSessionWindows,
    ProcessingTimeTrigger,
    PurgingTrigger,
    SlidingEventTimeWindows,
    SlidingProcessingTimeWindows,
    TimeEvictor,
    TumblingEventTimeWindows,
    TumblingProcessingTimeWindows,
    WindowOperator,
)

__all__ = [
    "CUMULATE",
    "HOP",
    "SESSION",
    "TUMBLE",
    "CheckpointedInputGate",
    "ContinuousEventTimeTrigger",
    "ContinuousProcessingTimeTrigger",
    "CountEvictor",
    "CountTrigger",
    "DeltaEvictor",
    "DeltaTrigger",
    "DynamicEventTimeSessionWindows",
    "DynamicProcessingTimeSessionWindows",
    "Event",
    "EventTimeSessionWindows",
    "EventTimeTrigger",
    "GlobalWindows",
    "IndexedCombinedWatermarkStatus",
    "IntervalJoinOperator",
    "Out",
    "ProcessingTimeSessionWindows",
    "ProcessingTimeTrigger",
    "ProcessingTimeoutTrigger",
    "PurgingTrigger",
    "SlidingEventTimeWindows",
    "SlidingProcessingTimeWindows",
    "SourceReader",
    "SqlWindowQuery",
    "StatusWatermarkValve",
    "Step",
    "TimeEvictor",
    "TimestampsAndWatermarksOperator",
    "TumblingEventTimeWindows",
    "TumblingProcessingTimeWindows",
    "TwoInputOperator",
    "WatermarkGenerator",
    "WatermarkOutputMultiplexer",
    "WindowOperator",
]
