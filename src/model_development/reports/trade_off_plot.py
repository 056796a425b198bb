"""The chart of a second criterion: what the best combinations score, and what they cost."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from .plots import BEST, OTHER, calm


def trade_off_chart(
    points: Sequence[tuple[float, float, bool, str]], cost_label: str, metric_label: str
) -> Figure:
    """Draw score against cost; those that no other beats in both are joined by a line.

    points : list of (cost, score, is it worth its cost, name).
    """
    figure = Figure(figsize=(8, 4.6), layout="constrained")
    axis = figure.subplots()
    rest = [point for point in points if not point[2]]
    worth = sorted(point for point in points if point[2])
    axis.scatter([p[0] for p in rest], [p[1] for p in rest], s=22, color=OTHER, label="others of the best")
    axis.plot([p[0] for p in worth], [p[1] for p in worth], "o-", color=BEST, label="worth their cost")
    for cost, score, _, name in worth:
        axis.annotate(name, (cost, score), xytext=(5, -10), textcoords="offset points", fontsize=8)
    axis.set_xlabel(cost_label)
    axis.set_ylabel(metric_label)
    axis.set_title(f"Score against {cost_label}", fontsize=12, fontweight="bold")
    axis.legend(loc="best", fontsize=9)
    calm(axis, "both")
    return figure
