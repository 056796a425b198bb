"""Charts of promises kept: coverage of prediction intervals and sets, calibration of probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from .chart import drawn
from .plots import BEST, OTHER, calm

if TYPE_CHECKING:
    import pandas as pd

PROMISED = "#D55E00"  # the line that a promise draws


@drawn
def coverage_chart(by_prediction: pd.DataFrame, level: float, title: str) -> Figure:
    """Draw coverage, with intervals, and width of prediction intervals along the prediction.

    by_prediction : a row for each part, columns `from`, `to`, `coverage`, `low`, `high`, `mean width`.
    """
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    figure.suptitle(title, fontsize=12, fontweight="bold")
    coverage, width = figure.subplots(1, 2)
    positions = np.arange(1, len(by_prediction) + 1)
    _points(coverage, positions, by_prediction, "coverage")
    coverage.axhline(level, color=PROMISED, linewidth=1.2, label=f"asked for: {level:g}")
    coverage.set_ylim(min(0.6, by_prediction["coverage"].min() - 0.05), 1.02)
    coverage.legend(fontsize=8, loc="lower left")
    width.bar(positions, by_prediction["mean width"], color=OTHER, width=0.72)
    for axis, label in ((coverage, "share of rows covered"), (width, "mean width (unit of the target)")):
        axis.set_xlabel("part of the test rows, from the lowest predictions to the highest", fontsize=8.5)
        axis.set_ylabel(label, fontsize=9)
        axis.set_xticks(positions)
        calm(axis, "y")
    return figure


@drawn
def class_coverage_chart(by_class: pd.DataFrame, level: float, title: str) -> Figure:
    """Draw coverage of prediction sets, with intervals, for each class.

    by_class : columns `class`, `coverage`, `low`, `high`.
    """
    figure = Figure(figsize=(max(4.5, 1.6 + 0.42 * len(by_class)), 3.6), layout="constrained")
    axis = figure.subplots()
    positions = np.arange(len(by_class))
    _points(axis, positions, by_class, "coverage")
    axis.axhline(level, color=PROMISED, linewidth=1.2, label=f"asked for: {level:g}")
    axis.set_ylim(min(0.6, by_class["coverage"].min() - 0.05), 1.02)
    axis.set_xticks(positions, [str(label)[:16] for label in by_class["class"]], rotation=90, fontsize=8)
    axis.set_ylabel("share of the class's rows covered", fontsize=9)
    axis.set_title(title, fontsize=11, fontweight="bold")
    axis.legend(fontsize=8, loc="lower left")
    calm(axis, "y")
    return figure


def _points(axis, positions, table, column):
    """Points with intervals, where they have one."""
    values = table[column].to_numpy(dtype=float)
    low, high = (table[end].to_numpy(dtype=float) for end in ("low", "high"))
    reach = [np.nan_to_num(np.maximum(0, values - low)), np.nan_to_num(np.maximum(0, high - values))]
    axis.errorbar(positions, values, reach, fmt="o", color=BEST, capsize=3, elinewidth=1.2, markersize=5)


@drawn
def reliability_chart(curves: Mapping[str, tuple[pd.DataFrame, np.ndarray]], title: str) -> Figure:
    """Draw what share happened against what probability was said, a panel for each class.

    curves : {class: (a row for each bin, columns `said`, `happened`, `low`, `high`; what was said of each
        row, shape (n_rows,), for a histogram)}.
    """
    n_columns = min(4, len(curves))
    n_rows = -(-len(curves) // n_columns)
    size = (max(4.6, 3.1 * n_columns), 3.9 * n_rows + 0.4)
    figure = Figure(figsize=size, layout="constrained")
    figure.suptitle(title, fontsize=12, fontweight="bold")
    heights = [3, 1] * n_rows
    axes = figure.subplots(2 * n_rows, n_columns, squeeze=False, height_ratios=heights)
    for index in range(n_rows * n_columns):
        row, column = divmod(index, n_columns)
        curve, histogram = axes[2 * row, column], axes[2 * row + 1, column]
        if index >= len(curves):
            curve.set_axis_off()
            histogram.set_axis_off()
            continue
        name = list(curves)[index]
        _reliability(curve, histogram, name, *curves[name])
    return figure


def _reliability(curve, histogram, name, table, said):
    curve.plot([0, 1], [0, 1], color="#BBBBBB", linewidth=1)
    _points(curve, table["said"], table.rename(columns={"happened": "share"}), "share")
    curve.plot(table["said"], table["happened"], color=BEST, linewidth=1)
    curve.set_title(str(name)[:40], fontsize=10)
    curve.set_ylabel("share that happened", fontsize=8.5)
    histogram.hist(said, bins=30, color=OTHER)
    histogram.set_xlabel("probability said", fontsize=8.5)
    histogram.set_ylabel("rows", fontsize=8.5)
    top = min(1.02, 1.15 * max(np.max(said), table["happened"].max()))  # of 26 classes all may be unlikely
    for axis in (curve, histogram):
        axis.set_xlim(-0.02 * top, top)
        calm(axis, "both")
    curve.set_ylim(-0.02 * top, top)
