"""run, and what comes out of it."""

import json
import signal
import subprocess
import sys
import threading
import time
from fractions import Fraction

import numpy as np
import pytest

import wrackline


def test_runs_are_in_the_order_of_the_plan(campaign):
    assert campaign.complete
    assert len(campaign) == 6
    assert [(run.cell, run.seed) for run in campaign] == [(0, 1), (0, 2), (0, 3), (1, 1), (1, 2), (1, 3)]
    assert campaign[-1].seed == 3
    assert [run.seed for run in campaign[1:3]] == [2, 3]
    with pytest.raises(IndexError):
        campaign[6]


def test_any_number_of_threads_gives_the_same_bytes(small, campaign):
    again = wrackline.run(small, seeds=[1, 2, 3], jobs=1, progress=False)
    assert again.to_json() == campaign.to_json()
    assert again.table() == campaign.table()
    assert list(again["hash"]) == list(campaign["hash"])


def test_columns_have_one_row_per_run(campaign):
    columns = campaign.columns()
    assert {column.shape for column in columns.values()} == {(6,)}
    assert columns["seed"].dtype == np.uint64
    assert columns["produced"].dtype == np.int64
    assert columns["late_drop_rate"].dtype == np.float64
    assert set(columns["guarantee"]) == {"at_least_once", "effectively_once"}
    assert set(columns["outcome"]) <= {"pass", "inconclusive", "fail"}
    assert set(campaign.units) <= set(columns)
    with pytest.raises(ValueError):
        columns["produced"][0] = 1
    with pytest.raises(KeyError):
        campaign["no such figure"]


def test_columns_outlive_the_campaign(small):
    column = wrackline.run(small, seeds=1, set={"guarantee": "at_least_once"}, progress=False)["produced"]
    assert column[0] > 0


def test_the_books_close(campaign):
    columns = campaign.columns()
    fates = ("delivered", "late_dropped", "dead_lettered", "shed", "expired", "rejected", "lost", "pending")
    assert (sum(columns[fate] for fate in fates) == columns["produced"]).all()
    assert (columns["produced"] > 0).all()
    assert (columns["late_drop_rate"] == columns["late_dropped"] / columns["produced"]).all()


def test_columns_agree_with_the_merged_cells(campaign):
    for cell in campaign.cells:
        mine = campaign["cell"] == cell.cell
        books = cell.books["all"]
        assert campaign["produced"][mine].sum() == books["produced"]
        assert campaign["delivered"][mine].sum() == books["fates"]["delivered"]
        assert campaign["missing(end_to_end)"][mine].sum() == cell.histogram().missing
        assert campaign["count(end_to_end)"][mine].sum() == cell.histogram().total


def test_steady_columns_are_a_part_of_all(campaign):
    assert (campaign.columns("steady")["produced"] < campaign["produced"]).all()
    with pytest.raises(ValueError, match="phase"):
        campaign.columns("warm")


def test_a_frame_has_the_columns(campaign):
    frame = campaign.to_frame()
    assert len(frame) == 6
    assert frame.groupby("guarantee")["produced"].sum().sum() == campaign["produced"].sum()


def test_latencies_in_seconds_and_quantiles_of_the_histogram(campaign):
    cell = campaign.cells[0]
    histogram = cell.histogram("end_to_end")
    exact = cell.to_dict()["latencies"]["end_to_end"]["all"]
    assert histogram.unit == "nanoseconds"
    assert histogram.value.shape == histogram.count.shape == histogram.low.shape
    assert (np.diff(histogram.value) > 0).all()
    for q in ("50", "95", "99", "99.9"):
        assert histogram.quantile(float(Fraction(q) / 100)) == exact[f"p{q}"]
    values, share = histogram.cdf()
    assert values.shape == share.shape
    whole = histogram.total + histogram.missing
    assert share[-1] == pytest.approx(histogram.total / whole)
    assert histogram.total < whole, "late drops are missing"
    assert cell.histogram("consumer_lag").unit == "records"
    with pytest.raises(ValueError, match="end_to_end"):
        cell.histogram("no such latency")
    with pytest.raises(ValueError):
        histogram.quantile(1.5)


def test_an_empty_histogram(campaign):
    histogram = campaign.cells[0].histogram("time_to_recover")
    assert histogram.total == 0
    assert np.isnan(histogram.quantile(0.5))
    assert histogram.cdf()[0].shape == (0,)
    assert np.isnan(campaign["p50(time_to_recover)"]).all()


