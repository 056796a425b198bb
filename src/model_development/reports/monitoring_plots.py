"""Charts of a model in use: drift by column, both distributions, performance over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from .chart import drawn
from .plots import BEST, OTHER, calm

if TYPE_CHECKING:
    import pandas as pd

WORSE = "#D55E00"
MOST_BARS, MOST_LEVELS, LONGEST = 25, 10, 24
Panel = tuple[str, Sequence[str], np.ndarray, np.ndarray]  # name, labels, counts of training, of the window


@drawn
def effects_chart(table: pd.DataFrame, what: str, smallest: float) -> Figure:
    """Draw the difference of each column; those that drifted are dark, a line is what matters.

    table : with `what`, difference and has_drifted, the largest first.
    """
    shown = table.head(MOST_BARS)
    figure = Figure(figsize=(9, 0.32 * len(shown) + 1.5), layout="constrained")
    axis = figure.subplots()
    positions = np.arange(len(shown), 0, -1)
    colors = [WORSE if drifted else OTHER for drifted in shown["has_drifted"]]
    axis.barh(positions, shown["difference"], color=colors, height=0.7)
    axis.set_yticks(positions, [_short(name) for name in shown[what]], fontsize=8)
    axis.axvline(smallest, color="#444444", linewidth=1, linestyle="--")
    axis.set_xlim(0, max(0.2, 1.1 * float(shown["difference"].max())))
    axis.set_xlabel(
        f"largest difference of shares; dashed: {smallest:g}, from which on it matters", fontsize=9
    )
    title = "" if len(shown) == len(table) else f" (the largest {len(shown)} of {len(table)})"
    axis.set_title(f"Difference from the training rows{title}", fontsize=12, fontweight="bold")
    calm(axis, "x")
    return figure


@drawn
def bins_chart(panels: Sequence[Panel]) -> Figure:
    """Draw both distributions of each panel: shares below a value of many bins, bars of a few levels."""
    n_columns = min(2, len(panels))
    n_rows = -(-len(panels) // n_columns)
    figure = Figure(figsize=(4.8 * n_columns, 3.0 * n_rows + 0.5), layout="constrained")
    axes = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
    for axis, panel in zip(axes, panels, strict=False):
        draw = _shares_below if _are_numbers(panel[1]) else _bars
        draw(axis, *panel[1:])
        axis.set_title(_short(panel[0]), fontsize=10, fontweight="bold")
        calm(axis, "y")
    for axis in axes[len(panels) :]:
        axis.set_axis_off()
    axes[0].legend(fontsize=8, frameon=False)
    return figure


def _are_numbers(labels):
    try:
        return len(labels) > MOST_LEVELS and all(np.isfinite(float(label)) for label in labels)
    except ValueError:
        return False


def _shares_below(axis, labels, known, new):
    ends = [float(label) for label in labels]
    for name, counts, color in (("training rows", known, OTHER), ("this window", new, WORSE)):
        axis.step(ends, np.cumsum(counts) / counts.sum(), where="post", color=color, label=name, linewidth=2)
    axis.set_ylabel("share of values up to", fontsize=8)
    axis.tick_params(labelsize=8)


def _bars(axis, labels, known, new):
    order = np.argsort(-(known / known.sum() + new / new.sum()), kind="stable")[:MOST_LEVELS]
    positions = np.arange(len(order))
    for shift, name, counts, color in (
        (-0.2, "training rows", known, OTHER),
        (0.2, "this window", new, WORSE),
    ):
        axis.bar(positions + shift, counts[order] / counts.sum(), width=0.38, color=color, label=name)
    axis.set_xticks(positions, [_short(labels[k], 12) for k in order], fontsize=7, rotation=30, ha="right")
    axis.set_ylabel("share", fontsize=8)
    axis.tick_params(axis="y", labelsize=8)


@drawn
def performance_chart(windows: pd.DataFrame, label: str, tested: tuple[float, float, float] | None) -> Figure:
    """Draw a metric over windows with 95 % intervals, beside the test rows'.

    windows : with end (text), value, low, high, is_worse; in the order of time. tested : value, low, high.
    """
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    axis = figure.subplots()
    positions = np.arange(len(windows))
    if tested is not None:
        axis.axhline(tested[0], color=BEST, linewidth=1.5, label="test rows")
        if np.isfinite(tested[1:]).all():
            axis.axhspan(tested[1], tested[2], color=BEST, alpha=0.12, linewidth=0)
    values, low, high = (windows[name].to_numpy(dtype=float) for name in ("value", "low", "high"))
    reach = np.nan_to_num(np.array([values - low, high - values]).clip(0))
    for is_worse, color, marker in ((False, "#333333", "o"), (True, WORSE, "D")):
        rows = windows["is_worse"].to_numpy(dtype=bool) == is_worse
        if rows.any():
            axis.errorbar(
                positions[rows],
                values[rows],
                yerr=reach[:, rows],
                fmt=marker,
                color=color,
                capsize=3,
                label="worse than on the test rows" if is_worse else "labelled rows",
            )
    step = max(1, -(-len(windows) // 8))
    axis.set_xticks(positions[::step], windows["end"].to_numpy()[::step], fontsize=8)
    axis.set_ylabel(label, fontsize=9)
    axis.set_title("Performance by window, 95 % intervals", fontsize=12, fontweight="bold")
    axis.legend(fontsize=8, frameon=False)
    calm(axis, "y")
    return figure


def _short(name, longest=LONGEST):
    text = str(name)
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
