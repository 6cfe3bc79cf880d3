"""The engines' operators: every recorded case through the bridge, what an operator is in Python, and each refusal."""

import datetime
import gzip
import json

import pandas as pd
import pytest

import wrackline
from wrackline import NotModelled, _operators, flink, spark, streams

KINDS = [
    "flink.alignment",
    "flink.combined",
    "flink.generator",
    "flink.interval_join",
    "flink.multiplexer",
    "flink.sql_window",
    "flink.valve",
    "flink.window",
    "spark.chained",
    "spark.dedup",
    "spark.join",
    "spark.join_static",
    "spark.state",
    "spark.watermark",
    "streams.join",
    "streams.record_order",
    "streams.table",
    "streams.window",
]


def recorded(root, kind):
    with gzip.open(root / "tests/conformance/vectors" / f"{kind}.jsonl.gz", "rt") as lines:
        yield from map(json.loads, lines)


@pytest.mark.parametrize("kind", KINDS)
def test_every_recorded_case_is_answered_as_recorded(root, kind):
    stepped = 0
    for case in recorded(root, kind):
        try:
            operator = _operators.Operator(json.dumps(case))
        except NotModelled:
            assert kind == "spark.state"  # transformWithState
            continue
        assert json.loads(operator.refusal) == case.get("open"), case["id"]
        for step in case["steps"] if "open" not in case else []:
            out = json.loads(operator.step(json.dumps(step["in"])))
            if kind.startswith("spark.") and "error" in step["out"]:
                step["out"]["error"].pop("message", None)
            assert out == step["out"], case["id"]
            stepped += 1
    assert stepped >= 29


# --- what an operator is


def window(**settings):
    return flink.WindowOperator(flink.TumblingEventTimeWindows(10), **settings)


def test_events_are_text_with_fields():
    op = window()
    op.record("a", 5, 2)
    out = op.watermark(9)
    assert out == ["a [0,10) = 2", "W(9)"]
    assert repr(out) == "a [0,10) = 2; W(9)"
    result = out.of("result")[0]
    assert (result.key, result.start, result.end, result.sum, result.values) == ("a", 0, 10, 2, [2])
    assert result == out[0] and result != out[1] and hash(result) == hash("a [0,10) = 2")
    assert (out.dropped, out.timers, out.facts["state"]) == (0, [0, 0], 0)
    assert repr(op.record("a", 5)) == "-"
    assert op.dropped == 1
    with pytest.raises(AttributeError, match="no counter 'droped'; there are: dropped"):
        _ = out.droped
    with pytest.raises(AttributeError, match="a result has no 'window'"):
        _ = result.window


def test_an_operator_shows_what_went_in_and_came_out():
    op = window(lateness="5s")
    assert repr(op) == "<WindowOperator TumblingEventTimeWindows(10), lateness='5s': 0 steps>"
    op.record("a<b", 5)
    op.watermark(9)
    assert str(op).splitlines()[1:] == ["a<b@5  ->  -", "W(9)   ->  a<b [0,10) = 1; W(9)"]
    frame = op.to_frame()
    assert list(frame["into"]) == ["a<b@5", "W(9)"]
    assert list(frame["dropped"]) == [0, 0]
    html = op._repr_html_()
    assert "a&lt;b@5" in html and "a<b" not in html
    for ts in range(100):
        op.record("a", ts)
    assert "the last 60 steps" in op._repr_html_()


def test_what_has_failed_takes_no_more():
    op = window()
    assert op.record("a", None).failure is op.failure
    assert op.failure.exception == "java.lang.RuntimeException"
    with pytest.raises(RuntimeError, match="nothing goes into what has failed"):
        op.record("a", 1)
    assert "failed" in repr(op)
    goes_on = flink.WatermarkOutputMultiplexer()
    goes_on.register("a")
    assert goes_on.register("a")[0].kind == "error"
    assert goes_on.immediate("a", 1) == ["output a W(1)", "W(1)"]


