"""Charts of what a model of numbers misses rows by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from .chart import drawn
from .plots import BEST, OTHER, calm

if TYPE_CHECKING:
    import pandas as pd

MOST_POINTS = 3000
LINE, BAND = "#D55E00", "#56B4E9"
LONGEST = 22  # letters of a bin on an axis


@drawn
def truth_chart(
    truth: np.ndarray, predicted: np.ndarray, by_prediction: pd.DataFrame, target: str, seed: int
) -> Figure:
    """Draw predictions against the truth, and residuals against predictions with their mean by bins.

    truth, predicted : shape (n_rows,); a sample of many. by_prediction : a row for each bin, columns
    `mean` (of the prediction), `mean residual`, `residual low`, `residual high`.
    """
    figure = Figure(figsize=(9.6, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    rows = np.random.default_rng(seed).permutation(len(truth))[:MOST_POINTS]
    left.scatter(truth[rows], predicted[rows], s=7, alpha=0.4, color=BEST, linewidths=0)
    ends = np.array([truth.min(), truth.max()])
    left.plot(ends, ends, color=LINE, linewidth=1.2, label="prediction = truth")
    right.scatter(predicted[rows], (truth - predicted)[rows], s=7, alpha=0.4, color=OTHER, linewidths=0)
    right.axhline(0, color=LINE, linewidth=1.2)
    _means(right, by_prediction["mean"], by_prediction, "residual low", "residual high")
    right.legend(fontsize=8)
    left.legend(fontsize=8)
    _named(left, f"Predicted and true {target}", "truth", "prediction")
    _named(right, "Residuals along the prediction", "prediction", "truth minus prediction")
    return figure


@drawn
def quantile_chart(missed: np.ndarray) -> Figure:
    """Draw quantiles of the residuals against those of a normal distribution of equal mean and spread.

    missed : residuals, shape (n_rows,). The band holds a point in 95 % of samples of a normal distribution.
    """
    from scipy.stats import beta, norm

    n = len(missed)
    ranks = np.unique(np.linspace(1, n, min(n, 400)).round().astype(int))
    spread, mean = missed.std(ddof=1) or 1.0, missed.mean()
    expected = norm.ppf((ranks - 0.375) / (n + 0.25))
    low, high = (norm.ppf(beta.ppf(tail, ranks, n + 1 - ranks)) for tail in (0.025, 0.975))
    figure = Figure(figsize=(5.2, 4.4), layout="constrained")
    axis = figure.subplots()
    axis.fill_between(
        expected,
        mean + spread * low,
        mean + spread * high,
        color=BAND,
        alpha=0.3,
        linewidth=0,
        label="normal, 95 %",
    )
    axis.plot(expected, mean + spread * expected, color=LINE, linewidth=1.2)
    axis.plot(expected, np.sort(missed)[ranks - 1], ".", color=BEST, markersize=4, label="residuals")
    axis.legend(fontsize=8)
    _named(axis, "Quantiles of the residuals", "standard normal quantile", "truth minus prediction")
    return figure


@drawn
def decile_chart(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw the mean absolute error in parts of the rows, a panel for each table.

    tables : {title: columns `mean absolute error`, `error low`, `error high`, a row for each part}.
    """
    figure = Figure(figsize=(9.6, 3.8), layout="constrained")
    axes = figure.subplots(1, len(tables), sharey=True, squeeze=False)[0]
    for axis, (title, table) in zip(axes, tables.items(), strict=True):
        positions = np.arange(1, len(table) + 1)
        axis.bar(positions, table["mean absolute error"], color=OTHER, width=0.72)
        _reach(axis, positions, table, "mean absolute error", "error low", "error high", "none")
        axis.set_xticks(positions)
        _named(axis, f"Error {title}", "part of the test rows, lowest first", "mean absolute error")
    return figure


@drawn
def column_residuals_chart(columns: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw the mean residual in bins of columns, with intervals, a panel for each column.

    columns : {name: columns `values`, `mean residual`, `low`, `high`, a row for each bin}.
    """
    n_columns = min(3, len(columns))
    n_rows = -(-len(columns) // n_columns)
    figure = Figure(figsize=(3.6 * n_columns + 0.6, 3.5 * n_rows), layout="constrained")
    axes = figure.subplots(n_rows, n_columns, squeeze=False, sharey=True)
    for axis, (name, table) in zip(axes.flat, columns.items(), strict=False):
        positions = np.arange(len(table))
        _reach(axis, positions, table, "mean residual", "low", "high", "o")
        axis.axhline(0, color=LINE, linewidth=1.2)
        labels = [
            text if len(text) <= LONGEST else text[:LONGEST] + "…" for text in table["values"].astype(str)
        ]
        axis.set_xticks(positions, labels, rotation=40, ha="right", fontsize=7.5)
        _named(axis, str(name)[:34], "", "mean residual" if axis in axes[:, 0] else "")
    for axis in list(axes.flat)[len(columns) :]:
        axis.set_axis_off()
    return figure


def _means(axis, positions, table, low, high):
    _reach(axis, positions, table, "mean residual", low, high, "o", label="mean of a tenth, 95 % interval")


def _reach(axis, positions, table, column, low, high, marker, label=None):
    values, lower, upper = (table[name].to_numpy(dtype=float) for name in (column, low, high))
    reach = [np.nan_to_num(np.maximum(0, values - lower)), np.nan_to_num(np.maximum(0, upper - values))]
    axis.errorbar(
        positions,
        values,
        reach,
        fmt=marker,
        color=BEST,
        ecolor="#222222",
        capsize=3,
        elinewidth=1.2,
        markersize=5,
        label=label,
        zorder=3,
    )


def _named(axis, title, x, y):
    axis.set_title(title, fontsize=10)
    axis.set_xlabel(x, fontsize=9)
    axis.set_ylabel(y, fontsize=9)
    calm(axis, "both")
