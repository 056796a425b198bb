"""The rows of the comparison: what was measured of each model, their order, and the best one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from ...errors import SettingsError, TrainingError
from ...features.steps.in_params import split_params, steps_in
from ...fitting.measured import Measured
from ...metrics.table import COSTS, Metric, metrics_for
from ...models.table import MODELS
from ...reports.numbers import format_number
from ...statistics.uncertainty import SURE, holm, one_sided
from .paired import PairedTest, paired_test

if TYPE_CHECKING:
    from .comparison import Comparison
    from .phase import TrainingPhase

LARGER = "larger trees"  # in the place of parameters that are those of a model's second try


@dataclass
class ModelResult:
    """One row of the comparison: a model that was trained, or why it was not."""

    name: str
    framework: str
    status: str  # "ok", "failed" or "skipped"
    reason: str = ""
    recommended: bool = False  # by the business analyst, see the context's epoch_001
    params: dict[str, Any] = field(default_factory=dict)
    measured: Measured = field(default_factory=Measured)  # what fitting.train_candidate returns
    model_path: str | None = None
    run_id: str | None = None
    model_uri: str | None = None
    key: str = ""  # fingerprint of the work, see recording.result_key

    def __repr__(self) -> str:
        return f"ModelResult({self.label}: {self.status}{f', {self.reason}' if self.reason else ''})"

    @property
    def is_dummy(self) -> bool:
        return MODELS[self.name].is_dummy

    @property
    def label(self) -> str:
        """The model's name with its feature steps and what differs from the baseline, or its name."""
        spec, (own, _) = MODELS[self.name], split_params(self.params)
        name = "+".join([self.name, *steps_in(self.params)])
        others = min((_differing(own, spec.baseline_of(family)) for family in spec.tasks), key=len)
        about = LARGER if others == spec.larger else ", ".join(f"{k}={v}" for k, v in others.items())
        return f"{name} ({about})" if others else name

    @property
    def note(self) -> str:
        """What is to be known of how it was trained: folds or rows given up, a GPU too small."""
        return self.measured.get("note", "")

    @property
    def is_complete(self) -> bool:
        """Were all folds and rows used? False where a time budget took some away."""
        return self.measured.get("is_complete", True)

    def metric(self, name: str) -> float | None:
        """The metric on the validation rows, or None."""
        return self.measured.get("metrics", {}).get(name)

    def cv(self, name: str, statistic: str = "mean") -> float | None:
        """The metric's "mean" or "std" over the folds of the training rows, or None."""
        return self.measured.get("cv", {}).get(name, {}).get(statistic)

    @property
    def gaps(self) -> dict[str, float]:
        """{metric: its value on rows that were fitted minus that on the validation rows}."""
        seen, unseen = self.measured.get("train_metrics", {}), self.measured.get("metrics", {})
        pairs = {name: (value, unseen.get(name)) for name, value in seen.items()}
        return {name: a - b for name, (a, b) in pairs.items() if a is not None and b is not None}

    def fold_scores(self, name: str) -> dict[int, float]:
        """{number of the fold: the metric on it}."""
        return dict(zip(self.measured["folds"], self.measured["fold_scores"][name], strict=True))

    def flat_metrics(self) -> dict[str, float | None]:
        """All metrics in one flat dict, as MLflow and the CSV have them."""
        flat = dict(self.measured.get("metrics", {})) | {"stopped_at": self.measured.get("stopped_at")}
        flat |= {f"train_{name}": value for name, value in self.measured.get("train_metrics", {}).items()}
        flat |= {f"gap_{name}": value for name, value in self.gaps.items()}
        for name, statistics in self.measured.get("cv", {}).items():
            flat |= {f"cv_{name}_{key}": value for key, value in statistics.items()}
        return flat

    def to_dict(self) -> dict[str, Any]:
        """The row for JSON files; `missing_metrics` says why a metric is null."""
        return {
            "label": self.label,
            "framework": self.framework,
            "status": self.status,
            "reason": self.reason,
            "note": self.note,
            "is_complete": self.measured.get("is_complete"),
            "recommended": self.recommended,
            "params": self.params,
            "estimator_params": self.measured.get("estimator_params"),
            "metrics": self.measured.get("metrics"),
            "train_metrics": self.measured.get("train_metrics"),
            "gaps": self.gaps,
            "cv": self.measured.get("cv"),
            "folds": self.measured.get("folds"),
            "fold_scores": self.measured.get("fold_scores"),
            "share_of_rows": self.measured.get("share_of_rows"),
            "stopped_at": self.measured.get("stopped_at"),
            "learning_rates": self.measured.get("history", {}).get("learning_rate"),
            "measuring_s": self.measured.get("measuring_s"),
            "missing_metrics": self.measured.get("cv_reasons", {}) | self.measured.get("reasons", {}),
            "inference_batch_size": self.measured.get("inference_batch_size"),
            "key": self.key,
            "model_path": self.model_path,
            "run_id": self.run_id,
            "model_uri": self.model_uri,
        }


def ranked(results: Sequence[ModelResult], metric: Metric) -> list[ModelResult]:
    """Return the results best first by cross-validated mean; those without one at the end.

    Equal means go to the model that stands first in the table, which is the simpler one.
    """
    order, means = list(MODELS), comparable_means(results, metric)
    return sorted(results, key=lambda r: (metric.sort_key(means[r.label]), order.index(r.name)))


