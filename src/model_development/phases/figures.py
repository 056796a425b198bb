"""The charts of phase 1, from what was measured and from the out-of-fold predictions."""

from functools import reduce

import numpy as np
import pandas as pd

from ..reports.chart import drawn_once
from ..reports.curves import history_chart, latency_chart, prediction_chart, ranking_chart
from ..reports.plots import comparison_chart
from ..scoring.fold_results import probability_column
from ..scoring.metrics import COSTS, metrics_for
from .results import can_be_chosen, choose_best, ranked

N_PANELS = 8  # metrics side by side in the comparison chart


@drawn_once
def comparison_figure(phase):
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
        {r.name for r in shown if r.is_floor},
        f"{phase.session.context.project}: cross-validated means on the training rows "
        "(whisker: 95 % interval)",
    )


@drawn_once
def prediction_figure(phase):
    """Return ROC and precision-recall curves of all models, or predictions against the truth.

    Drawn from the out-of-fold predictions. With three classes or more, "positive" is the most
    frequent class against the rest.
    """
    data, task = phase.session.data, phase.session.task
    choose_best(phase.all_results, phase.session.metric)  # says so where no model was trained
    regression = task.family == "regression"
    label = None if regression else _class_shown(task, data.y_train)
    column = "prediction" if regression else probability_column(label)
    said = {r.name: _out_of_fold(phase, r, column) for r in _trained(phase) if not r.is_floor}
    # A time budget may have left some models with fewer folds: only rows that all have scored are compared.
    rows = reduce(pd.Index.intersection, [values.index for values in said.values()])
    truth, project = data.y_train[rows], phase.session.context.project
    said = {name: values.loc[rows].to_numpy() for name, values in said.items()}
    if regression:
        return prediction_chart(truth.astype(float), said, f"{project}: out-of-fold predictions")
    title = f"{project}: {label!r} against the rest, out-of-fold predictions"
    return ranking_chart(truth == label, said, title)


@drawn_once
def latency_figure(phase):
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
def history_figure(phase):
    """Return the chart of the loss over epochs or rounds; None where no model stops early."""
    histories = {
        r.name: (r.measured["history"]["inner_loss"], r.measured["stopped_at"])
        for r in _trained(phase)
        if r.measured.get("history")
    }
    title = f"{phase.session.context.project}: loss on inner rows, which say when to stop"
    return history_chart(histories, title) if histories else None


def _class_shown(task, y):
    """The positive class; of three or more the most frequent one."""
    return (
        task.positive_class if task.kind == "binary" else task.classes[np.bincount(task.encode(y)).argmax()]
    )


def _trained(phase):
    return [r for r in ranked(phase.all_results, phase.session.metric) if r.status == "ok"]


def _out_of_fold(phase, result, column):
    """What a model said of each row while it was left out, by the row's position."""
    return pd.read_parquet(phase.session.record.oof_path(result.name), columns=["row", column]).set_index(
        "row"
    )[column]
