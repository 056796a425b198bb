"""Do prediction intervals hold what they promise on the test rows: overall, by prediction, in slices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ...outputs.uncertainty import Uncertainty, fit_uncertainty
from ...reports.calibration_plots import coverage_chart
from ...reports.numbers import format_interval, format_number
from ...reports.section import Picture, Section
from ...statistics.calibration import reliability_bins
from ...statistics.shares import share_interval, share_p_value
from ...statistics.uncertainty import SURE, holm
from .column_bins import binned_columns, column_bins

if TYPE_CHECKING:
    from ...outputs.intervals import PredictionIntervals
    from ..evaluation_input import EvaluationInput, ScoredRows

LEVEL = 0.9
LEVELS = (0.5, 0.8, 0.9, 0.95)
N_COLUMNS = 5  # the first ones, by whose values coverage is shown
FEWEST_ROWS = 20  # of a bin or slice
ASSUMED = (
    "The promise is for rows that are drawn as the training rows were; rows of a later time or of another "
    "population may be covered less."
)


def uncertainty_of(given: EvaluationInput) -> Uncertainty:
    """What the model carries, else what its out-of-fold rows give."""
    carried = given.model.uncertainty_
    rows = given.out_of_fold
    return carried or fit_uncertainty(rows.truth, rows.said, rows.groups, given.seed)


def interval_coverage(given: EvaluationInput) -> Section | None:
    """Coverage and width of the prediction intervals, with 95 % intervals."""
    intervals, test = uncertainty_of(given).intervals, given.test
    if intervals is None or not len(test):
        return None
    if intervals.highest_level < LEVEL:
        few = (
            f"{intervals.n_units:.0f} independent out-of-fold rows are too few for 90 % prediction intervals."
        )
        return Section(sentences=(few,))
    low, high = intervals.interval(test.said.labels, LEVEL)
    hits = (test.truth >= low) & (test.truth <= high)
    overall = _row(hits, high - low, test.groups)
    tenths = prediction_bins(test.said.labels)
    by_prediction = pd.DataFrame(
        [
            {"from": test.said.labels[rows].min(), "to": test.said.labels[rows].max()}
            | _row(hits[rows], (high - low)[rows], _some(test.groups, rows))
            for rows in tenths
        ]
    )
    slices, told = slice_coverage(given, hits, {"mean width": high - low})
    chart = coverage_chart(by_prediction, LEVEL, "Coverage and width along the prediction")
    return Section(
        sentences=(*_sentences(given, intervals, overall, by_prediction), told, ASSUMED),
        tables={
            "Coverage by level": _by_level(intervals, test),
            "Coverage along the prediction": by_prediction,
            "Coverage in slices of the first columns": slices,
        },
        pictures={"Coverage along the prediction": Picture(chart, _alt(overall, by_prediction))},
        warnings=_warnings(overall),
        values={
            "level": LEVEL,
            **{name.replace(" ", "_"): value for name, value in overall.items()},
            "worst_bin": float(by_prediction["coverage"].min()),
        },
    )


def prediction_bins(predictions: np.ndarray, most: int = 10) -> list[np.ndarray]:
    """Positions of rows in the order of the prediction, in up to ten parts of 20 rows and more.

    Parts are about equal; rows of one prediction are in one part, whatever their order in the table.
    """
    parts: list[np.ndarray] = []
    for part in reliability_bins(predictions, most):
        if parts and min(len(part), len(parts[-1])) < FEWEST_ROWS:
            parts[-1] = np.concatenate([parts[-1], part])
        else:
            parts.append(part)
    return parts


def _some(groups, rows):
    return None if groups is None else groups[rows]


def _row(hits: np.ndarray, width: np.ndarray, groups: np.ndarray | None) -> dict[str, Any]:
    interval = share_interval(hits, groups) or (None, None)
    return {
        "rows": len(hits),
        "coverage": float(hits.mean()),
        "low": interval[0],
        "high": interval[1],
        "mean width": float(width.mean()),
        "median width": float(np.median(width)),
    }


def _by_level(intervals: PredictionIntervals, test: ScoredRows) -> pd.DataFrame:
    rows = []
    for level in LEVELS:
        if level <= intervals.highest_level:
            low, high = intervals.interval(test.said.labels, level)
            hits = (test.truth >= low) & (test.truth <= high)
            rows.append({"level": level} | _row(hits, high - low, test.groups))
    return pd.DataFrame(rows)


def slice_coverage(
    given: EvaluationInput, hits: np.ndarray, means: dict[str, np.ndarray]
) -> tuple[pd.DataFrame, str]:
    """Return coverage of the test rows by values of the first columns, and a sentence on who differs.

    hits : is the truth covered, shape (n_rows,). means : {heading: values, of which slices have the mean}.
    """
    rows, p_values = [], []
    for name in binned_columns(given.schema)[:N_COLUMNS]:
        bins = column_bins(given.schema, name, given.out_of_fold.column(name), given.test.column(name))
        for k, label in enumerate(bins.labels):
            inside = np.flatnonzero(bins.codes == k)
            if len(inside) < FEWEST_ROWS:
                continue
            groups = _some(given.test.groups, inside)
            low, high = share_interval(hits[inside], groups) or (None, None)
            p_values.append(share_p_value(hits[inside], LEVEL, groups))
            shares = {"rows": len(inside), "coverage": float(hits[inside].mean()), "low": low, "high": high}
            rows.append({"column": name, "values": label} | shares | _means(means, inside))
    if not rows:
        return pd.DataFrame(), "No slice of a column has 20 test rows, so coverage in slices is not shown."
    table = pd.DataFrame(rows).assign(p=holm(p_values))
    differs = table[table["p"] < SURE]
    n_less, n_more = ((differs["coverage"] < LEVEL).sum(), (differs["coverage"] > LEVEL).sum())
    told = (
        f"Of {len(table)} slices of the first columns {n_less} are covered less than {LEVEL}, {n_more} more"
    )
    worst = table.loc[table["coverage"].idxmin()]
    return table, (
        f"{told} (exact binomial tests, Holm); coverage is lowest, {format_number(worst['coverage'])}, where "
        f"{worst['column']!r} is {worst['values']}."
    )


def _means(means, inside):
    return {heading: float(values[inside].mean()) for heading, values in means.items()}


def _sentences(given, intervals, overall, by_prediction):
    ends = "equally far from the prediction" if intervals.symmetric else "asymmetric"
    units = "rows" if given.out_of_fold.groups is None else "groups, each of which counts once,"
    yield (
        f"Prediction intervals of level {LEVEL} hold the truth in a share of "
        f"{format_interval(overall['coverage'], _interval(overall))} of {overall['rows']:,} test rows; "
        f"their median width is {format_number(overall['median width'])}."
    )
    yield (
        f"They are made of the out-of-fold residuals of {intervals.n_units:,.0f} {units} near the same "
        f"prediction, without another fit; their ends are {ends}."
    )
    if len(by_prediction) > 1:
        yield (
            f"In {len(by_prediction)} parts of the rows along the prediction, coverage lies between "
            f"{format_number(by_prediction['coverage'].min())} and "
            f"{format_number(by_prediction['coverage'].max())}."
        )


def _interval(row):
    return None if row["low"] is None else (row["low"], row["high"])


def _alt(overall, by_prediction):
    return (
        f"Coverage of {LEVEL} prediction intervals in {len(by_prediction)} parts along the prediction: from "
        f"{by_prediction['coverage'].min():.2f} to {by_prediction['coverage'].max():.2f}, "
        f"{overall['coverage']:.3f} overall."
    )


def _warnings(overall):
    if overall["high"] is not None and overall["high"] < LEVEL:
        return (
            f"Prediction intervals of level {LEVEL} hold the truth in "
            f"{format_interval(overall['coverage'], _interval(overall))} of the test rows, less than "
            "promised.",
        )
    return ()
