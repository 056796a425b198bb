"""Can this table be learnt from? Each check stops the run with a sentence before any training."""

import pandas as pd

from ..errors import DataError, did_you_mean

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
    apart = {context.target, *context.settings.named_columns()}
    wanted = context.feature_names or [name for name in columns if name not in apart]
    missing = [name for name in wanted if name not in columns]
    if missing:
        hints = "; ".join(f"{name!r}{did_you_mean(name, columns)}" for name in missing)
        raise DataError(f"`feature_names` holds what is no column of the table: {hints}")
    features = [name for name in wanted if name not in apart]
    if not features:
        raise DataError("No feature column is left beside the target and the named columns.")
    return features


def drop_rows_without_target(table, target):
    """Return (rows that have a target, how many were left out)."""
    present = table[target].notna()
    if pd.api.types.is_string_dtype(table[target]):
        present &= table[target].astype(str).str.strip() != ""
    return table[present].reset_index(drop=True), int((~present).sum())


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
