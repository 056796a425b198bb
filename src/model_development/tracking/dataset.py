"""The data version in MLflow's terms: source, fingerprint, schema and size of the table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput


TYPES = {"number": "double", "category": "string", "text": "string", "date": "datetime", "dropped": "any"}


def dataset_input(described: Mapping[str, Any]) -> DatasetInput:
    """Return a DatasetInput for `MlflowClient.log_inputs`.

    described : Session.describe(). Built here, since MLflow's own dataset classes would hash the
    table once more for every run.
    """
    from mlflow.entities import Dataset, DatasetInput, InputTag

    columns = described["column_kinds"] | {described["target_variable"]: ""}
    target_type = "string" if described["classes"] else "double"
    schema = [
        {"name": name, "type": TYPES.get(kind, target_type), "required": False}
        for name, kind in columns.items()
    ]
    rows = described["n_rows"]
    n_rows = sum(rows.values())
    profile = {"num_rows": n_rows, "num_elements": n_rows * described["n_columns"]}
    profile |= {f"num_rows_{part}": count for part, count in rows.items()}
    dataset = Dataset(
        name=described["project"],
        digest=described["data_fingerprint"],
        source_type="local",
        source=json.dumps({"uri": described["data_source"]}),
        schema=json.dumps({"mlflow_colspec": schema}),
        profile=json.dumps(profile),
    )
    tags = [
        InputTag("mlflow.data.context", "training"),
        InputTag("split_fingerprint", described["split_fingerprint"]),
    ]
    return DatasetInput(dataset, tags)
