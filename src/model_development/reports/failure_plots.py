"""Charts of where a model fails: slices, robustness, fairness."""

from __future__ import annotations

import textwrap
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from .chart import drawn
from .curves import COLORS, MARKERS
from .numbers import format_number
from .plots import BEST, OTHER, calm

if TYPE_CHECKING:
    import pandas as pd

WORSE = "#D55E00"
LABEL_WIDTH = 48  # characters of a line of a label
MAX_COLUMNS = 25  # of a table, or groups, drawn
MAX_PANELS = 6
FAR_APART = 30  # how much larger than the median the largest is on a logarithmic axis


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


def _tick(value: float, position: float) -> str:
    """A number at an axis; no lambda, since a chart of a worker is pickled with it."""
    return format_number(value)


@drawn
def robustness_chart(found: pd.DataFrame, metric_label: str) -> Figure | None:
    """Draw the fall of the metric by column and kind of change, with intervals.

    found : with columns column, change, fall, fall_low, fall_high. None where no fall is defined.
    """
    found = found[found["fall"].notna()]
    if not len(found):
        return None
    furthest = found.groupby("column")["fall"].max().sort_values(ascending=False)
    columns, changes = list(furthest.index[:MAX_COLUMNS]), list(dict.fromkeys(found["change"]))
    figure = Figure(figsize=(9, 0.42 * len(columns) + 1.9), layout="constrained")
    axis = figure.subplots()
    places = {name: len(columns) - k for k, name in enumerate(columns)}
    steps = np.linspace(0.3, -0.3, max(len(changes), 2))
    for change, step, color, marker in zip(changes, steps, cycle(COLORS), cycle(MARKERS), strict=False):
        label = change
        for row in found[(found["change"] == change) & found["column"].isin(columns)].to_dict("records"):
            ends = (row["fall_low"], row["fall_high"])
            _point(axis, row["fall"], places[row["column"]] + step, ends, color, marker, label)
            label = None
    axis.axvline(0, color="#444444", linewidth=1)
    sizes = found["fall"].abs()
    if sizes.max() > FAR_APART * (usual := sizes[sizes > 0].median()):  # one would press all others flat
        axis.set_xscale("symlog", linthresh=float(usual))
        axis.xaxis.set_major_formatter(_tick)
        low, high = (
            found["fall_low"].fillna(found["fall"]).min(),
            found["fall_high"].fillna(found["fall"]).max(),
        )
        axis.set_xlim(min(2 * low, -0.2 * usual), 2 * high)
    axis.set_yticks(list(places.values()), [_in_lines(name) for name in columns], fontsize=8)
    axis.set_xlabel(f"{metric_label}: how much worse than without the change, 95 % interval", fontsize=9)
    axis.set_title("Columns changed", fontsize=12, fontweight="bold")
    figure.legend(fontsize=8, loc="outside lower center", ncols=3, frameon=False)
    calm(axis, "both")
    return figure


@drawn
def fairness_chart(rates: pd.DataFrame) -> Figure | None:
    """Draw each rate by group with its interval, a panel for each; of many those that differ most.

    rates : with columns group, measure, class, value, low, high. None where no group has a value.
    """
    rates = rates[rates["value"].notna()]
    if not len(rates):
        return None
    spread = rates.groupby(["measure", "class"], sort=False)["value"].agg(np.ptp)
    panels = list(spread.sort_values(ascending=False).index[:MAX_PANELS])
    panels = [panel for panel in spread.index if panel in panels]
    groups = list(dict.fromkeys(rates["group"]))[:MAX_COLUMNS]
    n_beside = min(3, len(panels))
    n_below = -(-len(panels) // n_beside)
    size = (2.6 * n_beside + 2.4, (0.32 * len(groups) + 0.9) * n_below + 0.4)
    figure = Figure(figsize=size, layout="constrained")
    places = {name: len(groups) - k for k, name in enumerate(groups)}
    axes = figure.subplots(n_below, n_beside, squeeze=False).ravel()
    for axis, (measure, label) in zip(axes, panels, strict=False):
        of_panel = rates[(rates["measure"] == measure) & (rates["class"] == label)]
        for row in of_panel[of_panel["group"].isin(groups)].to_dict("records"):
            _point(axis, row["value"], places[row["group"]], (row["low"], row["high"]), BEST, "o")
        axis.set_title(textwrap.fill(f"{measure} of {label}" if label else measure, 30), fontsize=9.5)
        is_first = list(axes).index(axis) % n_beside == 0
        names = [_in_lines(name) if is_first else "" for name in groups]
        axis.set_yticks(list(places.values()), names, fontsize=8)
        axis.set_ylim(0.4, len(groups) + 0.6)
        calm(axis, "both")
    for axis in axes[len(panels) :]:
        axis.set_axis_off()
    figure.supxlabel("95 % interval", fontsize=9)
    return figure
