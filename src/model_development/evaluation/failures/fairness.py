"""How decisions and errors differ between groups of people: each rate by group with its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...reports.failure_plots import fairness_chart
from ...reports.numbers import format_interval, format_number
from ...reports.section import Picture, Section
from ..decisions.decided import decided_labels
from .fairness_groups import MIN_ROWS, Group, Measure, Partition, partitions_of
from .fairness_rules import (
    FALSE_POSITIVES,
    NOT_MET,
    SELECTION,
    TRUE_POSITIVES,
    judge,
    sentence,
    worst_of_each,
)

if TYPE_CHECKING:
    from ..evaluation_input import EvaluationInput

MAX_SHOWN = 60  # rows of the table on the page
LIMITS = (
    "What this does not show: whether the labels themselves are free of bias, how groups fare that no column "
    "names, and why rates differ. Where groups differ in what is true of them, several of these measures "
    "cannot be equal at once; which one matters is for people to decide."
)


def compare_decisions(given: EvaluationInput) -> Section | None:
    """Return rates of the positive class by group, the four-fifths rule and equalized odds, fairness.csv."""
    test, positive = given.test, given.test.said.positive
    said, true = decided_labels(given.policy, test) == positive, test.truth == positive
    everyone = np.ones(len(test), dtype=bool)
    off = test.said.by_class[:, positive] - true
    measures = [
        Measure(SELECTION, said, everyone),
        Measure(TRUE_POSITIVES, said, true),
        Measure(FALSE_POSITIVES, said, ~true),
        Measure("precision", true, said),
        Measure("mean predicted less observed", off, everyone),
    ]
    about = f"Selected means: decided as {given.task.positive_class!r}, the positive class."
    return _compared(given, measures, about, with_rules=True)


def compare_classes(given: EvaluationInput) -> Section | None:
    """Return how often each class is said, and found where it is true, by group; fairness.csv."""
    test, said = given.test, decided_labels(given.policy, given.test)
    measures = []
    for k, label in enumerate(given.task.classes):
        measures.append(Measure(SELECTION, said == k, np.ones(len(test), dtype=bool), str(label)))
        measures.append(Measure(TRUE_POSITIVES, said == k, test.truth == k, str(label)))
    about = "The selection rate of a class is the share of rows that are decided as it."
    return _compared(given, measures, about)


def compare_numbers(given: EvaluationInput) -> Section | None:
    """Return mean error and mean absolute error by group, fairness.csv."""
    errors = np.asarray(given.test.said.labels - given.test.truth, dtype=float)
    everyone = np.ones(len(given.test), dtype=bool)
    measures = [
        Measure("mean error", errors, everyone),
        Measure("mean absolute error", np.abs(errors), everyone, lowest=0.0),
    ]
    return _compared(given, measures, "Errors are predicted less true, in the unit of the target.")


def _compared(
    given: EvaluationInput, measures: Sequence[Measure], about: str, with_rules: bool = False
) -> Section | None:
    if not given.settings.fairness_columns:
        return None
    partitions, constant = partitions_of(given)
    if not partitions:
        return Section((f"There is nothing to compare: of one value alone are {', '.join(constant)}.",))
    groups = given.test.groups
    rates = pd.DataFrame(
        [
            _row(part, group, measure, groups)
            for part in partitions
            for group in part.groups
            for measure in measures
        ]
    )
    judged = [row for part in partitions if with_rules for row in judge(part, measures, groups)]
    singles = rates["columns"].isin([part.name for part in partitions if len(part.columns) == 1])
    shown = rates[singles & rates["is_judged"]]
    not_met = [row for row in judged if row["verdict"] == NOT_MET]
    return Section(
        sentences=(
            *_sentences(given, partitions, constant, about),
            *map(sentence, worst_of_each(judged)),
            LIMITS,
        ),
        tables={"By group, with 95 % intervals; pairs are in fairness.csv": _side_by_side(shown)},
        pictures=_pictures(shown),
        warnings=tuple(map(sentence, worst_of_each(not_met))),
        files={"fairness.csv": pd.concat([rates, pd.DataFrame(judged)], ignore_index=True)},
        values={"n_groups": sum(len(part.groups) for part in partitions), "n_not_met": len(not_met)},
    )


def _sentences(given, partitions, constant, about):
    n_groups = sum(len(part.groups) for part in partitions)
    n_small = sum(not group.is_judged for part in partitions for group in part.groups)
    units = "" if given.test.groups is None else ", whole groups of rows that depend on each other as units"
    yield (
        f"{n_groups} groups, by {', '.join(part.name for part in partitions)}, were compared on "
        f"{len(given.test)} test rows; intervals are 95 % (Wilson's for shares{units})."
    )
    yield about
    if n_small:
        yield f"{n_small} of the groups have fewer than {MIN_ROWS} rows: they are listed, and not judged."
    if constant:
        yield f"Not compared, since every row has the same value: {', '.join(constant)}."


def _row(partition: Partition, group: Group, measure: Measure, groups: np.ndarray | None) -> dict:
    estimate = measure.of(group.rows, groups)
    return {
        "columns": partition.name,
        "group": group.label,
        "n_rows": len(group.rows),
        "is_judged": group.is_judged,
        "measure": measure.name,
        "class": measure.label,
        "n": estimate.n,
        "value": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "verdict": "",
    }


def _side_by_side(shown):
    """A row for each group and class, a column for each measure."""
    shown = shown.assign(text=[_with_interval(row) for row in shown.to_dict("records")])
    index = ["group", "class", "n_rows"] if shown["class"].any() else ["group", "n_rows"]
    table = shown.pivot(index=index, columns="measure", values="text")
    order = shown[index].drop_duplicates().apply(tuple, axis=1)
    return table.loc[list(order), list(dict.fromkeys(shown["measure"]))].reset_index().head(MAX_SHOWN)


def _with_interval(row):
    if math.isnan(row["value"]):
        return "none"
    if math.isnan(row["low"]):
        return format_interval(row["value"], None)
    value, low, high = (format_number(row[name]) for name in ("value", "low", "high"))
    return f"{value} ({low} to {high})"


def _pictures(shown: pd.DataFrame) -> dict[str, Picture]:
    chart = fairness_chart(shown)
    if chart is None:
        return {}
    spread = shown.groupby(["columns", "measure", "class"])["value"].agg(["min", "max"])
    columns, measure, label = (spread["max"] - spread["min"]).idxmax()
    low, high = spread.loc[(columns, measure, label)]
    of_class = f" of {label}" if label else ""
    ends = f"{format_number(low)} to {format_number(high)}"
    furthest = f"furthest apart is the {measure}{of_class} by {columns}: {ends}"
    alt = f"Rates by group with intervals; {furthest}."
    return {"Rates by group": Picture(chart, alt)}
