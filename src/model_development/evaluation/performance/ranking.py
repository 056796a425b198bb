"""How well scores put the rows into order: ROC, precision and recall, gain, lift, and the first k rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...metrics.table import METRICS
from ...reports.numbers import format_interval, format_number
from ...reports.performance_plots import class_chart, gain_chart, ranking_chart
from ...reports.section import Picture, Section
from ...statistics.resampling import bootstrap_intervals
from ...tasks.predictions import Predictions
from ..decisions.decided import decided, decided_by
from ..sampling import MOST_ROWS, holding, some_rows
from .rank_curves import rank_curves
from .top_rows import top_table

if TYPE_CHECKING:
    from ..evaluation_input import EvaluationInput

AREAS = (METRICS["roc_auc"], METRICS["pr_auc"])
FEWEST_ROWS = 2_000  # that bands and intervals of one class of many are made of


def ranking(given: EvaluationInput) -> Section | None:
    """The order of the test rows by the probability of the positive class, or of each class."""
    positive = given.test.said.positive
    if positive is not None:
        return _of_one_class(given, positive)
    return _of_every_class(given)


def _of_one_class(given: EvaluationInput, k: int) -> Section | None:
    truths, scores = given.test.truth == k, given.test.said.by_class[:, k]
    if not 0 < truths.sum() < len(truths):
        return None
    some = some_rows(given.test, given.seed)
    areas = _areas(given.test, some, k, given.seed)
    curves = rank_curves(some.truth == k, some.said.by_class[:, k], some.groups, given.seed)
    top = top_table(truths, scores, given.test.groups, given.seed)
    point = _decision_point(given, k)
    label = given.task.classes[k]
    alt = f"ROC and precision-recall curves with bands; {_area_text(areas)}."
    gain_alt = f"Gain and lift over the share of rows taken; {_top_text(top)}"
    return Section(
        sentences=(
            f"For {label!r} against the rest, {_area_text(areas)}.",
            f"{_top_text(top)}.",
            f"The marked point is {decided_by(given)}: {point[3]}.",
            *_sampled(given.test, some),
        ),
        tables={"The first rows by probability": top, "Areas": _area_table(areas, truths.mean())},
        pictures={
            "ROC, precision and recall": Picture(
                ranking_chart(curves, point[:3], truths.mean(), str(label)), alt
            ),
            "Gain and lift": Picture(gain_chart(curves, truths.mean(), str(label)), gain_alt),
        },
        values={name: _with_ends(*found) for name, found in areas.items()},
    )


def _of_every_class(given: EvaluationInput) -> Section | None:
    some = some_rows(given.test, given.seed, max(FEWEST_ROWS, MOST_ROWS // len(given.task.classes)))
    rows, tops, absent = [], [], []
    for k, label in enumerate(given.task.classes):
        truths = given.test.truth == k
        if not 0 < truths.sum() < len(truths):
            absent.append(str(label))
            continue
        row = {"class": str(label), "rows": int(truths.sum())}
        for name, (value, interval) in _areas(given.test, some, k, given.seed).items():
            low, high = interval or (None, None)
            row |= {name: value, f"{name} low": low, f"{name} high": high}
        rows.append(row)
        scores = given.test.said.by_class[:, k]
        tops.append(top_table(truths, scores, given.test.groups, given.seed).assign(**{"class": str(label)}))
    if not rows:
        return None
    table = pd.DataFrame(rows).sort_values("roc_auc", kind="stable", ignore_index=True)
    worst = table.iloc[0]
    interval = None if pd.isna(worst["roc_auc low"]) else (worst["roc_auc low"], worst["roc_auc high"])
    lowest = f"{worst['class']!r} has the lowest ROC AUC, {format_interval(worst['roc_auc'], interval)}"
    titles = {metric.name: metric.label for metric in AREAS}
    missing = (f"No test row has the class {', '.join(absent)}; it has no curve.",) if absent else ()
    return Section(
        sentences=(f"Of each class against the rest, {lowest}.", *missing, *_sampled(given.test, some)),
        tables={"Areas by class": table},
        pictures={
            "Areas by class": Picture(
                class_chart(table, titles), f"{' and '.join(titles.values())}: {lowest}."
            )
        },
        files={"ranking_by_class.csv": pd.concat(tops, ignore_index=True)},
        values={"roc_auc_lowest": float(worst["roc_auc"]), "roc_auc_lowest_class": worst["class"]},
    )


def _sampled(rows, some):
    if len(some) == len(rows):
        return ()
    return (
        f"Bands and intervals of areas are made of {len(some):,} of the {len(rows):,} test rows, drawn at "
        "random, and so are wider than all rows would make them.",
    )


def _areas(rows, some, k, seed):
    """{metric: (value on all rows, interval)} of a class against the rest."""
    truth, said = _against_rest(rows, k)
    folds = [(*_against_rest(some, k), some.groups)]
    found = {}
    for metric in AREAS:
        intervals = bootstrap_intervals(folds, metric.family, seed, only=metric) or {}
        value = float(metric.resampled(truth, said, np.ones((1, len(truth))))[0])
        found[metric.name] = value, holding(value, intervals.get(metric.name))
    return found


def _against_rest(rows, k):
    score = rows.said.by_class[:, k]
    is_class = (rows.truth == k).astype(int)
    return is_class, Predictions((score > 0.5).astype(int), np.column_stack([1 - score, score]), 1)


def _decision_point(given, k):
    """(false positive rate, recall, precision, in words) of the decisions."""
    truths, called = given.test.truth == k, decided(given, given.test).labels == k
    recall, false_share = float(called[truths].mean()), float(called[~truths].mean())
    precision = float(truths[called].mean()) if called.any() else np.nan
    told = (
        f"recall {format_number(recall)}, false positive rate {format_number(false_share)}, precision "
        f"{format_number(precision) if called.any() else 'undefined, since no row is called'} (intervals: "
        "see the confusion matrix)"
    )
    return false_share, recall, precision, told


def _area_text(areas):
    return " and ".join(f"{metric.label} is {format_interval(*areas[metric.name])}" for metric in AREAS)


def _area_table(areas, share):
    rows = [
        {"area": metric.label, **_with_ends(*areas[metric.name]), "of random scores": random}
        for metric, random in zip(AREAS, (0.5, float(share)), strict=True)
    ]
    return pd.DataFrame(rows)


def _with_ends(value, interval):
    low, high = interval or (None, None)
    return {"value": value, "low": low, "high": high}


def _top_text(top):
    if not len(top):
        return "There are too few rows for a share of the first"
    row = top[top["first"] == "10 %"].iloc[0] if (top["first"] == "10 %").any() else top.iloc[-1]
    precision, recall = ((row[f"{name} low"], row[f"{name} high"]) for name in ("precision", "recall"))
    return (
        f"The first {row['first']} of the rows ({row['rows']:,}) hold a share of "
        f"{format_interval(row['recall'], _known(recall))} of the positive ones, with a precision of "
        f"{format_interval(row['precision'], _known(precision))} and a lift of {format_number(row['lift'])}"
    )


def _known(interval):
    return None if pd.isna(interval[0]) else interval
