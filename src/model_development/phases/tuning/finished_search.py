"""A finished search as its files tell it: for the charts, the analysis notebook, and people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from ...errors import ArtifactsError
from ...metrics.own import metric_of
from ...metrics.table import Metric
from ...reports.numbers import format_number
from ...search.space import Range
from ...settings.context import read_context
from ...storage import files as artifacts
from ...storage.files import read_json
from ...storage.tuned_model import SCRIPT
from ...storage.typed import typed
from .search_checks import SEARCH_CHECKS
from .search_summary import SearchSummary, TopRow, TradeOffRow, TriedRow
from .trials import describe_params

if TYPE_CHECKING:
    from pathlib import Path


N_TOP = 10


@dataclass(frozen=True, kw_only=True)
class FinishedSearch:
    """What phase 2 wrote of a search. rows : every combination, in the order of their numbers."""

    model_name: str
    metric: Metric
    rows: list[TriedRow]
    summary: SearchSummary

    @property
    def parameters(self) -> list[str]:
        return list(self.summary.space)

    @property
    def drawn(self) -> list[str]:
        """Parameters whose values were drawn from a range, whole numbers aside."""
        space = self.summary.space.items()
        return [k for k, values in space if isinstance(values, dict) and not Range(**values).is_integer]

    @property
    def scored(self) -> list[tuple[dict[str, Any], float]]:
        """(params, mean over the folds) of the combinations that came to all folds and rows."""
        scores = [(row.params, score_of(row, self.metric)) for row in self.rows]
        return [(params, score) for params, score in scores if score is not None]

    @property
    def label(self) -> str:
        return f"cv {self.metric.label}"


def finished_search(rows: list[dict[str, Any]], content: Mapping[str, Any]) -> FinishedSearch:
    """Return the FinishedSearch of what stands in its files.

    rows : of all_tuning_results.json. content : tuning_summary_report.json. Raises KeyError, TypeError or
    ValueError where they have not all of it.
    """
    return FinishedSearch(
        model_name=content["model_name"],
        metric=metric_of(content),
        rows=typed(list[TriedRow], rows),
        summary=typed(SearchSummary, content),
    )


def read_search(context_path: Path | str | None = None) -> FinishedSearch:
    """Return the FinishedSearch of a context.

    Raises ContextError, or ArtifactsError when phase 2 has not been run on it, or a file is damaged.
    """
    folder = artifacts.epoch_folder(read_context(context_path))
    tried, content = (
        read_json(folder / name, produced_by=SCRIPT)
        for name in (artifacts.ALL_TUNING_RESULTS, artifacts.TUNING_SUMMARY)
    )
    try:
        return finished_search(tried["results"], content)
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactsError(
            f"The results of the search in {folder} are damaged ({error}). Run {SCRIPT} again."
        ) from None


def score_of(row: TriedRow, metric: Metric) -> float | None:
    """Mean of the metric over the folds; None of what was refused, failed or given up on the way."""
    return row.cv[metric.name]["mean"] if row.status == "ok" and row.cv else None


def search_overview(search: FinishedSearch) -> str:
    """Return a few lines for people: what was tried, what it cost, what came of it."""
    said, metric = search.summary, search.metric
    counts = ", ".join(f"{n} {status}" for status, n in said.counts.items())
    tried = f"{said.n_trials} combinations{counts and f' ({counts})'}"
    n_earlier = said.n_trials_from_earlier
    earlier = f"; {n_earlier} of them were known from phase 1 or an earlier search" if n_earlier else ""
    lines = [
        f"Model       {search.model_name}, strategy {said.strategy}",
        f"Tried       {tried} in {said.search_time_s:.0f} s{earlier}",
        f"Fits        {said.fit_time_s:.0f} s; {said.time_saved_by_sharing_s:.0f} s more, had each "
        "combination been fitted for itself",
    ]
    if said.best_cv_mean is not None:
        before, now = format_number(said.baseline_cv_mean), format_number(said.best_cv_mean)
        lines.append(f"On folds    {metric.name} {before} -> {now}")
    lines.append(f"Verdict     {said.verdict}")
    lines += [
        f"{check.label:<11} {text}" for name, check in SEARCH_CHECKS.items() for text in getattr(said, name)
    ]
    lines += [
        f"Worth it    {metric.name} {format_number(row.mean)}, {said.second} {row.cost:.3g}: "
        f"{named(row, search.parameters)}"
        for row in [row for row in said.trade_off if row.is_pareto][:N_TOP]
    ]
    lines += [f"Front       {said.n_pareto} combinations. {said.choice}"] if said.choice else []
    return "\n".join(lines)


def search_table(search: FinishedSearch, n: int = N_TOP) -> pd.DataFrame:
    """Return the best `n` combinations as a DataFrame: score with its 95 % interval, and parameters."""
    rows = []
    for row in search.summary.top[:n]:
        score = {search.metric.name: row.mean, "low": row.low, "high": row.high}
        rows.append({"trial": row.trial} | score | {k: row.params.get(k) for k in search.parameters})
    return pd.DataFrame(rows)


def named(row: TopRow | TradeOffRow, parameters: list[str]) -> str:
    """A combination in a line: its number and what the search varied."""
    return f"{row.trial:04d} {describe_params({k: row.params.get(k) for k in parameters})}"
