"""The final model of a context in the registry: registered by the phases, or here where it is not."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ..settings.context import read_raw_context
from ..storage.files import TUNED_MODEL_FOLDER, epoch_folder
from ..storage.fingerprint import model_fingerprint
from ..storage.model_file import MODEL_FILE, read_model_file
from ..storage.model_folder import load_folder
from ..tasks.table import task_of_model
from ..tracking.handed_over import ALIAS
from ..tracking.registry import Registry
from ..tracking.store import TrackingStore

if TYPE_CHECKING:
    from ..data.columns.schema import TableSchema
    from ..settings.context import Context

FINGERPRINT_TAG = "model_fingerprint"
RUN = "model_registration"


def final_model_folder(context: Context) -> Path | None:
    """The folder of the model that the context hands over; None where it hands over none."""
    outputs = read_raw_context(context.path).get("epoch_005_outputs")
    path = outputs.get("model_path") if isinstance(outputs, dict) else None
    if not isinstance(path, str):
        return None
    own = epoch_folder(context) / TUNED_MODEL_FOLDER  # a copy names old paths
    return next((folder for folder in (own, Path(path)) if (folder / MODEL_FILE).is_file()), None)


def register_final_model(context: Context, artifacts: Path) -> list[str]:
    """Register the final model where no version holds it; return what was done, in sentences.

    artifacts : folder of this epoch's files.
    """
    folder = final_model_folder(context)
    if folder is None:
        return []
    store, mark = TrackingStore(context), model_fingerprint(folder)
    registry = Registry(context.artifacts_root)
    for version in registry.versions(context.experiment):
        if _fingerprint(registry, version, artifacts) == mark:
            return []
    with registry.spoken():
        number = _register(store, context, folder, mark)
    return [f"The final model was not in the registry: it is version {number} of {context.experiment} now."]


def _fingerprint(registry, version, artifacts):
    """Of a version that the phases registered; remembered in a tag, since fetching a model takes time."""
    if FINGERPRINT_TAG in version.tags:
        return version.tags[FINGERPRINT_TAG]
    with tempfile.TemporaryDirectory(dir=artifacts) as place:
        mark = model_fingerprint(registry.fetch(version.uri, Path(place)))
    registry.describe(version, {FINGERPRINT_TAG: mark})
    return mark


def _register(store: TrackingStore, context: Context, folder: Path, mark: str) -> str:
    model, content = load_folder(folder), read_model_file(folder)
    classes = list(getattr(model, "classes_", ()))
    task = task_of_model(model.family, classes, pd.Series(dtype=float), context.target)
    with store.run(RUN, tags={FINGERPRINT_TAG: mark}) as run_id:
        example = example_row(model.schema_)
        uri = store.models.log(run_id, folder, model.schema_, task, example, content["packages"])
        return str(store.models.register(uri, run_id, ALIAS))


def example_row(schema: TableSchema) -> pd.DataFrame:
    """One row as the model takes it, made up: no value of the user's table is in it."""
    made_up = {"number": 0.0, "date": "2020-01-01", "category": "value", "text": "some words"}
    return pd.DataFrame(
        {column.name: [made_up[column.kind]] for column in schema.columns if column.kind in made_up}
    )
