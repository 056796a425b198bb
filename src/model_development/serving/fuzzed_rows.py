"""Rows that nobody would write, made of rows that somebody did: for proofs that hold of any input."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data.columns.values import MISSING_MARKS

if TYPE_CHECKING:
    from ..data.columns.schema import Column, TableSchema

Row = dict[str, Any]
Change = Callable[[np.random.Generator, Any, "Column"], Any]

HUGE = (1e39, -1e300, 1e-320, math.inf, -math.inf, math.nan, 10**30, -(10**400), 2**63, 2**64 + 1, -0.0)
WORDS = ("yes", "No", "TRUE", "f", "on", "ja", "non", "abc", "häuser", "\ud800", "a\x00b", "x" * 3000)
NUMBER_TEXTS = (
    *("1,234.5", "1.234,5", "1'234.50", "12 kg", "(5)", "-5-", "1e5", "1e400", "12%", "0x10", "1_000"),
    *("$ 3.50", "3,50 EUR", "1,234", "1.234", "٣", "2 days 06:00:00", "+7", ".5", "5.", "0.1", "nan", "inf"),
)
DATE_TEXTS = (
    *("2020-01-05", "2020-01-05 10:11:12", "2020-01-05T10:11:12Z", "2020-01-05T10:11:12.123456+02:00"),
    *("05.01.2020", "05.01.2020 23:59", "5.1.2020", "01/05/2020", "13/05/2020", "5 Jan 2020", "Jan 5, 2020"),
    *("2020-02-30", "2020-13-45", "0001-01-01", "9999-12-31", "1677-01-01", "2262-12-31", "20200105"),
    *("1583000000", "1583000000000", "2020", "2020-01", "2020-W05-1", "24:00", "2020-01-05 24:00:00"),
)


def _of(values: Sequence[Any]) -> Change:
    return lambda rng, value, column: values[rng.integers(len(values))]


def _any_number(rng: np.random.Generator, value: Any, column: Column) -> float:
    return float(rng.normal() * 10.0 ** rng.integers(-12, 20))


def _number_as_text(rng: np.random.Generator, value: Any, column: Column) -> str:
    number = _any_number(rng, value, column)
    pattern = ("{!r}", "{:.3f}", "{:.17g}", " {:g} ", "{:,.2f}", "{:e}")[rng.integers(6)]
    return pattern.format(number)


def _moment(rng: np.random.Generator, value: Any, column: Column) -> float | int:
    seconds = float(rng.uniform(-1e9, 4e9)) * 1000.0 ** rng.integers(0, 4)
    return int(seconds) if rng.random() < 0.7 else seconds


def _calendar(rng: np.random.Generator, value: Any, column: Column) -> int:
    return int(rng.integers(1800, 2100) * 10_000 + rng.integers(0, 14) * 100 + rng.integers(0, 33))


def _own_date(rng: np.random.Generator, value: Any, column: Column) -> str:
    import pandas as pd

    day = pd.Timestamp("1970-01-01") + pd.Timedelta(seconds=int(rng.integers(-5e9, 5e9)))
    return day.strftime(column.date_format) if "%" in column.date_format else day.isoformat()


def _other_spelling(rng: np.random.Generator, value: Any, column: Column) -> str:
    text = str(value)
    spellings = (f" {text} ", text.upper(), text.lower(), f"{text}.0", f"0{text}", text[:-1], f"{text}?")
    return spellings[rng.integers(len(spellings))]


def _level(rng: np.random.Generator, value: Any, column: Column) -> str | None:
    return column.levels[rng.integers(len(column.levels))] if column.levels else None


CHANGES: dict[str, tuple[Change, ...]] = {
    "missing": (_of((None, *MISSING_MARKS)),),
    "number": (_any_number, _number_as_text, _of(NUMBER_TEXTS), _of(HUGE), _of((True, False, 0, 1))),
    "category": (_level, _other_spelling, _of(WORDS), _of((True, 3, 3.0, 2.5, "03", "3.0", "007"))),
    "date": (_own_date, _moment, _calendar, _of(DATE_TEXTS)),
    "text": (_of(WORDS), _other_spelling),
}


def fuzzed_rows(
    schema: TableSchema, rows: Sequence[Mapping[str, Any]], n: int, seed: int = 0
) -> Iterator[Row]:
    """Yield n rows, each one of `rows` with some values changed: as other rows have them, missing, unseen,
    extreme, of another type, in other spellings; or gone.

    schema : of the columns that are changed.
    """
    rng = np.random.default_rng(seed)
    columns = [column for column in schema.columns if column.kind in CHANGES]
    for _ in range(n):
        row = dict(rows[rng.integers(len(rows))])
        for column in rng.permutation(len(columns))[: 1 + rng.integers(len(columns))]:
            _change(rng, row, columns[column], rows)
        yield row


def _change(rng, row, column, rows):
    way = rng.random()
    if way < 0.05:
        row.pop(column.name, None)
        return
    if way < 0.2:
        row[column.name] = rows[rng.integers(len(rows))].get(column.name)
        return
    kinds = list(CHANGES) if way < 0.4 else ["missing" if way < 0.5 else column.kind]
    changes = CHANGES[kinds[rng.integers(len(kinds))]]
    row[column.name] = changes[rng.integers(len(changes))](rng, row.get(column.name), column)
