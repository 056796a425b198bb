"""Which part and fold every row belongs to, kept with a fingerprint of the table it was made for."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from pathlib import Path


TRAIN, VALIDATION, TEST = "train", "validation", "test"
SEAL, OWN_TEST = "split_fingerprint", "n_own_test"  # keys of the file's attrs, beside `made_for`


@dataclass(frozen=True, eq=False)
class Assignment:
    """Made once; both phases and every later run on the same table and settings use these rows.

    rows : positions in the source table of the rows that are used, shape (n_rows,).
    parts : "train", "validation" or "test" of each, shape (n_rows,).
    folds : fold in which each is scored, shape (n_rows,); -1 for none (validation and test rows, and
        by time the training rows before the first fold).
    made_for : what it was made from: fingerprint of the data, and the settings that steer the split.
    n_own_test : rows of the user's own test table, which stand in no source row.
    """

    rows: np.ndarray
    parts: np.ndarray
    folds: np.ndarray
    made_for: dict[str, Any]
    n_own_test: int = 0

    @cached_property
    def fingerprint(self) -> str:
        """A short hash of which row is where; every file and run of a model asks for it."""
        content = pd.util.hash_pandas_object(self.to_frame(), index=False).to_numpy().tobytes()
        return hashlib.sha256(content).hexdigest()[:16]

    def counts(self) -> dict[str, int]:
        """Rows per part."""
        return {**self._counts, TEST: self._counts[TEST] + self.n_own_test}

    @cached_property
    def _counts(self):
        return {part: int((self.parts == part).sum()) for part in (TRAIN, VALIDATION, TEST)}

    def training_folds(self, growing: bool) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
        """Return (rows to fit, rows to score) of each fold, positions within the training rows.

        growing : each fold is fitted on the folds before it alone, as time demands.
        """
        numbers = self.folds[self.parts == TRAIN]
        return tuple(
            (_positions(numbers < k if growing else numbers != k), _positions(numbers == k))
            for k in range(numbers.max() + 1)
        )

    def to_frame(self) -> pd.DataFrame:
        columns = {"row": self.rows, "part": self.parts.astype(str), "fold": self.folds}
        return pd.DataFrame(columns).astype({"row": "int64", "fold": "int64"})

    def save(self, path: Path | str) -> None:
        """Write a Parquet file; `made_for` travels in the frame's attrs."""
        frame = self.to_frame().astype({"part": "category", "fold": "int16"})
        frame.attrs = self.made_for | {SEAL: self.fingerprint, OWN_TEST: self.n_own_test}
        frame.to_parquet(path, index=False)


def _positions(chosen):
    """Where `chosen` is true; half as large as numpy's own, as every fold holds nearly all rows."""
    return np.flatnonzero(chosen).astype(np.int32)


def load_assignment(path: Path | str) -> Assignment | None:
    """Return the Assignment in a file that `save` wrote; None where there is none that can be read."""
    try:
        frame = pd.read_parquet(path)
        made_for = dict(frame.attrs)
        seal, n_own_test = made_for.pop(SEAL), made_for.pop(OWN_TEST)
        parts = frame["part"].astype(str).to_numpy(dtype=object)
        rows, folds = (frame[name].to_numpy(dtype="int64") for name in ("row", "fold"))
    except Exception:  # absent, cut off, of another make: Arrow has an error for each; made anew
        return None
    found = Assignment(rows, parts, folds, made_for, n_own_test)
    return found if found.fingerprint == seal else None
