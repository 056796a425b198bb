"""How MLflow saves and loads our models: this package travels with each, no pickle is involved."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import saved
from ..storage.checkpoints import PACKAGE_FOLDER
from ..storage.model_folder import load_folder

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from mlflow.models import Model, ModelSignature

    from ..data.columns.schema import TableSchema
    from ..predictor import Predictor
    from ..tasks.base import Task


SOURCE = "code.zip"  # one file, since a server takes each file of a model by a request of its own


class RawTableModel:
    """What `mlflow.pyfunc.load_model(uri)` wraps.

    `predict(table)` gives labels or numbers; for classification
    `predict(table, params={"predict_method": "predict_proba"})` gives one column per class, and "decide" the
    labels as the model's decision policy has them.
    """

    def __init__(self, predictor: Predictor) -> None:
        self.predictor = predictor

    def predict(self, model_input: pd.DataFrame, params: Mapping[str, Any] | None = None) -> np.ndarray:
        method = (params or {}).get("predict_method", "predict")
        if method == "decide":
            return self.predictor.predict(model_input, policy=True)
        if method not in ("predict", "predict_proba") or not hasattr(self.predictor, method):
            raise ValueError(
                f"predict_method is {method!r}; allowed: predict, predict_proba (classification), decide "
                "(where the model has a decision policy)."
            )
        return getattr(self.predictor, method)(model_input)

    def get_raw_model(self) -> Predictor:
        return self.predictor


def save_model(
    path: Path | str, mlflow_model: Model, validate_serving_input: bool = False, **options: Any
) -> None:
    """Entry point of `mlflow.models.Model.log`; options are those of `mlflow.pyfunc.save_model`.

    This package goes into the model as one archive, which MLflow puts on the path from which Python imports.
    MLflow would try the input example by loading the model here, which brings every framework into
    the main process; `validate_serving_input` exists so that `Model.log` can be told not to.
    """
    from mlflow import pyfunc

    pyfunc.save_model(path=path, mlflow_model=mlflow_model, loader_module=saved.__name__, **options)
    (Path(path) / SOURCE).write_bytes(_packed_source())
    mlflow_model.flavors[pyfunc.FLAVOR_NAME][pyfunc.CODE] = SOURCE
    mlflow_model.save(Path(path) / "MLmodel")


@lru_cache(maxsize=1)
def _packed_source():
    """The modules of this package as an archive; the same modules make the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(PACKAGE_FOLDER.rglob("*.py")):
            name = file.relative_to(PACKAGE_FOLDER.parent).as_posix()
            archive.writestr(zipfile.ZipInfo(name), file.read_bytes(), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def make_signature(schema: TableSchema, task: Task) -> ModelSignature:
    """Return the MLflow signature of a model: its raw columns in, labels or numbers out."""
    from mlflow.models import ModelSignature
    from mlflow.types.schema import AnyType, ColSpec, ParamSchema, ParamSpec, Schema

    # Any type, because MLflow's typed columns refuse what the model takes: whole numbers where floats
    # were, a missing value among whole numbers, text without a single value. The model checks itself.
    inputs = [ColSpec(AnyType(), column.name) for column in schema.columns if column.kind != "dropped"]
    outputs = Schema([ColSpec(task.output_type)])
    methods = ParamSchema([ParamSpec("predict_method", "string", "predict")]) if task.has_classes else None
    return ModelSignature(Schema(inputs), outputs, methods)


def _load_pyfunc(data_path: str) -> RawTableModel:
    """Entry point that MLflow calls with the folder of the model's files."""
    return RawTableModel(load_folder(data_path))
