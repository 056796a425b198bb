"""The ways in which MLflow's clients write a table, as rows of {column: value}."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..problems import Problem


def as_rows(name: str, content: Any) -> list[Any]:
    """Rows of one of MLflow's formats. Raises Problem for what is none; the rows are not checked."""
    return READERS[name](name, content)


def _split(name: str, content: Any) -> list[Any]:
    """{"columns": [...], "data": [[...], ...]}, with an index perhaps, which says nothing."""
    if type(content) is not dict or not {"columns", "data"} <= set(content) <= {"columns", "data", "index"}:
        raise _wrong(name, "an object with `columns` and `data`")
    columns, data = content["columns"], content["data"]
    if type(content.get("index", [])) is not list:
        raise _wrong(name, "an object whose `index`, where it has one, is a list")
    if (
        type(columns) is not list
        or not all(type(column) is str for column in columns)
        or type(data) is not list
    ):
        raise _wrong(name, "`columns`, a list of texts, and `data`, a list of lists")
    if len(set(columns)) < len(columns):
        raise _wrong(name, "`columns` without one that occurs twice")
    for number, row in enumerate(data):
        if type(row) is not list or len(row) != len(columns):
            raise _wrong(name, f"{len(columns)} values in each row of `data`: row {number} has others")
    return [dict(zip(columns, row, strict=True)) for row in data]


def _records(name: str, content: Any) -> list[Any]:
    """[{column: value}, ...]"""
    if type(content) is not list or not all(type(row) is dict for row in content):
        raise _wrong(name, "a list of objects of column: value")
    return content


def _named(name: str, content: Any) -> list[Any]:
    """[{column: value}, ...], or {column: [value, ...]}."""
    if type(content) is not dict:
        return _records(name, content)
    if not content or not all(type(values) is list for values in content.values()):
        raise _wrong(name, "a list of objects, or an object of column: list of values")
    if len({len(values) for values in content.values()}) > 1:
        raise _wrong(name, "as many values of each column")
    return [dict(zip(content, values, strict=True)) for values in zip(*content.values(), strict=True)]


def _wrong(name, allowed):
    return Problem(
        "invalid_request", f"`{name}` must be {allowed}. Tables without names of columns are not taken."
    )


READERS: dict[str, Callable[[str, Any], list[Any]]] = {
    "dataframe_split": _split,
    "dataframe_records": _records,
    "instances": _named,
    "inputs": _named,
}
