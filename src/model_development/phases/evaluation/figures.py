"""Every metric of every evaluated model on fitted rows, folds, validation and test rows, with intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from ...metrics.table import Metric, metrics_for
from ...reports.numbers import format_number
from ...statistics.resampling import FEWEST_GROUPS, percentile_interval
from ...statistics.units import n_units
from .candidates import FINAL, TITLES

if TYPE_CHECKING:
    from .opening import EvaluationPhase

Row = dict[str, float | None]


def model_figures(phase: EvaluationPhase) -> dict[str, dict[str, Any]]:
    """Return {role: {"name", "params", "fitted_on", "metrics": {metric: its figures}, "missing": {}}}.

    The figures of a metric: `train` (on rows that were fitted), `cv_mean`, `cv_low`, `cv_high`, `validation`,
    `test`, `test_low`, `test_high` (95 %), `overfit_gap` (train - test), `optimism` (validation - test).
    """
    return {
        candidate.role: {
            "name": candidate.name,
            "title": TITLES[candidate.role],
            "params": dict(candidate.params),
            "fitted_on": candidate.fitted_on,
            "metrics": {metric.name: _figures(phase, candidate, metric) for metric in _metrics(phase)},
            "missing": phase.measured[candidate.role].reasons,
        }
        for candidate in phase.candidates
        if candidate.role in phase.measured
    }


def differences(phase: EvaluationPhase) -> dict[str, dict[str, Row]]:
    """Return {role: {metric: {"difference", "low", "high"}}}: the final model minus another on test rows.

    The rows are drawn once for both, so that what is hard for both does not count as a difference.
    """
    ours = phase.measured[FINAL]
    return {
        role: {metric.name: _difference(phase, ours, theirs, metric.name) for metric in _metrics(phase)}
        for role, theirs in phase.measured.items()
        if role != FINAL
    }


def _metrics(phase):
    return metrics_for(phase.session.task.family)


def _figures(phase, candidate, metric):
    measured, cv = phase.measured[candidate.role], candidate.cv.get(metric.name) or {}
    train, test = measured.train_values.get(metric.name), measured.values.get(metric.name)
    validation = candidate.validation.get(metric.name)
    low, high = _interval(phase, measured.drawn.get(metric.name)) if test is not None else (None, None)
    return {
        "train": train,
        "cv_mean": cv.get("mean"),
        "cv_low": cv.get("low"),
        "cv_high": cv.get("high"),
        "validation": validation,
        "test": test,
        "test_low": low,
        "test_high": high,
        "overfit_gap": None if train is None or test is None else train - test,
        "optimism": None if validation is None or test is None else validation - test,
    }


def _difference(phase, ours, theirs, name):
    new, old = ours.values.get(name), theirs.values.get(name)
    if new is None or old is None:
        return {"difference": None, "low": None, "high": None}
    low, high = _interval(phase, ours.drawn[name] - theirs.drawn[name])
    return {"difference": new - old, "low": low, "high": high}


def _interval(phase, drawn):
    """(low, high) of resampled values; (None, None) where the rows do not allow one."""
    test = phase.parts["test"]
    n_drawn = n_units(len(test.y), test.groups)
    if drawn is None or (test.groups is not None and n_drawn < FEWEST_GROUPS):
        return None, None
    return percentile_interval(drawn, n_drawn) or (None, None)


def figures_table(models: Mapping[str, Mapping[str, Any]], metric: Metric) -> pd.DataFrame:
    """Return the figures of one metric as a table for people: a row for each model."""
    rows = []
    for model in models.values():
        figures = model["metrics"][metric.name]
        rows.append(
            {
                "model": f"{model['title']} ({model['name']})",
                "fitted on": model["fitted_on"],
                "fitted rows": figures["train"],
                "folds": figures["cv_mean"],
                "validation": figures["validation"],
                "test": figures["test"],
                "test, 95 %": _span(figures["test_low"], figures["test_high"]),
            }
        )
    return pd.DataFrame(rows)


def all_metrics_table(models: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Return every metric of every model on the test rows, with its 95 % interval."""
    return pd.DataFrame(
        [
            {"metric": name}
            | {f"{model['title']}": _with_span(model["metrics"][name]) for model in models.values()}
            for name in models[FINAL]["metrics"]
        ]
    )


def long_table(models: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Return all figures, a row for each model and metric."""
    return pd.DataFrame(
        [
            {"role": role, "model": model["name"], "metric": name, **figures}
            for role, model in models.items()
            for name, figures in model["metrics"].items()
        ]
    )


def differences_table(found: Mapping[str, Mapping[str, Row]], metric: Metric) -> pd.DataFrame:
    """Return the differences of one metric as a table for people."""
    rows = [
        {
            "final model minus": TITLES[role],
            metric.name: by_metric[metric.name]["difference"],
            "95 %": _span(by_metric[metric.name]["low"], by_metric[metric.name]["high"]),
            "": verdict(by_metric[metric.name], metric),
        }
        for role, by_metric in found.items()
    ]
    return pd.DataFrame(rows)


def verdict(row: Row, metric: Metric) -> str:
    """Say what an interval of a difference shows.

    >>> from model_development.metrics.table import METRICS
    >>> verdict({"difference": 2.0, "low": 1.0, "high": 3.0}, METRICS["rmse"])
    'worse'
    """
    low, high = row["low"], row["high"]
    if low is None or high is None:
        return "no interval"
    if low <= 0 <= high:
        return "not significantly different"
    return "better" if (low > 0) == metric.greater_is_better else "worse"


def _span(low, high):
    return "" if low is None else f"{format_number(low)} to {format_number(high)}"


def _with_span(figures):
    if figures["test"] is None:
        return "not defined"
    span = _span(figures["test_low"], figures["test_high"])
    return f"{format_number(figures['test'])}" + (f" ({span})" if span else "")
