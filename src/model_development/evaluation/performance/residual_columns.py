"""Does the mean residual change along a column? Bins of every column, and a test for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...reports.numbers import format_number
from ...statistics.dependence import FEWEST_ROWS, bin_means_p_value
from ...statistics.shares import mean_interval
from ...statistics.uncertainty import holm
from .column_bins import binned_columns, column_bins
from .interval_coverage import prediction_bins

if TYPE_CHECKING:
    from ..evaluation_input import EvaluationInput

MOST_COLUMNS = 60  # that are tested, the first ones
N_BINS = 6
PREDICTION = "the prediction"


def residuals_by_column(given: EvaluationInput, missed: np.ndarray) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return (mean residual in bins of each column, tests); both in the order of the tests' p-values.

    missed : residuals of the test rows, shape (n_rows,). Bins are made of the out-of-fold rows; those with
    fewer than 8 rows are left out. p-values are adjusted for the number of columns (Holm).
    """
    found, p_values = {}, {}
    for name, codes, labels, middles in _binned(given):
        p = bin_means_p_value(missed, codes, given.test.groups)
        if p is not None:
            p_values[name] = p
            found[name] = _means(name, codes, labels, middles, missed, given.test.groups)
    if not p_values:
        return pd.DataFrame(columns=["column"]), pd.DataFrame({"column": [], "p": []})
    tests = pd.DataFrame({"column": list(p_values), "p": holm(list(p_values.values()))})
    raw = np.array(list(p_values.values()))
    tests = tests.iloc[np.argsort(raw, kind="stable")].reset_index(drop=True)
    return pd.concat([found[name] for name in tests["column"]], ignore_index=True), tests


def _binned(given):
    """(name, codes, labels, middles) of the prediction and of every column that can be put into bins."""
    predicted = given.test.said.labels
    parts = prediction_bins(predicted, N_BINS)
    codes, labels = np.zeros(len(predicted), dtype=int), []
    for k, inside in enumerate(parts):
        codes[inside] = k
        ends = (format_number(end) for end in (predicted[inside].min(), predicted[inside].max()))
        labels.append(" to ".join(ends))
    yield PREDICTION, codes, labels, np.array([np.median(predicted[inside]) for inside in parts])
    for name in binned_columns(given.schema)[:MOST_COLUMNS]:
        known, values = given.out_of_fold.column(name), given.test.column(name)
        bins = column_bins(given.schema, name, known, values, N_BINS)
        yield name, bins.codes, bins.labels, bins.middles


def _means(name, codes, labels, middles, missed, groups):
    rows = []
    for k, label in enumerate(labels):
        inside = codes == k
        if inside.sum() < FEWEST_ROWS:
            continue
        low, high = mean_interval(missed[inside], None if groups is None else groups[inside]) or (None, None)
        rows.append(
            {
                "column": name,
                "values": label,
                "rows": int(inside.sum()),
                "mean residual": float(missed[inside].mean()),
                "low": low,
                "high": high,
                "middle": float(middles[k]),
            }
        )
    return pd.DataFrame(rows)
