"""Traces: files, columns, and what is wrong with them."""

import datetime
import gzip

import numpy as np
import pandas as pd
import pytest
from made_trace import START, made

import wrackline


def test_a_file_and_its_columns_are_the_same_trace(trace_file, trace):
    read = wrackline.read_trace(trace_file)
    for name in ("event_ms", "arrival_ms", "key", "value"):
        np.testing.assert_array_equal(getattr(read, name), getattr(trace, name))
    assert read.keys == trace.keys
    assert (read.event_ms.dtype, read.key.dtype) == (np.int64, np.uint32)
    assert read.counts["rows"] == len(read) == len(trace)
    assert "records" in read._repr_html_()
    assert "trace.csv" in repr(read)


def test_gzip_units_and_columns_are_options(trace_file, tmp_path):
    event, arrival, key, _ = made()
    path = tmp_path / "us.csv.gz"
    frame = pd.DataFrame({"device": key, "t": event * 1000, "seen": arrival * 1000})
    path.write_bytes(gzip.compress(frame.to_csv(index=False).encode()))
    options = {"key_column": "device", "event_column": "t", "arrival_column": "seen"}
    read = wrackline.read_trace(path, time_unit="us", **options)
    np.testing.assert_array_equal(read.event_ms, event)
    assert read.value is None
    with pytest.raises(wrackline.TraceError) as error:
        wrackline.read_trace(path, **options)
    assert any((one.option, one.value) == ("time_unit", "us") for one in error.value.problems)


def test_problems_have_lines_and_the_option_that_helps(tmp_path):
    path = tmp_path / "bad.csv"
    late = f"k,{START + 5},{START + 6}\nk,{START},{START + 1}\nk,x,{START + 9}\n"
    path.write_text("key,event_time_ms,arrival_time_ms\n" + late)
    with pytest.raises(wrackline.TraceError) as error:
        wrackline.read_trace(path)
    assert error.value.count == 2
    assert {(one.line, one.kind) for one in error.value.problems} == {(3, "unsorted"), (4, "malformed")}
    assert "[sort_window='5ms']" in str(error.value)
    assert "unsorted" in error.value._repr_html_()
    path.write_text("key,event_time_ms,arrival_time_ms\n" + "".join(late.splitlines(keepends=True)[:2]))
    read = wrackline.read_trace(path, unsorted="reorder", sort_window=datetime.timedelta(seconds=1))
    assert list(read.event_ms) == [START, START + 5]
    assert read.counts["reordered"] == 1
    assert read.notes


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"time_unt": "us"}, "there is no option 'time_unt'"),
        ({"time_unit": "hours"}, "is none of s, ms, us, ns"),
        ({"sort_window": "soon"}, "is no duration"),
        ({"unsorted": "reorder"}, "sort window"),
        ({"event_column": ""}, "must have a name"),
    ],
)
def test_options_that_are_none(trace_file, options, said):
    with pytest.raises(ValueError, match=said) as error:
        wrackline.read_trace(trace_file, **options)
    assert not isinstance(error.value, wrackline.TraceError)


def test_files_that_are_none(tmp_path):
    with pytest.raises(FileNotFoundError):
        wrackline.read_trace(tmp_path / "nowhere.csv")
    with pytest.raises(IsADirectoryError):
        wrackline.read_trace(tmp_path)
    empty = tmp_path / "empty.csv"
    empty.write_text("key,event_time_ms,arrival_time_ms\n")
    with pytest.raises(wrackline.TraceError):
        wrackline.read_trace(empty)


def test_the_options_of_a_trace_are_listed():
    assert "us" in wrackline.trace_options().loc["time_unit", "choices"]


def test_columns_are_not_copied():
    event, arrival, _, _ = made()
    trace = wrackline.Trace.from_columns(event, arrival)
    assert np.shares_memory(trace.event_ms, event)
    assert np.shares_memory(trace[10:20].arrival_ms, arrival)


def test_columns_that_are_no_trace():
    with pytest.raises(wrackline.TraceError, match="row 1 arrives before"):
        wrackline.Trace.from_columns([1, 2], [5, 4])
    with pytest.raises(wrackline.TraceError, match="beyond the year 9999"):
        wrackline.Trace.from_columns([START * 1000], [START * 1000])
    with pytest.raises(ValueError, match="rows"):
        wrackline.Trace.from_columns([1, 2], [5])
    with pytest.raises(TypeError):
        wrackline.Trace.from_columns([1.5], [2.5])
    with pytest.raises(ValueError, match="dimension"):
        wrackline.Trace.from_columns([[1]], [[2]])
    with pytest.raises(ValueError, match="NaT"):
        wrackline.Trace.from_columns(np.array(["NaT"], "datetime64[ms]"), [1])
    with pytest.raises(ValueError, match="key is missing"):
        wrackline.Trace.from_columns([1], [2], key=[None])
    with pytest.raises(TypeError):
        wrackline.replay("trace.csv")
    with pytest.raises(KeyError):
        wrackline.fit(pd.DataFrame({"event_ms": [1]}))


def test_frames_mappings_and_stretches(trace):
    frame = pd.DataFrame({"event_ms": trace.event_ms, "arrival_ms": trace.arrival_ms})
    mapping = {"event_ms": trace.event_ms, "arrival_ms": trace.arrival_ms}
    dates = {name: column.astype("datetime64[ms]") for name, column in mapping.items()}
    want = wrackline.replay(trace, window="1s")["dropped"]
    assert [wrackline.replay(one, window="1s")["dropped"] for one in (frame, mapping, dates)] == [want] * 3
    assert list(trace.to_frame()["key"][:20]) == [trace.keys[k] for k in trace.key[:20]]
    assert len(trace[100:300]) == 200
    np.testing.assert_array_equal(trace.delay_ms, trace.arrival_ms - trace.event_ms)
    for wrong in (5, slice(None, None, -1)):
        with pytest.raises((TypeError, ValueError)):
            trace[wrong]
