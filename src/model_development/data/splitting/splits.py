"""Which rows train, which validate, and which are put away; and the folds of the training rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...errors import DataError
from ...settings.splits import SPLITS
from ..columns.date_formats import date_format_of
from ..columns.dates import ISO, days_of, to_dates
from ..columns.values import to_categories, to_numbers
from .assignment import TEST, TRAIN, VALIDATION
from .equal_rows import on_one_side
from .group_chunks import group_chunks

if TYPE_CHECKING:
    from ...settings.settings import Settings
    from ...tasks.base import Task


HELD_OUT = 0.1  # share of the rows for validation, and again for test


def assign_rows(
    table: pd.DataFrame,
    y: pd.Series,
    task: Task,
    settings: Settings,
    parts: tuple[str, ...] = (TRAIN, VALIDATION, TEST),
    together: np.ndarray | None = None,
) -> np.ndarray:
    """Return the part of each row, shape (n_rows,): "train", "validation" or "test".

    parts : what there is to be; without "test" where the user brings test rows of their own.
    together : whole numbers, shape (n_rows,): rows of one number stay in one part, but for a split by time or
        by a column of the user's.

    Raises DataError when a column that the split needs is missing, or a part would be empty.
    """
    assigned = ASSIGN[settings.split](table, y, task, settings, parts, together)
    for part in parts:
        if not (assigned == part).any():
            raise DataError(
                f"The {settings.split!r} split leaves no row for {part} out of {len(table)} rows. "
                "Use a larger table or another split."
            )
    return assigned


def fold_rule(settings: Settings) -> str | None:
    """What folds keep to beside the classes: "group", "time" or nothing. A user's parts leave both open."""
    split = SPLITS[settings.split]
    keeps_groups = split.keeps_groups or split.is_given and settings.group_column is not None
    is_in_time = split.is_in_time or split.is_given and settings.time_column is not None
    return "group" if keeps_groups else "time" if is_in_time else None


