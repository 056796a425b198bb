"""What the training rows were like, binned, without a single raw row."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..statistics.row_worth import row_worth
from .binning import bin_codes, bin_edges, level_codes, level_counts
from .column_values import read_values

if TYPE_CHECKING:
    import pandas as pd

    from ..data.columns.schema import Column, TableSchema

KINDS = ("number", "date", "category", "text")
OF_NUMBERS = "prediction"  # what the prediction of a model of numbers is called


@dataclass(frozen=True)
class ColumnReference:
    """One raw column, or the prediction.

    kind : "number", "date", "category" or "text", as the schema has it. n : rows. n_missing : of them;
    n_unreadable : of these. low, high : ends of the range, of numbers, dates (days) and texts (characters).
    edges, counts : their bins of about equal counts, closed on the right, len(edges) == len(counts) + 1.
    levels : {value: rows}, of categories, the most frequent ones; n_others : rows of the rest, values that
    stand in fewer than five rows among them. row_worth : of a row, where rows come in groups, see
    statistics/row_worth.py.
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
    n_unreadable: int = 0
    row_worth: float = 1.0

    @property
    def n_present(self) -> int:
        return self.n - self.n_missing

    @classmethod
    def from_values(
        cls,
        name: str,
        kind: str,
        values: np.ndarray,
        n_unreadable: int = 0,
        groups: np.ndarray | None = None,
    ) -> ColumnReference:
        """Bin floats, NaN for missing; of categories texts, None for missing. values : shape (n_rows,).

        groups : whole numbers, shape (n_rows,), where rows of one are alike.
        """
        missing = np.array([value is None for value in values]) if kind == "category" else np.isnan(values)
        present, n, n_missing = values[~missing], len(values), int(missing.sum())
        groups = None if groups is None else groups[~missing]
        if kind == "category":
            levels, n_others = level_counts(present)
            worth = row_worth(level_codes(levels, present), groups)
            return cls(name, kind, n, n_missing, levels=levels, n_others=n_others, row_worth=worth)
        found = cls(name, kind, n, n_missing, n_unreadable=n_unreadable)
        edges = bin_edges(present)
        if not edges:
            return found
        codes = bin_codes(edges, present)
        counts = tuple(np.bincount(codes, minlength=len(edges) - 1).tolist())
        worth = row_worth(codes, groups, is_ordered=True)
        return replace(found, low=edges[0], high=edges[-1], edges=edges, counts=counts, row_worth=worth)

    @classmethod
    def from_column(cls, column: Column, raw: pd.Series, groups: np.ndarray | None = None) -> ColumnReference:
        """Bin a raw column as the schema reads it."""
        values = read_values(column, raw)
        n_unreadable = int(values.is_unreadable.sum())
        return cls.from_values(column.name, column.kind, values.read, n_unreadable, groups)

    @classmethod
    def from_dict(cls, content: object) -> ColumnReference:
        """Read what JSON has of a column. Raises ValueError for anything else."""
        known = [field.name for field in fields(cls)]
        if isinstance(content, Mapping):
            content = {"row_worth": 1.0} | dict(content)  # packages of before have none
        if not isinstance(content, Mapping) or set(content) != set(known):
            raise ValueError(f"a column of the reference has other keys than {', '.join(known)}")
        lists = {name: content[name] for name in ("edges", "counts")}
        if not all(isinstance(found, list) for found in lists.values()):
            raise ValueError("`edges` and `counts` of a column of the reference are lists")
        column = cls(**(dict(content) | {name: tuple(found) for name, found in lists.items()}))
        problem = _problem(column)
        if problem:
            raise ValueError(f"the reference of column {column.name!r} has {problem}")
        return column


