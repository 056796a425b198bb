"""Do thresholds name metrics, columns and tests that there are? Asked before anything is measured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ..errors import SettingsError, did_you_mean, some_of
from ..metrics.table import metrics_for
from .suite.table import SUITE

if TYPE_CHECKING:
    from ..predictor import Predictor
    from ..tasks.base import Task
    from .thresholds import Thresholds


def require_suited(
    thresholds: Thresholds, task: Task, model: Predictor, columns: Iterable[str], where: str
) -> None:
    """Raise SettingsError that says of every unknown metric, column and test which ones there are.

    columns : of the test data. where : the thresholds, in words.
    """
    problems = [
        *_unknown("metric", _metrics(thresholds), [metric.name for metric in metrics_for(task.family)]),
        *_unknown("column", _any_columns(thresholds), [name for name in columns if name != task.target]),
        *_unknown("column of the model", _model_columns(thresholds), model.schema_.names()),
        *_unknown("test", [("skip_tests", name) for name in thresholds.skip_tests], list(SUITE)),
    ]
    if problems:
        raise SettingsError(f"{where}: {'; '.join(problems)}.")


def _unknown(kind: str, named: Iterable[tuple[str, str]], known: list[str]) -> Iterator[str]:
    for setting, name in named:
        if name not in known:
            yield f"`{setting}` names no {kind} {name!r}.{did_you_mean(name, known)} Known: {some_of(known)}"


def _metrics(thresholds):
    for setting in ("metrics", "better_than_constant", "champion"):
        yield from ((setting, name) for name in getattr(thresholds, setting))
    yield from (("slices", part.metric) for part in thresholds.slices)


def _any_columns(thresholds):
    for setting in ("slices", "fairness"):
        yield from ((setting, part.column) for part in getattr(thresholds, setting))


def _model_columns(thresholds):
    for setting in ("invariances", "directions"):
        yield from ((setting, part.column) for part in getattr(thresholds, setting))
