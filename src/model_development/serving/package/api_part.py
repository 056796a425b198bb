"""api/: the service's entry, the types of its input and output, and what tests share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...data.columns.schema import Column
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
    fields = schema_fields(draft.schema.columns, draft.others)
    draft.fill("api/schemas.py", n_columns=len(fields), columns=fields)


def schema_fields(columns: Sequence[Column], others: Sequence[str] = ()) -> list[dict[str, str]]:
    """Return `field`, `type`, `alias`, `description` of each column, the last two as Python writes texts.

    others : columns of numbers that the decision policy alone reads.
    """
    from ...data.columns.schema import Column
    from ..service.input_schema import taken_by

    taken, fields = set[str](), []
    for column in [*columns, *(Column(name, "number") for name in others)]:
        field = _field_name(column.name, taken)
        taken.add(field)
        fields.append(
            {
                "field": field,
                "type": " | ".join(TYPES[word] for word in taken_by(column)),
                "alias": ascii(column.name),
                "description": ascii(_described(column)),
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


def _described(column: Column) -> str:
    if column.kind == "dropped":
        return f"not used: {column.reason}"
    more = ", ..." if len(column.levels) > MOST_LEVELS else ""
    levels = f": {', '.join(column.levels[:MOST_LEVELS])}{more}" if column.levels else ""
    return f"{column.kind}{levels}"
