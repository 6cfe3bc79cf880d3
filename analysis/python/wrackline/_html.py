"""Small HTML for notebooks. Everything is escaped; colours come with words, for those who do not see them."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import Any

OUTCOME_COLOURS = {"pass": "#1b7837", "inconclusive": "#8a6d00", "fail": "#b2182b"}


class Markup(str):
    """Text that is HTML already."""


def text(value: Any) -> str:
    return value if isinstance(value, Markup) else html.escape(str(value))


def badge(outcome: str) -> Markup:
    colour = OUTCOME_COLOURS.get(outcome, "#555")
    return Markup(f'<b style="color:{colour}">{html.escape(outcome)}</b>')


def items(lines: Iterable[Any]) -> Markup:
    return Markup("<ul>" + "".join(f"<li>{text(line)}</li>" for line in lines) + "</ul>")


def none_as_blank(value: Any) -> Any:
    return "" if value is None else value


def table(head: Sequence[Any], rows: Iterable[Sequence[Any]], caption: str = "") -> Markup:
    out = ["<table>"]
    if caption:
        out.append(f"<caption>{text(caption)}</caption>")
    out.append("<thead><tr>" + "".join(f"<th>{text(h)}</th>" for h in head) + "</tr></thead><tbody>")
    out.extend("<tr>" + "".join(f"<td>{text(v)}</td>" for v in row) + "</tr>" for row in rows)
    out.append("</tbody></table>")
    return Markup("".join(out))


def seconds(value: float) -> str:
    """A duration for people; "-" when there is none."""
    if value != value:
        return "-"
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if abs(value) >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value * 1e9:.3g} ns"


def ratio(value: float) -> str:
    return "-" if value != value else f"{100 * value:.3g} %"
