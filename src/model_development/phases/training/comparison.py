"""Did the winner win? The best model against each other one, on the same folds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ...models.table import MODELS
from ...reports.numbers import format_number
from ...statistics.uncertainty import SURE, holm
from .paired import intervals_apart, paired_test
from .results import ModelResult, can_be_chosen, comparable_means, ranked

if TYPE_CHECKING:
    from ...metrics.table import Metric


@dataclass(frozen=True)
class Comparison:
    """versus : {label of a result: {"difference", "low", "high" (of the mean, to the best), "p", "reason",
        "interval_apart"}} of the others; p is None where nothing was tested, for which reason says why, and
        interval_apart says whether its 95 % interval lies wholly on the worse side of the best model's.
    on_par : the best and the models that are not significantly different from it, or, not tested, whose
        intervals overlap with it; best first.
    fastest, simplest : of those on par, by inference time, and by place in the table of models.
    """

    best: str
    versus: dict[str, dict[str, Any]]
    on_par: list[str]
    fastest: str
    simplest: str

    def to_dict(self) -> dict[str, Any]:
        return vars(self)


def compare(results: Sequence[ModelResult], metric: Metric) -> Comparison | None:
    """Compare the best model with each other on its folds; None where no model can be chosen.

    A difference counts where the corrected paired t-test, adjusted for the number of models (Holm),
    gives less than 0.05. With few folds only large differences do: on par is not proven equal. With less than
    three folds in common there is no test, and a difference counts where the 95 % intervals do not overlap.
    """
    chosen = [r for r in ranked(results, metric) if can_be_chosen(r, metric)]
    if not chosen:
        return None
    best, others = chosen[0], chosen[1:]
    versus = _versus(best, others, metric)
    on_par = [best, *(r for r in others if not _differs(versus[r.label]))]
    return Comparison(
        best=best.label,
        versus=versus,
        on_par=[r.label for r in on_par],
        fastest=min(on_par, key=_latency).label,
        simplest=min(on_par, key=lambda r: list(MODELS).index(r.name)).label,
    )


def _latency(result):
    milliseconds = result.metric("inference_time_ms")
    return math.inf if milliseconds is None else milliseconds


def _versus(best, others, metric):
    versus = {
        r.label: asdict(paired_test(r, best, metric)) | {"interval_apart": intervals_apart(best, r, metric)}
        for r in others
    }
    tested = [row for row in versus.values() if row["p"] is not None]
    for row, p in zip(tested, holm([row["p"] for row in tested]), strict=True):
        row["p"] = p
    return versus


def _differs(row):
    """By the test, or by the intervals where there was none."""
    return row["p"] < SURE if row["p"] is not None else row["interval_apart"] is True


def sentence(comparison: Comparison | None, results: Sequence[ModelResult], metric: Metric) -> str:
    """Say in words who won, who is not significantly different from the winner, and how that was found."""
    if comparison is None or not comparison.versus:
        return "No other model was trained to compare it with."
    tested = {name: row for name, row in comparison.versus.items() if row["p"] is not None}
    others = {name: row for name, row in comparison.versus.items() if row["p"] is None}
    parts = [_of_tests(comparison, tested)] if tested else []
    reasons = dict.fromkeys(row["reason"] for row in others.values())
    parts += [_of_intervals(comparison, others, reason) for reason in reasons]
    if len(comparison.on_par) > 1:
        times = {r.label: r.metric("inference_time_ms") for r in results if r.status == "ok"}
        parts.append(
            f"Of {', '.join(comparison.on_par)}: {comparison.fastest} predicts fastest "
            f"({times[comparison.fastest]:.3g} ms a batch), and {comparison.simplest} is the simplest."
        )
    return " ".join([*parts, *_of_fewer_folds(results, metric)])


def _of_fewer_folds(results, metric):
    """Why a model with fewer folds does not stand where its mean would, as a list of one sentence or none."""
    chosen = [r for r in ranked(results, metric) if can_be_chosen(r, metric)]
    if chosen == sorted(chosen, key=lambda r: metric.sort_key(r.cv(metric.name))):
        return []
    means = comparable_means(results, metric)
    n_folds = {r.label: len(r.fold_scores(metric.name)) for r in chosen}
    moved = [r for r in chosen if n_folds[r.label] < max(n_folds.values())]
    about = ", ".join(f"{r.label} about {format_number(means[r.label])}" for r in moved)
    return [
        "Models with fewer folds are ranked by what they would have on all, as the others' scores on these "
        f"folds tell: {about}."
    ]


def _of_tests(comparison, tested):
    near = [name for name in tested if name in comparison.on_par]
    if near:
        return (
            f"On these folds {comparison.best} is not significantly different from: {', '.join(near)} "
            f"(paired test, p >= {SURE})."
        )
    every = "every other model" if len(tested) == len(comparison.versus) else f"each of {', '.join(tested)}"
    return f"{comparison.best} won: {every} is worse on the folds by more than chance explains (paired test)."


def _of_intervals(comparison, untested, reason):
    """What the 95 % intervals say of the models that were not tested for this reason."""
    rows = {name: row["interval_apart"] for name, row in untested.items() if row["reason"] == reason}
    said = [
        (True, f"that of {comparison.best} lies on the better side of those of"),
        (False, f"that of {comparison.best} overlaps with those of"),
        (None, "there is none to compare with of"),
    ]
    found = [
        f"{text} {', '.join(name for name, apart in rows.items() if apart is value)}"
        for value, text in said
        if value in rows.values()
    ]
    return (
        f"Differences between {comparison.best} and {', '.join(rows)}: {reason}. Their 95 % intervals were "
        f"compared instead: {'; '.join(found)}."
    )
