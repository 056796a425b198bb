"""How probabilities become decisions: kept with a model, obeyed by `predict(..., policy=True)`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data.amounts import read_amounts
from ..data.columns.number_writing import NumberWriting
from ..errors import DataError

if TYPE_CHECKING:
    import pandas as pd

QUANTITIES = ("precision", "recall", "positive_rate")
LABELS = (str, int, float, bool)


@dataclass(frozen=True)
class Promise:
    """What is promised of new rows like those it was found on, with a probability of `level`.

    quantity : one of QUANTITIES. wanted : what was asked for. bound : what is promised: at least that much,
        of the positive rate at most. is_kept : is it what was asked for?
    """

    quantity: str
    wanted: float
    bound: float
    level: float
    is_kept: bool


@dataclass(frozen=True)
class AmountRule:
    """A threshold for each row: a missed positive costs `share` of what stands in a column.

    The other costs are those of `decisions.costs`. decimal, unit : how the column writes numbers.
    """

    column: str
    share: float
    false_positive: float
    true_positive: float = 0.0
    true_negative: float = 0.0
    decimal: str = "."
    unit: str = ""

    def thresholds(self, X: pd.DataFrame | None) -> np.ndarray:
        """The least probability at which calling a row costs less than not, shape (n_rows,).

        Infinite where a call never does. Raises DataError where X lacks the column, or a row an amount.
        """
        if X is None or self.column not in X:
            raise DataError(
                f"The decision policy weighs each row by the column {self.column!r}, which the rows lack. "
                "Give it with them."
            )
        writing = NumberWriting(self.decimal, self.unit)
        missed = self.share * read_amounts(X[self.column], "the decision policy", writing)
        return closed_form(self.false_positive - self.true_negative, missed - self.true_positive)


def closed_form(false_alarm: float | np.ndarray, missed: np.ndarray) -> np.ndarray:
    """The probability from which a call costs less than none, infinite where it never does.

    false_alarm : what a false positive costs beyond a true negative, above 0; a number or shape (n_rows,).
    missed : what a false negative costs beyond a true positive, shape (n_rows,).
    Source: Elkan (2001), The Foundations of Cost-Sensitive Learning, IJCAI 17.

    >>> closed_form(1.0, np.array([9.0, 1.0, 0.0])).tolist()
    [0.1, 0.5, inf]
    """
    gain = np.where(missed > 0, missed, np.nan)
    return np.where(missed > 0, false_alarm / (false_alarm + gain), math.inf)


@dataclass(frozen=True)
class DecisionPolicy:
    """Rows whose probability of the positive class is at least a threshold are called positive.

    It is for two classes; models of several classes or of numbers have none, and `predict` says what it says.

    threshold : of all rows; with an `amount` rule, that of a row with the median amount.
    positive : position of the positive class among the model's. classes : their labels; () leaves them open.
    way : "metric", "constraints", "costs" or "amounts". settings : what was asked for, as in the settings.
    promises : see Promise. sentences : how it was found and what it promises, for people.
    n_rows, n_positive : the out-of-fold rows that it was found on.
    """

    threshold: float = 0.5
    positive: int = 1
    classes: tuple[Any, ...] = ()
    way: str = "metric"
    settings: Mapping[str, Any] | None = None
    promises: tuple[Promise, ...] = ()
    amount: AmountRule | None = None
    sentences: tuple[str, ...] = ()
    n_rows: int = 0
    n_positive: int = 0

    @property
    def columns(self) -> list[str]:
        """Raw columns that it needs beside the probabilities."""
        return [] if self.amount is None else [self.amount.column]

    def thresholds(self, n_rows: int, X: pd.DataFrame | None = None) -> np.ndarray:
        """The threshold of each row, shape (n_rows,)."""
        return np.full(n_rows, self.threshold) if self.amount is None else self.amount.thresholds(X)

    def decide(self, probabilities: np.ndarray, X: pd.DataFrame | None = None) -> np.ndarray:
        """Return positions of classes, shape (n_rows,).

        probabilities : shape (n_rows, 2). X : raw rows, where the policy needs `columns` of them.
        Raises ValueError for other shapes, DataError for amounts that are missing or negative.
        """
        if np.ndim(probabilities) != 2 or np.shape(probabilities)[1] != 2:
            raise ValueError(
                "A decision policy is for two classes: probabilities of shape (n_rows, 2), not "
                f"{np.shape(probabilities)}."
            )
        is_called = probabilities[:, self.positive] >= self.thresholds(len(probabilities), X)
        return np.where(is_called, self.positive, 1 - self.positive)

    def to_dict(self) -> dict[str, Any]:
        """The policy as JSON has it."""
        return asdict(self)

    def require_classes(self, classes: Sequence[Any]) -> None:
        """Raise ValueError unless it is about a model of these classes."""
        if len(classes) != 2 or (self.classes and list(self.classes) != list(classes)):
            raise ValueError("it is about other classes than the model")

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> DecisionPolicy:
        """Read back what `to_dict` gave. Raises ValueError, in a sentence, for anything else."""
        try:
            known = {name: content[name] for name in cls.__dataclass_fields__}
            amount = known["amount"]
            policy = cls(
                **known
                | {
                    "classes": tuple(known["classes"]),
                    "promises": tuple(Promise(**promise) for promise in known["promises"]),
                    "amount": None if amount is None else AmountRule(**amount),
                    "sentences": tuple(known["sentences"]),
                }
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"it has other keys than a decision policy: {error}") from None
        wrong = list(_wrong(policy))
        if wrong:
            raise ValueError("; ".join(wrong))
        return policy


def require_policy(policy: DecisionPolicy | None) -> DecisionPolicy:
    """Return the policy of a model. Raises ValueError where it has none."""
    if policy is None:
        raise ValueError(
            "This model has no decision policy: leave `policy` out, or evaluate the model with "
            "`epoch_005_settings.decisions` set (for a target of two classes)."
        )
    return policy


def _is_number(value, low=0.0, high=math.inf):
    return type(value) in (int, float) and low <= value <= high and math.isfinite(value)


def _wrong(policy):
    """What no policy of ours holds, in words."""
    if not _is_number(policy.threshold):
        yield f"`threshold` is {policy.threshold!r}, not a number of 0 or more"
    if type(policy.positive) is not int or policy.positive not in (0, 1):
        yield f"`positive` is {policy.positive!r}, not 0 or 1"
    if len(policy.classes) not in (0, 2) or not all(type(label) in LABELS for label in policy.classes):
        yield "`classes` are not two labels"
    if not all(isinstance(text, str) for text in (policy.way, *policy.sentences)):
        yield "`way` or `sentences` hold something else than text"
    for promise in policy.promises:
        shares = (promise.wanted, promise.bound, promise.level)
        if promise.quantity not in QUANTITIES or not all(_is_number(share, 0, 1) for share in shares):
            yield f"`promises` hold {promise}, which is none"
    if policy.amount is not None:
        rule = policy.amount
        costs = (rule.share, rule.false_positive, rule.true_positive, rule.true_negative)
        texts = (rule.column, rule.decimal, rule.unit)
        if not all(map(_is_number, costs)) or not all(isinstance(text, str) for text in texts):
            yield "`amount` holds costs that are no numbers of 0 or more"
