"""The charts of phase 1, from what was measured and from the out-of-fold predictions.

Adding one is one function and one row of CHARTS; the notebook shows it with a line of its own.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import pandas as pd

from ...metrics.table import COSTS, metrics_for
from ...reports.chart import drawn_once
from ...reports.curves import history_chart, latency_chart, prediction_chart, ranking_chart
from ...reports.plots import comparison_chart
from ...storage import files as artifacts
from .results import can_be_chosen, choose_best, ranked

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from .phase import TrainingPhase


N_PANELS = 8  # metrics side by side in the comparison chart


@drawn_once
def comparison_figure(phase: TrainingPhase) -> Figure:
    """Return the comparison chart: eight metrics side by side, the best model marked."""
    metric, shown = phase.session.metric, _trained(phase)
    panels = [
        (
            m.label,
            {r.name: r.cv(m.name) for r in shown},
            {r.name: (r.cv(m.name, "low"), r.cv(m.name, "high")) for r in shown},
            "higher" if m.greater_is_better else "lower",
        )
        for m in dict.fromkeys([metric, *metrics_for(metric.family, standard_only=True)])
    ]
    panels += [(label, {r.name: r.metric(n) for r in shown}, {}, "lower") for n, label in COSTS.items()]
    return comparison_chart(
        panels[:N_PANELS],
        [r.name for r in shown],
        choose_best(phase.all_results, metric).name,
        {r.name for r in shown if r.is_dummy},
        f"{phase.session.context.project}: cross-validated means on the training rows "
        "(whisker: 95 % interval)",
    )


@drawn_once
def prediction_figure(phase: TrainingPhase) -> Figure:
    """Return ROC and precision-recall curves of all models, or predictions against the truth.

    Drawn from the out-of-fold predictions. With three classes or more, "positive" is the most
    frequent class against the rest.
    """
    choose_best(phase.all_results, phase.session.metric)  # says so where no model was trained
    return PREDICTION_CHARTS[phase.session.task.chart](phase)


def _ranking_figure(phase):
    task, y = phase.session.task, phase.session.data.y_train
    label = task.shown_class(y)
    truth, said = _compared(phase, task.probability_column(label))
    title = f"{phase.session.context.project}: {label!r} against the rest, out-of-fold predictions"
    return ranking_chart(truth == label, said, title)


def _truth_figure(phase):
    truth, said = _compared(phase, "prediction")
    title = f"{phase.session.context.project}: out-of-fold predictions"
    return prediction_chart(truth.astype(float), said, title)


PREDICTION_CHARTS = {"ranking": _ranking_figure, "truth": _truth_figure}


def _compared(phase, column):
    """(truth, {model: what it said}) of the rows that all models have scored.

    A time budget may have left some models with fewer folds.
    """
    said = {r.name: _out_of_fold(phase, r, column) for r in _trained(phase) if not r.is_dummy}
    rows = reduce(pd.Index.intersection, [values.index for values in said.values()])
    return phase.session.data.y_train[rows], {n: values.loc[rows].to_numpy() for n, values in said.items()}


@drawn_once
def latency_figure(phase: TrainingPhase) -> Figure:
    """Return the chart of quality against the time of a prediction."""
    metric = phase.session.metric
    rows = {
        r.name: (
            r.metric("inference_time_ms"),
            r.cv(metric.name),
            r.cv(metric.name, "low"),
            r.cv(metric.name, "high"),
        )
        for r in _trained(phase)
        if can_be_chosen(r, metric)
    }
    best = choose_best(phase.all_results, metric).name
    title = f"{phase.session.context.project}: quality against latency"
    return latency_chart(rows, metric.label, best, title)


@drawn_once
def history_figure(phase: TrainingPhase) -> Figure | None:
    """Return the chart of the loss over epochs or rounds; None where no model stops early."""
    histories = {
        r.name: (r.measured["history"]["early_stopping_loss"], r.measured["stopped_at"])
        for r in _trained(phase)
        if r.measured.get("history")
    }
    title = f"{phase.session.context.project}: loss on the early-stopping rows, which say when to stop"
    return history_chart(histories, title) if histories else None


def _trained(phase):
    return [r for r in ranked(phase.all_results, phase.session.metric) if r.status == "ok"]


def _out_of_fold(phase, result, column):
    """What a model said of each row while it was left out, by the row's position."""
    return pd.read_parquet(phase.session.record.oof_path(result.name), columns=["row", column]).set_index(
        "row"
    )[column]


CHARTS = {  # file: its function of a TrainingPhase; one that returns None has nothing to show
    artifacts.COMPARISON_CHART: comparison_figure,
    artifacts.PREDICTIONS_CHART: prediction_figure,
    artifacts.LATENCY_CHART: latency_figure,
    artifacts.HISTORY_CHART: history_figure,
}
