"""A made-up table of the shape of a use case: seeded, with noise, gaps and rare levels, never perfect."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import SettingsError
from .columns import draw_columns, with_gaps
from .signal import class_scores, draw_classes, draw_numbers, score_of

if TYPE_CHECKING:
    from .use_case import UseCase

N_ROWS, MIN_ROWS = 2_000, 200
TREND, SEASON, GROUP = 0.15, 0.2, 0.3  # of the score's spread: what time and group do that no feature says


def synthetic_table(case: UseCase, n_rows: int = N_ROWS, seed: int = 0) -> pd.DataFrame:
    """Return a table with the columns of a use case: its split column, its features, its target.

    The world (which level does what, how strong each effect is) is the same for every seed; the rows differ.
    What no model can surpass on it is `case.synthetic_ceiling`: the ROC AUC of the true probabilities, or the
    R2 of the true mean.

    Raises SettingsError for fewer than 200 rows.
    """
    if n_rows < MIN_ROWS:
        raise SettingsError(f"A made-up table needs {MIN_ROWS} rows at least, not {n_rows}.")
    world = np.random.default_rng(zlib.crc32(case.key.encode()))
    rng = np.random.default_rng([zlib.crc32(case.key.encode()), seed])
    steering, groups, shift = _split_column(case, n_rows, rng)
    columns = draw_columns(case, groups, n_rows, rng)
    target = _target(case, columns, shift, world, rng)
    table = steering | {column.feature.name: with_gaps(column, rng) for column in columns}
    return pd.DataFrame(table | {case.target.name: target})


def _split_column(
    case: UseCase, n_rows: int, rng: Any
) -> tuple[dict[str, Any], np.ndarray | None, np.ndarray]:
    """({name: values} of the split's column, the group of each row, what both do to the score)."""
    split, name = case.split, case.split.column or ""
    if split.kind == "time" and split.range:
        first, last = (pd.Timestamp(day) for day in split.range)
        days = np.sort(rng.integers(0, (last - first).days + 1, n_rows))
        passed = days / days.max() - 0.5
        season = np.sin(2 * np.pi * (days + first.day_of_year) / 365.25)
        dates = (first + pd.to_timedelta(days, "D")).strftime("%Y-%m-%d")
        return {name: dates}, None, TREND * passed + SEASON * season
    if split.kind == "group":
        n_groups = max(30, round(n_rows / split.rows_each))
        groups = np.sort(rng.integers(0, n_groups, n_rows))
        prefix = name.split("_")[0]
        labels = np.array([f"{prefix}-{number:05d}" for number in rng.permutation(n_groups) + 10_000])
        return {name: labels[groups]}, groups, GROUP * rng.standard_normal(n_groups)[groups]
    return {}, None, np.zeros(n_rows)


def _target(case, columns, shift, world, rng):
    shares = case.class_shares
    if not shares:
        return draw_numbers(score_of(columns, world) + shift, columns[1].position, case, rng)
    in_order = case.target.ordered or len(shares) == 2
    if in_order:
        scores = np.outer(score_of(columns, world) + shift, np.linspace(-1, 1, len(shares)))
    else:
        scores = class_scores(columns, len(shares), world) + np.outer(shift, np.linspace(-1, 1, len(shares)))
    codes = draw_classes(scores, np.array(list(shares.values())), case.synthetic_ceiling, rng)
    return pd.Series(list(shares), dtype=object).to_numpy()[codes]
