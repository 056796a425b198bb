"""On a split by time, rows that are near in time count as rows of one group: intervals draw them together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..data.splitting.splits import times
from ..errors import DataError
from ..statistics.stretches import stretches_of_time

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from ..data.sealed_test import OpenedRows
    from ..evaluation.evaluation_input import ScoredRows
    from .session import Session


def near_in_time(session: Session, table: pd.DataFrame, target: np.ndarray) -> np.ndarray | None:
    """Return the stretch of time of each row; None where the split is not by time, or has groups of its own.

    table : of the rows, with the time column. target : labels or numbers, shape (n_rows,).
    """
    settings = session.context.settings
    if settings.split != "time" or settings.group_column or settings.time_column not in table:
        return None
    try:
        moments = times(table[settings.time_column])
    except DataError:  # of the user's own test table, which nobody had to put in order before
        return None
    return stretches_of_time(moments, session.task.strata(target))


def opened_near_in_time(session: Session, opened: OpenedRows) -> OpenedRows:
    """Test rows with their stretches of time as groups."""
    found = near_in_time(session, opened.X.join(opened.others), opened.y)
    return opened if found is None else replace(opened, groups=found)


def scored_near_in_time(session: Session, rows: ScoredRows) -> ScoredRows:
    """Rows on which a decision rule is chosen, in the same way."""
    found = near_in_time(session, rows.X.join(rows.others), session.task.decode(rows.truth))
    return rows if found is None else replace(rows, groups=found)
