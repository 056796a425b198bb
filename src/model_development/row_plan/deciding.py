"""A decision policy on a single row."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..data.columns.schema import Column
from ..outputs.policy import closed_form
from .number_values import number_reader

if TYPE_CHECKING:
    from ..outputs.policy import AmountRule, DecisionPolicy
    from .answer import Label


class Decider:
    """policy : None where the model has none; then no row has a decision. labels : of the model's classes."""

    def __init__(self, policy: DecisionPolicy | None, labels: Sequence[Label]) -> None:
        self.policy, self.labels = policy, labels
        self.columns = [] if policy is None else policy.columns
        self._amount = None if policy is None or policy.amount is None else _amount_reader(policy.amount)

    def decide(self, probabilities: np.ndarray, row: Mapping[str, Any]) -> Label | None:
        """Return the label that the policy decides for.

        probabilities : shape (n_classes,). row : of plain values, with the columns that the policy needs.
        Raises DataError where it lacks an amount, or has a negative one.
        """
        policy = self.policy
        if policy is None:
            return None
        is_called = bool(probabilities[policy.positive] >= self._threshold(row))
        return self.labels[policy.positive if is_called else 1 - policy.positive]

    def _threshold(self, row):
        policy = self.policy
        rule = policy.amount
        if rule is None:
            return policy.threshold
        amount = self._amount(row[rule.column])
        if not 0 <= amount < math.inf:  # the rule itself says what is wrong with it
            return rule.thresholds(pd.DataFrame({rule.column: pd.Series([row[rule.column]], dtype=object)}))[
                0
            ]
        missed = rule.share * np.float64(amount) - rule.true_positive
        return closed_form(rule.false_positive - rule.true_negative, missed)


def _amount_reader(rule: AmountRule):
    return number_reader(Column(rule.column, "number", decimal=rule.decimal, unit=rule.unit))
