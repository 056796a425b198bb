"""On a split by time rows of one group, or near in time, depend on each other: they are drawn together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from ..settings.splits import SPLITS
from ..statistics.dependent_rows import dependent_rows

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
    """Return the group of each row, of the user's or a stretch of time; None where the split is not by time.

    target : labels or numbers, shape (n_rows,). tables : one of them has the time column, or that of groups.
    rows : positions within the tables, where the target is of some of their rows.
    """
    settings = session.context.settings
    if not SPLITS[settings.split].is_in_time:
        return None
    of_groups = _column(tables, settings.group_column, rows)
    moments = _column(tables, settings.time_column, rows)
    return dependent_rows(of_groups, moments, settings.split, session.task.strata(target))


def _column(tables, name, rows):
    return next((table[name].iloc[rows] for table in tables if name is not None and name in table), None)


def in_stretches(session: Session, rows: Rows, target: np.ndarray) -> Rows:
    """Rows with their groups, or stretches of time, as groups. target : see `near_in_time`."""
    found = near_in_time(session, target, rows.X, rows.others)
    return rows if found is None else replace(rows, groups=found)
