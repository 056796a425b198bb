"""What was read in one of several possible ways, and rows that are not written as the training rows are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .columns.unread import HOW_TO_WRITE, find_unread

if TYPE_CHECKING:
    from .columns.schema import TableSchema
    from .rows import Rows


def find_doubts(rows: Rows, schema: TableSchema, target: str) -> tuple[tuple[tuple[str, ...], str, str], ...]:
    """Return (columns, evidence, advice) of each doubt, for the checks to say.

    rows : the Rows of an intake; the test rows are not looked at.
    """
    doubts = [((target,), evidence, advice) for evidence, advice in rows.target_doubts]
    for column in schema.of_kind("number"):
        if column.doubt:
            reading = column.writing.read_doubt()
            doubts.append(((column.name,), reading, HOW_TO_WRITE))
    validation = rows.X.iloc[rows.n_train :]
    for unread in find_unread(schema, validation, schema.read(validation)):
        evidence = f"{unread.share:.0%} of the values of the validation rows are {unread.what}"
        evidence += f", such as {unread.example!r}."
        doubts.append(((unread.column,), evidence, "Write them as the training rows are written."))
    return tuple(doubts)
