"""validate and plan."""

import numpy as np
import pytest

import wrackline

BAD = '{ "version": 1,\n  "duratoin": "4s" }'


def test_a_good_scenario_is_valid(root):
    found = wrackline.validate(root / "scenarios" / "quickstart.jsonc")
    assert found.valid
    assert [one for one in found if one.severity == "error"] == []


def test_every_shipped_scenario_is_valid(root):
    for path in sorted((root / "scenarios" / "library").glob("*.jsonc")):
        found = wrackline.validate(path, readable=[root / "scenarios"])
        assert found.valid, str(found)


def test_what_is_wrong_has_a_place_and_a_suggestion():
    found = wrackline.validate(BAD)
    assert not found.valid
    typo = next(one for one in found if "duratoin" in one.message)
    assert (typo.file, typo.line, typo.column) == ("<text>", 2, 3)
    assert typo.suggestion == "duration"
    assert "^" in str(found)
    assert "duratoin" in found._repr_html_()


def test_a_file_that_is_not_there_is_a_diagnostic(tmp_path):
    found = wrackline.validate(tmp_path / "nowhere.jsonc")
    assert not found.valid
    assert "does not exist" in str(found)


def test_a_file_outside_the_directory_is_refused(tmp_path, small):
    (tmp_path / "base.jsonc").write_text(small)
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "mine.jsonc").write_text('{ "extends": "../base.jsonc" }')
    assert [one.code for one in wrackline.validate(inner / "mine.jsonc")] == ["WL1009"]
    assert wrackline.validate(inner / "mine.jsonc", readable=[tmp_path]).valid


def test_text_extends_files_of_its_directory(tmp_path, small):
    (tmp_path / "base.jsonc").write_text(small)
    text = '{ "extends": "base.jsonc", "name": "mine" }'
    assert wrackline.plan(text, directory=tmp_path).name == "mine"
    assert not wrackline.validate(text, directory=tmp_path / "nowhere").valid


def test_an_error_carries_its_diagnostics():
    with pytest.raises(wrackline.ScenarioError) as error:
        wrackline.plan(BAD)
    assert isinstance(error.value, ValueError)
    assert "duratoin" in str(error.value)
    assert not error.value.diagnostics.valid


def test_warnings_are_warned_about(small):
    fault = [{"id": "late", "at": "30s", "do": "process.crash", "target": "kafka.leader(in/0)", "for": "1s"}]
    with pytest.warns(wrackline.ScenarioWarning, match="never strikes"):
        wrackline.plan(small, set={"faults": fault})


def test_a_plan_has_cells_seeds_and_a_hash(small):
    plan = wrackline.plan(small, seeds=range(10, 14))
    assert plan.axes == ("guarantee",)
    assert plan.cells == ({"guarantee": "at_least_once"}, {"guarantee": "effectively_once"})
    assert plan.seeds == (10, 11, 12, 13)
    assert len(plan) == 8
    assert plan.resolved[0]["duration"] == plan.resolved[1]["duration"]
    assert plan.hash == wrackline.plan(small, seeds="10..13").hash
    assert plan.hash != wrackline.plan(small, seeds="10..14").hash
    assert list(plan.to_frame().columns) == ["guarantee", "hash"]
    assert "effectively_once" in plan._repr_html_()


def test_settings_and_sweeps(small):
    plan = wrackline.plan(
        small,
        set={"guarantee": "at_least_once", "kafka.brokers": np.int64(5)},
        sweep={"jobs.totals.watermark": ["100ms", {"bounded": "1s"}], "kafka.topics.in.partitions": [1, 2, 3]},
    )
    assert len(plan.cells) == 6
    assert all(one["kafka"]["brokers"] == 5 for one in plan.resolved)
    assert [int(cell["kafka.topics.in.partitions"]) for cell in plan.cells] == [1, 2, 3, 1, 2, 3]


@pytest.mark.parametrize("seeds", ["", "x", "5..3", [], [-1], [2**64]])
def test_seeds_that_are_none(small, seeds):
    with pytest.raises(ValueError):
        wrackline.plan(small, seeds=seeds)


def test_seeds_of_another_type(small):
    with pytest.raises(TypeError):
        wrackline.plan(small, seeds=1.5)
    assert wrackline.plan(small, seeds=np.arange(3)).seeds == (0, 1, 2)
    assert wrackline.plan(small, seeds=np.uint64(2**64 - 1)).seeds == (2**64 - 1,)


def test_a_sweep_needs_a_list(small):
    with pytest.raises(TypeError):
        wrackline.plan(small, sweep={"duration": "1s"})
    with pytest.raises(ValueError):
        wrackline.plan(small, sweep={"duration": []})
