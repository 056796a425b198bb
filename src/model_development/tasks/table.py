"""The table of tasks. Adding a kind of problem is one module and one row here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DataError
from ..late import pandas as pd
from .base import Task
from .classification import Binary, Multiclass
from .regression import Regression

if TYPE_CHECKING:
    from .targets import TargetCodec


AUTO = "auto"
TASKS = {task.kind: task for task in (Binary, Multiclass, Regression)}  # the first that suits a target is it


def has_target(problem_type: str) -> bool:
    """Is there a column to learn from?"""
    return problem_type == AUTO or TASKS[problem_type].has_target


def make_task(y: pd.Series, target: str, problem_type: str = AUTO, positive_class: Any = None) -> Task:
    """Find out what kind of problem the target `y` (without missing values) poses.

    Of a kind that has no target, `y` are the zeros that stand for it.

    Raises DataError when the target has one value only, does not fit `problem_type`, or does not
    hold `positive_class`.

    >>> make_task(pd.Series(["good", "bad", "good"]), "class")
    Binary(target='class', classes=('bad', 'good'), positive_class='bad')
    >>> make_task(pd.Series([0.5, 1.25, 3.0]), "price").kind
    'regression'
    """
    if not has_target(problem_type):
        return TASKS[problem_type].pose(y, target)
    if pd.api.types.is_numeric_dtype(y) and np.isinf(y.to_numpy(dtype=float)).any():
        raise DataError(f"The target {target!r} holds infinite values. Remove or cap those rows.")
    if y.nunique() < 2:
        raise DataError(
            f"The target {target!r} holds one value only ({y.iloc[0]}) in all {len(y)} rows: "
            "there is nothing to learn. Check `target_variable`, or the filter that made the table."
        )
    if problem_type == AUTO:
        kind = next(task for task in TASKS.values() if task.suits(y))
    else:
        kind = TASKS[problem_type]
    return kind.pose(y, target, positive_class)


def task_of_model(
    family: str, classes: Sequence[Any], y: pd.Series, target: str, positive_class: Any = None
) -> Task:
    """Return the task that a fitted model of a family solves, posed by its classes and by the target of rows.

    classes : of the model, none of a model of numbers. y : target of some rows, without missing values; may
    lack classes. Raises DataError as `Task.pose` does.

    >>> task_of_model("classification", ["a", "b"], pd.Series(["b", "b"]), "class", "b")
    Binary(target='class', classes=('a', 'b'), positive_class='b')
    """
    kinds = [task for task in TASKS.values() if task.family == family]
    known = pd.Series([*classes, *y], name=target) if len(classes) else y
    kind = next((kind for kind in kinds if kind.suits(known)), kinds[-1])
    return kind.pose(known, target, positive_class)


def codecs() -> dict[str, type[TargetCodec]]:
    """{family: how its estimators see the target}; a family is what models and metrics are made for.

    >>> list(codecs())
    ['classification', 'regression']
    """
    return {task.family: task.codec for task in TASKS.values()}