def fold_numbers(
    y: np.ndarray,
    task: Task,
    settings: Settings,
    groups: np.ndarray | None = None,
    moments: np.ndarray | None = None,
    equal: np.ndarray | None = None,
) -> np.ndarray:
    """Return for each training row the fold in which it is scored, shape (n_rows,).

    groups, moments : shape (n_rows,), the group of each row or its time; None where the split asks
    for neither. By time, rows of fold -1 are scored in none: they come before the first.
    equal : sets of equal rows, shape (n_rows,); each goes with its first row.
    """
    n, numbers = settings.cv_folds, np.full(len(y), -1)
    if moments is not None:
        shares = [len(y) * (k + 1) // (n + 1) for k in range(n)]
        for number, rows in enumerate(_cut_by_time(moments, shares, settings.time_column)[1:]):
            numbers[rows] = number
        return numbers
    if groups is not None and len(np.unique(groups)) < n:
        raise DataError(
            f"The training rows hold {len(np.unique(groups))} groups of {settings.group_column!r}; {n} folds "
            "need as many at least. Lower `cv_folds`."
        )
    if groups is not None:
        return on_one_side(group_chunks(task.strata(y), groups, n, settings.seed), equal)
    from sklearn.model_selection import StratifiedKFold

    splitter = StratifiedKFold(n_splits=n, shuffle=True, random_state=settings.seed)
    for number, (_, scored) in enumerate(splitter.split(y, task.strata(y))):
        numbers[scored] = number
    return on_one_side(numbers, equal)


def _stratified(table, y, task, settings, parts, together):
    from sklearn.model_selection import train_test_split

    assigned, strata = np.full(len(table), TRAIN, dtype=object), task.strata(y)
    n_held = max(round(len(table) * HELD_OUT), len(np.unique(strata)))
    rest = np.arange(len(table))
    for part in reversed(parts[1:]):
        rest, held = train_test_split(
            rest, stratify=strata[rest], test_size=n_held, random_state=settings.seed
        )
        assigned[held] = part
    return on_one_side(assigned, together)


def _by_time(table, y, task, settings, parts, together):
    n_held = max(1, round(len(table) * HELD_OUT))
    n_train = len(table) - n_held * len(parts[1:])
    cuts = [n_train + n_held * number for number in range(len(parts[1:]))]
    assigned = np.empty(len(table), dtype=object)
    chunks = _cut_by_time(times(table[settings.time_column]), cuts, settings.time_column)
    for part, rows in zip(parts, chunks, strict=True):
        assigned[rows] = part
    return assigned


def _cut_by_time(moments, cuts, name):
    """Return the rows of each stretch of time, cut near the positions `cuts` of the sorted rows.

    A cut moves to the nearest change of time, so that no moment lies on both sides of it.
    """
    order = np.argsort(moments, kind="stable")
    ordered = moments[order]
    changes = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    chosen = []
    for left, cut in zip(range(len(cuts), 0, -1), cuts, strict=True):
        possible = changes[changes > chosen[-1]] if chosen else changes
        possible = possible[: len(possible) - left + 1]  # leave a change for every later cut
        if not len(possible):
            raise DataError(
                f"{len(cuts) + 1} stretches of time are needed, and the {len(moments)} rows to be divided "
                f"have {len(changes) + 1} different times in the column {name!r}. Rows of equal time cannot "
                "be put in order: use a finer time column, fewer `cv_folds`, or another split."
            )
        chosen.append(possible[np.argmin(abs(possible - cut))])
    return np.split(order, chosen)


def _by_group(table, y, task, settings, parts, together):
    groups = group_codes(table[settings.group_column]) if together is None else together
    n_groups, n_needed = len(np.unique(groups)), settings.cv_folds + len(parts) - 1
    if n_groups < n_needed:
        raise DataError(
            f"The group column {settings.group_column!r} holds {n_groups} groups; "
            f"{settings.cv_folds} folds, {' and '.join(parts[1:])} need {n_needed} at least. "
            "Lower `cv_folds`, or split another way."
        )
    n_chunks = min(round(1 / HELD_OUT), n_groups)
    of_rows = group_chunks(task.strata(y), groups, n_chunks, settings.seed)
    chunks = [np.flatnonzero(of_rows == number) for number in range(n_chunks)]
    # One large group makes one large chunk; what is held out should be near its share.
    chunks.sort(key=lambda chunk: abs(len(chunk) - HELD_OUT * len(table)))
    assigned = np.full(len(table), TRAIN, dtype=object)
    for part, rows in zip(parts[1:], chunks, strict=False):
        assigned[rows] = part
    n_train = int((assigned == TRAIN).sum())
    if n_train < len(table) / 2:
        raise DataError(
            f"The groups of {settings.group_column!r} are so unequal that a split by group leaves "
            f"{n_train} of {len(table)} rows for training. Split another way, or break up large groups."
        )
    return assigned


def _by_column(table, y, task, settings, parts, together):
    name = settings.split_column
    values = table[name].astype(object).map(lambda value: str(value).strip().lower())
    unknown = sorted(set(values) - set(parts))
    if unknown:
        raise DataError(
            f"The split column {name!r} holds {', '.join(map(repr, unknown[:5]))}. "
            f"Allowed{'' if TEST in parts else ' beside test rows of your own'}: {', '.join(parts)}."
        )
    return values.to_numpy(dtype=object)


ASSIGN = {"stratified": _stratified, "time": _by_time, "group": _by_group, "column": _by_column}  # see SPLITS


def group_codes(column: pd.Series) -> np.ndarray:
    """Return the group column as whole numbers; missing values are one group of their own."""
    return pd.factorize(pd.Series(to_categories(column), dtype=object), use_na_sentinel=False)[0]


def times(column: pd.Series) -> np.ndarray:
    """Return the time column as numbers that can be put in order: as they are, or days since 1970.

    Raises DataError where it cannot be read, or where day and month cannot be told apart.
    """
    if pd.api.types.is_numeric_dtype(column):
        moments = to_numbers(column)
    elif pd.api.types.is_datetime64_any_dtype(column):
        moments = days_of(to_dates(column))
    else:
        texts = pd.Series(to_categories(column), dtype="str")
        numbers = pd.to_numeric(texts, errors="coerce")
        if numbers.notna().all():
            moments = numbers.to_numpy(dtype=float)
        else:
            moments = days_of(to_dates(texts, _date_format(column, texts)))
    if np.isnan(moments).any():
        row = int(np.flatnonzero(np.isnan(moments))[0])
        raise DataError(
            f"The time column {column.name!r} cannot be read as a time in {int(np.isnan(moments).sum())} "
            f"rows, the first is row {row}: {column.iloc[row]!r}. Write dates as 2026-01-31, or numbers."
        )
    return moments


def _date_format(column, texts):
    different = pd.Series(texts.dropna().unique())
    found = date_format_of(different) if len(different) else None
    swapped = found.replace("%m/%d", "%d/%m") if found else ISO
    if found and found != swapped and to_dates(different, swapped).notna().all():
        raise DataError(
            f"The dates of the time column {column.name!r}, such as {different.iloc[0]!r}, may have the day "
            "first or the month. Write them as 2026-01-31."
        )
    return found or ISO
