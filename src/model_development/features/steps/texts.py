"""Texts as a few numbers that people can read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...saved import known_as_saved
from .step import MakingStep, NewColumn, StepInput, named, side_by_side

if TYPE_CHECKING:
    import pandas as pd

    from ...data.columns.schema import TableSchema


STATISTICS = {  # name: what a formula calls it
    "length": "characters of {}",
    "words": "words of {}",
    "digits": "share of digits among the characters of {}",
    "capitals": "share of capitals among the characters of {}",
}


@known_as_saved
class TextStatistics(MakingStep):
    """See STATISTICS; all of them are missing where the text is."""

    @staticmethod
    def most(schema: TableSchema) -> int:
        return len(STATISTICS) * len(schema.names("text"))

    def plan(self, given: StepInput, *, y: np.ndarray) -> list[NewColumn]:
        self.texts_ = given.schema.names("text")
        wanted = [
            (f"{name}@{statistic}", [name], formula.format(name))
            for name in self.texts_
            for statistic, formula in STATISTICS.items()
        ]
        return named(wanted, given.taken)

    def values(self, table: pd.DataFrame) -> np.ndarray:
        found = [np.array([_statistics(text) for text in table[name]]) for name in self.texts_]
        return side_by_side(found, len(table))


def _statistics(text: Any) -> tuple[float, ...]:
    """In the order of STATISTICS."""
    if not isinstance(text, str):
        return (np.nan,) * len(STATISTICS)
    n = len(text)
    digits, capitals = sum(map(str.isdigit, text)), sum(map(str.isupper, text))
    return n, len(text.split()), digits / max(n, 1), capitals / max(n, 1)
