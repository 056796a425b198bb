"""Do rows repeat, and could chance have made them?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..splitting.assignment import TEST, TRAIN, VALIDATION
from ..splitting.chance import ALL_DIFFERENT, explains_pairs

if TYPE_CHECKING:
    from .check_input import CheckInput


MANY = 0.01  # share of held-out rows that repeat a training row, from which on it matters
MIN_COPIES = 5  # the same in rows


@dataclass(frozen=True)
class Duplicates:
    """shares : {part: share of its rows that repeat the features of a training row}.
    without : columns that were left aside, since they name the rows.
    is_chance : whether the values' frequencies explain so many.
    """

    shares: dict[str, float]
    without: tuple[str, ...]
    is_chance: bool


def find_duplicates(data: CheckInput) -> Duplicates:
    """Return the Duplicates of training rows among validation and test rows.

    Columns that name the rows (numbers or texts, hardly one of them twice) are left aside where
    that brings copies to light which chance cannot explain.
    """
    all_columns = _duplicates_without(data, ())
    naming = tuple(name for name in data.codes if _names_rows(data, name))
    if not all_columns.is_chance or not naming or len(naming) == len(data.codes):
        return all_columns
    others = _duplicates_without(data, naming)
    return all_columns if others.is_chance else others


def _duplicates_without(data, without):
    keys, parts = data.keys(without), data.parts
    repeats = _n_agreeing(keys, parts) > 0
    held = parts[parts != TRAIN]
    shares = {part: float(repeats[held == part].mean()) for part in (VALIDATION, TEST)}
    matters = max(shares.values()) >= MANY and repeats.sum() >= MIN_COPIES
    return Duplicates(shares, without, not matters or _chance_explains(data, keys, without))


def _n_agreeing(keys, parts):
    """For each held-out row, the number of training rows with its key."""
    known, counts = np.unique(keys[parts == TRAIN], return_counts=True)
    held = keys[parts != TRAIN]
    places = np.minimum(np.searchsorted(known, held), len(known) - 1)
    return np.where(known[places] == held, counts[places], 0)


def _chance_explains(data, keys, without):
    """Are there nearly equal rows in proportion to the equal ones?"""
    n_equal = _n_agreeing(keys, data.parts).sum()
    different = np.unique(keys, return_index=True)[1]
    for name in (name for name in data.codes if name not in without):
        n_close = _n_agreeing(keys - data.mixed(name), data.parts).sum() - n_equal
        if explains_pairs(data.codes[name][different], n_equal, n_close):
            return True
    return False


def _names_rows(data, name):
    """Whole numbers, dates or texts, hardly one of them twice; measurements do not name rows."""
    if data.is_measured(name):
        return False
    codes = data.codes[name]
    return len(np.unique(codes)) >= ALL_DIFFERENT * len(codes)
