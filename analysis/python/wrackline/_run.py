"""Running a plan."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterable, Mapping
from typing import Any

from . import _core
from ._results import Campaign
from ._scenario import Diagnostics, Plan, ScenarioError, Seeds, Source
from ._scenario import plan as make_plan


class CampaignInterrupted(KeyboardInterrupt):
    """Ctrl-C during `run`. `campaign` holds the runs that had ended; its `complete` is False."""

    def __init__(self, campaign: Campaign) -> None:
        super().__init__(f"interrupted after {len(campaign)} results")
        self.campaign = campaign


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run(
    source: Source | Plan,
    *,
    seeds: Seeds | None = None,
    set: Mapping[str, Any] | None = None,
    sweep: Mapping[str, Iterable[Any]] | None = None,
    readable: Iterable[Source] = (),
    directory: Source = ".",
    jobs: int | None = None,
    progress: bool = True,
) -> Campaign:
    """Runs every cell of a scenario's matrix with every seed, and judges each run.

    Runs are spread over threads without the GIL. The results are those of ``wrackline run``, the same bytes for any
    number of threads.

    Parameters
    ----------
    source
        A path, the text of a scenario, or a `Plan`. The parameters up to `directory` are those of `plan` and can not be
        given together with a Plan.
    jobs
        Number of threads; by default one per core.
    progress
        Show a progress bar (tqdm). Nothing is shown for a single run.

    Returns
    -------
    Campaign
        A row per run and a merged result per cell. It keeps about 8 kB per run.

    Raises
    ------
    ScenarioError
        The scenario has errors, or a run found one that only shows once the pipeline is built (a `ValueError`).
    CampaignInterrupted
        Ctrl-C (a `KeyboardInterrupt`): no further run is begun, those under way end, and ``.campaign`` of the exception
        holds what is there. Only the main thread sees Ctrl-C.
    ValueError, TypeError
        Seeds, settings, sweeps or jobs are not of the form above.
    """
    if isinstance(source, Plan):
        if seeds is not None or set or sweep:
            raise ValueError("a Plan has its seeds and settings already")
        planned = source
    else:
        planned = make_plan(source, seeds=seeds, set=set, sweep=sweep, readable=readable, directory=directory)
    threads = _cores() if jobs is None else operator.index(jobs)
    if not 1 <= threads <= 4096:
        raise ValueError("jobs must be from 1 to 4096")

    core = _core.Campaign(planned._core)
    bar = None
    if progress and core.total > 1:
        from tqdm.auto import tqdm

        bar = tqdm(total=core.total, unit="run", desc=planned.name)
    try:
        complete = core.run(threads, None if bar is None else lambda done: bar.update(done - bar.n))
    except KeyboardInterrupt:
        raise CampaignInterrupted(Campaign(core, planned, complete=False)) from None
    finally:
        if bar is not None:
            bar.close()
    if not complete:
        raise ScenarioError(Diagnostics(planned._core))
    return Campaign(core, planned, complete=True)
