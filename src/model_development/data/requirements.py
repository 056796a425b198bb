"""Without these nothing can go on: columns that exist, a target that can be read, rows enough to split.

What makes a model untrustworthy but not impossible is for `checks/` to find.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..errors import DataError, did_you_mean, some_of
from .reading.dialects import REPEATED_NAMES

if TYPE_CHECKING:
    import pandas as pd

    from ..settings.context import Context
    from ..tasks.base import Task


MIN_ROWS = 20


def check_columns(table: pd.DataFrame, context: Context) -> list[str]:
    """Return the feature names, after checking that target and features are columns of the table.

    Raises DataError that names everything that is missing, with the nearest column.
    """
    columns = list(table.columns)
    _require_unique_target(table, context.target)
    if context.target not in columns:
        raise DataError(
            f"The target {context.target!r} is no column of the table."
            f"{did_you_mean(context.target, columns)} Columns: {some_of(columns)}."
        )
    for setting, name in context.settings.columns_by_setting():
        if name not in columns:
            raise DataError(
                f"`{setting}` names {name!r}, which is no column of the table."
                f"{did_you_mean(name, columns)} Columns: {some_of(columns)}."
            )
        if name == context.target:
            raise DataError(f"`{setting}` names {name!r}, which is the target.")
    if context.target in (context.feature_names or ()):
        raise DataError(
            f"`feature_names` holds the target {context.target!r}: a model would copy it. Take it out."
        )
    apart = {context.target, *context.settings.named_columns(context.feature_names or ())}
    wanted = context.feature_names or [name for name in columns if name not in apart]
    known = set(columns)
    missing = [name for name in wanted if name not in known]
    if missing:
        hints = "; ".join(f"{name!r}{did_you_mean(name, columns)}" for name in missing)
        raise DataError(f"`feature_names` holds what is no column of the table: {hints}")
    features = [name for name in wanted if name not in apart]
    if not features:
        raise DataError("No feature column is left beside the target and the named columns.")
    _refuse_values_that_are_none(table, [*features, context.target])
    return features


def check_test_columns(test_table: pd.DataFrame, needed: Sequence[str], location: str) -> None:
    """Raise DataError when the user's own test rows lack columns of the feature table."""
    absent = [name for name in needed if name not in test_table.columns]
    if absent:
        more = [name for name in test_table.columns if name not in needed]
        raise DataError(
            f"The test table {location} lacks columns of the feature table: {some_of(absent)}."
            + (f" It has others: {some_of(more)}." if more else "")
            + " `test_data_path` needs the same columns, the target included."
        )


def check_row_counts(y: pd.Series, cv_folds: int) -> None:
    """Raise DataError when there are too few rows for split and folds."""
    needed = max(MIN_ROWS, cv_folds + 2)
    if len(y) < needed:
        raise DataError(
            f"The table has {len(y)} rows with a target; {cv_folds} folds, validation and test need "
            f"{needed} at least. Lower `cv_folds` or get more rows."
        )


def check_folds(
    folds: Sequence[tuple[np.ndarray, np.ndarray]], y_train: np.ndarray, task: Task, split: str
) -> None:
    """Raise DataError when a fold would be fitted on rows that cannot teach."""
    for number, (fit, _) in enumerate(folds, start=1):
        task.require_fold(y_train[fit], number, len(folds), split)


def check_training_rows(y_train: np.ndarray, task: Task, cv_folds: int) -> None:
    """Raise DataError when the rows that the split leaves for training cannot be folded."""
    if len(y_train) < 2 * cv_folds:
        raise DataError(
            f"The split leaves {len(y_train)} rows for training; {cv_folds} folds need {2 * cv_folds} "
            "at least. Lower `cv_folds`, get more rows, or split another way."
        )
    task.require_training_rows(y_train, cv_folds)


def _require_unique_target(table, target):
    if target in table.attrs.get(REPEATED_NAMES, {}).values():
        raise DataError(
            f"The header holds the target {target!r} more than once. Rename or drop all but one of them."
        )


def _refuse_values_that_are_none(table, names):
    """Lists, dicts, arrays and complex numbers are no values that a model could learn from."""
    for name in names:
        if table[name].dtype == object:
            nested = table[name].map(lambda v: isinstance(v, list | dict | set | tuple | np.ndarray))
            if nested.any():
                raise DataError(
                    f"Column {name!r} holds lists or records in its cells (row {int(nested.argmax())}). "
                    "Spread them over columns, or leave the column out with `feature_names`."
                )
        if table[name].dtype.kind == "c" or _holds_complex(table[name]):
            raise DataError(
                f"Column {name!r} holds complex numbers. Give real and imaginary part, or size and angle, a "
                "column each."
            )


def _holds_complex(values):
    return values.dtype == object and values.map(lambda value: isinstance(value, complex)).any()
