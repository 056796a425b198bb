"""Charts of a search. Each function returns a matplotlib Figure and knows nothing of files."""

import itertools
import math
import textwrap
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from .numbers import format_number
from .plots import BEST, OTHER, calm

BASELINE = "#D55E00"
MANY_VALUES = 12  # of a parameter, from which on its values are an axis and no boxes
LABEL_WIDTH = 56  # characters of a line that names a combination
WIDE = 20  # a parameter whose values differ by more than this factor is drawn on a log axis
TopRow = tuple[str, float, tuple[float, float] | None]  # see top_chart


def impact_chart(
    results: Sequence[tuple[Mapping[str, Any], float]],
    parameters: Sequence[str],
    metric_label: str,
    best_params: Mapping[str, Any],
    shares: Mapping[str, float],
    drawn: Collection[str] = (),
) -> Figure:
    """Draw how the score spreads over the values of each parameter; one point is one combination.

    results : list of (params, score). shares : {parameter: share of the variance that it explains}.
    drawn : parameters of which any fraction may be a value: an axis, however few there are.
    """
    n_columns = max(1, min(3, len(parameters)))
    n_rows = max(1, -(-len(parameters) // n_columns))
    figure = Figure(figsize=(4.6 * n_columns, 3.4 * n_rows + 0.5), layout="constrained")
    figure.suptitle(f"What each parameter does to {metric_label}", fontsize=13, fontweight="bold")
    if not results:
        figure.text(0.5, 0.5, "No combination was tried.", ha="center", va="center", fontsize=12)
        return figure
    for axis, name in zip(figure.subplots(n_rows, n_columns, squeeze=False).flat, parameters, strict=False):
        share = f", explains {shares[name]:.0%} of the variance" if name in shares else ""
        axis.set_title(f"{name}{share}", fontsize=10)
        axis.set_ylabel(metric_label, fontsize=9)
        calm(axis, "y")
        values = sorted({params.get(name) for params, _ in results}, key=_sort_key)
        if _is_axis(values, name in drawn):
            _cloud(axis, [(params.get(name), score) for params, score in results], best_params.get(name))
            continue
        groups = [[score for params, score in results if params.get(name) == value] for value in values]
        _boxes(axis, values, groups)
        _mark_best(axis, values, best_params.get(name))
    for axis in figure.axes[len(parameters) :]:
        axis.set_axis_off()
    return figure


def top_chart(rows: Sequence[TopRow], metric_label: str, baseline: float, title: str) -> Figure:
    """Draw the best combinations as points with intervals.

    rows : list of (label, mean, (low, high) or None), best first. baseline : the score to beat, as a line.
    """
    figure = Figure(figsize=(11, 0.5 * len(rows) + 1.9), layout="constrained")
    figure.suptitle(title, fontsize=12, fontweight="bold")
    figure.supxlabel(f"{metric_label}, mean over the folds and its 95 % interval", fontsize=10)
    axis = figure.subplots()
    positions = range(len(rows), 0, -1)
    for place, (position, (_, mean, interval)) in enumerate(zip(positions, rows, strict=True)):
        low, high = interval or (mean, mean)
        color = OTHER if place else BEST
        axis.errorbar(
            mean, position, xerr=[[mean - low], [high - mean]], fmt="o", color=color, capsize=4, markersize=8
        )
        axis.annotate(
            format_number(mean),
            (mean, position),
            xytext=(0, 7),
            textcoords="offset points",
            ha="center",
            fontsize=8,
        )
    axis.axvline(baseline, color=BASELINE, linestyle="--", linewidth=1.5, label=_baseline(baseline))
    labels = [textwrap.fill(row[0], LABEL_WIDTH, break_long_words=False) for row in rows]
    axis.set_yticks(list(positions), labels, fontsize=8)
    axis.set_ylim(0.4, len(rows) + 0.8)
    axis.legend(loc="best", fontsize=9)
    calm(axis, "x")
    return figure


def search_history_chart(
    scores: Sequence[float | None], metric_label: str, baseline: float, greater_is_better: bool
) -> Figure:
    """Draw the score of each combination in the order of the search, and the best so far as a line.

    scores : list of scores, None for combinations that have none. greater_is_better : of the score.
    """
    figure = Figure(figsize=(9, 4), layout="constrained")
    axis = figure.subplots()
    places = [place for place, score in enumerate(scores, start=1) if score is not None]
    known = [score for score in scores if score is not None]
    best = list(itertools.accumulate(known, max if greater_is_better else min))
    axis.scatter(places, known, s=14, color=OTHER, label="one combination")
    axis.step(places, best, where="post", color=BEST, linewidth=2, label="best so far")
    axis.axhline(baseline, color=BASELINE, linestyle="--", linewidth=1.5, label=_baseline(baseline))
    _show_the_good(axis, known, baseline, greater_is_better)
    axis.set_xlabel("combinations tried")
    axis.set_ylabel(metric_label)
    axis.set_title("The course of the search", fontsize=12, fontweight="bold")
    axis.legend(loc="best", fontsize=9)
    calm(axis, "y")
    return figure


def parallel_chart(
    results: Sequence[tuple[Mapping[str, Any], float]],
    parameters: Sequence[str],
    metric_label: str,
    greater_is_better: bool,
    drawn: Collection[str] = (),
) -> Figure:
    """Draw one line per combination through its values of every parameter to its score; the best tenth dark.

    results : list of (params, score). greater_is_better : of the score. drawn : as for `impact_chart`.
    """
    figure = Figure(figsize=(1.9 * (len(parameters) + 1) + 1, 4.6), layout="constrained")
    figure.suptitle("Combinations, and what they scored", fontsize=12, fontweight="bold")
    if not results:
        figure.text(0.5, 0.5, "No combination was tried.", ha="center", va="center", fontsize=12)
        return figure
    axis = figure.subplots()
    columns = [_heights([params.get(name) for params, _ in results], name in drawn) for name in parameters]
    columns.append(_heights([score for _, score in results], is_drawn=True))
    order = sorted(range(len(results)), key=lambda k: results[k][1], reverse=not greater_is_better)
    n_dark = max(1, len(order) // 10)
    light = min(0.7, max(0.25, 15 / len(order)))  # few lines would be lost, many would hide one another
    places = range(len(columns))
    for rank, k in enumerate(order):
        dark = rank >= len(order) - n_dark
        heights = [heights[k] for heights, _ in columns]
        axis.plot(
            places,
            heights,
            color=BEST if dark else OTHER,
            alpha=0.8 if dark else light,
            linewidth=1.4 if dark else 0.8,
            zorder=3 if dark else 2,
        )
    _columns(axis, [marks for _, marks in columns])
    axis.set_xticks(list(places), [*parameters, metric_label], fontsize=9)
    axis.set_yticks([])
    axis.spines[:].set_visible(False)
    axis.set_xlabel("dark: the best tenth", fontsize=9)
    return figure


def _columns(axis, marks_of_each):
    """Upright lines with the numbers that stand along them."""
    for place, marks in enumerate(marks_of_each):
        axis.axvline(place, color="#555555", linewidth=0.8)
        for height, text in marks:
            axis.annotate(
                text,
                (place, height),
                xytext=(4, 0),
                textcoords="offset points",
                fontsize=8,
                va="center",
                bbox={"boxstyle": "square,pad=0.1", "fc": "white", "ec": "none"},
                zorder=4,
            )


def _baseline(value):
    return f"baseline {format_number(value)}"


def _is_axis(values, is_drawn):
    """Do these different values stand where numbers stand, and not one beside the other?"""
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    return numbers and len(values) > (1 if is_drawn else MANY_VALUES)


def _heights(values, is_drawn):
    """Return ([place on an axis from 0 to 1], [(place, text)] of its marks)."""
    different = sorted(set(values), key=_sort_key)
    if _is_axis(different, is_drawn):
        low, high = different[0], different[-1]
        scale = math.log if low > 0 and high / low > WIDE else float
        length = scale(high) - scale(low)
        marks = [(0.0, format_number(low)), (1.0, format_number(high))]
        return [(scale(value) - scale(low)) / length for value in values], marks
    step = max(1, len(different) - 1)
    places = {value: position / step for position, value in enumerate(different)}
    return [places[value] for value in values], [(place, _text(value)) for value, place in places.items()]


def _text(value):
    return format_number(value) if isinstance(value, float) else str(value)


def _show_the_good(axis, scores, baseline, greater_is_better):
    """A few hopeless combinations would press all others flat: they lie beyond the edge."""
    if not scores:
        return
    ordered = sorted([*scores, baseline], reverse=greater_is_better)
    best, middle = ordered[0], ordered[-1 - len(ordered) // 10]
    margin = 0.1 * abs(best - middle) or abs(best) * 0.01 or 1.0
    low, high = sorted([best, middle])
    axis.set_ylim(low - margin, high + margin)


def _boxes(axis, values, groups):
    """The scores of each value, as a box and as points."""
    axis.boxplot(groups, showfliers=False, medianprops={"color": BEST, "linewidth": 2})
    for position, group in enumerate(groups, start=1):
        axis.scatter(_spread(position, len(group)), group, s=14, color=OTHER, alpha=0.8, zorder=3)
    labels = [f"{_text(value)}\n(n={len(group)})" for value, group in zip(values, groups, strict=True)]
    axis.set_xticks(range(1, len(values) + 1), labels, fontsize=8)


def _cloud(axis, points, best):
    """Scores over a parameter of many values."""
    values = [value for value, _ in points]
    axis.scatter(values, [score for _, score in points], s=14, color=OTHER, alpha=0.8, zorder=3)
    if min(values) > 0 and max(values) / min(values) > WIDE:
        axis.set_xscale("log")
    if best is not None:
        axis.axvline(best, color=BEST, linewidth=1.5, label=f"best {_text(best)}")
        axis.legend(fontsize=8)


def _mark_best(axis, values, best):
    if best in values:
        label = axis.get_xticklabels()[values.index(best)]
        label.set_fontweight("bold")
        label.set_color(BEST)


def _spread(position, count):
    """Places around a category's position so that equal scores do not hide one another."""
    if count == 1:
        return [position]
    return [position - 0.18 + 0.36 * index / (count - 1) for index in range(count)]


def _sort_key(value):
    return (value is None, isinstance(value, str), value if value is not None else 0)
