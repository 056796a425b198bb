"""Which rows train, which validate, and which are put away; and the folds of the training rows."""

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import DataError

TRAIN, VALIDATION, TEST = "train", "validation", "test"
HELD_OUT = 0.1  # share of the rows for validation, and again for test
MIN_STRATUM = 50  # rows of each bin: as many as folds at the most
N_STRATA = 10  # quantile bins that stand in for classes when the target is a number


@dataclass(frozen=True)
class DevelopmentData:
    """What training, choice and tuning receive: training and validation rows, and no others.

    X_train, X_validation : raw feature columns. y_train, y_validation : labels or numbers.
    folds : (rows to fit, rows to score), each positions within the training rows.
    """

    task: object
    schema: object
    X_train: pd.DataFrame
    y_train: np.ndarray
    X_validation: pd.DataFrame
    y_validation: np.ndarray
    folds: tuple


def assign_rows(table, y, task, settings):
    """Return the part of each row, shape (n_rows,): "train", "validation" or "test".

    Raises DataError when a column that the split needs is missing, or a part would be empty.
    """
    makers = {"stratified": _stratified, "time": _by_time, "group": _by_group, "column": _by_column}
    parts = makers[settings.split](table, y, task, settings)
    for part in (TRAIN, VALIDATION, TEST):
        if not (parts == part).any():
            raise DataError(
                f"The {settings.split!r} split leaves no row for {part} out of {len(table)} rows. "
                "Use a larger table or another split."
            )
    return parts


def make_folds(X, y, task, settings, groups=None, order=None):
    """Return cross-validation folds that follow the same rule as the split.

    groups, order : shape (n_rows,), the group of each row or its time; None where not asked for.
    """
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, TimeSeriesSplit

    n = settings.cv_folds
    if order is not None:
        position = np.argsort(order, kind="stable")
        pairs = TimeSeriesSplit(n_splits=n).split(position)
        return tuple((position[fit], position[score]) for fit, score in pairs)
    options = {"n_splits": n, "shuffle": True, "random_state": settings.seed}
    strata = _strata(y, task)
    if groups is not None:
        return tuple(StratifiedGroupKFold(**options).split(X, strata, groups))
    return tuple(StratifiedKFold(**options).split(X, strata))


def split_fingerprint(parts):
    """Return a short hash of the assignment, so that two phases can prove they used the same rows."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _strata(y, task):
    """Classes, or quantile bins of a number: each with rows enough for every fold and part."""
    if task.family == "classification":
        return task.encode(y)
    ranks = pd.Series(np.asarray(y, dtype=float)).rank(method="first")
    n_bins = max(1, min(N_STRATA, len(ranks) // MIN_STRATUM))
    return pd.qcut(ranks, n_bins, labels=False).to_numpy()


def _stratified(table, y, task, settings):
    from sklearn.model_selection import train_test_split

    rows, strata = np.arange(len(table)), _strata(y, task)
    n_held = max(round(len(rows) * HELD_OUT), len(np.unique(strata)))
    options = {"test_size": n_held, "random_state": settings.seed}
    rest, test = train_test_split(rows, stratify=strata, **options)
    train, validation = train_test_split(rest, stratify=strata[rest], **options)
    return _label(len(rows), train, validation, test)


def _by_time(table, y, task, settings):
    order = np.argsort(times(table, settings.time_column), kind="stable")
    n_held = max(1, round(len(order) * HELD_OUT))
    train, validation, test = np.split(order, [len(order) - 2 * n_held, len(order) - n_held])
    return _label(len(order), train, validation, test)


def _by_group(table, y, task, settings):
    from sklearn.model_selection import StratifiedGroupKFold

    groups = group_codes(table, settings.group_column)
    n_groups, n_parts = len(np.unique(groups)), round(1 / HELD_OUT)
    if n_groups < settings.cv_folds + 2:
        raise DataError(
            f"The group column {settings.group_column!r} holds {n_groups} groups; "
            f"{settings.cv_folds} folds, validation and test need {settings.cv_folds + 2} at least. "
            "Lower `cv_folds`, or split another way."
        )
    splitter = StratifiedGroupKFold(n_splits=min(n_parts, n_groups), shuffle=True, random_state=settings.seed)
    chunks = [score for _, score in splitter.split(table, _strata(y, task), groups)]
    # One large group makes one large chunk; what is held out should be near its share.
    chunks.sort(key=lambda chunk: abs(len(chunk) - HELD_OUT * len(table)))
    validation, test, *rest = chunks
    train = np.concatenate(rest)
    if len(train) < len(table) / 2:
        raise DataError(
            f"The groups of {settings.group_column!r} are so unequal that a split by group leaves "
            f"{len(train)} of {len(table)} rows for training. Split another way, or break up large groups."
        )
    return _label(len(table), train, validation, test)


def _by_column(table, y, task, settings):
    values = _column(table, settings.split_column, "split_column").astype(str).str.strip().str.lower()
    unknown = sorted(set(values) - {TRAIN, VALIDATION, TEST})
    if unknown:
        raise DataError(
            f"The split column {settings.split_column!r} holds {', '.join(map(repr, unknown[:5]))}. "
            "Allowed: train, validation, test."
        )
    return values.to_numpy(dtype=object)


def group_codes(table, name):
    """Return the group column as whole numbers; missing values are one group of their own."""
    column = _column(table, name, "group_column")
    return pd.factorize(column, use_na_sentinel=False)[0]


def times(table, name):
    """Return the time column as something sortable. Raises DataError where it cannot be read."""
    column = _column(table, name, "time_column")
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
        parsed = column
    else:
        parsed = pd.to_datetime(column, errors="coerce", format="mixed", utc=True)
    if parsed.isna().any():
        row = int(np.flatnonzero(parsed.isna())[0])
        raise DataError(
            f"The time column {name!r} cannot be read as a time in row {row}: "
            f"{column.iloc[row]!r}. Write dates as 2026-01-31, or numbers."
        )
    return parsed.to_numpy()


def _column(table, name, setting):
    if name not in table.columns:
        raise DataError(
            f"`{setting}` is {name!r}, which is no column of the table. Columns: {', '.join(table.columns)}."
        )
    return table[name]


def _label(n_rows, train, validation, test):
    parts = np.empty(n_rows, dtype=object)
    parts[train], parts[validation], parts[test] = TRAIN, VALIDATION, TEST
    return parts
