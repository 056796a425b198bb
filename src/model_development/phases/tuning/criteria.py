"""What may stand beside the score in a search: the table of costs, and every other metric of the task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...errors import SettingsError, did_you_mean
from ...metrics.table import METRICS, Metric, metrics_for

if TYPE_CHECKING:
    from ..session import Session


@dataclass(frozen=True)
class Criterion:
    """One row, or a metric.

    name : as it is asked for. metric : what it is called where it is measured. noise : share by which a value
    must be lower to be a lower one. is_timed : is it measured once more when no fit runs beside it?
    of_folds : is it a mean over the folds, as the score? Else a model of all training rows has it.
    """

    name: str
    metric: str
    label: str
    noise: float = 0.0
    is_timed: bool = False
    of_folds: bool = False
    greater_is_better: bool = False

    def cost(self, value: float) -> float:
        """The value as a number of which less is better; and the other way round."""
        return -value if self.greater_is_better else value


CRITERIA = {
    row.name: row
    for row in (
        Criterion("latency", "inference_time_ms", "latency (ms for a batch)", noise=0.05, is_timed=True),
        Criterion("size", "model_size_mb", "size (MB)"),
    )
}


def criterion_of(name: str | None, session: Session) -> Criterion | None:
    """Return the row, or the metric of the task, that is called so; None for None.

    Raises SettingsError, with the nearest name, where there is none, and for the metric that decides.
    """
    if name is None or name in CRITERIA:
        return CRITERIA[name] if name else None
    metrics = {metric.name: metric for metric in metrics_for(session.task.family)}
    others = [metric for metric in metrics if metric != session.metric.name]
    if name == session.metric.name:
        raise SettingsError(
            f"{name} is the primary metric, which decides already: a second criterion must be another one. "
            f"Known: {', '.join([*CRITERIA, *others])}."
        )
    if name not in metrics:
        known = [*CRITERIA, *others]
        raise SettingsError(
            f"No second criterion is called {name!r}.{did_you_mean(name, known)} Known: {', '.join(known)}."
        )
    return _of_metric(metrics[name])


def label_of(name: str) -> str:
    """What charts call a criterion; of a user's own metric its name."""
    if name in CRITERIA:
        return CRITERIA[name].label
    return f"cv {METRICS[name].label}" if name in METRICS else f"cv {name}"


def _of_metric(metric: Metric) -> Criterion:
    return Criterion(
        metric.name,
        metric.name,
        f"cv {metric.label}",
        of_folds=True,
        greater_is_better=metric.greater_is_better,
    )
