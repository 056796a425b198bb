"""Columns of a made-up table: correlated values of the range, levels and rates that a use case names."""

from __future__ import annotations

from dataclasses import dataclass
from math import erf
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from .use_case import Feature, UseCase

N_FACTORS, LOADING = 3, 0.4  # columns share so many causes, by so much
OF_GROUP = 0.6  # share of the variance of a column that lies between groups
CLOSERS = (
    "please advise",
    "as discussed",
    "see below",
    "thanks in advance",
    "kind regards",
    "see attachment",
)


@dataclass(frozen=True)
class DrawnColumn:
    """One column before values go missing.

    values : as the table has them. position : where each value stands, standardised, shape (n_rows,).
    codes : position of the level of each row, of a category, a flag or a text; None for numbers.
    """

    feature: Feature
    values: pd.Series
    position: np.ndarray
    codes: np.ndarray | None = None


def draw_columns(case: UseCase, groups: np.ndarray | None, n_rows: int, rng: Any) -> list[DrawnColumn]:
    """Return the drawn columns of all features. groups : the group of each row, or None."""
    factors = _within_groups(rng, n_rows, N_FACTORS, groups)
    own = _within_groups(rng, n_rows, len(case.features), groups)
    drawn = []
    for number, feature in enumerate(case.features):
        latent = LOADING * factors[:, number % N_FACTORS] + np.sqrt(1 - LOADING**2) * own[:, number]
        drawn.append(_DRAW[feature.kind](feature, latent, case, rng))
    return drawn


def with_gaps(column: DrawnColumn, rng: Any) -> pd.Series:
    """Return the values with the declared share missing; rather more often where the position is high."""
    share = column.feature.missing
    chance = share * (0.7 + 0.6 / (1 + np.exp(-column.position)))
    values = column.values.astype(object) if share and column.codes is not None else column.values
    return values.mask(rng.random(len(values)) < chance)


def _within_groups(rng, n_rows, n_columns, groups):
    noise = rng.standard_normal((n_rows, n_columns))
    if groups is None:
        return noise
    shared = rng.standard_normal((groups.max() + 1, n_columns))[groups]
    return np.sqrt(OF_GROUP) * shared + np.sqrt(1 - OF_GROUP) * noise


def _number(feature, latent, case, rng):
    low, high = feature.range
    if feature.skew:
        steepness = np.clip(np.log(high / max(low, (high - low) / 50)), 3, 12)
        place = np.clip(0.35 + 0.2 * latent, 0, 1)
        values = low + (high - low) * np.expm1(steepness * place) / np.expm1(steepness)
    elif feature.whole:
        values = low + (high - low) * _uniform(latent)
    else:
        values = np.clip((low + high) / 2 + latent * (high - low) / 6, low, high)
    values = np.round(values, decimals_of(feature.range, whole=feature.whole))
    position = np.log1p((values - low) / (high - low) * 20) if feature.skew else values
    values = values.astype("int64") if feature.whole and not feature.missing else values
    return DrawnColumn(feature, pd.Series(values), standardised(position))


def decimals_of(ends: tuple[float, float], *, whole: bool) -> int:
    """Decimals of values between two ends: three digits of their distance, none of whole numbers."""
    return 0 if whole else max(0, 2 - int(np.floor(np.log10(ends[1] - ends[0]))))


def _category(feature, latent, case, rng):
    levels = feature.all_levels
    shares = _shares(len(levels))
    codes = np.searchsorted(np.cumsum(shares)[:-1], _uniform(latent))
    return DrawnColumn(feature, pd.Series(np.array(levels)[codes]), standardised(codes.astype(float)), codes)


def _shares(n):
    """Frequencies that fall towards the last levels, which are rare."""
    weights = 1 / (1 + np.arange(n)) ** (0.7 if n > 10 else 0.9)
    return weights / weights.sum()


def _flag(feature, latent, case, rng):
    is_true = _uniform(latent) > 1 - feature.rate
    return DrawnColumn(feature, pd.Series(is_true), standardised(is_true.astype(float)), is_true.astype(int))


def _date(feature, latent, case, rng):
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.round(365 * _uniform(latent)), "D")
    return DrawnColumn(feature, pd.Series(days.strftime("%Y-%m-%d")), standardised(latent))


def _text(feature, latent, case, rng):
    """Two phrases and a number; the first phrase is of one class, which the codes name."""
    shares = np.array(list(case.class_shares.values()))
    codes = np.searchsorted(np.cumsum(shares)[:-1], _uniform(latent))
    phrases = [feature.phrases[str(label)] for label in case.class_shares]
    everything = [phrase for said in phrases for phrase in said]
    texts = [
        f"{rng.choice(phrases[code])}, {rng.choice(everything)}, {rng.choice(CLOSERS)} ({rng.integers(1000)})"
        for code in codes
    ]
    return DrawnColumn(feature, pd.Series(texts), standardised(codes.astype(float)), codes)


_DRAW = {"number": _number, "category": _category, "flag": _flag, "date": _date, "text": _text}


def _uniform(latent):
    """Standard normal values as uniform ones between 0 and 1."""
    return np.array([0.5 * (1 + erf(value / 2**0.5)) for value in latent])


def standardised(values: np.ndarray) -> np.ndarray:
    """Return values with mean 0 and standard deviation 1; zeros where they do not vary."""
    spread = values.std()
    return (values - values.mean()) / spread if spread > 0 else np.zeros(len(values))
