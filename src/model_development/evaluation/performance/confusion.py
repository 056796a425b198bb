"""Which classes are taken for which, and how often each is found: by the decisions that count."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...reports.numbers import as_records, format_interval
from ...reports.performance_plots import class_chart, confusion_chart
from ...reports.section import Picture, Section
from ...statistics.resampling import FEWEST_GROUPS, draw_weights, percentile_interval
from ...statistics.shares import share_interval
from ...statistics.units import unit_codes
from ..decisions.decided import decided, decided_by
from ..sampling import MOST_ROWS, holding

if TYPE_CHECKING:
    from ..evaluation_input import EvaluationInput

MOST_CONFUSIONS = 20  # in the table
MOST_CELLS = 12  # classes, up to which the matrix is a table too
N_RESAMPLES = 1000
AT_ONCE = 2_000_000  # weights held at once


def confusion(given: EvaluationInput) -> Section | None:
    """Counts and rates of the decisions on the test rows, by class."""
    rows, labels = given.test, [str(label) for label in given.task.classes]
    if not len(rows):
        return None
    called = decided(given, rows).labels
    counts = np.zeros((len(labels), len(labels)), dtype=int)
    np.add.at(counts, (rows.truth, called), 1)
    by_class = _by_class(labels, rows.truth, called, rows.groups, given.seed)
    right = rows.truth == called
    accuracy = format_interval(float(right.mean()), share_interval(right, rows.groups))
    worst = _worst(by_class)
    drawn = by_class[(by_class["support"] > 0) | (by_class["decided"] > 0)]
    figure = confusion_chart(counts, labels, "Decisions against the true class")
    columns = {"precision": "Precision", "recall": "Recall"}
    return Section(
        sentences=(
            f"Decisions are those of {decided_by(given)}: a share of {accuracy} of {len(rows):,} test rows "
            "is decided rightly.",
            worst,
            *_absent(by_class),
            *_sampled(len(rows)),
        ),
        tables={
            **_matrices(counts, labels),
            "By class": by_class,
            "Most frequent confusions": _confusions(counts, labels, rows, called),
        },
        pictures={
            "Confusion matrix": Picture(figure, f"Shares of each true class by decision. {worst}"),
            "Precision and recall by class": Picture(class_chart(drawn, columns), worst),
        },
        files={"confusion_matrix.csv": _matrix(counts, labels)},
        values={"accuracy": float(right.mean()), "classes": as_records(by_class)},
    )


def _by_class(labels, truth, called, groups, seed):
    rows = []
    f1_intervals = _f1_intervals(len(labels), truth, called, groups, seed)
    for k, label in enumerate(labels):
        true, said = truth == k, called == k
        precision = _share(true, said, groups)
        recall = _share(said, true, groups)
        hits, total = int((true & said).sum()), int(true.sum() + said.sum())
        f1 = 2 * hits / total if total else None
        low, high = holding(f1, f1_intervals[k]) or (None, None)
        rows.append(
            {
                "class": label,
                "support": int(true.sum()),
                "decided": int(said.sum()),
                **dict(zip(("precision", "precision low", "precision high"), precision, strict=True)),
                **dict(zip(("recall", "recall low", "recall high"), recall, strict=True)),
                "f1": f1,
                "f1 low": low,
                "f1 high": high,
            }
        )
    return pd.DataFrame(rows)


def _share(hits, among, groups):
    """(share, low, high) of hits among some rows; None where there are none."""
    if not among.any():
        return None, None, None
    interval = share_interval(hits[among], None if groups is None else groups[among])
    return (float(hits[among].mean()), *(interval or (None, None)))


def _f1_intervals(n_classes, truth, called, groups, seed):
    """The interval of F1 of each class, by bootstrap; None where it has no value."""
    if len(truth) > MOST_ROWS:
        rows = np.sort(np.random.default_rng(seed).permutation(len(truth))[:MOST_ROWS])
        truth, called = truth[rows], called[rows]
        groups = None if groups is None else groups[rows]
    n_units = len(truth) if groups is None else len(np.unique(groups))
    if groups is not None and n_units < FEWEST_GROUPS:
        return [None] * n_classes
    true = (truth[:, None] == np.arange(n_classes)).astype(float)
    said = (called[:, None] == np.arange(n_classes)).astype(float)
    both, either = true * said, true + said
    rng, drawn, codes = np.random.default_rng(seed), [], unit_codes(groups)
    size = max(1, min(N_RESAMPLES, AT_ONCE // len(truth)))
    for start in range(0, N_RESAMPLES, size):
        weights = draw_weights(rng, min(size, N_RESAMPLES - start), len(truth), codes)
        with np.errstate(invalid="ignore"):
            drawn.append(2 * (weights @ both) / (weights @ either))
    values = np.concatenate(drawn)
    return [percentile_interval(values[:, k], n_units) for k in range(n_classes)]


def _matrices(counts, labels):
    """The matrix as tables, where it is small enough to be read."""
    if len(labels) > MOST_CELLS:
        return {}
    totals = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return {
        "Confusion matrix, rows": _matrix(counts, labels),
        "Confusion matrix, shares of the true class": _matrix(counts / totals, labels),
    }


def _matrix(values, labels):
    table = pd.DataFrame(values, columns=[f"decided {label}" for label in labels])
    table.insert(0, "true class", labels)
    return table


def _confusions(counts, labels, rows, called):
    """The most frequent pairs, with the share of the true class that they are."""
    wrong = counts * (1 - np.eye(len(labels), dtype=int))
    found = []
    for flat in np.argsort(-wrong, axis=None, kind="stable")[:MOST_CONFUSIONS]:
        true, said = np.unravel_index(flat, wrong.shape)
        if not wrong[true, said]:
            break
        inside = rows.truth == true
        share, low, high = _share(called == said, inside, rows.groups)
        pair = {"true class": labels[true], "decided": labels[said], "rows": int(wrong[true, said])}
        found.append(pair | {"share of the true class": share, "low": low, "high": high})
    return pd.DataFrame(found)


def _worst(by_class):
    present = by_class[by_class["support"] > 0]
    row = present.loc[present["recall"].astype(float).idxmin()]
    interval = None if pd.isna(row["recall low"]) else (row["recall low"], row["recall high"])
    return (
        f"Class {row['class']!r} is found least often: recall {format_interval(row['recall'], interval)} of "
        f"{row['support']:,} rows."
    )


def _sampled(n_rows):
    if n_rows > MOST_ROWS:
        yield (
            f"Intervals of F1 are made of {MOST_ROWS:,} of the test rows, drawn at random, and so are wider "
            "than all rows would make them."
        )


def _absent(by_class):
    without = by_class.loc[by_class["support"] == 0, "class"].tolist()
    if without:
        yield f"No test row has the class {', '.join(without)}: there is no recall of it."
    never = by_class.loc[(by_class["decided"] == 0) & (by_class["support"] > 0), "class"].tolist()
    if never:
        yield f"No test row is decided to be {', '.join(never)}: there is no precision of it."
