"""How probabilities become decisions: kept with a model, obeyed by `predict(..., policy=True)`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DecisionPolicy:
    """A threshold on the probability of the positive class, of binary tasks."""

    threshold: float = 0.5
