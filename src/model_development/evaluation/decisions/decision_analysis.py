"""Analysis: what the decision policy does on the test rows, and whether they bear out what it promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...metrics.of_threshold import get_threshold_metric
from ...reports.decision_plots import threshold_chart
from ...reports.section import Picture, Section
from ...statistics.resampling import bootstrap_figures, bootstrap_intervals
from ...tasks.predictions import Predictions
from .costs import RowCosts
from .decided import Decided, Share, amounts_of, called_by, decided_labels, ways_to_decide
from .threshold_counts import BinaryScores, count_at
from .thresholds import PLAIN

if TYPE_CHECKING:
    from ...outputs.policy import Promise
    from ..evaluation_input import EvaluationInput, ScoredRows

TABLE = np.round(np.arange(0.05, 0.96, 0.05), 2)  # thresholds that are shown
MOST_DRAWN = 500
NAMES = {"precision": "Precision", "recall": "Recall", "positive_rate": "Share called positive"}


def analyse_decisions(given: EvaluationInput) -> Section:
    """Return what the policy (without one: the labels of the model) makes of the test rows."""
    policy, test = given.policy, given.test
    decided = Decided(called_by(policy, test), BinaryScores.of(test).is_positive, test.groups)
    shares, threshold = decided.shares(), PLAIN if policy is None else policy.threshold
    one_for_all = threshold if policy is None or policy.amount is None else None
    promises = {} if policy is None else {promise.quantity: promise for promise in policy.promises}
    costs = _row_costs(given, test)
    tables = {
        "On the test rows": _share_table(shares, promises),
        "Thresholds": _threshold_table(given, one_for_all, costs),
    }
    values = {"threshold": threshold, "way": policy.way if policy else "labels", **_values(decided, shares)}
    if costs is not None:
        tables["What decisions cost"], values["cost_per_row"] = _cost_table(given, costs)
    warnings = [_contradicted(p, shares[q]) for q, p in promises.items()]
    warnings += [_not_kept(promise) for promise in promises.values() if not promise.is_kept]
    return Section(
        sentences=(*_rule(given), _on_test_rows(decided, shares), *_metric_sentences(given)),
        tables=tables,
        pictures=_pictures(given, one_for_all, shares, costs),
        warnings=tuple(filter(None, warnings)),
        values=values,
    )


def _rule(given):
    if given.policy is not None:
        return given.policy.sentences
    text = "No decision policy was asked for: rows are called positive where the model gives that label, "
    return (text + "which is a threshold of 0.5 (`epoch_005_settings.decisions` sets another rule).",)


def _on_test_rows(decided: Decided, shares: dict[str, Share]) -> str:
    counts, n = decided.outcomes, len(decided.is_called)
    return (
        f"Of {n:,} test rows {counts['called']:,} are called positive, and {counts['true positives']:,} of "
        f"these are: precision {shares['precision'].text()}. That finds {counts['true positives']:,} of "
        f"{shares['recall'].whole:,} positive rows: recall {shares['recall'].text()}."
    )


def _metric_sentences(given):
    """The metric that the threshold was chosen by, on rows that had no say in it."""
    asked = (given.policy.settings or {}) if given.policy is not None else {}
    if "threshold_metric" not in asked:
        return ()
    metric, test = get_threshold_metric(asked["threshold_metric"], given.task), given.test
    outcome = Predictions(decided_labels(given.policy, test), test.said.by_class, test.said.positive)
    once = np.ones((1, len(test)))
    value, plain = (metric.resampled(test.truth, said, once)[0] for said in (outcome, test.said))
    folds = [(test.truth, outcome, test.groups)]
    found = bootstrap_intervals(folds, given.task.family, given.seed, metric)
    ends = found[metric.name] if found else None
    interval = f" (95 % interval {ends[0]:.4g} to {ends[1]:.4g})" if ends else ""
    text = f"{metric.label} on the test rows is {value:.4g}{interval}; with a threshold of 0.5"
    return (f"{text} it is {plain:.4g}.",)


def _share_table(shares: dict[str, Share], promises: dict[str, Promise]) -> pd.DataFrame:
    rows = []
    for quantity, share in shares.items():
        promise = promises.get(quantity)
        rows.append(
            {
                "share": NAMES[quantity],
                "rows": f"{share.part:,} of {share.whole:,}",
                "test": share.value,
                "low": share.low,
                "high": share.high,
                "asked for": promise.wanted if promise else None,
                "promised": promise.bound if promise else None,
            }
        )
    return pd.DataFrame(rows).set_index("share").dropna(axis=1, how="all")


def _threshold_table(given: EvaluationInput, chosen: float | None, costs: RowCosts | None) -> pd.DataFrame:
    thresholds = np.unique([*TABLE, *([] if chosen is None else [chosen])])
    columns = {}
    for part, rows in (("out of fold", given.out_of_fold), ("test", given.test)):
        counts = count_at(BinaryScores.of(rows), thresholds)
        for quantity, name in NAMES.items():
            columns[f"{name}, {part}"] = getattr(counts, quantity)
    if costs is not None:
        columns["Cost of a row, test"] = _costs_at(BinaryScores.of(given.test), costs, thresholds)
    table = pd.DataFrame(columns, index=pd.Index(thresholds, name="threshold"))
    if chosen is not None:
        table["chosen"] = np.where(thresholds == chosen, "chosen", "")
    return table


def _row_costs(given: EvaluationInput, rows: ScoredRows) -> RowCosts | None:
    asked = given.settings.decisions
    if asked is None or asked.costs is None:
        return None
    if asked.amount_column is None:
        return RowCosts.of(asked.costs, len(rows))
    amounts = amounts_of(given, rows, "decisions.amount_column", asked.amount_column)
    return RowCosts.of(asked.costs, len(rows), asked.amount_share * amounts)


def _costs_at(rows: BinaryScores, costs: RowCosts, thresholds: np.ndarray) -> np.ndarray:
    """Mean cost of a row at each threshold."""
    called, left = (costs.of_decisions(np.full(rows.n, x), rows.is_positive) for x in (True, False))
    return (left.sum() + count_at(rows, thresholds, called - left).hits) / rows.n


def _cost_table(given: EvaluationInput, costs: RowCosts) -> tuple[pd.DataFrame, dict[str, float]]:
    """Mean cost of a row of each way to decide, with what the first one saves against the others."""
    is_positive, ways = BinaryScores.of(given.test).is_positive, ways_to_decide(given)
    each = np.column_stack([costs.of_decisions(called, is_positive) for called in ways.values()])
    figures = np.column_stack([each, each - each[:, :1]])
    ends = bootstrap_figures(
        lambda weights: weights @ figures / weights.sum(axis=1, keepdims=True),
        len(figures),
        given.seed,
        given.test.groups,
    )
    n, first = len(ways), next(iter(ways))
    saved = f"more than {first}"
    table = pd.DataFrame({"decided by": list(ways), "cost of a row": each.mean(axis=0)}).set_index(
        "decided by"
    )
    table["low"], table["high"] = _columns(ends[:n])
    table[saved] = (each - each[:, :1]).mean(axis=0)
    table[f"{saved}, low"], table[f"{saved}, high"] = _columns(ends[n:])
    return table, dict(zip(ways, each.mean(axis=0).tolist(), strict=True))


def _columns(ends):
    return ([None if pair is None else pair[side] for pair in ends] for side in (0, 1))


def _values(decided: Decided, shares: dict[str, Share]) -> dict[str, object]:
    described = {quantity: vars(share) | {"value": share.value} for quantity, share in shares.items()}
    return {**{name.replace(" ", "_"): count for name, count in decided.outcomes.items()}, **described}


def _contradicted(promise: Promise, share: Share) -> str | None:
    """A warning where the interval on test rows lies on the wrong side of what is promised."""
    if share.value is None or share.low is None or share.high is None:
        return None
    is_most = promise.quantity == "positive_rate"
    if not (share.low > promise.bound if is_most else share.high < promise.bound):
        return None
    return (
        f"{NAMES[promise.quantity]} of at {'most' if is_most else 'least'} {promise.bound:.4g} was promised; "
        f"on the test rows it is {share.text()}. Look for what sets them apart from the training rows."
    )


def _not_kept(promise: Promise) -> str:
    is_most = promise.quantity == "positive_rate"
    return (
        f"{NAMES[promise.quantity]} of at {'most' if is_most else 'least'} {promise.wanted:.4g} was asked "
        f"for and cannot be promised; the best that can is {promise.bound:.4g}."
    )


def _pictures(given, chosen, shares, costs):
    rows = BinaryScores.of(given.test)
    thresholds = np.unique(
        np.r_[np.linspace(0, 1, 101), np.quantile(rows.scores, np.linspace(0, 1, MOST_DRAWN))]
    )
    counts = count_at(rows, thresholds)
    lines = {name: np.asarray(getattr(counts, quantity)) for quantity, name in NAMES.items()}
    cost = {} if costs is None else {"one threshold": _costs_at(rows, costs, thresholds)}
    chart = threshold_chart(thresholds, lines, cost, chosen, "What a threshold does on the test rows")
    where = "with a threshold for each row" if chosen is None else f"at the chosen {chosen:.3g}"
    alt = (
        f"Lines of precision, recall and share called over the threshold; {where} precision is "
        f"{shares['precision'].text()} and recall {shares['recall'].text()}."
    )
    return {} if chart is None else {"Thresholds on the test rows": Picture(chart, alt)}
