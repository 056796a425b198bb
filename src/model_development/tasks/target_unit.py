"""The unit in which an estimator sees the target, so that no result depends on the unit of the table.

Libraries compare with fixed numbers: an impurity with 1e-16, a gain with 1e-6, a penalty with the loss. In
units of its own spread the target is on the right side of all of them, and float32 holds its digits.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

DIGITS = 9  # of a standardised target: what is beyond is rounding, other in each unit, and decides ties


class Freedom(IntEnum):
    """What may be done to the target: nothing; divide it by a number; subtract one from it as well."""

    GIVEN = 0  # it means something as it is, as a probability does
    SCALED = 1  # it is not to become negative, and zero stays zero
    STANDARDISED = 2


@dataclass(frozen=True)
class TargetUnit:
    """An estimator sees (target - center) / scale."""

    center: float = 0.0
    scale: float = 1.0

    def to_target(self, numbers: np.ndarray) -> np.ndarray:
        """What an estimator says, in the unit of the target."""
        return numbers * self.scale + self.center


def in_own_unit(y: np.ndarray, freedom: Freedom) -> tuple[np.ndarray, TargetUnit]:
    """Return (the target as an estimator is to see it, its TargetUnit). y : floats, shape (n_rows,)."""
    if freedom == Freedom.STANDARDISED:
        return _standardised(y)
    peak = np.abs(y).max(initial=0.0) if freedom == Freedom.SCALED else 0.0
    if not peak:
        return y, TargetUnit()
    scale = float(peak * np.sqrt(np.mean((y / peak) ** 2)))
    return y / scale, TargetUnit(0.0, scale)


def least(*kinds: Freedom) -> Freedom:
    """The least Freedom of several, such as those of an objective and of the metrics that are watched."""
    return min(kinds, default=Freedom.STANDARDISED)


def _standardised(y: np.ndarray) -> tuple[np.ndarray, TargetUnit]:
    if not len(y):
        return y, TargetUnit()
    middle = np.partition(y, len(y) // 2)[len(y) // 2]  # from a value of its own a difference is exact
    apart = y - middle
    peak = np.abs(apart).max()
    if not peak:
        return apart, TargetUnit(float(middle), 1.0)
    apart /= peak  # so that no square is too large or too small for a float
    center, scale = apart.mean(), apart.std()
    unit = TargetUnit(float(middle + center * peak), float(scale * peak))
    return np.round((apart - center) / scale, DIGITS), unit
