"""A fitted preprocessor as plain arrays and dicts: from clean rows to rows of the matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .steps import Numbers, NumberStep

if TYPE_CHECKING:
    from .clean_rows import CleanRow, CleanRows
    from .levels import LevelTable


class NumberBlock:
    """positions : among the clean numbers, None for all of them. steps : one after the other. place : in the
    matrix, from the first column to behind the last."""

    def __init__(
        self, positions: Sequence[int] | None, steps: Sequence[NumberStep], place: tuple[int, int]
    ) -> None:
        self.positions, self.steps, self.place = positions, steps, place
        self._at = slice(None) if positions is None else np.array(positions, dtype=int)
        self._functions: list[Numbers] = [step.function for step in steps]
        self._place = slice(*place)

    def fill(self, matrix: np.ndarray, numbers: np.ndarray) -> None:
        """matrix : shape (..., n_columns). numbers : the clean ones, shape (..., n_numbers)."""
        numbers = numbers[..., self._at]
        for function in self._functions:
            numbers = function(numbers)
        matrix[..., self._place] = numbers


class MatrixPlan:
    """empty : a row of zeros. numbers : its blocks. tables : (position among the clean texts, LevelTable)."""

    def __init__(self, n_columns: int, precision: Any) -> None:
        self.empty = np.zeros((1, n_columns), dtype=precision)
        self.numbers: list[NumberBlock] = []
        self.tables: list[tuple[int, LevelTable]] = []

    def matrix(self, clean: CleanRow) -> np.ndarray:
        """The row of the matrix, shape (1, n_columns), equal to the preprocessor's to the last bit."""
        matrix = self.empty.copy()
        row, numbers = matrix[0], np.array(clean.numbers)
        with np.errstate(all="ignore"):  # of numbers far out of range, which are cut off
            for block in self.numbers:
                block.fill(row, numbers)
        texts = clean.texts
        for position, table in self.tables:
            for column, number in table.known.get(texts[position], table.new):
                row[column] = number
        return matrix

    def matrix_of_many(self, clean: CleanRows) -> np.ndarray:
        """The rows of the matrix, shape (n_rows, n_columns), each as `matrix` gives it."""
        matrix = np.zeros((len(clean), self.empty.shape[1]), dtype=self.empty.dtype)
        with np.errstate(all="ignore"):
            for block in self.numbers:
                block.fill(matrix, clean.numbers)
        for position, table in self.tables:
            table.fill(matrix, clean.texts[position])
        return matrix
