"""One combination of parameters and what came of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from ...errors import TrainingError
from ...fitting.measured import Measured
from ...fitting.summary import join_folds
from ...search.simplicity import complexity

if TYPE_CHECKING:
    from ...metrics.table import Metric


COSTS = ("fit_cost_s", "alone_cost_s")
NO_VALUE = "the metric has no value"
TIME_WAS_UP = "the time was up before all folds and rows were fitted"


@dataclass
class Trial:
    """One combination and what came of it.

    chosen : what the search varied. params : all of them. status : "ok", "pruned" (given up on a part of the
        folds or rows), "skipped" (the library refuses it) or "failed". measured : what
        fitting.combinations.try_combinations returns. seconds : its share of the time of the work that it was
        part of. second : what was measured beside the folds, by name. cost : of a second criterion, less is
        better; None where it is not known.
    """

    number: int
    chosen: dict[str, Any]
    params: dict[str, Any]
    status: str = "ok"
    cause: str | None = None  # see execution.protocol.Cause
    reason: str = ""
    measured: Measured = field(default_factory=Measured)
    seconds: float = 0.0
    run_id: str | None = None
    from_earlier: bool = False  # known before this search began
    second: dict[str, float] = field(default_factory=dict)
    cost: float | None = None

    @property
    def name(self) -> str:
        """Unique and readable: the number, then the parameters."""
        return f"{self.number:04d} {describe_params(self.chosen)}"

    def take(self, entry: Mapping[str, Any]) -> None:
        """Join what came of some folds with what is known of others; that of fewer rows counts no more."""
        self.status, self.cause, self.reason = entry["status"], entry["cause"], entry["reason"]
        self.seconds += entry["seconds"]
        if self.status != "ok":
            return
        if self.measured.get("share") == entry["share"]:
            self.measured = join_folds([self.measured, entry["measured"]]) | {"share": entry["share"]}
        else:  # the scores are those of more rows, the costs those of all its fits
            costs = {k: self.measured.get(k, 0.0) + entry["measured"][k] for k in COSTS}
            self.measured = entry["measured"] | costs | {"share": entry["share"]}

    def cv(self, metric_name: str, statistic: str = "mean") -> float | None:
        """The metric's "mean" or "std" over the folds; None unless it was measured on all of them."""
        if self.status != "ok":
            return None
        return self.measured.get("cv", {}).get(metric_name, {}).get(statistic)

    def by_fold(self, metric_name: str) -> dict[int, float]:
        """{number of a fold: the metric}."""
        return dict(zip(self.measured["folds"], self.measured["fold_scores"][metric_name], strict=True))

    def flat_metrics(self) -> dict[str, float | None]:
        """All metrics in one flat dict; `partial_` those of a combination that did not come to the end."""
        prefix, of_folds = "cv" if self.status == "ok" else "partial", self.measured.get("cv", {})
        flat = {f"{prefix}_{n}_{key}": v for n, found in of_folds.items() for key, v in found.items()}
        return flat | self.second

    def to_dict(self) -> dict[str, Any]:
        return {
            "trial": self.number,
            "run_id": self.run_id,
            "status": self.status,
            "reason": self.reason,
            "params": self.params,
            "cv": self.measured.get("cv"),
            "folds": self.measured.get("folds"),
            "share_of_rows": self.measured.get("share"),
            "fold_scores": self.measured.get("fold_scores"),
            "second": self.second,
            "missing_metrics": self.measured.get("cv_reasons", {}),
            "seconds": self.seconds,
            "fit_cost_s": self.measured.get("fit_cost_s"),
            "fold_seconds": self.measured.get("fold_seconds"),
            "n_sharing": self.measured.get("n_sharing"),
        }

    def to_row(self) -> dict[str, Any]:
        params = {f"param_{name}": value for name, value in self.params.items()}
        row = {"trial": self.number, "status": self.status, "reason": self.reason}
        costs = {"seconds": self.seconds, "fit_cost_s": self.measured.get("fit_cost_s")}
        return row | params | self.flat_metrics() | costs | {"run_id": self.run_id}


def describe_params(params: Mapping[str, Any]) -> str:
    """Parameters as one line of text.

    >>> describe_params({"C": 0.123456, "solver": "saga"})
    'C=0.12346 solver=saga'
    """
    texts = {k: f"{v:.5g}" if isinstance(v, float) else str(v) for k, v in params.items()}
    return " ".join(f"{name}={text}" for name, text in texts.items())


def best_trial(trials: Sequence[Trial], metric: Metric) -> Trial | None:
    """Return the trial with the best mean over the folds, the earliest of equals; None without one."""
    return next(iter(ranked_trials(trials, metric)), None)


def ranked_trials(trials: Sequence[Trial], metric: Metric) -> list[Trial]:
    """Return the trials that came to all folds and rows, best first; of equals the cheaper, the simpler."""
    measured = [trial for trial in trials if trial.cv(metric.name) is not None]
    return sorted(measured, key=lambda t: _place(t, metric))


def _place(trial, metric):
    cost = math.inf if trial.cost is None else trial.cost
    return metric.sort_key(trial.cv(metric.name)), cost, complexity(trial.params), trial.number


def trials_table(trials: Sequence[Trial]) -> pd.DataFrame:
    """Return one row per trial as a DataFrame, in the order of their numbers."""
    return pd.DataFrame([trial.to_row() for trial in sorted(trials, key=lambda t: t.number)])


def require_a_trial(trials: Sequence[Trial], metric_name: str) -> None:
    """Raise TrainingError, with the reason, where nothing came of any combination but for lack of time."""
    if not trials or any(trial.cv(metric_name) is not None for trial in trials):
        return
    if all(trial.status == "ok" or trial.reason == NO_VALUE for trial in trials):
        raise TrainingError(f"None of the {len(trials)} combinations could be scored: {NO_VALUE}.")
    if any(trial.reason == TIME_WAS_UP for trial in trials):
        return
    reasons = "; ".join(dict.fromkeys(trial.reason for trial in trials[:3]))
    raise TrainingError(f"None of the {len(trials)} combinations could be trained: {reasons}")
