"""feature_report.json: of each raw column what it is, what a model sees of it, and what was left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from ..data.columns.schema import Column, TableSchema

SEEN = {
    "number": "the number; missing ones imputed, with a column that says so, where a model takes none",
    "category": "codes, one column for each level, or target means of long ones, as the model takes them",
    "text": "16 numbers that stand for its words",
}


def feature_report(table: pd.DataFrame, schema: TableSchema) -> dict[str, Any]:
    """Return the report of raw training rows.

    table : only shares and counts of it are kept. schema : of its columns.
    """
    rows = [_row(column, table, schema) for column in schema.columns]
    return {"n_rows": len(table), "features": rows}


def _row(column: Column, table: pd.DataFrame, schema: TableSchema) -> dict[str, Any]:
    found: dict[str, Any] = {"name": column.name, "kind": column.kind, "used": column.kind != "dropped"}
    if column.kind == "dropped":
        return found | {"why": column.reason}
    values = table[column.name]
    found["missing_share"] = round(float(values.isna().mean()), 4) if len(values) else 0.0
    if column.kind == "date":
        found["made_of_it"] = schema.part_names[column.name]
        found["formula"] = "days since 1970, month, weekday and hour of the date"
    else:
        found["formula"] = SEEN[column.kind]
    if column.kind == "category":
        found["n_levels"] = column.n_levels
    return found
