"""What a request looks like, from the schema and the reference of the model at hand."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from .input_schema import taken_by

if TYPE_CHECKING:
    from ...data.columns.schema import Column
    from ...monitoring.reference import ColumnReference, Reference
    from .input_schema import InputSchema

JSON_TYPES = {"text": "string", "number": "number", "true or false": "boolean", "null": "null"}
MOST_LEVELS = 50  # of a category that are listed


def example_row(inputs: InputSchema, reference: Reference | None) -> dict[str, Any]:
    """A row as the training rows were: middle values and frequent categories."""
    known = {} if reference is None else {column.name: column for column in reference.columns}
    used = [column for column in inputs.columns if column.kind != "dropped"]
    row = {column.name: _value(column, known.get(column.name)) for column in used}
    return row | dict.fromkeys(inputs.others, 100)


def _value(column: Column, known: ColumnReference | None) -> Any:
    middle = known.edges[len(known.edges) // 2] if known is not None and known.edges else None
    if column.kind == "number":
        number = 1.0 if middle is None or column.flags else float(middle)
        return int(number) if number.is_integer() and abs(number) < 1e15 else float(f"{number:.6g}")
    if column.kind == "date":
        return (date(1970, 1, 1) + timedelta(days=int(20_000 if middle is None else middle))).isoformat()
    if known is not None and known.levels:
        return max(known.levels.items(), key=lambda level: level[1])[0]
    return column.levels[0] if column.levels else "text"


def row_schema(inputs: InputSchema) -> dict[str, Any]:
    """JSON Schema of one row."""
    described = {column.name: _described(column) for column in inputs.columns}
    described |= dict.fromkeys(inputs.beside, {"description": "not used by the model"})
    properties = {
        name: {"type": [JSON_TYPES[word] for word in taken]} | described.get(name, {})
        for name, taken in inputs.taken.items()
    }
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _described(column):
    kinds = {"dropped": f"not used: {column.reason}", "text": "sentences"}
    levels = f": {', '.join(column.levels[:MOST_LEVELS])}" if column.levels else ""
    more = ", ..." if len(column.levels) > MOST_LEVELS else ""
    return {"description": kinds.get(column.kind, column.kind) + levels + more}


def described_columns(inputs: InputSchema, reference: Reference | None) -> list[dict[str, Any]]:
    """What GET /schema says of each column: kind, types, levels of categories, range of numbers and dates."""
    known = {} if reference is None else {column.name: column for column in reference.columns}
    return [_column(column, known.get(column.name)) for column in inputs.columns]


def _column(column, known):
    content = {"name": column.name, "kind": column.kind, "types": list(taken_by(column))}
    if column.kind == "dropped":
        return content | {"reason": column.reason}
    if column.levels:
        content["levels"] = list(column.levels)
    if column.unit:
        content["unit"] = column.unit
    if column.kind == "date":
        content["format"] = column.date_format
    if known is not None and known.low is not None and column.kind in ("number", "date"):
        content["range"] = [_end(column, known.low), _end(column, known.high)]
    return content


def _end(column, value):
    return (date(1970, 1, 1) + timedelta(days=int(value))).isoformat() if column.kind == "date" else value
