"""Rows that depend on each other, which a test or an interval draws together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..data.splitting.splits import group_codes, times
from ..errors import DataError
from ..settings.splits import SPLITS
from .stretches import stretches_of_time

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


def dependent_rows(
    groups: pd.Series | None, when: pd.Series | None, split: str | None, strata: np.ndarray
) -> np.ndarray | None:
    """Return codes of the user's groups, or on a split by time stretches of it; None for rows alone.

    groups, when : the columns of groups and of time, where there are any, shape (n_rows,). split : a row of
    SPLITS; None where it is not known. strata : of the target, see `stretches_of_time`. A time that cannot be
    read, in rows that nobody had to put in order before, is none.
    """
    if groups is not None:
        return group_codes(groups)
    if split is None or not SPLITS[split].is_in_time or when is None or not len(when):
        return None
    try:
        moments = times(when)
    except DataError:
        return None
    return stretches_of_time(moments, strata)
