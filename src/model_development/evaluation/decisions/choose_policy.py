"""From the settings and out-of-fold rows to a decision policy, in one of the ways to choose a threshold."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ...data.amounts import amount_writing, read_amounts
from ...metrics.of_threshold import get_threshold_metric
from ...outputs.policy import AmountRule, DecisionPolicy, Promise
from ...reports.numbers import format_number
from ...settings.decisions import require_suitable
from ...settings.splits import SPLITS
from ...statistics.proportions import effective_rows
from .constraints import prove_threshold
from .costs import Comparison, RowCosts, cheapest_threshold, compare_with_search
from .threshold_counts import BinaryScores
from .thresholds import best_by_metric

if TYPE_CHECKING:
    from ...settings.decisions import DecisionSettings
    from ...settings.settings import Settings
    from ...tasks.base import Task
    from ..evaluation_input import ScoredRows

NOTEWORTHY = 0.99  # share of the rows' worth below which dependence within groups is said
WORDS = {"precision": "Precision", "recall": "Recall", "positive_rate": "A share of rows called positive"}


def choose_policy(task: Task, settings: Settings, out_of_fold: ScoredRows) -> DecisionPolicy | None:
    """Return the policy that `settings.decisions` ask for; None where they ask for none, and labels stay.

    out_of_fold : rows as models said of them that were not fitted on them; no test row has a say.
    Raises SettingsError for what the task cannot have or an unknown metric, DataError for amounts that are
    missing or negative.
    """
    asked = settings.decisions
    if asked is None or not asked.is_asked:
        return None
    require_suitable(settings, task)
    positive = out_of_fold.said.positive
    found = _way(asked)(task, settings, out_of_fold)
    dependence = _dependence(settings, out_of_fold, found["way"] == "constraints")
    said = (_found_on(out_of_fold), *found.pop("sentences"), *dependence)
    return DecisionPolicy(
        positive=int(positive or 0),
        classes=tuple(task.classes),
        settings=asked.model_dump(exclude_none=True),
        sentences=said,
        n_rows=len(out_of_fold),
        n_positive=int((out_of_fold.truth == positive).sum()),
        **found,
    )


def _way(asked: DecisionSettings) -> Callable[[Task, Settings, ScoredRows], dict[str, Any]]:
    ways = {
        _by_metric: asked.threshold_metric is not None,
        _by_constraints: bool(asked.constraints),
        _by_amounts: asked.amount_column is not None,
        _by_costs: asked.costs is not None,
    }
    return next(way for way, is_asked in ways.items() if is_asked)


def _by_metric(task, settings, rows):
    metric = get_threshold_metric(settings.decisions.threshold_metric, task)
    threshold, value = best_by_metric(metric, rows)
    if value is None:
        text = f"{metric.label} has no value at any threshold on these rows: the threshold stays at 0.5."
    else:
        text = (
            f"{metric.label} is best at a threshold of {threshold:.4g}: {value:.4g} on the rows by which it "
            "was chosen, which is too good for others."
        )
    return {"way": "metric", "threshold": threshold, "sentences": (text,)}


def _by_constraints(task, settings, rows):
    proven = prove_threshold(BinaryScores.of(rows), settings.decisions.constraints)
    texts = [_promised(promise) for promise in proven.promises]
    texts.append(
        "Thresholds were tested one after the other by one-sided exact bounds (Clopper and Pearson), so that "
        "the choice among them is part of the 95 %. The final model was fitted on more rows than the models "
        "that were looked at: the test rows check it."
    )
    return {
        "way": "constraints",
        "threshold": proven.threshold,
        "promises": proven.promises,
        "sentences": tuple(texts),
    }


def _promised(promise: Promise) -> str:
    most = "most" if promise.quantity == "positive_rate" else "least"
    what = f"{WORDS[promise.quantity]} of at {most} {promise.wanted:.4g}"
    if promise.is_kept:
        return f"{what} is promised of new rows like these, with a probability of {100 * promise.level:g} %."
    return (
        f"{what} cannot be promised with these rows; the best that can is {promise.bound:.4g} (with a "
        f"probability of {100 * promise.level:g} %)."
    )


def _by_costs(task, settings, rows):
    scores, costs = BinaryScores.of(rows), settings.decisions.costs
    row_costs = RowCosts.of(costs, len(rows))
    threshold = float(row_costs.thresholds()[0])
    compared = compare_with_search(scores, row_costs, row_costs.thresholds(), settings.seed)
    text = (
        f"By the costs, rows are called from a probability of {threshold:.4g} on: {costs.false_positive:g} "
        f"for a false alarm against {costs.false_negative:g} for a missed positive. {_compared(compared)}"
    )
    if compared.is_search_cheaper:
        threshold = cheapest_threshold(scores, row_costs, threshold)
        text += (
            " The probabilities are not calibrated well enough for that, so the threshold of lowest cost on "
            f"these rows is taken: {threshold:.4g}."
        )
    return {"way": "costs", "threshold": threshold, "sentences": (text,)}


def _by_amounts(task, settings, rows):
    asked, what = settings.decisions, "`decisions.amount_column`"
    column = rows.column(asked.amount_column)
    writing = amount_writing(column, rows.decimal)
    costs = asked.costs
    rule = AmountRule(
        asked.amount_column,
        asked.amount_share,
        costs.false_positive,
        costs.true_positive,
        costs.true_negative,
        writing.decimal,
        writing.unit,
    )
    missed = asked.amount_share * read_amounts(column, what, writing)
    row_costs = RowCosts.of(costs, len(rows), missed)
    compared = compare_with_search(BinaryScores.of(rows), row_costs, row_costs.thresholds(), settings.seed)
    middle = float(np.median(row_costs.thresholds()))
    text = (
        f"Each row has a threshold of its own by its {asked.amount_column!r}: a missed positive costs "
        f"{asked.amount_share:g} of it, a false alarm {costs.false_positive:g}; in the middle of the rows it "
        f"is {min(1.0, middle):.4g}. {_compared(compared)}"
    )
    if compared.is_search_cheaper:
        text += " The probabilities are not calibrated well enough for thresholds by amount."
    return {"way": "amounts", "threshold": min(1.0, middle), "amount": rule, "sentences": (text,)}


def _compared(compared: Comparison) -> str:
    significantly = "significantly less" if compared.is_search_cheaper else "not significantly less"
    return (
        f"On out-of-fold rows that costs {format_number(compared.closed_form)} per row; one threshold "
        f"searched on other rows costs {format_number(compared.searched)}, which is {significantly}."
    )


def _found_on(rows: ScoredRows) -> str:
    n_positive = int((rows.truth == rows.said.positive).sum())
    return f"The rule was found on {len(rows):,} out-of-fold rows, {n_positive:,} of them positive."


def _dependence(settings: Settings, rows: ScoredRows, has_bounds: bool) -> list[str]:
    """What is to be said of rows that depend on each other: in groups of the user's, or near in time."""
    said = []
    is_in_time = SPLITS[settings.split].is_in_time
    of_time = is_in_time and settings.group_column is None
    one, several = ("stretch of time", "stretches of time") if of_time else ("group", "groups")
    if rows.groups is not None and effective_rows(rows.groups)[-1] < NOTEWORTHY * len(rows):
        n_groups = len(np.unique(rows.groups))
        said.append(f"The rows come in {n_groups:,} {one if n_groups == 1 else several}.")
        if has_bounds:
            said.append(f"Bounds count them as if all rows of a {one} said the same, which is cautious.")
    if is_in_time:
        text = "Later rows may be unlike these"
        if not of_time or rows.groups is None:
            neighbours = "Rows that depend on their neighbours in time are worth fewer than were counted"
            text = f"{neighbours}, and l{text[1:]}"
        said.append(f"{text}{': bounds are then too narrow' if has_bounds else ''}.")
    return said
