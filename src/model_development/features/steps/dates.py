"""Dates: parts that the clean table does not have yet, and days between them."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from ...saved import known_as_saved
from .step import MakingStep, NewColumn, StepInput, named, side_by_side

if TYPE_CHECKING:
    import pandas as pd

    from ...data.columns.schema import TableSchema


MOST_DATES = 5  # of which all pairs are taken
DAYS_OF_YEAR = 365.2425
WEEKEND = 5  # Saturday, where Monday is 0
PARTS = {  # name: what a formula calls it
    "day": "day of the month of {}",
    "weekend": "1 where {} is a Saturday or Sunday",
    "season_sin": "sine of the share of the year that has passed at {}",
    "season_cos": "cosine of the share of the year that has passed at {}",
    "weekday_sin": "sine of the share of the week that has passed at {}",
    "weekday_cos": "cosine of the share of the week that has passed at {}",
    "hour_sin": "sine of the share of the day that has passed at {}",
    "hour_cos": "cosine of the share of the day that has passed at {}",
}


@known_as_saved
class DateParts(MakingStep):
    """What cleaning leaves out (it gives days since 1970, month, weekday and hour): see PARTS.

    Circles (sine and cosine) put December beside January, and Sunday beside Monday. The year says what the
    days since 1970 say, and is left out.
    """

    @staticmethod
    def most(schema: TableSchema) -> int:
        return len(PARTS) * len(schema.names("date"))

    def plan(self, given: StepInput, *, y: np.ndarray) -> list[NewColumn]:
        dates = given.schema.of_kind("date")
        self.days_ = [given.schema.day_name(date) for date in dates]
        wanted = [
            (f"{date.name}@{part}", [days], formula.format(date.name))
            for date, days in zip(dates, self.days_, strict=True)
            for part, formula in PARTS.items()
        ]
        return named(wanted, given.taken)

    def values(self, table: pd.DataFrame) -> np.ndarray:
        return side_by_side([part for days in self.days_ for part in _parts(table[days])], len(table))


def _parts(values: pd.Series) -> list[np.ndarray]:
    """In the order of PARTS. values : days since 1970-01-01, NaN where missing."""
    days = values.to_numpy(dtype=float)
    known = np.isfinite(days)
    whole = np.floor(np.where(known, days, 0.0))
    dates = whole.astype("int64").astype("datetime64[D]")
    of_month = (dates - dates.astype("datetime64[M]")).astype("int64") + 1
    of_year = (dates - dates.astype("datetime64[Y]")).astype("int64")
    weekday = (whole + 3) % 7  # 1970-01-01 was a Thursday
    passed = np.where(known, days, 0.0) - whole
    circles = [of_year / DAYS_OF_YEAR, weekday / 7, passed]
    waves = [wave(2 * np.pi * share) for share in circles for wave in (np.sin, np.cos)]
    return [np.where(known, part, np.nan) for part in (of_month, weekday >= WEEKEND, *waves)]


@known_as_saved
class DateDifferences(MakingStep):
    """Days from one date to another, for all pairs of the first MOST_DATES dates."""

    @staticmethod
    def most(schema: TableSchema) -> int:
        n = min(MOST_DATES, len(schema.names("date")))
        return n * (n - 1) // 2

    def plan(self, given: StepInput, *, y: np.ndarray) -> list[NewColumn]:
        dates = given.schema.of_kind("date")[:MOST_DATES]
        pairs = list(combinations(dates, 2))
        self.pairs_ = [[given.schema.day_name(date) for date in pair] for pair in pairs]
        wanted = [
            (f"{second.name} - {first.name}", names, f"days from {first.name} to {second.name}")
            for (first, second), names in zip(pairs, self.pairs_, strict=True)
        ]
        return named(wanted, given.taken)

    def values(self, table: pd.DataFrame) -> np.ndarray:
        found = [table[later].to_numpy() - table[earlier].to_numpy() for earlier, later in self.pairs_]
        return side_by_side(found, len(table))
