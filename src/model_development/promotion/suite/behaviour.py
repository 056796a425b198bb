"""Tests that the same rows get the same answers, however they are handed over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .compare import CLOSE, furthest, quiet_outputs, scale_of, some_rows

if TYPE_CHECKING:
    import pandas as pd

    from ..gate_input import GateInput


def same_input_same_output(given: GateInput) -> str | None:
    """The same rows twice give the same bits."""
    X = some_rows(given)
    apart = furthest(quiet_outputs(given, X), quiet_outputs(given, X))
    return f"two calls with the same rows differ by {apart:.3g}" if apart else None


def order_of_rows(given: GateInput) -> str | None:
    """Rows in another order give the same answers in that order."""
    X = some_rows(given)
    order = np.random.default_rng(0).permutation(len(X))
    shuffled = quiet_outputs(given, X.iloc[order].reset_index(drop=True))
    return _apart(given, quiet_outputs(given, X)[order], shuffled, "in another order rows")


def order_of_columns(given: GateInput) -> str | None:
    """Columns are found by name."""
    X = some_rows(given)
    turned = X[list(X.columns[::-1])]
    return _apart(
        given, quiet_outputs(given, X), quiet_outputs(given, turned), "with columns turned round rows"
    )


def other_columns(given: GateInput) -> str | None:
    """Columns that the model does not know change nothing."""
    X = some_rows(given)
    name = "unknown column"
    while name in X:
        name += "_"
    more = X.assign(**{name: "x"})
    return _apart(given, quiet_outputs(given, X), quiet_outputs(given, more), "with one more column rows")


def index_of_rows(given: GateInput) -> str | None:
    """What rows are called does not matter, and may occur twice."""
    X = some_rows(given)
    named = X.set_axis(["same name"] * len(X), axis=0)
    return _apart(given, quiet_outputs(given, X), quiet_outputs(given, named), "with names of their own rows")


def one_row_as_in_a_batch(given: GateInput) -> str | None:
    """A row by itself gets the answer that it gets among others."""
    X = some_rows(given).head(20)
    single = np.concatenate([quiet_outputs(given, X.iloc[[k]].reset_index(drop=True)) for k in range(len(X))])
    return _apart(given, quiet_outputs(given, X), single, "one by one rows")


def input_is_left_alone(given: GateInput) -> str | None:
    """The caller's table is as it was."""
    X = some_rows(given)
    before = X.copy(deep=True)
    quiet_outputs(given, X)
    return None if _equal(before, X) else "the table that was given has changed"


def _equal(before: pd.DataFrame, after: pd.DataFrame) -> bool:
    return list(before.columns) == list(after.columns) and before.equals(after)


def _apart(given, expected, found, what):
    apart = furthest(expected, found)
    if apart <= CLOSE * scale_of(given):
        return None
    return f"{what} get other answers, up to {apart:.3g} away"
