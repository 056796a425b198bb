"""On a split by time, rows that are near in time count as rows of one group: intervals draw them together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from ..data.splitting.splits import times
from ..errors import DataError
from ..statistics.stretches import stretches_of_time

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from ..data.sealed_test import OpenedRows
    from ..evaluation.evaluation_input import ScoredRows
    from .session import Session

Rows = TypeVar("Rows", "OpenedRows", "ScoredRows")


def near_in_time(
    session: Session, target: np.ndarray, *tables: pd.DataFrame, rows: np.ndarray | slice = slice(None)
) -> np.ndarray | None:
    """Return the stretch of time of each row; None where the split is not by time, or has groups of its own.

    target : labels or numbers, shape (n_rows,). tables : one of them has the time column. rows : positions
    within the tables, where the target is of some of their rows.
    """
    settings = session.context.settings
    if settings.split != "time" or settings.group_column:
        return None
    column = next((table[settings.time_column] for table in tables if settings.time_column in table), None)
    if column is None:
        return None
    try:
        moments = times(column.iloc[rows])
    except DataError:  # of the user's own test table, which nobody had to put in order before
        return None
    return stretches_of_time(moments, session.task.strata(target))


def in_stretches(session: Session, rows: Rows, target: np.ndarray) -> Rows:
    """Rows with their stretches of time as groups. target : see `near_in_time`."""
    found = near_in_time(session, target, rows.X, rows.others)
    return rows if found is None else replace(rows, groups=found)
