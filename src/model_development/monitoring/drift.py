"""Monitors: are rows, and what the model says of them, distributed otherwise than training rows?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..reports.monitoring_plots import bins_chart, effects_chart
from ..reports.section import Picture, Section
from ..statistics.row_worth import row_worth
from ..statistics.two_samples import (
    DISCOVERY_LEVEL,
    NO_DIFFERENCE,
    SMALLEST_EFFECT,
    Comparison,
    compare_bins,
    compare_levels,
    differ,
    smallest_seen,
)
from .binning import bin_codes, level_codes
from .column_values import as_values
from .metrics import DRIFT, PREDICTION_DRIFT, Sample, TextMetric
from .monitor import FEWEST_ROWS, MonitorResult, too_small

if TYPE_CHECKING:
    from .monitor_input import MonitorInput
    from .reference import ColumnReference

FEW_BINS = 5  # below, bins are compared as levels: on their order hardly anything rests
MOVES_ON = ("date",)  # time goes on by itself: shown, and no alarm
MOST_DRAWN = 6
MOST_SAID = 5
HOW = (
    "Numbers, dates and lengths of texts are compared by Kolmogorov and Smirnov's test on the bins of the "
    "training rows, categories by chi-squared, with Benjamini and Hochberg's correction at "
    f"{DISCOVERY_LEVEL:.0%}. It counts where the largest difference of shares is {SMALLEST_EFFECT:g} or more "
    "with a probability of 95 %: with many rows any difference is significant."
)


@dataclass(frozen=True)
class Compared:
    """One column of a window beside the training rows.

    known : what is known of these. labels : of the bins or levels. counts, new_counts : rows of each, of the
    training and of the window; shape (n_labels,). worth : of a row of the window, see `row_worth`.
    """

    known: ColumnReference
    labels: tuple[str, ...]
    counts: np.ndarray
    new_counts: np.ndarray
    found: Comparison
    worth: float = 1.0

    @property
    def n(self) -> int:
        return int(self.new_counts.sum())


@dataclass(frozen=True)
class Found:
    """All comparisons, and which of them count: bool, shape (n_compared,)."""

    compared: Sequence[Compared]
    has_drifted: np.ndarray


def watch_data(given: MonitorInput) -> MonitorResult | None:
    """Compare the present values of each column with the training rows; None without recorded inputs."""
    X = given.rows.X
    if X is None:
        return None
    if len(given.rows) < FEWEST_ROWS:
        return too_small(len(given.rows), FEWEST_ROWS, "rows")
    return _result(given, find_drift(given), "column", DRIFT)


def find_drift(given: MonitorInput) -> Found:
    """Compare each column of the recorded rows that has values enough, and say which have drifted."""
    X = given.rows.X if given.rows.X is not None else pd.DataFrame()
    return _found(
        compare(known, as_values(column, X[column.name]), given.groups)
        for column in given.schema.columns
        if column.name in X and (known := given.reference.column(column.name)) is not None
    )


def watch_predictions(given: MonitorInput) -> MonitorResult | None:
    """Compare what the model says with what it said of training rows that it was not fitted on."""
    if not given.reference.predictions:
        return None
    if len(given.rows) < FEWEST_ROWS:
        return too_small(len(given.rows), FEWEST_ROWS, "predictions")
    outputs = outputs_by_name(given)
    predictions = given.reference.predictions.items()
    found = _found(
        compare(known, outputs[name], given.groups) for name, known in predictions if name in outputs
    )
    return _result(given, found, "output", PREDICTION_DRIFT)


def outputs_by_name(given: MonitorInput) -> Mapping[str, np.ndarray]:
    """{name in the reference: what the model says of each row}."""
    said = given.rows.said
    if said.probabilities is None:
        return {name: said.labels.astype(float) for name in given.reference.predictions}
    outputs = {str(label): said.probabilities[:, k] for k, label in enumerate(given.task.classes)}
    positive = str(given.task.positive_class)  # of two classes, one says it all
    return {positive: outputs[positive]} if positive in outputs else outputs


def compare(known: ColumnReference, values: np.ndarray, groups: np.ndarray | None = None) -> Compared | None:
    """Compare present values with those of training rows; None where either has too few to say anything.

    values : as `as_values` reads them, shape (n_rows,). groups : of the rows, see `MonitorInput`.
    """
    is_there = ~pd.isna(values)
    present, groups = values[is_there], None if groups is None else groups[is_there]
    if min(len(present), known.n_present) < FEWEST_ROWS:
        return None
    if known.levels is not None:
        labels: tuple[str, ...] = (*known.levels, "(others)")
        counts, codes = np.array([*known.levels.values(), known.n_others]), level_codes(known.levels, present)
    else:
        labels = tuple(f"{edge:.4g}" for edge in known.edges[1:])
        counts, codes = np.array(known.counts), bin_codes(known.edges, present.astype(float))
    new = np.bincount(codes, minlength=len(labels))
    is_ordered = known.levels is None and len(counts) >= FEW_BINS
    worth = row_worth(codes, groups, is_ordered=is_ordered)
    test = compare_bins if is_ordered else compare_levels
    found = test(counts * known.row_worth, new * worth) if len(counts) > 1 else NO_DIFFERENCE
    return Compared(known, labels, counts, new, found, worth)


def _found(compared: Iterable[Compared | None]) -> Found:
    some = [one for one in compared if one is not None]
    is_watched = np.array([one.known.kind not in MOVES_ON for one in some], dtype=bool)
    has_drifted = np.zeros(len(some), dtype=bool)
    has_drifted[is_watched] = differ([one.found for one in some if one.known.kind not in MOVES_ON])
    return Found(some, has_drifted)


def _result(given: MonitorInput, found: Found, what: str, metric: TextMetric) -> MonitorResult | None:
    compared, drifted = found.compared, found.has_drifted
    if not compared:
        return None
    table = _table(compared, drifted, what)
    claims = tuple(_claim(row, what) for row in table[table["has_drifted"]].to_dict("records"))
    samples = tuple(Sample(metric, one.found.effect, (one.known.name,)) for one in compared)
    section = Section(
        tuple(_sentences(given, compared, table, what)) + claims,
        tables={
            f"Each {what} beside the training rows": table.rename(columns={"has_drifted": "has drifted"})
        },
        pictures=_pictures(compared, drifted, table, what),
        values={"n_compared": len(compared), "drifted": table.loc[table["has_drifted"], what].tolist()},
    )
    return MonitorResult(section, claims[:MOST_SAID], samples)


def _table(compared, drifted, what):
    rows = [
        (one.known.name, one.known.kind, one.n, one.found.effect, one.found.low, one.found.p)
        for one in compared
    ]
    table = pd.DataFrame(rows, columns=[what, "kind", "n", "difference", "at least", "p"])
    table["has_drifted"] = drifted
    return table.sort_values(["has_drifted", "difference"], ascending=False, ignore_index=True)


def _claim(row, what):
    name = f"Column {row[what]!r}" if what == "column" else f"The prediction {row[what]!r}"
    return (
        f"{name} is distributed otherwise than in training: shares differ by {row['difference']:.2f} "
        f"(at least {row['at least']:.2f}; {row['n']:,} values)."
    )


def _sentences(given, compared, table, what):
    n_drifted = int(table["has_drifted"].sum())
    names = {"column": "columns", "output": "outputs of the model"}[what]
    verb = "has" if n_drifted == 1 else "have"
    yield f"Of {len(table)} {names} {n_drifted or 'none'} {verb} drifted. {HOW}"
    n_known = min(one.known.n_present * one.known.row_worth for one in compared)
    seen = smallest_seen(n_known, min(one.n * one.worth for one in compared), len(compared))
    yield f"With so many rows, differences from about {seen:.2f} on are found."
    if given.groups is not None:
        yield f"Rows of one of the {len(np.unique(given.groups)):,} groups count less, where they are alike."
    moving = [one.known.name for one in compared if one.known.kind in MOVES_ON]
    if moving:
        yield f"Dates move on by themselves and raise no alarm: {', '.join(moving)}."


def _pictures(compared, drifted, table, what):
    effects = effects_chart(table, what, SMALLEST_EFFECT)
    alt = f"Largest difference of shares of each {what}; from {SMALLEST_EFFECT:g} on it matters."
    pictures = {f"Difference from the training rows by {what}": Picture(effects, alt)}
    order = np.argsort([-one.found.effect for one in compared])
    chosen = [compared[k] for k in order if drifted[k]][:MOST_DRAWN]
    if chosen:
        panels = [(one.known.name, one.labels, one.counts, one.new_counts) for one in chosen]
        named = ", ".join(one.known.name for one in chosen)
        pictures["Training rows and this window"] = Picture(
            bins_chart(panels), f"Shares of {named} below each value, or of each level, on both sides."
        )
    return pictures
