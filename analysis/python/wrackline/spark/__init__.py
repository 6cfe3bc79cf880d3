"""Spark Structured Streaming's operators of time, batch by batch, as its MemoryStream and processAllAvailable drive
them.

    from wrackline import spark

    rows = spark.readStream("A").withWatermark("ts", "10s")
    query = spark.StreamingQuery(rows.groupBy(spark.window("5s")).count())
    query.batch([("a", 10_000), ("a", 12_000)])   # runs all batches that are due, those without data too
    query.batch([("b", 50_000)])
    query.batch([("a", 30_000)]).dropped
    query                                         # in a notebook: everything that went in and came out

A plan is written as in PySpark, over sources with the columns ts, key, value and gap; what PySpark has as expressions
is text or an argument here. The same plan and batches go through the classes that `wrackline conform` holds against
Spark 3.5 and 4.0. Times are milliseconds: numbers, or text with a unit ("5s"). A query that Spark refuses is a
ValueError with the class of its exception; a rule that is not built is `wrackline.NotModelled`. A query that dies says
so as its last event. `docs/surprises/spark.md` and `notebooks/surprises_spark.ipynb` show what surprises people.
"""

from .._operator import Event, Out, Step
from ._frame import DataFrame, GroupedData, Static, readStream, session_window, static, window
from ._query import ProcessingTimeTrigger, StreamingQuery

__all__ = [
    "DataFrame",
    "Event",
    "GroupedData",
    "Out",
    "ProcessingTimeTrigger",
    "Static",
    "Step",
    "StreamingQuery",
    "readStream",
    "session_window",
    "static",
    "window",
]
