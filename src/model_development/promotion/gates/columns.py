"""Gates of the test data's columns: what the model cannot read, does not know, or misses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...data.columns.values import to_categories
from ...errors import some_of
from ...reports.numbers import format_number
from ..gate_line import GateLine

if TYPE_CHECKING:
    from ...data.columns.schema import Column
    from ..gate_input import GateInput


def check_columns(given: GateInput) -> Iterator[GateLine]:
    """The largest share over the columns of each trouble; these very rows are meant, so no interval."""
    asked = given.thresholds.columns
    if asked is None:
        return
    for name, most, share in (
        ("unreadable", asked.unreadable_at_most, unreadable_share),
        ("unseen", asked.unseen_at_most, unseen_share),
        ("missing", asked.missing_at_most, missing_share),
    ):
        if most is not None:
            yield _worst(given, name, most, share)
    if asked.no_other_columns:
        others = [name for name in given.table.columns if not _is_known(given, name)]
        found = (
            f"Columns that the model does not use: {some_of(others)}." if others else "There are no others."
        )
        yield GateLine(
            gate="", name="no_other_columns", passed=not others, sentence=found, value=float(len(others))
        )


def _is_known(given, name):
    return name == given.task.target or name in {column.name for column in given.model.schema_.columns}


def _worst(given: GateInput, name: str, most: float, share: Callable[[Column, pd.Series], float]) -> GateLine:
    used = [column for column in given.model.schema_.columns if column.kind != "dropped"]
    shares = {column.name: share(column, given.X[column.name]) for column in used}
    worst = max(shares, key=lambda key: shares[key])
    sentence = (
        f"At most {shares[worst]:.1%} of the values of a column are {name} (column {worst!r}); asked for: "
        f"at most {format_number(100 * most)} %."
    )
    return GateLine(
        gate="",
        name=name,
        passed=shares[worst] <= most,
        sentence=sentence,
        value=shares[worst],
        threshold=most,
        rows=len(given.X),
    )


def _present(values):
    return np.array([text is not None for text in to_categories(values)], dtype=bool)


def unreadable_share(column: Column, values: pd.Series) -> float:
    """Share of the present values of a column of numbers or dates that are none."""
    if column.kind not in ("number", "date"):
        return 0.0
    present = _present(values)
    gone = pd.isna(pd.Series(column.read(values))).to_numpy() & present
    return float(gone.sum() / present.sum()) if present.any() else 0.0


def unseen_share(column: Column, values: pd.Series) -> float:
    """Share of the present values of a category that no training row has."""
    if not column.levels:
        return 0.0
    present = [text for text in column.read(values) if text is not None]
    return sum(text not in column.known_levels for text in present) / len(present) if present else 0.0


def missing_share(column: Column, values: pd.Series) -> float:
    """Share of the rows without a value."""
    return float(1 - _present(values).mean())
