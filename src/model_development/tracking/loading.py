"""Give back a saved model. Services load models by this: it imports no more than the model needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..storage.model_folder import load_folder

if TYPE_CHECKING:
    from pathlib import Path

    from ..predictor import Predictor


MLFLOW_SCHEMES = ("runs:/", "models:/", "mlflow-artifacts:/")


def load_model(path_or_uri: Path | str, *, strict: bool = False) -> Predictor:
    """Return a saved model that takes the raw table: `predict`, `predict_proba`, `classes_`.

    path_or_uri : folder that `save_model` wrote (`model_path` in the context), or an MLflow URI
        (`model_uri`; runs:/..., models:/...), looked up where MLFLOW_TRACKING_URI says, else in
        the store of the repository's own artifacts folder.
    strict : rows whose columns mostly cannot be read raise DataError; else they warn.

    Raises ArtifactsError or TrackingError when there is no model of ours.
    """
    text = str(path_or_uri)
    if not text.startswith(MLFLOW_SCHEMES):
        return load_folder(text).set_params(strict=strict)
    from ..settings.context import DEFAULT_CONTEXT, artifacts_root_of
    from .logged_models import load_logged_model

    return load_logged_model(text, artifacts_root_of(DEFAULT_CONTEXT)).set_params(strict=strict)
