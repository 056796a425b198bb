"""The rows before in time: of rows that are asked about together, and of the last fitted ones."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ...saved import known_as_saved

MOST_ROWS = 50_000  # of the fitted ones that are kept, the latest


@known_as_saved
class Past:
    """The last rows of each group, kept for rows that come after them.

    groups : text of each row. times : shape (n_rows,). values : shape (n_rows, n_columns).
    """

    def __init__(self, groups: list[str], times: np.ndarray, values: np.ndarray) -> None:
        self.groups = groups
        self.times = times
        self.values = values

    @classmethod
    def nothing(cls, n_columns: int) -> Past:
        """No rows."""
        return cls([], np.empty(0), np.empty((0, n_columns)))

    @classmethod
    def last_of(cls, groups: np.ndarray, times: np.ndarray, values: np.ndarray, n: int) -> Past:
        """The n last rows of each group, of which MOST_ROWS are kept; rows without a time are none."""
        known = np.flatnonzero(np.isfinite(times))
        codes = pd.factorize(groups[known])[0]
        order = _order(codes, times[known], values[known])
        ends = np.append(np.flatnonzero(np.diff(codes[order])), len(order) - 1) if len(order) else order
        to_end = ends[np.searchsorted(ends, np.arange(len(order)))] - np.arange(len(order))
        kept = known[order[to_end < n]]
        if len(kept) > MOST_ROWS:
            kept = kept[np.argsort(times[kept], kind="stable")[-MOST_ROWS:]]
        return cls(groups[kept].tolist(), times[kept], values[kept])

    def before(self, groups: np.ndarray, times: np.ndarray, values: np.ndarray, n: int) -> np.ndarray:
        """The values of the n rows before each row in time, the next one first; NaN where there is none.

        Returns shape (n, n_rows, n_columns). Kept rows that stand among the given ones count once.
        """
        others = ~self._among(groups, times, values)
        n_kept = int(others.sum())
        all_groups = np.array([*np.array(self.groups, dtype=object)[others], *groups], dtype=object)
        all_times = np.concatenate([self.times[others], times])
        all_values = np.concatenate([self.values[others], values])
        found = np.full((n, len(all_times), values.shape[1]), np.nan)
        known = np.flatnonzero(np.isfinite(all_times))
        codes, moments = pd.factorize(all_groups[known])[0], all_times[known]
        order = _order(codes, moments, all_values[known])
        sorted_values = all_values[known][order]
        new_group = np.append(True, np.diff(codes[order]) != 0)[: len(order)]
        new_time = new_group | np.append(True, np.diff(moments[order]) != 0)[: len(order)]
        group_start, time_start = _starts(new_group), _starts(new_time)
        for back in range(1, n + 1):
            position = time_start - back
            is_there = position >= group_start
            found[back - 1, known[order[is_there]]] = sorted_values[position[is_there]]
        return found[:, n_kept:]

    def _among(self, groups: np.ndarray, times: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Which kept rows stand among the given ones."""
        near = np.isin(times, self.times)
        given = _fingerprints(groups[near], times[near], values[near])
        return np.array([row in given for row in _rows(self.groups, self.times, self.values)], dtype=bool)


def _order(codes: np.ndarray, times: np.ndarray, values: np.ndarray) -> np.ndarray:
    """By group, then time; of the same time by the values, so that no order of the table tells."""
    return np.lexsort((*values.T[::-1], times, codes))


def _starts(is_new: np.ndarray) -> np.ndarray:
    """For each position the last one up to it that begins something."""
    return np.maximum.accumulate(np.where(is_new, np.arange(len(is_new)), 0))


def _fingerprints(groups: np.ndarray, times: np.ndarray, values: np.ndarray) -> set[tuple[str, bytes]]:
    return set(_rows(groups, times, values))


def _rows(groups: Iterable[str], times: np.ndarray, values: np.ndarray) -> list[tuple[str, bytes]]:
    numbers = np.ascontiguousarray(np.column_stack([times, values]) + 0.0)
    return [(group, row.tobytes()) for group, row in zip(groups, numbers, strict=True)]
