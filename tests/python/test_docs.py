"""Tables in docs/ are what the tests print."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_real_clusters_shows_the_golden_table():
    golden = (ROOT / "tests/golden/real-clusters.md").read_text()
    shown = "<!-- tests/golden/real-clusters.md -->\n" + golden
    assert shown in (ROOT / "docs/real-clusters.md").read_text()
