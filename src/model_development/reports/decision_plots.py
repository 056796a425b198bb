"""Charts of decisions: what a threshold does, and what calling more rows is worth."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from .chart import drawn
from .curves import COLORS, MAX_POINTS, STYLES
from .plots import calm

GREY = "#444444"


@drawn
def threshold_chart(
    thresholds: np.ndarray,
    shares: Mapping[str, np.ndarray],
    costs: Mapping[str, np.ndarray],
    chosen: float | None,
    title: str,
) -> Figure:
    """Draw shares of rows, and costs of a row where there are any, over the threshold.

    thresholds : shape (n,). shares, costs : {name: shape (n,)}, NaN where undefined. chosen : marked; None
    where each row has a threshold of its own.
    """
    panels = [("share of rows", shares), ("mean cost of a row", costs)]
    panels = [(label, lines) for label, lines in panels if lines]
    figure = Figure(figsize=(6.6 * len(panels), 4.6), layout="constrained")
    figure.suptitle(title, fontsize=13, fontweight="bold")
    points = np.unique(np.linspace(0, len(thresholds) - 1, MAX_POINTS).astype(int))
    for axis, (label, lines) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        for (name, values), color, style in zip(lines.items(), COLORS, STYLES * 2, strict=False):
            axis.plot(thresholds[points], values[points], style, color=color, label=name)
        if chosen is not None:
            axis.axvline(chosen, color=GREY, linewidth=1, label=f"chosen: {chosen:.3g}")
        axis.set_xlabel("threshold on the probability of the positive class", fontsize=9)
        axis.set_ylabel(label, fontsize=9)
        axis.legend(fontsize=8)
        calm(axis, "both")
    return figure


@drawn
def profit_chart(
    curves: Mapping[str, tuple[np.ndarray, np.ndarray]], points: Mapping[str, tuple[float, float]], title: str
) -> Figure:
    """Draw net savings over the share of rows that are called, those with the highest probability first.

    curves : {name: (shares of rows, savings)}. points : {way to decide: (share called, savings)}.
    """
    figure = Figure(figsize=(7.6, 4.8), layout="constrained")
    figure.suptitle(title, fontsize=13, fontweight="bold")
    axis = figure.subplots()
    for (name, (shares, savings)), color, style in zip(curves.items(), COLORS, STYLES, strict=False):
        shown = np.unique(np.linspace(0, len(shares) - 1, MAX_POINTS).astype(int))
        axis.plot(shares[shown], savings[shown], style, color=color, label=name)
    for (name, (share, saved)), marker, color in zip(points.items(), "Dos^", COLORS[::-1], strict=False):
        axis.plot(share, saved, marker, color=color, markeredgecolor=GREY, markersize=8, label=name)
    axis.axhline(0, color="#BBBBBB", linewidth=1)
    axis.set_xlabel("share of rows that are called positive", fontsize=9)
    axis.set_ylabel("net savings against calling nobody, all test rows", fontsize=9)
    axis.legend(fontsize=8)
    calm(axis, "both")
    return figure
