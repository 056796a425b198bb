"""Charts of explanations: what columns add to an output, over all rows and for one of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from .chart import drawn
from .numbers import format_number
from .plots import BEST, calm

UP, DOWN = "#D55E00", "#0072B2"
WITHOUT_ORDER = "#777777"
MOST_BARS = 20
MOST_STEPS = 12
MOST_NAME = 30  # letters of a column's name on an axis
WIDEST = 0.38  # half of a row of points


@drawn
def importance_chart(
    names: Sequence[str],
    values: np.ndarray,
    title: str,
    label: str,
    intervals: Sequence[tuple[float, float] | None] | None = None,
) -> Figure:
    """Draw a bar for each column, the first on top.

    values : shape (n_columns,). label : of the axis, with its unit. intervals : (low, high), or None where
    there is none.
    """
    names, values = names[:MOST_BARS], values[:MOST_BARS]
    figure, axis = _figure(len(names), title)
    places = np.arange(len(names))[::-1]
    axis.barh(places, values, color=BEST, height=0.7)
    for place, interval in zip(places, intervals or (), strict=False):
        if interval is not None:
            axis.plot(interval, [place, place], color="#222222", linewidth=1.5)
    axis.axvline(0, color="#888888", linewidth=0.8)
    _name_rows(axis, places, names)
    axis.set_xlabel(label, fontsize=9)
    calm(axis, "x")
    return figure


@drawn
def beeswarm_chart(
    names: Sequence[str], values: np.ndarray, ranks: np.ndarray, title: str, label: str
) -> Figure:
    """Draw a point for each row and column: what the column adds, and whether its value is high.

    values, ranks : shape (n_rows, n_columns); ranks from 0 to 1 within the column, NaN without an order,
    which is grey.
    """
    from matplotlib.cm import ScalarMappable

    names, values, ranks = names[:MOST_BARS], values[:, :MOST_BARS], ranks[:, :MOST_BARS]
    figure, axis = _figure(len(names), title)
    places = np.arange(len(names))[::-1]
    for column, place in enumerate(places):
        heights = place + _spread(values[:, column])
        known = np.isfinite(ranks[:, column])
        axis.scatter(values[~known, column], heights[~known], s=7, color=WITHOUT_ORDER, linewidths=0)
        colors = {"c": ranks[known, column], "cmap": "viridis", "vmin": 0, "vmax": 1}
        axis.scatter(values[known, column], heights[known], s=7, linewidths=0, **colors)
    axis.axvline(0, color="#888888", linewidth=0.8)
    bar = figure.colorbar(ScalarMappable(cmap="viridis"), ax=axis, ticks=[0, 1], pad=0.02, aspect=40)
    bar.ax.set_yticklabels(["low", "high"], fontsize=8)
    bar.set_label("value of the column (grey: no order, or missing)", fontsize=8)
    _name_rows(axis, places, names)
    axis.set_xlabel(label, fontsize=9)
    calm(axis, "x")
    return figure


@drawn
def waterfall_chart(
    steps: Sequence[tuple[str, float]], base: float, output: float, title: str, label: str
) -> Figure:
    """Draw the way from the base value to the output of one row.

    steps : (column and its value, what it adds), the largest first; those at the end become one step.
    """
    steps = list(steps)
    if len(steps) > MOST_STEPS:
        rest = steps[MOST_STEPS - 1 :]
        added = sum(value for _, value in rest)
        steps = [*steps[: MOST_STEPS - 1], (f"{len(rest)} other columns", added)]
    figure, axis = _figure(len(steps), title)
    places, at = np.arange(len(steps))[::-1], base
    for place, (_, value) in zip(places, steps, strict=True):
        axis.barh(place, value, left=at, color=UP if value > 0 else DOWN, height=0.65)
        end = at + value
        axis.plot([end, end], [place - 0.33, place - 1.33 + 0.66], color="#888888", linewidth=0.7)
        text = f"{'+' if value >= 0 else '−'}{format_number(abs(value))}"
        axis.annotate(
            text, (max(at, end), place), (4, 0), textcoords="offset points", va="center", fontsize=8
        )
        at = end
    axis.axvline(base, color="#888888", linewidth=0.8, linestyle="--")
    axis.axvline(output, color="#222222", linewidth=0.8)
    axis.use_sticky_edges = False
    axis.margins(x=0.12)
    _name_rows(axis, places, [name for name, _ in steps], longest=2 * MOST_NAME)
    axis.set_xlabel(f"{label}: from {format_number(base)} (dashed) to {format_number(output)}", fontsize=9)
    calm(axis, "x")
    return figure


def _figure(n_rows, title):
    figure = Figure(figsize=(7.6, 0.34 * max(3, n_rows) + 1.4), layout="constrained")
    figure.suptitle(title, fontsize=12, fontweight="bold")
    return figure, figure.subplots()


def _name_rows(axis, places, names, longest=MOST_NAME):
    short = [name if len(name) <= longest else f"{name[: longest - 1]}…" for name in names]
    axis.set_yticks(list(places), short, fontsize=8)
    axis.set_ylim(-0.7, max(len(names), 1) - 0.3)
    axis.tick_params(axis="x", labelsize=8)


def _spread(values):
    """Heights at which points of much the same value do not hide each other, within a row."""
    spread = values.max() - values.min() if len(values) else 0.0
    if not spread:
        return np.zeros(len(values))
    bins = np.minimum((60 * (values - values.min()) / spread).astype(int), 59)
    order = np.argsort(bins, kind="stable")
    firsts = np.searchsorted(bins[order], bins[order])
    rank = np.empty(len(values), dtype=int)
    rank[order] = np.arange(len(values)) - firsts
    fullest = np.bincount(bins).max()
    side = np.where(rank % 2, 1, -1) * ((rank + 1) // 2)
    return side * (2 * WIDEST / max(fullest, 8))
