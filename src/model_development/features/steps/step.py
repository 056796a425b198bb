"""What a step is: fitted on the clean rows of one fold, it gives a table with further, or fewer, columns."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

import numpy as np
import pandas as pd

from ...data.columns.schema import free_name

if TYPE_CHECKING:
    from ...data.columns.schema import TableSchema


SAMPLED_ROWS = 5000  # on which columns are judged


class NewColumn(TypedDict):
    """A column that a step makes. sources : columns of the clean table. formula : in words of theirs."""

    name: str
    sources: list[str]
    formula: str


@dataclass(frozen=True)
class FeatureRow:
    """A column of the table that the preprocessor of a model takes.

    step : that made it; "" of what cleaning makes of a raw column. sources : raw columns.
    missing_share : of the fitted rows; None of a model without steps, which does not count them.
    """

    name: str
    step: str
    sources: tuple[str, ...]
    formula: str
    missing_share: float | None


@dataclass(frozen=True)
class StepInput:
    """What a step is fitted on.

    table : clean rows with the columns that earlier steps have made, see `TableSchema.clean`.
    schema : of the raw table. family : of the task. time_column, group_column : raw columns, where given.
    """

    table: pd.DataFrame
    schema: TableSchema
    family: str
    seed: int
    time_column: str | None = None
    group_column: str | None = None

    @property
    def numbers(self) -> list[str]:
        """Columns of the table that hold numbers."""
        words = {*self.schema.names("category"), *self.schema.names("text")}
        return [name for name in self.table.columns if name not in words]

    @property
    def taken(self) -> set[str]:
        """Names that no further column may have: of the table, and of raw columns that were left out."""
        return {*self.table.columns, *(column.name for column in self.schema.columns)}

    def sample(self) -> np.ndarray:
        """Positions of the rows, SAMPLED_ROWS at most and drawn by the seed, on which columns are judged."""
        n_rows = len(self.table)
        if n_rows <= SAMPLED_ROWS:
            return np.arange(n_rows)
        return np.sort(np.random.default_rng(self.seed).choice(n_rows, SAMPLED_ROWS, replace=False))


class Step(ABC):
    """A step of the table of steps; attributes are plain data or scikit-learn's, as saved files have them.

    new_ : the columns that it has made.
    """

    new_: list[NewColumn]

    @abstractmethod
    def fit_transform(self, given: StepInput, *, y: np.ndarray) -> pd.DataFrame:
        """Fit on clean rows and their target, shape (n_rows,); return their table.

        y : as `TargetCodec.for_preprocessor` gives it. No row's own target is in what it gets.
        """

    @abstractmethod
    def transform(self, table: pd.DataFrame) -> pd.DataFrame:
        """The table of other clean rows."""


class MakingStep(Step):
    """A step that adds columns of numbers; those that are constant among the fitted rows are left out."""

    @abstractmethod
    def plan(self, given: StepInput, *, y: np.ndarray) -> list[NewColumn]:
        """Learn what is needed, and say which columns `values` will give."""

    @abstractmethod
    def values(self, table: pd.DataFrame) -> np.ndarray:
        """The planned columns of clean rows, shape (n_rows, n_planned); what is not finite is missing."""

    def fitted_values(self, table: pd.DataFrame, *, y: np.ndarray) -> np.ndarray:
        """The same of the fitted rows; other than `values` where these must not see their own target."""
        return self.values(table)

    def fit_transform(self, given: StepInput, *, y: np.ndarray) -> pd.DataFrame:
        planned = self.plan(given, y=y)
        made = _finite(self.fitted_values(given.table, y=y), len(planned))
        self.kept_ = np.array([j for j in range(len(planned)) if _varies(made[:, j])], dtype=int)
        self.new_ = [planned[j] for j in self.kept_]
        return self._added(given.table, made)

    def transform(self, table: pd.DataFrame) -> pd.DataFrame:
        return self._added(table, _finite(self.values(table), None)) if self.new_ else table

    def _added(self, table: pd.DataFrame, made: np.ndarray) -> pd.DataFrame:
        names = [column["name"] for column in self.new_]
        further = pd.DataFrame(made[:, self.kept_], index=table.index, columns=names, dtype=float)
        return pd.concat([table, further], axis=1)


def named(wanted: Iterable[tuple[str, Sequence[str], str]], taken: Collection[str]) -> list[NewColumn]:
    """NewColumns of (name, sources, formula); a name that is taken gets a number behind it."""
    columns, names = [], set(taken)
    for name, sources, formula in wanted:
        columns.append(NewColumn(name=free_name(name, names), sources=list(sources), formula=formula))
        names.add(columns[-1]["name"])
    return columns


def side_by_side(columns: Sequence[np.ndarray], n_rows: int) -> np.ndarray:
    """Columns as a matrix of floats, shape (n_rows, n_columns), which may be none."""
    return np.column_stack(columns).astype(float) if columns else np.empty((n_rows, 0))


def texts_of(values: pd.Series) -> np.ndarray:
    """Text of each row, of whatever kind the column is; missing is the empty text, which no category is."""
    missing = values.isna().to_numpy(dtype=bool)
    texts = ["" if gone else str(value) for value, gone in zip(values.tolist(), missing, strict=True)]
    return np.array([*texts, None], dtype=object)[:-1]


def _finite(values: np.ndarray, n_columns: int | None) -> np.ndarray:
    values = np.asarray(values, dtype=float)
    if n_columns is not None and values.shape[1] != n_columns:
        raise ValueError(f"{values.shape[1]} columns are made, and {n_columns} were planned")
    return np.where(np.isfinite(values), values, np.nan)


def _varies(values: np.ndarray) -> bool:
    known = values[~np.isnan(values)]
    return bool(len(known) > 0 and known.min() < known.max())
