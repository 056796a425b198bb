"""Code for each column of one table: the plainest line that gives what this package reads in it.

Whether a line does is tried on the very rows that are trained on and validated: what it makes of them must be
the same to the last bit. A column for which none does is handed to the notebook as it was read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ...data.columns.schema import DATE_PARTS
from ...data.columns.values import MISSING_MARKS
from .cells import listed

if TYPE_CHECKING:
    from ...data.columns.schema import TableSchema


RAW, NAME = "raw", "name"  # what the notebook calls the raw rows, and a column in turn
MOST_WORDS = 20  # of a column of flags, however they are written
HELPERS = {
    "as_text": '''\
def as_text(values):
    """Text without blanks at its ends; None where it is missing."""
    texts = values.astype(object).map(lambda value: str(value).strip(), na_action="ignore")
    return texts.astype(object).where(texts.notna(), None)''',
    "number_in": '''\
def number_in(values, decimal="."):
    """The number in texts such as "$1,234.50"; missing where there is none."""
    digits = values.astype(str).str.replace(rf"[^\\d{decimal}-]", "", regex=True)
    return pd.to_numeric(digits.str.replace(decimal, "."), errors="coerce").astype(float)''',
    "not_too_large": '''\
def not_too_large(values):
    """Numbers; what single precision cannot hold is missing."""
    numbers = pd.to_numeric(values, errors="coerce").astype(float)
    return numbers.where(numbers.abs() <= np.finfo(np.float32).max)''',
    "date_parts": '''\
def date_parts(dates):
    """Days since 1970, month, weekday (0 is Monday) and hour; missing where the date is."""
    days = dates.astype("datetime64[us]").astype("int64") / 86_400e6
    parts = {"days": days, "month": dates.dt.month, "weekday": dates.dt.day_of_week, "hour": dates.dt.hour}
    return pd.DataFrame(parts).astype(float).where(dates.notna())''',
}
NUMBERS = (
    "raw[name].astype(float)",
    'pd.to_numeric(raw[name], errors="coerce").astype(float)',
    "not_too_large(raw[name])",
    "pd.to_timedelta(raw[name]) / pd.Timedelta(days=1)",
    "number_in(raw[name])",
    'number_in(raw[name], decimal=",")',
    "raw[name].map({words}).astype(float)",
)
DATES = (
    "raw[name]",
    'pd.to_datetime(raw[name], format={date_format!r}, errors="coerce")',
    'pd.to_datetime(raw[name], format={date_format!r}, errors="coerce", utc=True).dt.tz_localize(None)',
    "raw[name].dt.tz_convert(None)",
    *(f'pd.to_datetime(raw[name], unit="{unit}")' for unit in ("s", "ms", "us", "ns")),
    'pd.to_datetime(raw[name].astype("Int64").astype(str), format="%Y%m%d", errors="coerce")',
)
TEXTS = (
    "as_text(raw[name])",
    'as_text(raw[name].astype("Int64"))',
    "as_text(raw[name].replace({marks}, None))",
    "as_text(raw[name].map({words}))",
    'as_text(as_text(raw[name]).str.lstrip("0").replace("", "0"))',
    "as_text(as_text(raw[name]).str.zfill({width}))",
    'as_text(as_text(raw[name].astype("Int64")).str.zfill({width}))',
)


@dataclass(frozen=True)
class ColumnCode:
    """How one table's columns are read.

    lines : {kind: {code of a Series, with `raw` and `name` in it: names of the columns that it reads}}.
    prepared : the columns of the clean table for which there is no such line.
    """

    lines: Mapping[str, Mapping[str, list[str]]]
    prepared: pd.DataFrame


def find_columns(schema: TableSchema, raw: pd.DataFrame | None, clean: pd.DataFrame) -> ColumnCode:
    """Find the code of every column.

    raw : the rows as the notebook has them; None where it cannot read the table. clean : what `schema.clean`
    makes of the same rows as this package has them, in the same order.
    """
    lines: dict[str, dict[str, list[str]]] = {}
    prepared: list[str] = []
    tools = tools_for(raw)
    for column in schema.columns:
        if column.kind not in KINDS:
            continue
        names = schema.part_names[column.name] if column.kind == "date" else [column.name]
        code = None if raw is None or _has_odd_names(column, names) else _find(column, tools, clean[names])
        if code is None:
            prepared += names
        else:
            lines.setdefault(column.kind, {}).setdefault(code, []).append(column.name)
    return ColumnCode(lines, clean[prepared].copy())


def tools_for(raw: pd.DataFrame | None) -> dict[str, Any]:
    """What the lines are evaluated with."""
    tools: dict[str, Any] = {"np": np, "pd": pd, RAW: raw}
    exec("\n\n".join(HELPERS.values()), tools)  # the constants above
    return tools


def first_that_gives(codes: Iterable[str], tools: Mapping[str, Any], name: str, fits: Any) -> str | None:
    """Return the first of some lines whose value `fits`; None where none does."""
    for code in codes:
        try:
            if fits(eval(code, {**tools, NAME: name})):  # lines of the tables above
                return code
        except Exception:  # a line that is not for such values: each type has an error of its own
            continue
    return None


def same_values(ours: Any, theirs: Any) -> bool:
    """Are two columns the same to the last bit, missing values included?"""
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    if ours.dtype.kind != theirs.dtype.kind or len(ours) != len(theirs):
        return False
    if ours.dtype.kind == "f":
        return bool(np.array_equal(ours, theirs, equal_nan=True))
    return ours.tolist() == theirs.tolist()


def _find(column, tools, expected):
    templates, fit_of = KINDS[column.kind]
    codes = (_filled(template, column, tools) for template in templates)
    return first_that_gives((c for c in codes if c), tools, column.name, fit_of(expected, tools))


def _filled(template, column, tools):
    """A template with what the column says of itself; "" where it has nothing of the kind."""
    values = {"date_format": column.date_format, "width": column.code_width, "marks": ""}
    if "{words}" in template:
        values["words"] = _words(column, tools) if column.flags else ""
        if not values["words"]:
            return ""
    if "{marks}" in template:
        present = set(tools[RAW][column.name].dropna().astype(str))
        values["marks"] = listed([mark for mark in MISSING_MARKS if mark in present])
    return template.format(**values) if "{" in template else template


def _words(column, tools):
    """{value: what it is read as} of the different values of a column of two words, as code."""
    different = pd.Series(tools[RAW][column.name].dropna().unique(), dtype=object)
    read = np.asarray(column.read(different), dtype=object)
    known = {value: word for value, word in zip(different, read, strict=True) if not pd.isna(word)}
    return repr(known) if len(known) <= MOST_WORDS else ""


def _has_odd_names(column, names):
    usual = [f"{column.name}@{part}" for part in DATE_PARTS]
    return column.kind == "date" and names != usual


def _numbers_fit(expected, tools):
    return lambda found: same_values(found, expected.iloc[:, 0])


def _texts_fit(expected, tools):
    texts = expected.iloc[:, 0].to_numpy(dtype=object)
    return lambda found: found.dtype == object and same_values(found, texts)


def _dates_fit(expected, tools):
    def fits(found):
        parts = tools["date_parts"](found)
        return all(same_values(parts[p], expected.iloc[:, n]) for n, p in enumerate(DATE_PARTS))

    return fits


KINDS = {
    "number": (NUMBERS, _numbers_fit),
    "date": (DATES, _dates_fit),
    "category": (TEXTS, _texts_fit),
    "text": (TEXTS, _texts_fit),
}
