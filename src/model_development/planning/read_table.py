"""A look at a table before there is a project: its target, its columns, what a constant reaches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import DataError, did_you_mean, some_of
from .data_profile import DataProfile, profile_of

if TYPE_CHECKING:
    import pandas as pd

    from ..tasks.base import Task


@dataclass(frozen=True)
class FirstLook:
    """profile : of the table. task : that its target poses. baseline : of the metric; None: no formula."""

    profile: DataProfile
    task: Task
    metric: str
    baseline: float | None


def look_at(table: pd.DataFrame, target: str, settings: dict[str, Any]) -> FirstLook:
    """Return what a table looks like, without splitting or checking it.

    settings : as of a context file. Raises DataError where the target is no column, or cannot be learnt.
    """
    from ..data.columns.recognition import infer_schema
    from ..data.reading.dialects import decimal_of
    from ..data.target import find_target_reading
    from ..settings.settings import make_settings
    from ..tasks.table import make_task
    from .baselines import baseline_value

    if target not in table.columns:
        raise DataError(
            f"The target {target!r} is no column of the table.{did_you_mean(target, table.columns)} "
            f"Columns: {some_of(list(table.columns))}.",
            where="--target",
            allowed=list(table.columns),
        )
    checked = make_settings(settings, "settings")
    decimal = decimal_of(table)
    reading = find_target_reading(table[target], checked.missing_labels, decimal)
    rows = reading.rows(table[target])
    y = reading.read(table[target].iloc[rows])
    task = make_task(y, target, checked.problem_type, checked.positive_class)
    apart = {target, *checked.named_columns()}
    X = table.iloc[rows][[name for name in table.columns if name not in apart]]
    schema = infer_schema(X, categorical=checked.categorical_columns, decimal=decimal)
    metric = checked.primary_metric or task.default_metric
    profile = profile_of(X, y, schema, task, time_limit_s=checked.time_budget_s)
    return FirstLook(profile, task, metric, baseline_value(metric, y, task))
