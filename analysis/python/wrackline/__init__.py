"""wrackline: a deterministic simulator and failure-injection testbed for streaming pipelines.

    import wrackline

    campaign = wrackline.run("scenarios/quickstart.jsonc", seeds=range(1, 11))
    print(campaign.table())            # the table of the command line
    frame = campaign.to_frame()        # a row per run
    wrackline.plot.latency_cdf(campaign)

`validate` looks a scenario over, `plan` shows which runs it asks for, `run` runs them on all cores. The same scenario,
seed and version give the same results, here and on the command line.
"""

from . import plot
from ._core import model_version
from ._results import Campaign, Cell, Histogram, Run, Verdict
from ._run import CampaignInterrupted, run
from ._scenario import Diagnostic, Diagnostics, Plan, ScenarioError, ScenarioWarning, plan, validate

__all__ = [
    "Campaign",
    "CampaignInterrupted",
    "Cell",
    "Diagnostic",
    "Diagnostics",
    "Histogram",
    "Plan",
    "Run",
    "ScenarioError",
    "ScenarioWarning",
    "Verdict",
    "model_version",
    "plan",
    "plot",
    "run",
    "validate",
]
