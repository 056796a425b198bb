"""Test rows unlike those of training: new categories, numbers out of range, rows far from all others."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...reports.numbers import format_number
from ...reports.section import Section
from ...statistics.differences import gap
from ...statistics.small_ranges import enlarging_factors
from ...statistics.two_samples import DISCOVERY_LEVEL, SMALLEST_EFFECT
from ...statistics.units import n_units, one_of_each, sample_units, unit_codes
from .drift import drift_by_column
from .levels import as_sortable

if TYPE_CHECKING:
    from ...data.columns.schema import Column
    from ..evaluation_input import EvaluationInput

OUTSIDE = 0.01  # share of the training rows that count as far from the others
MAX_TRAIN, MAX_TEST = 20_000, 20_000  # rows, drawn of more
MIN_ROWS = 5  # on each side, for the effect on the metric


def measure_novelty(given: EvaluationInput) -> Section:
    """Return the share of test rows unlike the training rows, what it does to the metric, and novelty.csv."""
    known = given.out_of_fold.take(
        sample_units(len(given.out_of_fold), MAX_TRAIN, given.seed, given.out_of_fold.groups)
    )
    test = given.test.take(sample_units(len(given.test), MAX_TEST, given.seed, given.test.groups))
    columns = [column for column in given.schema.columns if column.kind != "dropped"]
    of_each = {column.name: _is_new(column, given.out_of_fold.X, test.X) for column in columns}
    far, by_chance = far_from_all(columns, known.X, test.X, given.seed, known.groups)
    kinds = {
        "a category that no training row has": _any(of_each, columns, ("category",), len(test)),
        "a number or date outside the range of training": _any(
            of_each, columns, ("number", "date"), len(test)
        ),
        f"farther from the others than {1 - OUTSIDE:.0%} of the training rows": far,
    }
    kinds["any of these"] = np.logical_or.reduce(list(kinds.values()))
    effects = pd.DataFrame([_effect(given, test, name, inside) for name, inside in kinds.items()])
    apart = [rows.X.iloc[one_of_each(len(rows), given.seed, rows.groups)] for rows in (known, test)]
    drift = drift_by_column(columns, *apart)
    drift["share_new"] = [of_each[name].mean() for name in drift["column"]]
    drift = drift.sort_values(["has_drifted", "effect"], ascending=False, ignore_index=True)
    return Section(
        sentences=tuple(_sentences(given, test, effects, drift, by_chance)),
        tables={
            "Test rows unlike the training rows": effects,
            "Columns whose values are distributed otherwise than in training": drift[
                drift["has_drifted"]
            ].head(15),
        },
        files={"novelty.csv": drift},
        values={"share": float(kinds["any of these"].mean()), "n_drifted": int(drift["has_drifted"].sum())},
    )


def far_from_all(
    columns: list[Column],
    known: pd.DataFrame,
    X: pd.DataFrame,
    seed: int,
    groups: np.ndarray | None = None,
) -> tuple[np.ndarray, float]:
    """Return which rows of X are farther out than all but 1 % of the known rows, bool, shape (n_rows,).

    And the share of rows like the known ones that is, which is more than 1 % where these are few. An
    isolation forest of one half of the known rows; the other half, new to it, says what is far. groups : of
    the known rows, whole numbers; all rows of one are in one half.
    Source: Liu, Ting and Zhou (2008), Isolation Forest, ICDM.
    """
    from sklearn.ensemble import IsolationForest

    matrix, of_rows = _matrices(columns, known, X)
    factors = enlarging_factors(matrix)
    matrix, of_rows = matrix * factors, of_rows * factors
    units = unit_codes(groups)
    if units is None or not units.any():  # of one group alone rows are all that there is to draw
        units = np.arange(len(matrix))
    n_drawn = units.max() + 1
    is_fitted = (np.random.default_rng(seed).permutation(n_drawn) < n_drawn // 2)[units]
    forest = IsolationForest(n_estimators=100, random_state=seed).fit(matrix[is_fitted])
    scores, scored = forest.score_samples(matrix[~is_fitted]), units[~is_fitted]
    limit = np.quantile(scores, OUTSIDE, method="lower")
    n_beyond, n_scored = (len(np.unique(some)) for some in (scored[scores <= limit], scored))
    return forest.score_samples(of_rows) < limit, n_beyond / (n_scored + 1)


def _matrices(columns, known, X):
    """Numbers and days as they are, their median for missing; categories by their share; what is missing."""
    parts = []
    for column in columns:
        a, b = as_sortable(column, known[column.name]), as_sortable(column, X[column.name])
        gone = pd.isna(a), pd.isna(b)
        if column.kind in ("number", "date"):
            middle = np.nanmedian(a) if not gone[0].all() else 0.0
            parts.append(
                [np.where(missing, middle, values) for values, missing in zip((a, b), gone, strict=True)]
            )
        elif column.kind == "category":
            shares = pd.Series(a[~gone[0]]).value_counts(normalize=True)
            parts.append(
                [pd.Series(values).map(shares).fillna(0.0).to_numpy(dtype=float) for values in (a, b)]
            )
        parts.append([missing.astype(float) for missing in gone])
    return np.column_stack([part[0] for part in parts]), np.column_stack([part[1] for part in parts])


def _is_new(column, known, X):
    """Values beyond what the known rows hold, bool, shape (n_rows,)."""
    a, b = as_sortable(column, known[column.name]), as_sortable(column, X[column.name])
    present = ~pd.isna(b)
    if column.kind == "text":
        return np.zeros(len(b), dtype=bool)
    if column.kind == "category":
        return present & ~pd.Series(b).isin(set(a)).to_numpy()
    a = a[~np.isnan(a)]
    if not len(a):
        return present
    with np.errstate(invalid="ignore"):
        return present & ((b < a.min()) | (b > a.max()))


def _any(of_each, columns, kinds, n_rows):
    chosen = [of_each[column.name] for column in columns if column.kind in kinds]
    return np.logical_or.reduce(chosen) if chosen else np.zeros(n_rows, dtype=bool)


def _effect(given, test, name, inside):
    """The metric among such rows and the others; undefined where they are few."""
    row = {"rows with": name, "n": int(inside.sum()), "share": float(inside.mean())}
    row |= dict.fromkeys(("metric_in", "metric_out", "gap", "gap_low", "gap_high"), math.nan)
    sides = [
        n_units(side.sum(), None if test.groups is None else test.groups[side]) for side in (inside, ~inside)
    ]
    if min(sides) < MIN_ROWS:
        return row
    found = gap(given.metric, test.truth, test.said, inside, given.seed, test.groups)
    low, high = found.interval or (math.nan, math.nan)
    row |= {"metric_in": found.inside, "metric_out": found.outside, "gap": found.difference}
    return row | {"gap_low": low, "gap_high": high}


def _sentences(given, test, effects, drift, by_chance):
    label, last = given.metric.label, effects.iloc[-1]
    parts = [
        f"{row['n']} ({row['share']:.1%}) have {row['rows with']}" for row in effects.to_dict("records")[:2]
    ]
    parts.append(
        f"{effects.iloc[2]['n']} ({effects.iloc[2]['share']:.1%}) lie {effects.iloc[2]['rows with']}"
    )
    yield f"Of {len(test)} test rows {', '.join(parts)}; {by_chance:.1%} would lie so far by chance."
    if math.isfinite(last["gap_low"]):
        yield (
            f"Among the {last['n']} rows with any of these {label} is {format_number(last['metric_in'])}, "
            f"among the others {format_number(last['metric_out'])} (95 % interval of the difference "
            f"{format_number(last['gap_low'])} to {format_number(last['gap_high'])})."
        )
    else:
        yield f"Such rows are too few, or of one class, to say what {label} is among them."
    drifted = drift[drift["has_drifted"]]
    if len(drifted):
        named = ", ".join(f"{row['column']} ({row['what']})" for row in drifted.head(5).to_dict("records"))
        yield (
            f"In {len(drifted)} of {len(drift)} comparisons, column by column, test rows are distributed "
            f"otherwise than training rows: {named}."
        )
    else:
        yield "In no column are the test rows shown to be distributed otherwise than the training rows."
    yield (
        "Columns are compared by Kolmogorov and Smirnov's test or chi-squared, with Benjamini and Hochberg's "
        f"correction at {DISCOVERY_LEVEL:.0%} and an effect (largest difference of shares) that is at least "
        f"{SMALLEST_EFFECT:g} with a probability of 95 %"
        + ("." if test.groups is None else "; one drawn row of each group counts.")
    )