def comparable_means(results: Sequence[ModelResult], metric: Metric) -> dict[str, float | None]:
    """Return {label: mean over its folds}; of those with fewer, without what their folds add.

    How easy a fold is, is seen from models that have all folds, by an additive model of both: from
    the better half of them, since a poor model's scores vary by far more, and for reasons of its own.
    """
    means = {r.label: r.cv(metric.name) for r in results}
    scores = {r.label: r.fold_scores(metric.name) for r in results if can_be_chosen(r, metric)}
    most = max(map(len, scores.values()), default=0)
    whole = [pd.Series(by_fold) for by_fold in scores.values() if len(by_fold) == most]
    if len(whole) == len(scores):
        return means
    better = sorted(whole, key=lambda by_fold: metric.sort_key(by_fold.mean()))[: (len(whole) + 1) // 2]
    levels = pd.concat(better, axis=1).mean(axis=1)
    ease = levels - levels.mean()
    adjusted = {name: pd.Series(by_fold).sub(ease).mean() for name, by_fold in scores.items()}
    return means | adjusted


def leaderboard(
    results: Sequence[ModelResult] | TrainingPhase,
    metric: Metric | None = None,
    comparison: Comparison | None = None,
) -> pd.DataFrame:
    """Return the results as a DataFrame, best first, with the reason where a model is missing.

    results : ModelResults, or a TrainingPhase for all of its, compared by its metric; a model that was
    trained with several sets of parameters has a row for each. metric : of the phase when None.
    `cv_..._95` is the interval of the mean over the folds. comparison : a Comparison; `p_vs_best` is
    then how likely chance alone makes such a difference to the best; None where that was not tested.
    """
    if not isinstance(results, Sequence):
        phase, results = results, results.every_result
        comparison, metric = comparison or phase.comparison, metric or phase.session.metric
    if metric is None:
        raise SettingsError("leaderboard(results) needs the metric as well: leaderboard(results, metric).")
    best = next((r.label for r in ranked(results, metric) if can_be_chosen(r, metric)), None)
    board = pd.DataFrame([_row(result, metric, best, comparison) for result in ranked(results, metric)])
    empty = [] if board["recommended"].any() else ["recommended"]
    return board.drop(columns=[*empty, *(["p_vs_best"] if comparison is None else [])])


def choose_best(results: Sequence[ModelResult], metric: Metric) -> ModelResult:
    """Return the result with the best cross-validated mean of `metric`; a dummy takes no part.

    Raises TrainingError, with every reason, when no model was trained.
    """
    for result in ranked(results, metric):
        if can_be_chosen(result, metric):
            return result
    reasons = "; ".join(
        f"{r.name}: {r.reason or 'no value of ' + metric.name}" for r in results if not r.is_dummy
    )
    raise TrainingError(
        f"No model could be trained, so there is no best one. {reasons or 'None was asked for.'}"
    )


def beats_dummy(best: ModelResult, results: Sequence[ModelResult], metric: Metric) -> bool | None:
    """Is the best model better than what ignores the features? False: not significantly; None: not tested.

    See `against_dummy`.
    """
    p = against_dummy(best, results, metric).p
    return None if p is None else p < SURE


def against_dummy(best: ModelResult, results: Sequence[ModelResult], metric: Metric) -> PairedTest:
    """Return the PairedTest of the best model against the dummy baseline, the best constant of the metric.

    p is one-sided, and adjusted for the number of models (Holm): the best of many was chosen on these folds.
    """
    dummy = next((r for r in results if r.is_dummy and r.cv(metric.name) is not None), None)
    if dummy is None:
        return PairedTest(None, reason="no dummy baseline was trained")
    chosen = [r for r in results if can_be_chosen(r, metric)]
    tests = {r.label: paired_test(r, dummy, metric) for r in chosen}
    one = {
        name: one_sided(test.difference, test.p, metric.greater_is_better)
        for name, test in tests.items()
        if test.difference is not None and test.p is not None
    }
    adjusted = dict(zip(one, holm(list(one.values())), strict=True))
    return replace(tests[best.label], p=adjusted.get(best.label))


def can_be_chosen(result: ModelResult, metric: Metric) -> bool:
    """Was it trained, with a value of the metric, and is it no dummy?"""
    return result.status == "ok" and not result.is_dummy and result.cv(metric.name) is not None


def _differing(params, baseline):
    return {k: v for k, v in params.items() if k not in baseline or baseline[k] != v}


def _interval(result, metric):
    low, high = result.cv(metric.name, "low"), result.cv(metric.name, "high")
    return None if low is None else f"{format_number(low)} to {format_number(high)}"


def _row(result, metric, best, comparison):
    row = {
        "model": result.label,
        "best": "best" if result.label == best else "",
        "recommended": "yes" if result.recommended else "",
        "status": (result.note or "ok") if result.status == "ok" else f"{result.status}: {result.reason}",
        f"cv_{metric.name}": result.cv(metric.name),
        f"cv_{metric.name}_95": _interval(result, metric),
        "p_vs_best": None if comparison is None else comparison.versus.get(result.label, {}).get("p"),
    }
    standard = metrics_for(metric.family, standard_only=True)
    row |= {m.name: result.metric(m.name) for m in dict.fromkeys([metric, *standard])}
    row[f"train_{metric.name}"] = result.measured.get("train_metrics", {}).get(metric.name)
    return row | {cost: result.metric(cost) for cost in COSTS}
