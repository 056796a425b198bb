"""api/: the service's entry, the types of its input and output, and what tests share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...data.columns.schema import Column
    from ...monitoring.reference import ColumnReference, Reference
    from .draft import Draft

TYPES = {
    "text": "StrictStr",
    "number": "StrictInt | StrictFloat",
    "true or false": "StrictBool",
    "null": "None",
}
FIELD = "column_"  # begins the names of fields that Python would not take otherwise
MOST_LEVELS = 20  # in a description


def write_api(draft: Draft) -> None:
    """Write api/."""
    draft.fill("api/app.py")
    draft.fill("api/utils.py")
    fields = schema_fields(draft.schema.columns, draft.others, draft.contents.reference)
    draft.fill("api/schemas.py", n_columns=len(fields), columns=fields)


def schema_fields(
    columns: Sequence[Column], others: Sequence[str] = (), reference: Reference | None = None
) -> list[dict[str, str]]:
    """Return `field`, `type`, `alias`, `description` of each column, the last two as Python writes texts.

    others : columns of numbers that the decision policy alone reads. reference : tells their ranges.
    """
    from ...data.columns.schema import Column
    from ..service.input_schema import taken_by

    known = {} if reference is None else {column.name: column for column in reference.columns}
    taken, fields = set[str](), []
    for column in [*columns, *(Column(name, "number") for name in others)]:
        field = _field_name(column.name, taken)
        taken.add(field)
        fields.append(
            {
                "field": field,
                "type": " | ".join(TYPES[word] for word in taken_by(column)),
                "alias": ascii(column.name),
                "description": ascii(_described(column, known.get(column.name))),
            }
        )
    return fields


def _field_name(name: str, taken: set[str]) -> str:
    """A name that Python and pydantic take, and no other column has."""
    plain = re.sub(r"\W+", "_", name.lower(), flags=re.ASCII).strip("_")
    wished = f"{FIELD}{plain}" if plain else FIELD.rstrip("_")
    free, number = wished, 1
    while free in taken:
        number += 1
        free = f"{wished}_{number}"
    return free


def _described(column: Column, known: ColumnReference | None) -> str:
    if column.kind == "dropped":
        return f"not used: {column.reason}"
    if column.kind == "number" and known is not None and known.low is not None:
        return f"number, {known.low:g} to {known.high:g} among the training rows"
    more = ", ..." if len(column.levels) > MOST_LEVELS else ""
    levels = f": {', '.join(column.levels[:MOST_LEVELS])}{more}" if column.levels else ""
    return f"{column.kind}{levels}"
