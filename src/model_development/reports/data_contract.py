"""data_contract.yaml: what the columns of the table are, for those who deliver it.

In the form of the Open Data Contract Standard 3.1 (bitol-io), as far as a table of training rows can say it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..storage.files import plain

if TYPE_CHECKING:
    import pandas as pd

    from ..data.columns.schema import Column, TableSchema

LOGICAL = {"number": "number", "date": "timestamp", "category": "string", "text": "string"}
MOST_VALUES = 64  # of a category that are listed


def data_contract(
    project: str, table: pd.DataFrame, schema: TableSchema, target: str, version: str
) -> dict[str, Any]:
    """Return the contract of a table.

    table : raw training rows, of which only shares and ends are kept. target : the column to predict.
    version : of the data, such as a fingerprint.
    """
    properties = [_property(column, table) for column in schema.columns]
    properties.append({"name": target, "required": True, "description": "what is predicted"})
    return plain(
        {
            "apiVersion": "v3.1.0",
            "kind": "DataContract",
            "id": f"{project}-features",
            "name": f"{project}: feature table",
            "version": version,
            "status": "active",
            "description": {
                "purpose": f"Rows from which {target} is learned and predicted.",
                "limitations": "Ends and shares are those of the training rows.",
            },
            "schema": [{"name": "features", "logicalType": "object", "properties": properties}],
        }
    )


def _property(column: Column, table: pd.DataFrame) -> dict[str, Any]:
    if column.kind == "dropped":
        return {"name": column.name, "required": False, "description": f"not used: {column.reason}"}
    missing = float(table[column.name].isna().mean()) if len(table) else 0.0
    found: dict[str, Any] = {"name": column.name, "required": missing == 0}
    found["logicalType"] = "boolean" if column.flags else LOGICAL[column.kind]
    if column.kind == "date":
        found["description"] = f"written as {column.date_format}"
    if column.kind == "number" and column.unit:
        found["description"] = f"in {column.unit}"
    found["quality"] = [
        {
            "metric": "nullValues",
            "unit": "percent",
            "mustBeLessOrEqualTo": round(100 * missing, 2),
            "description": "the share of missing values among the training rows",
        }
    ]
    if column.kind == "category" and 0 < len(column.levels) <= MOST_VALUES:
        found["quality"].append(
            {
                "metric": "invalidValues",
                "arguments": {"validValues": list(column.levels)},
                "unit": "percent",
                "mustBeLessOrEqualTo": round(100 * column.new_share, 2),
                "description": "values that no training row has are answered, and said",
            }
        )
    return found
