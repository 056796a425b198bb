"""Which frameworks have a quicker way to a single row's outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

QUICK: Mapping[str, Callable[[Any], Any]] = {}


def quick_on_one_row(framework: str, estimator: Any) -> Any:
    """Return what has the `predict_proba`, or `predict`, of a fitted estimator for matrices of one row.

    Its numbers are equal to the last bit. None where there is no quicker way.
    """
    make = QUICK.get(framework)
    return None if make is None else make(estimator)
