"""What a trace says about its delays."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any

import numpy as np

from . import _core, _html
from ._trace import Trace, _ms, as_trace


class Fit:
    """Which law describes the delays of a trace, how they hang together, and which clocks are not to be trusted.

    Attributes
    ----------
    trace
        The trace.
    delay
        Milliseconds by name: min_ms, mean_ms, p50_ms, p90_ms, p95_ms, p99_ms, p999_ms, max_ms; and `negative`, a count.
    knots
        float64, shape (13, 2): share of probability, delay in ms.
    parametric
        False if no law fits: then the knots describe the delays.
    reason
        Why that law.
    dependence
        independent, stalls, batches or autoregressive: how neighbours hang together.
    troubles
        Clocks that stand out, worst first: mappings with kind, source, amount (ms; ppm of a drift; rows), rows, text.
    json
        All of it, as ``wrackline fit --json`` prints it.
    """

    def __init__(self, trace: Trace, core: _core.FitReport) -> None:
        self._core = core
        self.trace = trace
        self.json: dict[str, Any] = json.loads(core.json())
        for one in (*self.json["clock_trouble"], *self.json["sources"]):
            one["source"] = trace.keys[one["source"]]
        self.delay = self.json["delay"]
        self.knots = np.array(self.delay["knots"])
        self.parametric = self.json["parametric"]
        self.reason = self.json["reason"]
        self.dependence = self.json["dependence"]
        self.troubles = tuple(self.json["clock_trouble"])

    @property
    def law(self) -> str:
        """The chosen law in words."""
        return self.json["chosen"]["text"]

    @property
    def family(self) -> str:
        """The family of the chosen law: "lognormal", ..., or "empirical"."""
        return self.json["chosen"]["family"]

    @property
    def delay_block(self) -> str:
        """The lines to paste into a source of a scenario: ``"delay": {...},`` and perhaps ``"clock": {...},``."""
        return self.json["block"]

    @property
    def source(self) -> dict[str, Any]:
        """The same lines as a mapping, for ``set={"sources.NAME.delay": fit.source["delay"]}``."""
        return json.loads("{" + self.delay_block.strip().rstrip(",") + "}")

    def cdf(self, delay_ms: Any, law: int | None = None) -> np.ndarray:
        """The share of delays up to `delay_ms` (float64, any length) by the chosen law, or by row `law` of
        `to_frame`."""
        laws = len(self.json["laws"])
        if law is not None and not 0 <= law < laws:
            raise IndexError(f"there are {laws} laws")
        return self._core.cdf(-1 if law is None else law, np.atleast_1d(np.asarray(delay_ms, dtype=float)).ravel())

    def to_frame(self):
        """The laws that were tried, best first, as a pandas frame: `law` and `text`, and, judged on the half of the
        trace that they were not fitted to, `log_score` (nats a record), `ks`, `p99_ratio` (its P99 over the seen one),
        and `fits`; `aic` on the half they were fitted to. No row for a trace of less than 200 records."""
        import pandas as pd

        columns = ["law", "log_score", "ks", "p99_ratio", "aic", "fits", "text"]
        rows = [{**law, "law": law["family"]} for law in self.json["laws"]]
        return pd.DataFrame(rows, columns=columns)

    @cached_property
    def sources(self):
        """A pandas frame with a row per source: rows, negative, behind, repeats (counts) and p50_ms, p95_ms, p99_ms."""
        import pandas as pd

        return pd.DataFrame(self.json["sources"]).set_index("source")

    def __repr__(self) -> str:
        return f"<Fit of {self.json['rows']:,} delays: {self.law if self.parametric else 'no law fits, knots'}>"

    def _repr_html_(self) -> str:
        delay = self.delay
        spread = [(name, _ms(delay[column])) for name, column in _SPREAD]
        head = _html.table([name for name, _ in spread], [[value for _, value in spread]], caption="delay")
        laws = [
            (
                law["family"],
                f"{law['log_score']:.3f}",
                f"{law['ks']:.3f}",
                _html.ratio(law["p99_ratio"]),
                "" if law["family"] == "empirical" else "fits" if law["fits"] else "does not fit",
            )
            for law in self.json["laws"]
        ]
        parts = [head]
        if laws:
            caption = "laws, fitted to one half and judged on the other"
            parts.append(_html.table(("law", "log score", "KS", "P99 / seen", ""), laws, caption=caption))
        chosen = self.law if self.parametric else f"the knots: {self.reason}"
        facts = [
            f"chosen: {chosen}",
            f"neighbours: {self.dependence} (lag-1 of log delay {self.json['lag1_log_delay']:+.3f})",
            *(f"clock of {one['source']}: {one['text']}" for one in self.troubles[:_TROUBLES_SHOWN]),
        ]
        if len(self.troubles) > _TROUBLES_SHOWN:
            facts.append(f"and {len(self.troubles) - _TROUBLES_SHOWN} more clocks: .troubles")
        parts.append(_html.items(facts))
        parts.append(f"<pre>{_html.text(self.delay_block)}</pre>")
        return "".join(parts)


_SPREAD = (
    ("least", "min_ms"),
    ("P50", "p50_ms"),
    ("P95", "p95_ms"),
    ("P99", "p99_ms"),
    ("P99.9", "p999_ms"),
    ("greatest", "max_ms"),
    ("mean", "mean_ms"),
)
_TROUBLES_SHOWN = 8


def fit(trace: Any) -> Fit:
    """How late a trace is, which law describes its delays on held-back data, and which clocks err.

    Parameters
    ----------
    trace
        A `Trace`, or what `Trace.from_columns` or `Trace.from_frame` would take. Of less than 200 rows no law is
        tried; beyond 2**20 rows, quantiles and laws come from every second, fourth, ... row.

    Raises
    ------
    ValueError
        The trace has no rows.
    """
    trace = as_trace(trace)
    return Fit(trace, _core.fit(*trace._columns))