def test_a_loop_without_end_is_left_and_ends_the_operator():
    op = flink.WindowOperator(flink.GlobalWindows(), trigger=flink.ContinuousEventTimeTrigger(10))
    op.record("a", 0)
    op.watermark(10)
    with pytest.raises(NotModelled, match="a trigger that never ends"):
        op.watermark(wrackline.MAX_TIMESTAMP)
    with pytest.raises(RuntimeError, match="never ends"):
        op.record("a", 0)


def test_times_are_numbers_or_text():
    for size in (5000, "5s", datetime.timedelta(seconds=5)):
        op = flink.WindowOperator(flink.TumblingEventTimeWindows(size))
        op.record("a", 4999)
        assert op.watermark(wrackline.MAX_TIMESTAMP)[0] == "a [0,5000) = 1"


@pytest.mark.parametrize("version", ["1.20", "1.20.5", "2.2", "2.2.1"])
def test_versions_have_two_names(version):
    op = flink.TwoInputOperator(version=version)
    op.watermark(1, 5)
    op.watermark(2, 2)
    op.idle(1)
    assert len(op.idle(2)) == (1 if version.startswith("1.") else 2)


# --- what is refused, and how it is said

COUNTS = spark.readStream("A").withWatermark("ts", "1s").groupBy(spark.window("5s")).count()


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda: flink.WindowOperator(flink.TumblingEventTimeWindows(-1)), ValueError, "IllegalArgumentException: T"),
        (lambda: window(lateness=-1), ValueError, "cannot be negative"),
        (lambda: window(version="1.21"), ValueError, 'none of 1.20, 2.2; did you mean "1.20"'),
        (lambda: window(trigger="count"), TypeError, "trigger is one of .*CountTrigger"),
        (lambda: window(evictor=flink.CountTrigger(1)), TypeError, "evictor is one of CountEvictor"),
        (lambda: window(lateness=1.5), TypeError, "lateness is a number of milliseconds or text"),
        (lambda: window(lateness="5"), ValueError, "no duration"),
        (lambda: window(lateness=2**63), ValueError, "lateness must be between"),
        (lambda: flink.WindowOperator("tumbling"), TypeError, "assigner is one of .*TumblingEventTimeWindows"),
        (lambda: window(trigger=flink.PurgingTrigger(3)), TypeError, "inner is one of"),
        (lambda: window(trigger=flink.ContinuousEventTimeTrigger(0)), ValueError, "interval must be between 1"),
        (
            lambda: flink.WindowOperator(flink.EventTimeSessionWindows(1), trigger=flink.DeltaTrigger(1)),
            ValueError,
            "does not support merging",
        ),
        (lambda: flink.WatermarkGenerator("bounded"), ValueError, 'did you mean "bounded_out_of_orderness"'),
        (lambda: flink.WatermarkGenerator("ascending", 5), ValueError, "bound: ascending has none"),
        (lambda: flink.WatermarkGenerator(bound=-1), ValueError, "IllegalArgumentException"),
        (lambda: flink.StatusWatermarkValve(0), ValueError, "channels must be between 1"),
        (lambda: flink.IntervalJoinOperator(2, 1), ValueError, "IllegalArgumentException"),
        (lambda: flink.SqlWindowQuery(flink.HOP(2, 3)), ValueError, "integral multiple"),
        (lambda: flink.SqlWindowQuery("TUMBLE"), TypeError, "one of CUMULATE, HOP, SESSION, TUMBLE"),
        (lambda: flink.SqlWindowQuery(flink.TUMBLE(1), "topn"), ValueError, 'did you mean "top_n"'),
        (lambda: flink.SqlWindowQuery(flink.TUMBLE(1), "top_n"), ValueError, "a top n needs it"),
        (lambda: flink.SqlWindowQuery(flink.TUMBLE(1), n=2), ValueError, "aggregate has none"),
        (lambda: flink.CheckpointedInputGate(2, mode="EXACTLYONCE"), ValueError, 'did you mean "EXACTLY_ONCE"'),
        (lambda: spark.StreamingQuery(COUNTS, "complet"), ValueError, 'did you mean "complete"'),
        (lambda: spark.StreamingQuery(COUNTS, version="4"), ValueError, "none of 3.5, 4.0"),
        (lambda: spark.StreamingQuery(COUNTS, conf={"spark.sql.x": 1}), ValueError, "conf: 'spark.sql.x' is none of"),
        (
            lambda: spark.StreamingQuery(COUNTS, conf={"spark.sql.streaming.multipleWatermarkPolicy": "least"}),
            ValueError,
            "'least' is none of min, max",
        ),
        (lambda: spark.StreamingQuery(COUNTS, partitions={"B": 2}), ValueError, "partitions: 'B' is none of A"),
        (lambda: spark.StreamingQuery("A"), TypeError, "plan is a DataFrame"),
        (lambda: spark.StreamingQuery(spark.readStream().groupBy("key").count()), ValueError, "AnalysisException: app"),
        (lambda: spark.StreamingQuery(spark.readStream().select("tz")), NotModelled, "not modelled: column tz"),
        (lambda: spark.readStream().join(spark.readStream("B"), "left"), ValueError, 'did you mean "left_outer"|left'),
        (lambda: spark.readStream().join("B"), TypeError, "other is a DataFrame or static"),
        (lambda: spark.readStream().join(spark.readStream("B"), within=(None, None)), ValueError, "neither a lower"),
        (lambda: spark.readStream().dropDuplicates("key"), TypeError, r'like \["key"\]'),
        (lambda: spark.readStream().groupBy(), ValueError, "no keys"),
        (lambda: spark.readStream().groupBy(5), TypeError, "column names, window"),
        (lambda: spark.readStream().groupBy("key").agg(), ValueError, "no aggregates"),
        (lambda: spark.window("5s", "6s"), ValueError, "longer than the window"),
        (lambda: spark.window(2_000_000, 1), ValueError, "more than a million"),
        (lambda: spark.session_window(), ValueError, "either gap or gap_column"),
        (lambda: spark.readStream().flatMapGroupsWithState("EventTime"), ValueError, 'did you mean "EventTimeTimeout"'),
        (lambda: spark.readStream().mapGroupsWithState(afer=1), ValueError, 'did you mean "after"'),
        (lambda: spark.static("S", [("a", 1)], "file"), ValueError, 'did you mean "files"'),
        (lambda: spark.StreamingQuery(COUNTS.union(spark.readStream())), NotModelled, "different columns"),
        (lambda: spark.ProcessingTimeTrigger(-1), ValueError, "interval must be between 0"),
        (lambda: streams.WindowedAggregation(streams.TimeWindows(0)), ValueError, "must be larger than zero"),
        (lambda: streams.WindowedAggregation(streams.TimeWindows(10), retention=9), ValueError, "retention period"),
        (lambda: streams.WindowedAggregation("10s"), TypeError, "one of SessionWindows, SlidingWindows, TimeWindows"),
        (lambda: streams.WindowedAggregation(streams.TimeWindows(9), "median"), ValueError, "none of count, sum, list"),
        (lambda: streams.WindowedAggregation(streams.TimeWindows(9), emit="onClose"), ValueError, "onWindowClose"),
        (lambda: streams.WindowedAggregation(streams.TimeWindows(9), suppress=5), TypeError, "untilWindowCloses"),
        (lambda: streams.WindowedAggregation(streams.TimeWindows(9), store="memory"), ValueError, '"in_memory"'),
        (lambda: streams.WindowedAggregation(streams.TimeWindows(9), extractor="Fail"), ValueError, "none of FailOn"),
        (lambda: streams.WindowedAggregation(streams.TimeWindows(9, legacy=True)), NotModelled, "factory of in 4.x"),
        (lambda: streams.WindowedAggregation(streams.TimeWindows(9_000_000, advance=1)), ValueError, "a million"),
        (lambda: streams.untilTimeLimit(5, on_full="shutdown"), ValueError, 'did you mean "shutDown"'),
        (lambda: streams.StreamStreamJoin(streams.JoinWindows(-1)), ValueError, "must not be negative"),
        (lambda: streams.StreamStreamJoin(5), TypeError, "windows is JoinWindows"),
        (lambda: streams.StreamTableJoin("outer"), ValueError, "none of inner, left"),
        (lambda: streams.StreamTableJoin(grace=5), ValueError, "KTable must be versioned"),
        (lambda: streams.StreamTableJoin(table="versioned"), TypeError, "table is Timestamped"),
        (lambda: streams.ForeignKeyJoin(materialized=True), NotModelled, "materialized foreign-key join"),
        (lambda: streams.TableTopology(streams.Table("version")), ValueError, 'did you mean "versioned"'),
        (lambda: streams.TableTopology(streams.Table("versioned")), ValueError, "history_retention"),
        (lambda: streams.TableTopology("in"), TypeError, "source is Table"),
        (lambda: streams.TableTopology(streams.Table(), "filter"), TypeError, "an operator is one of Filter"),
        (lambda: streams.TableTopology(streams.Table("versioned", 5), streams.Suppress(5)), ValueError, "non-vers"),
        (lambda: streams.TableTopology(streams.Stream(), streams.Filter("x")), NotModelled, "operators of a stream"),
        (lambda: streams.PartitionGroup([]), ValueError, "a list of different names"),
        (lambda: streams.PartitionGroup(["a"], max_task_idle=-2), ValueError, "max_task_idle must be between -1"),
    ],
)  # fmt: skip
def test_configurations_that_are_refused(make, error, said):
    with pytest.raises(error, match=said):
        make()


