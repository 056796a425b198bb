"""How outputs depend on columns: a panel for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from .chart import drawn
from .plots import BEST, calm

MOST_CURVES = 40  # of rows
MOST_TICKS = 5
LONGEST = 14  # letters of a value on an axis


@dataclass(frozen=True)
class Panel:
    """A column.

    numbers : of the points; None for a column without an order. texts : the points as they are written.
    mean : shape (n_points,). curves : of single rows, shape (n_curves, n_points). local : accumulated local
    effects about the mean, or None. label : of the output.
    """

    name: str
    numbers: np.ndarray | None
    texts: Sequence[str]
    mean: np.ndarray
    curves: np.ndarray
    local: np.ndarray | None
    label: str


@drawn
def dependence_chart(panels: Sequence[Panel], title: str) -> Figure | None:
    """Draw the mean output along each column, with the curves of some rows and the local effects."""
    if not panels:
        return None
    n_columns = min(3, len(panels))
    n_rows = -(-len(panels) // n_columns)
    figure = Figure(figsize=(3.6 * n_columns + 0.4, 3.0 * n_rows + 0.6), layout="constrained")
    figure.suptitle(title, fontsize=12, fontweight="bold")
    axes = figure.subplots(n_rows, n_columns, squeeze=False).flat
    for axis, panel in zip(axes, panels, strict=False):
        _draw(axis, panel)
    for axis in list(figure.axes)[len(panels) :]:
        axis.set_axis_off()
    return figure


def _draw(axis, panel):
    if panel.numbers is None:
        places = np.arange(len(panel.texts))
        low, high = np.quantile(panel.curves, [0.1, 0.9], axis=0)
        axis.vlines(places, low, high, color="#9DB7C9", linewidth=4)
        axis.plot(places, panel.mean, "o", color=BEST, markersize=6)
        axis.set_xticks(places, [_short(text) for text in panel.texts], rotation=35, ha="right", fontsize=7)
    else:
        lines = [np.column_stack([panel.numbers, curve]) for curve in panel.curves[:MOST_CURVES]]
        axis.add_collection(LineCollection(lines, colors="#9DB7C9", linewidths=0.5, alpha=0.6))
        axis.plot(panel.numbers, panel.mean, color=BEST, linewidth=2.2, label="mean of the rows")
        if panel.local is not None:
            axis.plot(panel.numbers, panel.local, "--", color="#D55E00", linewidth=1.5, label="local effects")
        even = np.linspace(panel.numbers.min(), panel.numbers.max(), MOST_TICKS)
        chosen = np.unique(np.abs(panel.numbers[:, None] - even).argmin(axis=0))  # apart from each other
        labels = [_short(panel.texts[i]) for i in chosen]
        axis.set_xticks(panel.numbers[chosen], labels, rotation=35, ha="right", fontsize=7)
        axis.legend(fontsize=7, frameon=False, loc="upper left")
    axis.set_title(panel.name[:40], fontsize=10)
    axis.set_ylabel(panel.label[:40], fontsize=8)
    axis.tick_params(axis="y", labelsize=7)
    calm(axis, "both")


def _short(text):
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