def test_the_histogram_of_one_run(campaign):
    run = campaign[1]
    histogram = run.histogram()
    assert histogram.total == run["count(end_to_end)"]
    assert histogram.quantile(0.99) / 1e9 == pytest.approx(run["p99(end_to_end)"])
    merged = campaign.cells[0].histogram()
    assert sum(campaign[i].histogram().total for i in range(3)) == merged.total


def test_a_run_knows_how_to_be_repeated(small, campaign):
    run = campaign[0]
    assert "--seed 1" in run.reproduce
    assert len(run.hash) == 32 and len(run.run_id) == 32
    assert run.figures()["produced"] == run["produced"]
    assert run.guarantee == "at_least_once"
    with_settings = wrackline.run(small, seeds=7, set={"duration": "3s", "guarantee": "at_least_once"}, progress=False)
    assert "--set duration=3s" in with_settings[0].reproduce
    assert with_settings[0].to_dict()["verdict"]["outcome"] == with_settings[0].outcome


def test_json_is_that_of_the_command_line(campaign):
    document = json.loads(campaign.to_json())
    assert document["format"] == "wrackline-result"
    assert [cell["verdict"]["outcome"] for cell in document["cells"]] == [
        cell.verdict.outcome for cell in campaign.cells
    ]
    assert campaign.cells[0].to_dict() == document["cells"][0]


def test_a_failed_expectation_fails_the_verdict(small):
    failed = wrackline.run(small, seeds=[1, 2], set={"expect": ["produced < 10"]}, progress=False)
    assert failed.verdict.outcome == "fail"
    assert not failed.verdict
    reason = failed.verdict.reasons[0]
    assert (reason.outcome, reason.code) == ("fail", "expectation")
    assert "produced < 10" in str(failed.verdict)
    assert set(failed["outcome"]) == {"fail"}
    assert "produced &lt; 10" in failed._repr_html_()
    assert failed.cells[0].expectations[0]["runs_not_passed"] == 2


def test_html_of_everything(campaign):
    for thing in (campaign, campaign[0], campaign.cells[0], campaign.verdict, campaign.cells[0].histogram()):
        text = thing._repr_html_()
        assert campaign.verdict.outcome in text or "<table>" in text
        assert text.count("<table>") == text.count("</table>")
    assert "at_least_once" in campaign._repr_html_()


def test_a_target_that_names_nobody_is_a_scenario_error(small):
    fault = [{"id": "f", "at": "1s", "do": "process.crash", "target": "process(nobody-9)", "for": "1s"}]
    with pytest.raises(wrackline.ScenarioError, match="nobody"):
        wrackline.run(small, seeds=[1, 2], set={"faults": fault}, progress=False)


def test_a_plan_can_be_run(small, campaign):
    plan = wrackline.plan(small, seeds=[1, 2, 3])
    assert wrackline.run(plan, progress=False).to_json() == campaign.to_json()
    with pytest.raises(ValueError):
        wrackline.run(plan, seeds=[1])
    with pytest.raises(ValueError):
        wrackline.run(small, jobs=0)


def test_other_threads_run_meanwhile(small):
    ticks = []
    done = threading.Event()

    def tick():
        while not done.wait(0.001):
            ticks.append(1)

    other = threading.Thread(target=tick)
    other.start()
    before = len(ticks)
    wrackline.run(small, seeds=[1], set={"duration": "20s"}, jobs=1, progress=False)
    during = len(ticks) - before
    done.set()
    other.join()
    assert during > 1


def test_progress_shows_a_bar(small, capsys):
    wrackline.run(small, seeds=[1, 2], progress=True)
    assert "4/4" in capsys.readouterr().err


INTERRUPTED = """
import signal, sys, wrackline
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs are born deaf to Ctrl-C
print("ready", flush=True)
try:
    wrackline.run(sys.argv[1], seeds="1..100000", jobs=2, progress=False)
except KeyboardInterrupt as stopped:
    campaign = stopped.campaign
    assert not campaign.complete
    print(len(campaign), len(campaign["produced"]), campaign.verdict.outcome, flush=True)
"""


def test_ctrl_c_stops_a_campaign_and_keeps_what_was_done(small):
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, small], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "ready\n"
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    runs, rows, outcome = out.split()
    assert 0 <= int(runs) < 200_000
    assert runs == rows
    assert outcome in ("pass", "inconclusive", "fail")
