"""What of a table speaks for one algorithm or another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from ..data.columns.schema import TableSchema
    from ..tasks.base import Task

MANY_LEVELS = 30  # of a category, from which on a column for each is too much


@dataclass(frozen=True)
class DataProfile:
    """A table in a few numbers.

    n_rows : with a target. n_columns : features that are used. missing_share : of all their values.
    smallest_class : rows of the rarest class; 0 where the target is a number. skewed_share : of the number
    columns, those with a skewness above 2.
    time_limit_s, latency_limit_ms : of training and of one prediction; None: no limit.
    """

    problem_type: str
    family: str
    n_rows: int
    n_columns: int
    n_numbers: int
    n_categories: int
    n_many_levels: int
    n_texts: int
    missing_share: float
    n_classes: int = 0
    smallest_class: int = 0
    skewed_share: float = 0.0
    time_limit_s: float | None = None
    latency_limit_ms: float | None = None

    @property
    def rows_per_column(self) -> float:
        return self.n_rows / max(1, self.n_columns)

    @property
    def category_share(self) -> float:
        """Share of the columns that are categories."""
        return self.n_categories / max(1, self.n_columns)

    @property
    def teaching_rows(self) -> int:
        """Rows that there is to learn from: of two classes the rarer, of numbers all."""
        return self.smallest_class or self.n_rows


def profile_of(
    X: pd.DataFrame,
    y: np.ndarray | pd.Series,
    schema: TableSchema,
    task: Task,
    *,
    time_limit_s: float | None = None,
    latency_limit_ms: float | None = None,
) -> DataProfile:
    """Return the profile of raw features and their target, without missing values in the target.

    X : shape (n_rows, n_columns). schema : of these columns. task : that the target poses.
    """
    used = [column for column in schema.columns if column.kind != "dropped"]
    kinds = [column.kind for column in used]
    counts = pd.Series(np.asarray(y, dtype=object)).value_counts() if task.has_classes else pd.Series([0])
    names = [column.name for column in used]
    return DataProfile(
        problem_type=task.kind,
        family=task.family,
        n_rows=len(X),
        n_columns=len(used),
        n_numbers=kinds.count("number"),
        n_categories=kinds.count("category"),
        n_many_levels=sum(column.n_levels > MANY_LEVELS for column in used),
        n_texts=kinds.count("text"),
        missing_share=float(X[names].isna().to_numpy().mean()) if names else 0.0,
        n_classes=len(task.classes),
        smallest_class=int(counts.min()),
        skewed_share=_skewed(X[[c.name for c in used if c.kind == "number"]]),
        time_limit_s=time_limit_s,
        latency_limit_ms=latency_limit_ms,
    )


def _skewed(numbers: pd.DataFrame) -> float:
    plain: Any = numbers.select_dtypes("number").astype(float)
    return float((plain.skew().abs() > 2).mean()) if plain.shape[1] else 0.0