@dataclass(frozen=True)
class Reference:
    """Columns in the order of the schema; predictions: {"prediction" or class as text: ColumnReference}."""

    columns: tuple[ColumnReference, ...]
    predictions: Mapping[str, ColumnReference]

    @classmethod
    def from_rows(
        cls,
        X: pd.DataFrame,
        schema: TableSchema,
        outputs: Any = None,
        classes: Any = (),
        groups: np.ndarray | None = None,
        groups_of_outputs: np.ndarray | None = None,
    ) -> Reference:
        """Bin raw rows, and what the model said of rows that it was not fitted on.

        outputs : probabilities (n_rows, n_classes) in the order of `classes`, or numbers (n_rows,); None
        where nothing is known of the predictions. classes : labels; () of a model of numbers.
        groups, groups_of_outputs : of the rows of each, whole numbers, where rows of one group are alike.
        """
        used = set(schema.names())
        columns = (column for column in schema.columns if column.name in used)
        binned = (ColumnReference.from_column(column, X[column.name], groups) for column in columns)
        said = {} if outputs is None else _by_name(np.asarray(outputs, dtype=float), classes)
        predictions = {
            name: ColumnReference.from_values(name, "number", values, groups=groups_of_outputs)
            for name, values in said.items()
        }
        return cls(tuple(binned), predictions)

    def column(self, name: str) -> ColumnReference | None:
        """One column; None where there is none of the name."""
        return next((column for column in self.columns if column.name == name), None)

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "columns": [_plain(column) for column in self.columns],
            "predictions": {name: _plain(column) for name, column in self.predictions.items()},
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Reference:
        """Read back what `to_dict` gave; other keys may stand beside its two. Raises ValueError."""
        if not isinstance(content, Mapping) or not {"columns", "predictions"} <= set(content):
            raise ValueError("a reference holds `columns` and `predictions`")
        columns, predictions = content["columns"], content["predictions"]
        if not isinstance(columns, list) or not isinstance(predictions, Mapping):
            raise ValueError("`columns` of a reference is a list, `predictions` an object")
        read = tuple(map(ColumnReference.from_dict, columns))
        if len({column.name for column in read}) < len(read):
            raise ValueError("a reference holds a column twice")
        return cls(read, {str(k): ColumnReference.from_dict(v) for k, v in predictions.items()})


def _by_name(outputs, classes):
    """{name: what the model said}, one name for each class."""
    if outputs.ndim == 1:
        return {OF_NUMBERS: outputs}
    names = [str(label) for label in classes]
    return dict(zip(names, outputs.T, strict=True))


def _plain(column):
    levels = None if column.levels is None else dict(column.levels)
    return asdict(column) | {"levels": levels, "edges": list(column.edges), "counts": list(column.counts)}


def _problem(column):
    """What is wrong with a column that was read, in words; "" where nothing is."""
    levels = {} if column.levels is None else column.levels
    if not isinstance(column.name, str) or column.kind not in KINDS:
        return f"a kind that is none of {', '.join(KINDS)}"
    if not isinstance(levels, Mapping) or (column.levels is None) == (column.kind == "category"):
        return "`levels` that do not suit its kind"
    counts = (
        column.n,
        column.n_missing,
        column.n_unreadable,
        column.n_others,
        *column.counts,
        *levels.values(),
    )
    if not all(type(n) is int and n >= 0 for n in counts):
        return "counts that are no whole numbers"
    if not all(_is_number(edge) for edge in column.edges) or sorted(column.edges) != list(column.edges):
        return "`edges` that do not rise"
    ends = (column.edges[0], column.edges[-1]) if column.edges else (None, None)
    if (
        len(column.edges) != (len(column.counts) + 1 if column.counts else 0)
        or (column.low, column.high) != ends
    ):
        return "`edges` that do not suit its `counts` or its ends"
    if not _is_number(column.row_worth) or not 0 < column.row_worth <= 1:
        return "a `row_worth` that is not above 0 and at most 1"
    if sum(column.counts) + sum(levels.values()) + column.n_others != column.n_present:
        return "counts that do not add up to its rows"
    return ""


def _is_number(value):
    return type(value) in (int, float) and math.isfinite(value)
