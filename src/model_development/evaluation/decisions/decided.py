"""What decisions make of rows: of the policy, of labels as the model gives them, of calling nobody or all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...data.amounts import amount_writing, read_amounts
from ...statistics.proportions import effective_rows, share_interval
from ...tasks.predictions import Predictions

if TYPE_CHECKING:
    from ...outputs.policy import DecisionPolicy
    from ..evaluation_input import EvaluationInput, ScoredRows


@dataclass(frozen=True)
class Share:
    """part of whole, counts of rows; low, high : its 95 % interval, None without rows."""

    part: int
    whole: int
    low: float | None
    high: float | None

    @property
    def value(self) -> float | None:
        return self.part / self.whole if self.whole else None

    def text(self) -> str:
        """The share with its interval, for a sentence."""
        if self.value is None:
            return "undefined"
        return f"{self.value:.3g} (95 % interval {self.low:.3g} to {self.high:.3g})"


@dataclass(frozen=True)
class Decided:
    """Some rows, and which of them are called positive; all of shape (n_rows,)."""

    is_called: np.ndarray
    is_positive: np.ndarray
    groups: np.ndarray | None = None

    @property
    def hits(self) -> int:
        return int((self.is_called & self.is_positive).sum())

    @property
    def outcomes(self) -> dict[str, int]:
        """Rows of each outcome."""
        called, positive, n = int(self.is_called.sum()), int(self.is_positive.sum()), len(self.is_called)
        false_alarms, missed = called - self.hits, positive - self.hits
        return {
            "called": called,
            "true positives": self.hits,
            "false positives": false_alarms,
            "false negatives": missed,
            "true negatives": n - positive - false_alarms,
        }

    def shares(self) -> dict[str, Share]:
        """{quantity of a promise: Share}."""
        return {
            "precision": self._share(self.is_called, self.is_positive),
            "recall": self._share(self.is_positive, self.is_called),
            "positive_rate": self._share(np.ones(len(self.is_called), dtype=bool), self.is_called),
        }

    def _share(self, among, counted):
        """Of groups, an interval is as wide as if all rows of one said the same."""
        part, whole = int((among & counted).sum()), int(among.sum())
        worth = None if self.groups is None or not whole else effective_rows(self.groups[among])[-1]
        low, high = share_interval(part, whole, worth) or (None, None)
        return Share(part, whole, low, high)


def columns_of(rows: ScoredRows, names: list[str]) -> pd.DataFrame:
    """Columns of some rows, features or not."""
    return pd.DataFrame({name: rows.column(name) for name in names}, index=rows.X.index)


def amounts_of(
    given: EvaluationInput, rows: ScoredRows, setting: str, name: str, *, may_be_negative: bool = False
) -> np.ndarray:
    """A column that a setting names for amounts, of some rows, written as in the out-of-fold rows."""
    writing = amount_writing(given.out_of_fold.column(name), given.schema.decimal)
    return read_amounts(rows.column(name), f"`{setting}`", writing, may_be_negative=may_be_negative)


def against_nothing(low: float, high: float) -> str:
    """What an interval says of zero, to follow on a number; "" where there is no interval (NaN).

    >>> against_nothing(1.0, 2.0), against_nothing(float("nan"), float("nan"))
    (', significantly more than nothing', '')
    """
    if np.isnan(low) or np.isnan(high):
        return ""
    if low > 0 or high < 0:
        return f", significantly {'more' if low > 0 else 'less'} than nothing"
    return ", not significantly different from nothing"


def decided_labels(policy: DecisionPolicy | None, rows: ScoredRows) -> np.ndarray:
    """Positions of classes as the policy decides, as labelled where there is none; shape (n_rows,)."""
    if policy is None:
        return rows.said.labels
    return policy.decide(rows.said.by_class, columns_of(rows, policy.columns))


def decided(given: EvaluationInput, rows: ScoredRows) -> Predictions:
    """What was said of some rows, with the policy's labels; without one with the model's."""
    return Predictions(decided_labels(given.policy, rows), rows.said.probabilities, rows.said.positive)


def decided_by(given: EvaluationInput) -> str:
    """Say whose decisions they are."""
    if given.policy is None:
        return "the class with the highest probability"
    if given.policy.amount is not None:
        return f"the decision policy (a threshold for each row, by {given.policy.amount.column!r})"
    return f"the decision policy (threshold {given.policy.threshold:.4g})"


def called_by(policy: DecisionPolicy | None, rows: ScoredRows) -> np.ndarray:
    """Which rows are called positive, shape (n_rows,)."""
    return decided_labels(policy, rows) == rows.said.positive


def ways_to_decide(given: EvaluationInput) -> dict[str, np.ndarray]:
    """{name: which test rows are called positive}: the policy's first where there is one."""
    n = len(given.test)
    ways = {} if given.policy is None else {"the policy": called_by(given.policy, given.test)}
    return ways | {
        "labels of the model": called_by(None, given.test),
        "calling nobody": np.zeros(n, dtype=bool),
        "calling everybody": np.ones(n, dtype=bool),
    }