def dynamic():
    return flink.WindowOperator(flink.DynamicEventTimeSessionWindows())


def running(**settings):
    return spark.StreamingQuery(COUNTS, **settings)


def joined():
    left, right = (spark.readStream(name).withWatermark("ts", 0) for name in "LR")
    return spark.StreamingQuery(left.join(right))


def gate():
    return flink.CheckpointedInputGate(2)


def ended(channel):
    ends = gate()
    ends.end_of_partition(channel)
    return ends


@pytest.mark.parametrize(
    ("do", "error", "said"),
    [
        (lambda: window().record("a", "5"), ValueError, "no duration"),
        (lambda: window().record("a", 5, 1.5), TypeError, "value is a whole number"),
        (lambda: window().record("a", 2**63), ValueError, "ts must be between"),
        (lambda: window().record("a", 5, gap=1), ValueError, "elements of TumblingEventTimeWindows have none"),
        (lambda: dynamic().record("a", 5), ValueError, "need one for each element"),
        (lambda: flink.StatusWatermarkValve(2).watermark(2, 5), ValueError, "channel is one of 0 to 1, not 2"),
        (lambda: flink.IndexedCombinedWatermarkStatus(2).idle(-1), ValueError, "input is one of 0 to 1"),
        (lambda: flink.TwoInputOperator().watermark(0, 5), ValueError, "input is 1 or 2"),
        (lambda: flink.SourceReader().record(5, "s"), ValueError, "split: 's' is none of"),
        (lambda: flink.SourceReader().mark_idle("s"), ValueError, "split: 's' is none of"),
        (lambda: flink.SourceReader().processing_time(-1), ValueError, "does not go back"),
        (lambda: flink.SourceReader(interval=1).processing_time(10**9), ValueError, "emissions at once"),
        (lambda: flink.TimestampsAndWatermarksOperator().status("idl"), ValueError, 'did you mean "idle"'),
        (lambda: flink.WatermarkOutputMultiplexer().immediate("a"), ValueError, "either a watermark or idle"),
        (lambda: flink.IntervalJoinOperator(0, 1).watermark(5, "lef"), ValueError, 'did you mean "left"'),
        (lambda: gate().barrier(2, 1), ValueError, "channel is one of 0 to 1"),
        (lambda: gate().barrier(0, 1, as_unaligned=True), ValueError, "unaligned checkpoints are off"),
        (lambda: ended(1).element(1), ValueError, "channel 1 has ended"),
        (lambda: running().batch([("a",)]), TypeError, r"a row is \(key, ts\)"),
        (lambda: running().batch(["ab"]), TypeError, r"a row is \(key, ts\)"),
        (lambda: running().batch(B=[("a", 1)]), ValueError, "source: 'B' is none of A"),
        (lambda: joined().batch([("a", 1)]), ValueError, r"L=\[...\], R=\[...\]"),
        (lambda: running().burst(), ValueError, "a burst of no chunks"),
        (lambda: running(trigger="1s").burst([("a", 1)]), ValueError, "a query without a clock"),
        (lambda: running().advance(5), ValueError, "the query has no clock"),
        (lambda: running(trigger="1s", clock=10).advance(5), ValueError, "does not go back"),
        (lambda: running().start("onse"), ValueError, 'did you mean "once"'),
        (lambda: running().write("S", []), ValueError, "static: 'S' is none of"),
        (lambda: running().lose_last_commit(), ValueError, "there was no batch"),
        (lambda: spark.ProcessingTimeTrigger(5).next_firing(5, 4), ValueError, "is not done at 4"),
        (lambda: streams.StreamTableJoin().left("a", -1), ValueError, "ts must be between 0"),
        (lambda: streams.StreamTableJoin().get("a", 5), NotModelled, "a store that keeps none"),
        (lambda: streams.TableTableJoin().get("joined", "a"), ValueError, "table: 'joined' is none of left, right"),
        (lambda: streams.TableTopology(streams.Table()).get("a", "agg"), NotModelled, "store agg"),
        (lambda: streams.TableTopology(streams.Table()).get("a", as_of=5), NotModelled, "a store that keeps none"),
        (lambda: streams.PartitionGroup(["a-0"]).add("a-1", 5), ValueError, 'did you mean "a-0"'),
        (lambda: _operators.Operator('{"kind": "flink.windows"}'), ValueError, "no operator of kind"),
        (lambda: _operators.Operator("{"), ValueError, "parse error"),
    ],
)
def test_steps_that_are_refused(do, error, said):
    with pytest.raises(error, match=said):
        do()


