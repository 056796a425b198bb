"""What each column of the raw table is, decided once at intake and kept with every model."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from itertools import count
from typing import Any

import numpy as np

from ...errors import DataError, some_of
from ...late import pandas as pd
from .dates import ISO, days_of, to_dates
from .number_writing import NumberWriting
from .spellings import as_codes, as_flags
from .values import as_finite, small, to_categories, to_numbers

DATE_PARTS = ("days", "month", "weekday", "hour")  # what a model sees of a date
MAX_ONE_HOT = 64  # levels of one category that get a column each; with more, target means stand in
MAX_CODES = 250  # levels of one category that keep a code of their own (boosting bins hold 255)
LISTS = ("flags", "levels")  # fields of a column that JSON has as lists
MANY_COLUMNS, FEW_ROWS = 10, 20_000  # from which on, and up to which, columns of numbers are read at once
USED_KINDS = ("number", "date", "category", "text")


@dataclass(frozen=True)
class Column:
    """One raw column.

    kind : "number", "category", "date", "text" (sentences) or "dropped" (then with a reason).
    date_format : how a date column writes its dates, as strptime has it.
    n_levels : different values of a category among the training rows; 0 for other kinds.
    decimal, unit, doubt, is_sure : how a column of numbers writes them, see NumberWriting.
    flags : the words for false and true, where a column holds no others. code_width : see `as_codes`.
    levels : the values of a category, where they are few enough to keep. new_share : share of values that
        occurred once, which is about the share of new ones to be expected among other rows. n_present :
        training rows that hold a value; both of categories alone.
    """

    name: str
    kind: str
    reason: str = ""
    date_format: str = ISO
    n_levels: int = 0
    decimal: str = "."
    unit: str = ""
    doubt: str = ""
    is_sure: bool = False
    flags: tuple[str, ...] = ()
    code_width: int = 0
    levels: tuple[str, ...] = ()
    new_share: float = 0.0
    n_present: int = 0

    def read(self, values: pd.Series) -> Any:
        """Return the values as the schema says that they are written: floats, Timestamps or text."""
        if self.kind == "number":
            return to_numbers(values, self.writing, are_flags=bool(self.flags))
        if self.kind == "date":
            return to_dates(values, self.date_format)
        texts = to_categories(values)
        if self.flags:
            return as_flags(texts, self.flags)
        return as_codes(texts, self.code_width) if self.code_width else texts

    @cached_property
    def writing(self) -> NumberWriting:
        """How the column writes numbers: a NumberWriting."""
        return NumberWriting(self.decimal, self.unit, self.doubt, self.is_sure)

    @cached_property
    def known_levels(self) -> frozenset[str]:
        return frozenset(self.levels)

    def codes(self, values: pd.Series) -> np.ndarray:
        """Return the position of each value among the different ones, as small as it comes.

        Missing is one more value.
        """
        read = self.read(values)
        if self.kind == "date":
            read = days_of(read)
        elif self.kind != "number":
            read = pd.Series(read, dtype=object)
        return small(pd.factorize(read, use_na_sentinel=False)[0])


@dataclass(frozen=True)
class TableSchema:
    """The feature columns of a table, in order.

    dialect : how the file of the training rows was written, in words; "" where nothing is to be said.
    decimal : its mark before decimals, for columns that are no features.
    """

    columns: tuple[Column, ...]
    dialect: str = ""
    decimal: str = "."

    def names(self, kind: str | None = None) -> list[str]:
        """Names of the columns that are used, or of those of one kind."""
        wanted = USED_KINDS if kind is None else (kind,)
        return [column.name for column in self.columns if column.kind in wanted]

    def of_kind(self, kind: str) -> list[Column]:
        """Columns of one kind."""
        return [column for column in self.columns if column.kind == kind]

    @property
    def numeric_names(self) -> list[str]:
        """Columns of the clean table that hold numbers: the numbers, then every date's parts."""
        parts = [part for name in self.names("date") for part in self.part_names[name]]
        return self.names("number") + parts

    @cached_property
    def part_names(self) -> dict[str, list[str]]:
        """{date column: what the clean table calls its DATE_PARTS}; no column of the table is called so."""
        taken, names = {column.name for column in self.columns}, {}
        for date in self.names("date"):
            names[date] = [free_name(f"{date}@{part}", taken) for part in DATE_PARTS]
            taken.update(names[date])
        return names

    def day_name(self, column: Column) -> str:
        """What the clean table calls the days of a date column."""
        return self.part_names[column.name][0]

    @property
    def dropped(self) -> list[Column]:
        return [column for column in self.columns if column.kind == "dropped"]

    def to_dict(self) -> dict[str, Any]:
        names = [field.name for field in fields(Column)]
        columns = [{name: getattr(column, name) for name in names} for column in self.columns]
        return {"columns": columns, "dialect": self.dialect, "decimal": self.decimal}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> TableSchema:
        columns = [
            column | {name: tuple(column.get(name, ())) for name in LISTS} for column in content["columns"]
        ]
        file = {name: content[name] for name in ("dialect", "decimal") if name in content}
        return cls(tuple(Column(**column) for column in columns), **file)

    def clean(self, raw: pd.DataFrame) -> pd.DataFrame:
        """Turn raw rows into numbers (float64, NaN = missing) and text (None = missing).

        raw : DataFrame with at least the used columns, in any order; others are ignored.

        Returns a DataFrame with `numeric_names`, then the category and the text columns.
        Raises DataError that names the missing columns.
        """
        return self.as_table(self.read(raw), raw.index)

    def read(self, raw: pd.DataFrame) -> dict[str, Any]:
        """The same as {name: array}, which costs a single row less than a DataFrame to look through."""
        self._require_columns(raw)
        clean = self._read_numbers(raw)
        for column in self.of_kind("date"):
            parts = _date_parts(column.read(raw[column.name]))
            clean |= dict(zip(self.part_names[column.name], parts, strict=True))
        for column in self.of_kind("category") + self.of_kind("text"):
            clean[column.name] = column.read(raw[column.name])
        return clean

    def _read_numbers(self, raw):
        """Columns that are numbers already are read at once: one by one, each costs more than a few rows."""
        columns, together = self.of_kind("number"), {}
        if len(columns) >= MANY_COLUMNS and len(raw) <= FEW_ROWS:
            types = dict(zip(raw.columns, raw.dtypes, strict=True))
            names = [column.name for column in columns if _is_plain(types[column.name])]
            block = as_finite(raw[names].to_numpy(dtype=float))
            together = dict(zip(names, block.T, strict=True))
        return {c.name: together[c.name] if c.name in together else c.read(raw[c.name]) for c in columns}

    def as_table(self, columns: dict[str, Any], index: pd.Index) -> pd.DataFrame:
        """What `read` gave as a DataFrame with the index of the raw rows."""
        # Object on purpose: pandas' own text type would turn None into NaN in some tables and
        # not in others, and encoders take these for two categories.
        names = self.names("category") + self.names("text")
        texts = {name: pd.Series(columns[name], index=index, dtype=object) for name in names}
        return pd.DataFrame(columns | texts, index=index)

    def _require_columns(self, raw):
        if not isinstance(raw, pd.DataFrame):
            raise DataError(f"Give the rows as a pandas DataFrame, not as {type(raw).__name__}.")
        absent = [name for name in self.names() if name not in raw.columns]
        if absent:
            raise DataError(
                f"The table lacks {len(absent)} of the columns that the model was trained on: "
                f"{some_of(absent)}. Found: {some_of(list(raw.columns))}."
            )
        twice = raw.columns[raw.columns.duplicated()].intersection(self.names())
        if len(twice):
            raise DataError(f"The table holds columns twice: {', '.join(twice)}. Drop one of each.")


def free_name(name: str, taken: Collection[str]) -> str:
    """Return the name, with a number behind it where it is taken."""
    numbered = (name if n == 1 else f"{name}_{n}" for n in count(1))
    return next(free for free in numbered if free not in taken)


def _is_plain(dtype):
    """Is it a type of numbers as numpy has them?"""
    return isinstance(dtype, np.dtype) and dtype.kind in "fiu"


def _date_parts(dates):
    """Arrays in the order of DATE_PARTS."""
    known = dates.notna().to_numpy()
    parts = (dates.dt.month, dates.dt.day_of_week, dates.dt.hour)
    numbers = [np.where(known, part.to_numpy(dtype=float, na_value=np.nan), np.nan) for part in parts]
    return [days_of(dates), *numbers]
