"""A decision policy on a single row, and on many."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data.columns.schema import Column
from ..outputs.policy import closed_form
from .number_values import number_reader
from .raw_values import as_raw_table

if TYPE_CHECKING:
    from ..outputs.policy import AmountRule, DecisionPolicy
    from .answer import Label
    from .raw_values import Columns


class Decider:
    """policy : None where the model has none; then no row has a decision. labels : of the model's classes."""

    def __init__(self, policy: DecisionPolicy | None, labels: Sequence[Label]) -> None:
        self.policy, self.labels = policy, labels
        self.columns = [] if policy is None else policy.columns
        amount = None if policy is None else policy.amount
        self._threshold_of = None if amount is None else _threshold_by_amount(amount)

    def decide(self, probabilities: np.ndarray, row: Mapping[str, Any]) -> Label | None:
        """Return the label that the policy decides for.

        probabilities : shape (n_classes,). row : of plain values, with the columns that the policy needs.
        Raises DataError where it lacks an amount, or has a negative one.
        """
        policy = self.policy
        if policy is None:
            return None
        threshold = policy.threshold if self._threshold_of is None else self._threshold_of(row)
        is_called = bool(probabilities[policy.positive] >= threshold)
        return self.labels[policy.positive if is_called else 1 - policy.positive]

    def decide_many(self, probabilities: np.ndarray, plain: Columns) -> list[Label | None]:
        """The same of many rows.

        probabilities : shape (n_rows, n_classes); numbers, shape (n_rows,), of a model without policy.
        """
        policy = self.policy
        if policy is None:
            return [None] * len(probabilities)
        if self._threshold_of is not None:
            rows = zip(*(plain[name] for name in self.columns), strict=True)
            amounts = (dict(zip(self.columns, values, strict=True)) for values in rows)
            return [self.decide(one, row) for one, row in zip(probabilities, amounts, strict=True)]
        of_called = {True: self.labels[policy.positive], False: self.labels[1 - policy.positive]}
        called = probabilities[:, policy.positive] >= policy.threshold
        return [of_called[is_called] for is_called in called.tolist()]


def _threshold_by_amount(rule: AmountRule) -> Callable[[Mapping[str, Any]], float]:
    """The function from a row of plain values to its own threshold, see AmountRule."""
    read = number_reader(Column(rule.column, "number", decimal=rule.decimal, unit=rule.unit))

    def threshold(row: Mapping[str, Any]) -> float:
        amount = read(row[rule.column])
        if not 0 <= amount < math.inf:  # the rule itself says what is wrong with it
            return float(rule.thresholds(as_raw_table({rule.column: [row[rule.column]]}))[0])
        missed = np.array(rule.share * amount - rule.true_positive)
        return float(closed_form(rule.false_positive - rule.true_negative, missed))

    return threshold
