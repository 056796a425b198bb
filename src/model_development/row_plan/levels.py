"""Fitted encoders of categories as tables: what each level of a column becomes in the matrix."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Cells = tuple[tuple[int, float], ...]  # (position in the matrix, number) of what is not zero


class LevelTable:
    """What a level of one column becomes: `known` levels, a missing one (None) too, and all others."""

    __slots__ = ("known", "new")

    def __init__(self, known: dict[str | None, Cells], new: Cells) -> None:
        self.known, self.new = known, new

    def fill(self, matrix: np.ndarray, texts: Sequence[str | None]) -> None:
        """Write what becomes of the texts of many rows into their matrix of zeros."""
        code = {text: number for number, text in enumerate(dict.fromkeys(texts))}
        cells = [self.known.get(text, self.new) for text in code]
        columns = sorted({column for one in cells for column, _ in one})
        at = {column: position for position, column in enumerate(columns)}
        block = np.zeros((len(cells), len(columns)), dtype=matrix.dtype)
        for row, one in zip(block, cells, strict=True):
            for column, number in one:
                row[at[column]] = number
        matrix[:, columns] = block[[code[text] for text in texts]]
