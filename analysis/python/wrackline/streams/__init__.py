"""Kafka Streams' operators of time, record by record, as its TopologyTestDriver drives them.

    from wrackline import streams

    counts = streams.WindowedAggregation(streams.TimeWindows("10s", grace="5s"))
    counts.record("a", 2_000)
    counts.record("b", 15_000)
    counts.record("a", 9_000).dropped
    counts                          # in a notebook: everything that went in and came out

As in the test driver every record is followed by a commit, which flushes the record cache, and the wall clock stands
still until `advance`. Settings have the defaults of a deployment, not of the test driver: stores in RocksDB, the record
cache on, final results looked for once a second. The classes are the ones that `wrackline conform` holds against Kafka
Streams 3.9 and 4.1, where `version` chooses between the two. Times are milliseconds: numbers, or text with a unit
("5s"). A configuration that Kafka Streams refuses is a ValueError with its message; a rule that is not built is
`wrackline.NotModelled`. A task that is killed says so as its last event. `docs/surprises/streams.md` and
`notebooks/surprises_streams.ipynb` show what surprises people.
"""

from .._operator import Event, Out, Step
from ._joins import (
    ForeignKeyJoin,
    GlobalTableJoin,
    JoinWindows,
    StreamStreamJoin,
    StreamTableJoin,
    TableTableJoin,
    Timestamped,
    Versioned,
)
from ._order import PartitionGroup
from ._tables import Filter, FilterNot, GroupBy, GroupByKey, MapValues, Stream, Suppress, Table, TableTopology, ToTable
from ._windows import (
    SessionWindows,
    SlidingWindows,
    TimeWindows,
    WindowedAggregation,
    untilTimeLimit,
    untilWindowCloses,
)

__all__ = [
    "Event",
    "Filter",
    "FilterNot",
    "ForeignKeyJoin",
    "GlobalTableJoin",
    "GroupBy",
    "GroupByKey",
    "JoinWindows",
    "MapValues",
    "Out",
    "PartitionGroup",
    "SessionWindows",
    "SlidingWindows",
    "Step",
    "Stream",
    "StreamStreamJoin",
    "StreamTableJoin",
    "Suppress",
    "Table",
    "TableTableJoin",
    "TableTopology",
    "TimeWindows",
    "Timestamped",
    "ToTable",
    "Versioned",
    "WindowedAggregation",
    "untilTimeLimit",
    "untilWindowCloses",
]
