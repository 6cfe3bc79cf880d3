"""wrackline: a deterministic simulator and failure-injection testbed for streaming pipelines.

    import wrackline

    campaign = wrackline.run("scenarios/quickstart.jsonc", seeds=range(1, 11))
    print(campaign.table())            # the table of the command line
    frame = campaign.to_frame()        # a row per run
    wrackline.plot.latency_cdf(campaign)

`validate` looks a scenario over, `plan` shows which runs it asks for, `run` runs them on all cores. The same scenario,
seed and version give the same results, here and on the command line.

    trace = wrackline.read_trace("trace.csv.gz", time_unit="us")
    wrackline.fit(trace)                                        # how late, which law, which clocks err
    wrackline.replay(trace, ["bounded=200ms", "k_slack"], "5s") # what would have been dropped, and when results come
    wrackline.tune(trace, "5s", late_rate="1%", p99="3s")       # which watermark to take
    wrackline.join(orders, payments, lower="-5s", upper="10m")  # two traces, joined as streams

`watermark`, `windows` and `WindowOperator` are the parts of it, on arrays.

`wrackline.flink`, `wrackline.spark` and `wrackline.streams` are the engines' own operators, to be fed by hand, step by
step.
"""

from . import flink, plot, spark, streams
from ._columns import MAX_TIMESTAMP, MIN_TIMESTAMP
from ._core import model_version
from ._fit import Fit, fit
from ._join import Joined, join
from ._operators import NotModelled
from ._replay import FATES, Replay, ReplaySet, replay
from ._results import Campaign, Cell, Histogram, Run, Verdict
from ._run import CampaignInterrupted, run
from ._scenario import Diagnostic, Diagnostics, Plan, ScenarioError, ScenarioWarning, plan, validate
from ._trace import Trace, TraceError, TraceProblem, delay_profiles, read_trace, trace_options
from ._tune import Tune, tune
from ._watermark import WatermarkStrategy, strategies, watermark
from ._windows import PANES, Panes, WindowOperator, Windows, aggregates, windows

__all__ = [
    "FATES",
    "MAX_TIMESTAMP",
    "MIN_TIMESTAMP",
    "PANES",
    "Campaign",
    "CampaignInterrupted",
    "Cell",
    "Diagnostic",
    "Diagnostics",
    "Fit",
    "Histogram",
    "Joined",
    "NotModelled",
    "Panes",
    "Plan",
    "Replay",
    "ReplaySet",
    "Run",
    "ScenarioError",
    "ScenarioWarning",
    "Trace",
    "TraceError",
    "TraceProblem",
    "Tune",
    "Verdict",
    "WatermarkStrategy",
    "WindowOperator",
    "Windows",
    "aggregates",
    "delay_profiles",
    "fit",
    "flink",
    "join",
    "model_version",
    "plan",
    "plot",
    "read_trace",
    "replay",
    "run",
    "spark",
    "strategies",
    "streams",
    "trace_options",
    "tune",
    "validate",
    "watermark",
    "windows",
]
