"""Can this table be learnt from? Each check stops the run with a sentence before any training."""

import numpy as np
import pandas as pd

from ..errors import DataError, did_you_mean
from .schema import MISSING_MARKS

MIN_ROWS = 20


def check_columns(table, context):
    """Return the feature names, after checking that target and features are columns of the table.

    Raises DataError that names everything that is missing, with the nearest column.
    """
    columns = list(table.columns)
    duplicated = sorted({name for name in columns if columns.count(name) > 1})
    if duplicated:
        raise DataError(f"Columns occur twice in the table: {', '.join(duplicated)}. Rename them.")
    if context.target not in columns:
        raise DataError(
            f"The target {context.target!r} is no column of the table."
            f"{did_you_mean(context.target, columns)} Columns: {', '.join(columns)}."
        )
    for setting, name in context.settings.columns_by_setting():
        if name not in columns:
            raise DataError(
                f"`{setting}` names {name!r}, which is no column of the table."
                f"{did_you_mean(name, columns)} Columns: {', '.join(columns)}."
            )
        if name == context.target:
            raise DataError(f"`{setting}` names {name!r}, which is the target.")
    if context.target in (context.feature_names or ()):
        raise DataError(
            f"`feature_names` holds the target {context.target!r}: a model would copy it. Take it out."
        )
    apart = {context.target, *context.settings.named_columns()}
    wanted = context.feature_names or [name for name in columns if name not in apart]
    missing = [name for name in wanted if name not in columns]
    if missing:
        hints = "; ".join(f"{name!r}{did_you_mean(name, columns)}" for name in missing)
        raise DataError(f"`feature_names` holds what is no column of the table: {hints}")
    features = [name for name in wanted if name not in apart]
    if not features:
        raise DataError("No feature column is left beside the target and the named columns.")
    _refuse_nested_values(table, [*features, context.target])
    return features


def drop_rows_without_target(table, target):
    """Return (rows that have a target, how many were left out).

    A missing mark such as "?" is no target, and a target of numbers written as text becomes numbers.
    """
    values = table[target]
    present = values.notna()
    if not pd.api.types.is_numeric_dtype(values):
        present &= ~values.astype(str).str.strip().isin(MISSING_MARKS)
    kept = table[present].reset_index(drop=True)
    if len(kept) and pd.api.types.is_string_dtype(kept[target]):
        numbers = pd.to_numeric(kept[target], errors="coerce")
        if numbers.notna().all():
            kept[target] = numbers
    return kept, int((~present).sum())


def _refuse_nested_values(table, names):
    """Lists, dicts and arrays in cells are no values that a model could learn from."""
    for name in names:
        if table[name].dtype == object:
            nested = table[name].map(lambda v: isinstance(v, list | dict | set | tuple | np.ndarray))
            if nested.any():
                raise DataError(
                    f"Column {name!r} holds lists or records in its cells (row {int(nested.argmax())}). "
                    "Spread them over columns, or leave the column out with `feature_names`."
                )


def check_training_rows(y_train, task, cv_folds):
    """Raise DataError when the rows that the split leaves for training cannot be folded."""
    if len(y_train) < 2 * cv_folds:
        raise DataError(
            f"The split leaves {len(y_train)} rows for training; {cv_folds} folds need {2 * cv_folds} "
            "at least. Lower `cv_folds`, get more rows, or split another way."
        )
    if task.family == "classification":
        counts = pd.Series(y_train).value_counts()
        if len(counts) < 2 or counts.iloc[1] < cv_folds:
            raise DataError(
                f"The training rows hold too few classes for {cv_folds} folds: "
                f"{', '.join(f'{label!r} ({count})' for label, count in counts.head(5).items())}. "
                "Lower `cv_folds`, or split another way."
            )


def check_row_counts(y, task, cv_folds):
    """Raise DataError when there are too few rows, in all or of one class, for split and folds."""
    needed = max(MIN_ROWS, cv_folds + 2)
    if len(y) < needed:
        raise DataError(
            f"The table has {len(y)} rows with a target; {cv_folds} folds, validation and test need "
            f"{needed} at least. Lower `cv_folds` or get more rows."
        )
    if task.family == "regression":
        return
    counts = y.value_counts()
    rare = {label: int(counts[label]) for label in task.classes if counts[label] < cv_folds + 2}
    if rare:
        listed = ", ".join(f"{label!r} ({count})" for label, count in list(rare.items())[:10])
        raise DataError(
            f"The target {task.target!r} has classes with too few rows: {listed}. "
            f"{cv_folds} folds, validation and test need {cv_folds + 2} of each. "
            "Lower `cv_folds`, merge these classes, or drop their rows."
        )