# --- what the notebooks do not show


def test_a_query_stops_starts_and_remembers():
    query = spark.StreamingQuery(spark.readStream().select("key"), started=False)
    assert query.batch([("a", 1)]) == []
    assert query.start("once").rows == [("a",)]
    assert query.batch([("b", 1)]) == []
    assert query.start().rows == [("b",)]
    assert query.columns == ("key",)
    pd.testing.assert_frame_equal(query.to_rows(), pd.DataFrame({"batch": [0, 1], "key": ["a", "b"]}))
    query.stop()
    query.lose_last_commit()
    assert query.start().rows == [("b",)]
    assert query.sink() == {"plain": [("a",), ("b",), ("b",)], "idempotent": [("a",), ("b",)]}


def test_a_query_on_a_clock_fires_once_a_step():
    query = spark.StreamingQuery(spark.readStream().select("ts"), trigger="10s")
    assert query.batch([("a", 1)]) == []
    assert query.advance(9_999) == []
    fired = query.advance(10_000)
    assert (fired.rows, fired[0].timestamp) == ([(1,)], 10_000)


def test_stores_can_be_asked():
    counts = streams.WindowedAggregation(streams.TimeWindows(10))
    counts.record("a", 5)
    assert counts.fetch("a", 0, 100) == [(0, 1, 5)]
    join = streams.TableTableJoin("left", left=streams.Versioned(100), materialized=True, cache=False)
    join.left("a", 5, "x")
    join.right("a", 7, "y")
    assert (join.get("left", "a", as_of=6), join.get("joined", "a")) == (("x", 5), ("x+y", 7))
    grouped = streams.TableTopology(streams.Table(), streams.GroupBy("reduce"))
    assert grouped.record("k", 1, "g:1").calls == ["map(k,g:1)"]


def test_a_join_of_a_task_that_is_killed():
    full = streams.WindowedAggregation(
        streams.TimeWindows(10), suppress=streams.untilTimeLimit(100, max_records=1, on_full="shutDown")
    )
    full.record("a", 1)
    assert "buffer exceeded its max capacity" in str(full.record("b", 2).failure)
    with pytest.raises(RuntimeError, match="has failed"):
        full.advance(1)
