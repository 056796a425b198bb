"""Rows put together from columns of several rows, and what a model says of them.

All explanations ask such questions: what would the model say if this column came from another row? Rows are
preprocessed once, and hybrids that are the same to the model are asked about once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from .model_output import ModelOutput


class Hybrids:
    """Raw rows X, of which hybrids are made.

    codes : for each row and raw column a whole number, the same for values that are the same to the model;
        shape (n_rows, n_columns).
    """

    def __init__(self, output: ModelOutput, parts: Sequence[Any], n_rows: int) -> None:
        self.output, self.parts, self.n_rows = output, parts, n_rows
        self.codes = np.zeros((n_rows, len(parts)), dtype=np.int64)
        for j, part in enumerate(parts):
            self.codes[:, j] = _codes(part)

    @classmethod
    def of(cls, output: ModelOutput, X: pd.DataFrame) -> Hybrids:
        """Take raw rows apart."""
        return cls(output, output.split(X), len(X))

    def joined(self, others: Hybrids) -> Hybrids:
        """Return these rows, and then others of the same model."""
        pairs = zip(self.parts, others.parts, strict=True)
        return Hybrids(self.output, [_stacked(a, b) for a, b in pairs], self.n_rows + others.n_rows)

    def outputs(self, rows: np.ndarray) -> np.ndarray:
        """Return what the model says of hybrids, shape (n_hybrids, n_labels).

        rows : for each hybrid and raw column the position of the row that the column comes from.
        """
        keys = (
            _keys(np.take_along_axis(self.codes, rows, axis=0)) if rows.shape[1] else np.zeros(len(rows), int)
        )
        first = np.empty(keys.max(initial=-1) + 1, dtype=np.int64)
        first[keys[::-1]] = np.arange(len(keys))[::-1]
        return self.output.put_together(self.parts, rows[first])[keys]

    def whole(self, positions: np.ndarray) -> np.ndarray:
        """Return hybrids that are rows as they are, shape (n_positions, n_columns)."""
        return np.repeat(np.asarray(positions)[:, None], len(self.parts), axis=1)


def _codes(part):
    if isinstance(part, pd.Series):
        return pd.factorize(pd.Series([repr(value) for value in part.tolist()], dtype=object))[0]
    if part.shape[1] == 0:
        return np.zeros(len(part), dtype=np.int64)
    known: dict[bytes, int] = {}
    flat = np.ascontiguousarray(part)
    return np.array([known.setdefault(row.tobytes(), len(known)) for row in flat])


def _stacked(part, other):
    if isinstance(part, pd.Series):
        return pd.concat([part, other], ignore_index=True)
    return np.concatenate([part, other])


def _keys(codes):
    """A whole number for each row of codes, the same for equal ones, in order of appearance."""
    keys = np.zeros(len(codes), dtype=np.int64)
    for column in codes.T:
        keys = pd.factorize(keys * (column.max(initial=0) + 1) + column)[0]
    return keys
