"""What the table of a step must have: each returns None, or why the step cannot be applied.

They are asked as (schema, time_column, group_column) of raw columns, of which the last two may be None.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...data.columns.schema import TableSchema

Needs = Callable[..., str | None]


def columns_of(kind: str, least: int = 1) -> Needs:
    """At least so many columns of a kind.

    >>> from ...data.columns.schema import TableSchema
    >>> columns_of("date", 2)(TableSchema(()), None)
    'it needs 2 date columns, and the table has none'
    """

    def needs(schema: TableSchema, *columns: str | None) -> str | None:
        n = len(schema.names(kind))
        wanted = f"{least} {kind} columns" if least > 1 else f"a {kind} column"
        return None if n >= least else f"it needs {wanted}, and the table has {n or 'none'}"

    return needs


def numeric_columns(schema: TableSchema, *columns: str | None) -> str | None:
    """At least two columns of numbers, or parts of dates."""
    n = len(schema.numeric_names)
    return None if n >= 2 else f"it needs 2 columns of numbers or dates, and the table has {n or 'none'}"


def several_columns(schema: TableSchema, *columns: str | None) -> str | None:
    """At least two columns of which one could be left out."""
    n = len(schema.numeric_names) + len(schema.names("category"))
    return None if n >= 2 else f"it needs 2 columns of numbers, dates or categories, and the table has {n}"


def time_and_numbers(
    schema: TableSchema, time_column: str | None = None, group_column: str | None = None
) -> str | None:
    """A time column that is a feature, another column of numbers, and any column of groups as a feature."""
    if time_column is None:
        return "it needs a time column: name one as `time_column`"
    column = next((column for column in schema.columns if column.name == time_column), None)
    if column is None or column.kind not in ("date", "number"):
        return f"its time column {time_column!r} is no column of dates or numbers that the model uses"
    dropped = {column.name: column.reason for column in schema.columns if column.kind == "dropped"}
    if group_column in dropped:
        return f"its group column {group_column!r} is left out: {dropped[group_column]}"
    if group_column is not None and group_column not in schema.names():
        return (
            f"it would mix rows of different {group_column!r}, which is no feature: set `split` to 'time', "
            f"and name {group_column!r} in `feature_names`"
        )
    others = set(schema.names("number")) - {time_column, group_column}
    return None if others else "it needs a number column beside the time column, and the table has none"
