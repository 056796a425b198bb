"""Charts of where a model fails: slices, robustness, fairness."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from .chart import drawn
from .plots import OTHER, calm

if TYPE_CHECKING:
    import pandas as pd

WORSE = "#D55E00"
LABEL_WIDTH = 48  # characters of a line of a label
MAX_COLUMNS = 25  # of a table, drawn


@drawn
def slices_chart(found: pd.DataFrame, metric_label: str) -> Figure | None:
    """Draw the gap of the metric in each slice with its interval; slices that are worse are dark.

    found : with columns slice, n_test, gap, gap_low, gap_high, is_worse. None where no gap is defined.
    """
    found = found[found["gap"].notna()]
    if not len(found):
        return None
    figure = Figure(figsize=(9, 0.55 * len(found) + 1.7), layout="constrained")
    axis = figure.subplots()
    for position, row in zip(range(len(found), 0, -1), found.to_dict("records"), strict=True):
        color = WORSE if row["is_worse"] else OTHER
        _point(
            axis,
            row["gap"],
            position,
            (row["gap_low"], row["gap_high"]),
            color,
            "D" if row["is_worse"] else "o",
        )
    labels = [_in_lines(f"{row['slice']} (n={row['n_test']})") for row in found.to_dict("records")]
    axis.set_yticks(range(len(found), 0, -1), labels, fontsize=8)
    axis.axvline(0, color="#444444", linewidth=1)
    axis.set_xlabel(
        f"{metric_label} inside less outside, 95 % interval; diamonds: higher loss, tested", fontsize=9
    )
    axis.set_title("Slices on the test rows", fontsize=12, fontweight="bold")
    calm(axis, "x")
    return figure


def _point(axis, value, position, ends, color, marker, label=None):
    low, high = (value if np.isnan(end) else end for end in ends)
    reach = [[max(0.0, value - low)], [max(0.0, high - value)]]
    axis.errorbar(
        value,
        position,
        xerr=reach,
        fmt=marker,
        color=color,
        ecolor="#444444",
        capsize=3,
        markersize=6.5,
        label=label,
    )


def _in_lines(text):
    return textwrap.fill(text, LABEL_WIDTH, break_long_words=True, max_lines=3, placeholder=" …")
