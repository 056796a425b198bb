"""All models on one chart: ROC and precision-recall curves, predictions, quality against latency."""

from collections.abc import Mapping, Sequence
from itertools import cycle

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter

from .plots import calm

# The palette of plots.py; line styles and markers differ too, so that print in grey loses nothing.
COLORS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#444444", "#999999")
STYLES = ("-", "--", "-.", ":")
MARKERS = ("o", "s", "^", "v", "P", "X", "<", ">")
MAX_POINTS = 2000  # predictions, or points of a curve, drawn per model


def ranking_chart(truths: np.ndarray, scores: Mapping[str, np.ndarray], title: str) -> Figure:
    """Draw ROC and precision-recall curves of all models.

    truths : shape (n_rows,), True for the positive class. scores : {model: its probability}.
    """
    from sklearn.metrics import precision_recall_curve, roc_curve

    figure, (roc, pr) = _figure(2, title)
    for name, color, style in _styled(scores):
        false_share, true_share, _ = roc_curve(truths, scores[name])
        roc.plot(*_thinned(false_share, true_share), style, color=color, label=name)
        precision, recall, _ = precision_recall_curve(truths, scores[name], drop_intermediate=True)
        pr.plot(*_thinned(recall, precision), style, color=color, label=name)
    roc.plot([0, 1], [0, 1], color="#BBBBBB", linewidth=1)
    pr.axhline(np.mean(truths), color="#BBBBBB", linewidth=1)
    _label(roc, "ROC", "false positive rate", "true positive rate")
    _label(pr, "Precision and recall", "recall", "precision")
    pr.legend(fontsize=8, loc="lower left")
    return figure


def prediction_chart(truth: np.ndarray, predictions: Mapping[str, np.ndarray], title: str) -> Figure:
    """Draw what each model predicts against the truth.

    truth : shape (n_rows,). predictions : {model: shape (n_rows,)}.
    """
    n_columns = min(4, len(predictions))
    n_rows = -(-len(predictions) // n_columns)
    figure = Figure(figsize=(3.4 * n_columns, 3.1 * n_rows + 0.5), layout="constrained")
    figure.suptitle(title, fontsize=13, fontweight="bold")
    rows = np.random.default_rng(0).permutation(len(truth))[:MAX_POINTS]
    axes = figure.subplots(n_rows, n_columns, squeeze=False, sharex=True, sharey=True).flat
    for axis, name in zip(axes, predictions, strict=False):
        axis.scatter(truth[rows], predictions[name][rows], s=6, alpha=0.35, color=COLORS[0], linewidths=0)
        ends = np.array([truth.min(), truth.max()])
        axis.plot(ends, ends, color="#D55E00", linewidth=1)
        axis.set_ylim(*(ends + np.array([-0.3, 0.3]) * (ends[1] - ends[0])))
        axis.locator_params(nbins=4)
        _label(axis, name, "truth", "prediction")
    for axis in list(figure.axes)[len(predictions) :]:
        axis.set_axis_off()
    return figure


def latency_chart(
    rows: Mapping[str, tuple[float, float, float | None, float | None]],
    metric_label: str,
    best: str,
    title: str,
) -> Figure:
    """Draw quality against the time of a prediction.

    rows : {model: (milliseconds, mean, low, high)}; the last two may be None.
    """
    figure, (axis,) = _figure(1, title)
    for name, color, _ in _styled(rows):
        milliseconds, mean, low, high = rows[name]
        reach = None if low is None or high is None else [[max(0.0, mean - low)], [max(0.0, high - mean)]]
        marker = "D" if name == best else MARKERS[list(rows).index(name) % len(MARKERS)]
        label = f"{name} (best)" if name == best else name
        axis.errorbar(
            milliseconds, mean, reach, fmt=marker, color=color, capsize=4, markersize=8, label=label
        )
    axis.set_xscale("log")
    for ticks in (axis.xaxis.set_major_formatter, axis.xaxis.set_minor_formatter):
        ticks(LogFormatter(minor_thresholds=(2, 0.7), labelOnlyBase=False))
    axis.legend(fontsize=9, loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
    _label(
        axis, "", "inference time (ms for one batch)", f"{metric_label}, mean over the folds, 95 % interval"
    )
    return figure


def history_chart(histories: Mapping[str, tuple[Sequence[float], int]], title: str) -> Figure:
    """Draw the loss on the early-stopping rows over epochs or rounds, a panel for each model, since losses
    differ.

    histories : {model: ([loss per step], the step whose model was kept)}.
    """
    figure = Figure(figsize=(3.6 * len(histories) + 0.6, 3.6), layout="constrained")
    figure.suptitle(title, fontsize=13, fontweight="bold")
    axes = figure.subplots(1, len(histories), squeeze=False)[0]
    for axis, (name, color, style) in zip(axes, _styled(histories), strict=True):
        losses, kept = histories[name]
        axis.plot(range(1, len(losses) + 1), losses, style, color=color)
        axis.plot(kept, losses[kept - 1], "D", color=color, markersize=7, label=f"kept: {kept}")
        axis.legend(fontsize=9)
        _label(axis, name, "epoch or round", "loss" if axis is axes[0] else "")
    return figure


def _figure(n_axes, title):
    figure = Figure(figsize=(6.4 * n_axes + (0 if n_axes > 1 else 2.6), 5.4), layout="constrained")
    figure.suptitle(title, fontsize=13, fontweight="bold")
    return figure, figure.subplots(1, n_axes, squeeze=False)[0]


def _thinned(*coordinates):
    """As many points of a curve as a chart can show."""
    points = np.unique(np.linspace(0, len(coordinates[0]) - 1, MAX_POINTS).astype(int))
    return [values[points] for values in coordinates]


def _styled(models):
    return zip(models, cycle(COLORS), cycle(STYLES), strict=False)


def _label(axis, title, x, y):
    axis.set_title(title, fontsize=11)
    axis.set_xlabel(x, fontsize=9)
    axis.set_ylabel(y, fontsize=9)
    calm(axis, "both")
