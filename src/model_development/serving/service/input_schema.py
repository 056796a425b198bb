"""Which columns a row may have, and which JSON types their values: from the schema of the training rows.

Numbers may be written as texts, since tables hold them so ("1,234.50"): the schema reads them as it read the
training rows. Where these held plain numbers, a text in their place is a warning.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from ...data.columns.values import MISSING_SET
from ...errors import did_you_mean
from ...row_plan.input_warning import InputWarning
from .problems import MOST_ERRORS, Problem
from .strict_json import printable

if TYPE_CHECKING:
    from ...data.columns.schema import Column, TableSchema

SCALARS = {"text": (str,), "number": (int, float), "true or false": (bool,), "null": (type(None),)}
TAKEN = {
    "number": ("number", "text", "null"),
    "date": ("text", "number", "null"),
    "category": ("text", "number", "true or false", "null"),
    "text": ("text", "number", "null"),
    "dropped": tuple(SCALARS),
}
NUMBERS = "where the training rows held numbers: it is read as one."
CALLED = {
    dict: "an object",
    list: "a list",
    bool: "true or false",
    str: "a text",
    int: "a number",
    float: "a number",
}


class InputSchema:
    """columns : of the training rows, those that the model does not use among them.

    others : columns that are no features, but that the decision policy reads. beside : those that the
    project's settings name for other ends, such as groups: they are let pass, and recorded.
    """

    def __init__(self, schema: TableSchema, others: Iterable[str] = (), beside: Iterable[str] = ()) -> None:
        self.columns = schema.columns
        self.taken = {column.name: taken_by(column) for column in schema.columns}
        self.others = sorted(set(others) - set(self.taken))
        self.taken |= dict.fromkeys(self.others, TAKEN["number"])
        self.beside = sorted(set(beside) - set(self.taken))
        self.taken |= dict.fromkeys(self.beside, TAKEN["dropped"])
        self._types = {name: types_of(names) for name, names in self.taken.items()}
        self._plain = [column.name for column in schema.of_kind("number") if _is_plain(column)]

    def require(self, rows: Iterable[Any], *, is_batch: bool = True) -> None:
        """Raise Problem that names what is not as the schema has it: columns, in a batch rows too."""
        found = []
        for position, row in enumerate(rows):
            if self._is_fine(row):
                continue
            where = {"row": position} if is_batch else {}
            if type(row) is not dict:
                called = CALLED.get(type(row), "null")
                found.append(where | {"message": f"A row must be an object of column: value, not {called}."})
            else:
                some = islice(self._errors(row), MOST_ERRORS - len(found))  # each looks for what was meant
                found += [where | error for error in some]
            if len(found) >= MOST_ERRORS:
                break
        if found:
            first = found[0]
            in_row = f"Row {first['row']}: " if is_batch else ""
            more = f" There is more: see `errors`, which holds the first {len(found)}." if found[1:] else ""
            raise Problem("invalid_rows", f"{in_row}{first['message']}{more}", found)

    def _is_fine(self, row):
        """Has it no error? As `_errors` sees it, in a third of the time: almost all rows have none."""
        types, isfinite = self._types, math.isfinite
        if type(row) is not dict:
            return False
        for name, value in row.items():
            kind = type(value)
            if kind not in types.get(name, ()) or kind is float and not isfinite(value):
                return False
        return True

    def _errors(self, row):
        for name, value in row.items():
            types = self._types.get(name)
            if types is None:
                yield {"column": printable(name), "message": self._unknown(name)}
            elif type(value) not in types:
                yield {"column": name, "message": self._not_taken(name, value)}
            elif type(value) is float and not math.isfinite(value):
                yield {"column": name, "message": f"Column {name!r} holds a number that is too large."}

    def _unknown(self, name):
        hint = did_you_mean(name, self.taken) if len(name) <= 100 else ""
        return f"The model knows no column {printable(name)!r}.{hint} GET /schema lists its columns."

    def _not_taken(self, name, value):
        allowed = ", ".join(self.taken[name])
        return f"Column {name!r} holds {CALLED.get(type(value), 'null')}; allowed: {allowed}."

    def remarks(self, row: Mapping[str, Any]) -> list[InputWarning]:
        """One of each text where the training rows held plain numbers."""
        return [
            InputWarning(
                "number_as_text", name, f"Column {name!r} holds the text {printable(text)!r}, {NUMBERS}"
            )
            for name in self._plain
            if type(text := row.get(name)) is str and text.strip() not in MISSING_SET
        ]


def taken_by(column: Column) -> tuple[str, ...]:
    """What values of a column may be, in the words of SCALARS; words for true and false are flags."""
    taken = TAKEN[column.kind]
    return (*taken, "true or false") if column.flags and "true or false" not in taken else taken


def types_of(names: Iterable[str]) -> frozenset[type]:
    """Python's types of what JSON holds."""
    return frozenset(kind for name in names for kind in SCALARS[name])


def _is_plain(column):
    """Did the training rows hold numbers, and no texts that are read as such?"""
    return not (column.unit or column.doubt or column.is_sure or column.decimal != ".")
