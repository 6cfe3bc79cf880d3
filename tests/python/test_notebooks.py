"""Notebooks run from top to bottom, and are kept without outputs; every surprise of a page has its cell."""

import re
from pathlib import Path

import nbclient
import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_notebook(path):
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        assert not cell.get("outputs"), "commit notebooks without outputs"
    client = nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": path.parent}})
    client.execute()
    images = [o for c in notebook.cells for o in c.get("outputs", ()) if "image/png" in o.get("data", {})]
    assert images or path.stem.startswith("surprises_"), "it draws something"


@pytest.mark.parametrize("engine", ["flink", "spark", "streams"])
def test_every_surprise_has_its_cell(root, engine):
    page = (root / f"docs/surprises/{engine}.md").read_text()
    said = re.findall(r"^\*\*(\d+)\. (.+?)\*\*", page, re.MULTILINE | re.DOTALL)
    cells = nbformat.read(root / f"notebooks/surprises_{engine}.ipynb", as_version=4).cells
    shown = []
    for cell, following in zip(cells, [*cells[1:], None], strict=True):
        for number, title in re.findall(r"^## (\d+)\. (.+)$", cell.source, re.MULTILINE):
            shown.append((number, title))
            assert following.cell_type == "code", title
            assert "assert " in following.source or "raise AssertionError" in following.source, title
    assert shown == [(number, " ".join(title.split()).removesuffix(".")) for number, title in said]


def test_there_are_notebooks():
    assert NOTEBOOKS
