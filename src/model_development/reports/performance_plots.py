"""Charts of what a model is worth on rows that it has not seen: order, decisions by class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from matplotlib.figure import Figure

from .chart import drawn
from .plots import BEST, calm

if TYPE_CHECKING:
    import pandas as pd

BAND, CHANCE, POINT = "#56B4E9", "#999999", "#D55E00"
MOST_SQUARES = 12  # classes, up to which a confusion matrix shows its numbers
LONGEST = 18  # letters of a class on an axis


class Banded(Protocol):
    """A curve: y over x, with a band or without."""

    @property
    def x(self) -> np.ndarray: ...
    @property
    def y(self) -> np.ndarray: ...
    @property
    def low(self) -> np.ndarray | None: ...
    @property
    def high(self) -> np.ndarray | None: ...


@drawn
def ranking_chart(
    curves: Mapping[str, Banded], point: tuple[float, float, float], share: float, label: str
) -> Figure:
    """Draw ROC and precision over recall with bands.

    curves : `roc` and `precision`. point : false positive rate, recall and precision of the decisions, which
    may be NaN. share : of positive rows. label : the positive class.
    """
    figure, (roc, pr) = _pair(f"Order of the test rows, {label} against the rest")
    _curve(roc, curves["roc"], "ROC")
    roc.plot([0, 1], [0, 1], "--", color=CHANCE, linewidth=1, label="random order")
    _curve(pr, curves["precision"], "precision")
    pr.axhline(share, linestyle="--", color=CHANCE, linewidth=1, label="random order")
    false_share, recall, precision = point
    roc.plot(false_share, recall, "D", color=POINT, markersize=8, label="decisions")
    if np.isfinite(precision):
        pr.plot(recall, precision, "D", color=POINT, markersize=8, label="decisions")
    _named(roc, "false positive rate", "recall (true positive rate)")
    _named(pr, "recall", "precision")
    for axis in (roc, pr):
        axis.set_ylim(-0.02, 1.02)
    return figure


@drawn
def gain_chart(curves: Mapping[str, Banded], share: float, label: str) -> Figure:
    """Draw gain and lift over the share of rows taken. curves, share, label : see `ranking_chart`."""
    figure, (gain, lift) = _pair(f"Rows taken from the highest probability of {label}")
    _curve(gain, curves["gain"], "gain")
    gain.plot([0, 1], [0, 1], "--", color=CHANCE, linewidth=1, label="random order")
    gain.plot([0, share, 1], [0, 1, 1], ":", color="#444444", linewidth=1, label="perfect order")
    _curve(lift, curves["lift"], "lift")
    lift.axhline(1, linestyle="--", color=CHANCE, linewidth=1, label="random order")
    _named(gain, "share of rows taken", "share of positive rows found")
    _named(lift, "share of rows taken", "times as many positive rows as at random")
    return figure


@drawn
def class_chart(table: pd.DataFrame, columns: Mapping[str, str]) -> Figure:
    """Draw figures of each class with their intervals, a panel for each figure.

    table : a column `class`, and the columns, each with ` low` and ` high`. columns : {column: title}.
    """
    figure = Figure(figsize=(9, 1.4 + 0.26 * len(table)), layout="constrained")
    axes = figure.subplots(1, len(columns), sharey=True, squeeze=False)[0]
    positions = np.arange(len(table))[::-1]
    for axis, (name, title) in zip(axes, columns.items(), strict=True):
        values, low, high = (table[name + end].to_numpy(dtype=float) for end in ("", " low", " high"))
        reach = [np.nan_to_num(np.maximum(0, values - low)), np.nan_to_num(np.maximum(0, high - values))]
        axis.errorbar(values, positions, None, reach, "o", color=BEST, capsize=3, markersize=5)
        axis.set_title(title, fontsize=10)
        calm(axis, "x")
    axes[0].set_yticks(positions, [_short(label) for label in table["class"]], fontsize=8)
    return figure


@drawn
def confusion_chart(counts: np.ndarray, labels: Sequence[str], title: str) -> Figure:
    """Draw a confusion matrix as shares of each true class, darker for more.

    counts : shape (n_classes, n_classes), rows are true classes. Up to 12 classes show counts and shares.
    """
    totals = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    shares, n = counts / totals, len(labels)
    size = max(4.2, 0.62 * n + 2) if n <= MOST_SQUARES else 8.4
    figure = Figure(figsize=(size + 0.8, size), layout="constrained")
    axis = figure.subplots()
    image = axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axis.set_xticks(range(n), [_short(label) for label in labels], rotation=90, fontsize=8)
    axis.set_yticks(range(n), [_short(label) for label in labels], fontsize=8)
    axis.set_xlabel("decided", fontsize=9)
    axis.set_ylabel("true class", fontsize=9)
    axis.set_title(title, fontsize=11, fontweight="bold")
    axis.spines[:].set_visible(False)
    axis.tick_params(length=0)
    if n <= MOST_SQUARES:
        for i, j in np.ndindex(n, n):
            color = "white" if shares[i, j] > 0.55 else "#222222"
            text = f"{counts[i, j]:,}\n{100 * shares[i, j]:.0f} %"
            axis.text(j, i, text, ha="center", va="center", fontsize=8, color=color)
    bar = figure.colorbar(image, ax=axis, shrink=0.8, label="share of the true class")
    bar.outline.set_visible(False)
    return figure


def _pair(title):
    figure = Figure(figsize=(9.6, 4.4), layout="constrained")
    figure.suptitle(title, fontsize=12, fontweight="bold")
    return figure, figure.subplots(1, 2)


def _curve(axis, curve, name):
    if curve.low is not None:
        axis.fill_between(
            curve.x, curve.low, curve.high, color=BAND, alpha=0.3, linewidth=0, label="95 % band"
        )
    axis.plot(curve.x, curve.y, color=BEST, linewidth=1.8, label=name)


def _named(axis, x, y):
    axis.set_xlabel(x, fontsize=9)
    axis.set_ylabel(y, fontsize=9)
    axis.legend(fontsize=8)
    calm(axis, "both")


def _short(label):
    text = str(label)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
