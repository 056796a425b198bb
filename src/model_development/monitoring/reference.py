"""What the training rows were like, binned, without a single raw row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from ..data.columns.schema import TableSchema


@dataclass(frozen=True)
class ColumnReference:
    """One raw column, or the prediction.

    kind : "number", "date", "category" or "text", as the schema has it. n : rows. n_missing : of them.
    low, high : ends of the range, of numbers and dates (days). edges, counts : bins of about equal counts of
    numbers and dates, len(edges) == len(counts) + 1. levels : {value: rows}, of categories, the most frequent
    ones; n_others : rows of the rest, values that stand in fewer than five rows among them.
    """

    name: str
    kind: str
    n: int
    n_missing: int = 0
    low: float | None = None
    high: float | None = None
    edges: tuple[float, ...] = ()
    counts: tuple[int, ...] = ()
    levels: Mapping[str, int] | None = None
    n_others: int = 0


@dataclass(frozen=True)
class Reference:
    """Columns in the order of the schema; predictions: {"prediction" or class as text: ColumnReference}."""

    columns: tuple[ColumnReference, ...]
    predictions: Mapping[str, ColumnReference]

    @classmethod
    def from_rows(
        cls, X: pd.DataFrame, schema: TableSchema, outputs: Any = None, classes: Any = ()
    ) -> Reference:
        """Bin raw rows, and what the model said of rows that it was not fitted on.

        outputs : probabilities (n_rows, n_classes), or numbers (n_rows,).
        """
        raise NotImplementedError

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        raise NotImplementedError

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Reference:
        """Read back what `to_dict` gave. Raises ValueError for anything else."""
        raise NotImplementedError
