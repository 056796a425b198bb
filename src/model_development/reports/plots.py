"""Charts. Each function returns a matplotlib Figure and knows nothing of files.

Colours are from Okabe and Ito's palette, which colour-blind readers can tell apart; the best row is
also marked by a darker bar and bold text, so that print in grey loses nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias

from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Values: TypeAlias = "Mapping[str, float | None]"
Intervals: TypeAlias = "Mapping[str, tuple[float | None, float | None]]"
Panel = tuple[str, Values, Intervals, str]  # see comparison_chart
BEST, OTHER, DUMMY = "#0072B2", "#9DB7C9", "#D9D9D9"
LOG_RATIO = 30  # a panel whose values differ by more than this is drawn on a log axis


def comparison_chart(
    panels: Sequence[Panel], names: Sequence[str], best: str, dummies: Collection[str], title: str
) -> Figure:
    """Draw one small chart per metric, all models in the same order: points with intervals, or bars.

    panels : list of (label, {model: value or None}, {model: (low, high) of its interval}, "higher" or
        "lower").
    """
    n_columns = 4
    n_rows = -(-len(panels) // n_columns)
    figure = Figure(
        figsize=(3.5 * n_columns + 1.2, (0.36 * len(names) + 1.1) * n_rows + 0.6),
        layout=ConstrainedLayoutEngine(h_pad=0.12, hspace=0.05),
    )
    figure.suptitle(title, fontsize=13, fontweight="bold")
    axes = figure.subplots(n_rows, n_columns, squeeze=False)
    for index, axis in enumerate(axes.flat):
        if index >= len(panels):
            axis.set_axis_off()
            continue
        _panel(axis, panels[index], names, best, dummies)
        if index % n_columns:
            axis.set_yticklabels([])
        else:
            for text in axis.get_yticklabels():
                text.set_fontweight("bold" if text.get_text() == best else "normal")
    return figure


def _panel(axis, panel, names, best, dummies):
    label, values, intervals, direction = panel
    positions = range(len(names), 0, -1)
    present = [v for v in values.values() if v is not None and v > 0]
    log = not intervals and bool(present) and max(present) / min(present) > LOG_RATIO
    limits = _limits(values, intervals, dummies)
    for position, name in zip(positions, names, strict=True):
        value = values.get(name)
        if value is None:
            axis.annotate(
                "not defined",
                (0.02, position),
                xycoords=("axes fraction", "data"),
                va="center",
                fontsize=8,
                color="#777777",
            )
            continue
        color = BEST if name == best else DUMMY if name in dummies else OTHER
        if intervals:
            _point(axis, position, value, intervals[name], color, limits)
        else:
            axis.barh(position, value, color=color, height=0.72, log=log)
        where = (0.98, position)
        axis.annotate(
            _short(value),
            where,
            xycoords=("axes fraction", "data"),
            va="center",
            ha="right",
            fontsize=8,
            fontweight="bold" if name == best else "normal",
        )
    if log:
        axis.set_xscale("log")
    axis.set_yticks(list(positions), names, fontsize=9)
    axis.set_title(f"{label}  ({direction} is better)", fontsize=9.5)
    low, high = limits or axis.get_xlim()
    axis.set_xlim(low, high * 6 if log else high + 0.28 * (high - low))  # room for the numbers
    axis.set_ylim(0.3, len(names) + 0.7)
    axis.tick_params(axis="x", labelsize=8)
    calm(axis, "x")


def _limits(values, intervals, dummies):
    """Where an axis of points begins and ends: around the models, wherever a dummy may be."""
    shown = [name for name, value in values.items() if value is not None and name in intervals]
    shown = [name for name in shown if name not in dummies] or shown
    ends = [end for name in shown for end in (values[name], *intervals[name]) if end is not None]
    if not ends:
        return None
    margin = 0.08 * ((max(ends) - min(ends)) or abs(max(ends)) or 1.0)
    return min(ends) - margin, max(ends) + margin


def _point(axis, position, value, interval, color, limits):
    """A point with its interval; an arrow at the edge for a value beyond it."""
    low, high = limits
    if not low <= value <= high:
        edge, arrow = (low, "<") if value < low else (high, ">")
        axis.plot(edge, position, arrow, color="#777777", markersize=7, clip_on=False)
        return
    edge = "#222222" if color == BEST else "#777777"
    axis.plot(value, position, "D" if color == BEST else "o", color=color, mec=edge, markersize=6.5)
    if interval[0] is not None:
        reach = [[max(0.0, value - interval[0])], [max(0.0, interval[1] - value)]]
        axis.errorbar(value, position, None, reach, "none", ecolor="#444444", capsize=4, elinewidth=1.4)


def calm(axis: Axes, grid: Literal["both", "x", "y"]) -> None:
    """A light grid behind the marks, and no frame."""
    axis.grid(axis=grid, color="#E5E5E5", linewidth=0.8)
    axis.set_axisbelow(True)
    axis.spines[["top", "right"]].set_visible(False)


def _short(value):
    if value == 0:
        return "0"
    if 10000 <= abs(value) < 1e7:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 1 or abs(value) < 0.001 else f"{value:.3f}"
