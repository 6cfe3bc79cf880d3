"""What the README shows is what the program prints."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_readme_shows_the_golden_table_of_the_quickstart():
    golden = (ROOT / "tests/golden/shipped/quickstart.txt").read_text()
    table, end, _ = golden.partition("exit code 0\n")
    assert end, "the golden file ends with the exit code"
    shown = "<!-- the table of tests/golden/shipped/quickstart.txt -->\n```\n" + table + "```\n"
    assert shown in (ROOT / "README.md").read_text()
