"""What a search has handed over, as its parent run keeps it: it can be put into its place again."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Protocol

from ..settings.context import read_raw_context
from ..storage import files as artifacts
from ..storage.context_file import update_context
from ..storage.files import plain, replace_folder
from ..storage.model_file import MODEL_FILE, read_model_file
from ..storage.tuned_model import name_model_path, read_tuned_model
from .connection import import_mlflow, point_at

if TYPE_CHECKING:
    from ..settings.context import Context
    from .store import TrackingStore

OUTPUTS_FILE = "epoch_005_outputs.json"
ALIAS = "challenger"
ALWAYS = (
    artifacts.ALL_TUNING_RESULTS,
    artifacts.ALL_TUNING_RESULTS_CSV,
    artifacts.TUNING_SUMMARY,
    artifacts.TUNED_MODEL_INFO,
)


class SearchRecord(Protocol):
    """Where a search is recorded: an experiment, and the folder of its files."""

    store: TrackingStore

    def path(self, name: str) -> Path:
        """Where the file of this name lies."""

    def handing_over(self) -> AbstractContextManager[None]:
        """A block in which no other search writes the files of which there is one for all."""


def keep_outputs(record: SearchRecord, run_id: str, outputs: Mapping[str, Any]) -> None:
    """Log to a parent run what the context is going to say of its search."""
    record.store.client.log_dict(run_id, plain(outputs), OUTPUTS_FILE)


def publish_again(
    record: SearchRecord, context_path: Path, run_id: str, charts: Collection[str]
) -> dict[str, Any]:
    """Put files, model, registered version and context of a finished search back into their places.

    Nothing is fitted, and no run is written. Returns what the context then says.
    charts : names of the files that a search may have.

    Raises LookupError, and changes nothing, where the parent run does not have all of it any more.
    """
    place = record.path(artifacts.CHECKPOINTS_FOLDER)
    place.mkdir(exist_ok=True)
    with TemporaryDirectory(dir=place, prefix=artifacts.NEW_FOLDER) as folder:
        outputs, files, model = _fetched(record, run_id, Path(folder), charts)
        with record.handing_over():
            for name in (*ALWAYS, *charts):
                if name in files:
                    files[name].replace(record.path(name))
                else:  # of another search, or it could not be drawn
                    record.path(name).unlink(missing_ok=True)
            version = record.store.models.register_again(
                outputs["model_uri"], run_id, outputs["registered_model_version"], ALIAS
            )
            outputs |= _places(record) | {"registered_model_version": str(version)}
            replace_folder(model, record.path(artifacts.TUNED_MODEL_FOLDER))
            _correct_file(record)
            update_context(context_path, {"epoch_005_complete": True, "epoch_005_outputs": outputs})
    return outputs


def correct_places(record: SearchRecord, context: Context) -> bool:
    """Where a project was moved or copied after a hand-over, let its context and file name the new places.

    Returns whether they named others.

    Raises ContextError or ArtifactsError where the context cannot be written.
    """
    info = record.path(artifacts.TUNED_MODEL_INFO)
    outputs = read_raw_context(context.path).get("epoch_005_outputs")
    if not isinstance(outputs, dict) or not info.is_file():
        return False
    if not (record.path(artifacts.TUNED_MODEL_FOLDER) / MODEL_FILE).is_file():
        return False
    here = read_tuned_model(info.parent).tuning_parent_run_id
    places = _places(record) | _evaluation_places(record, outputs.get("evaluation"))
    if here != outputs.get("tuning_parent_run_id") or places.items() <= outputs.items():
        return False  # what is here is not what the context tells of, or all is well
    with record.handing_over():
        update_context(context.path, {"epoch_005_outputs": outputs | places})
        _correct_file(record)
    return True


def _places(record):
    """Where the model that was handed over is, as the context says it."""
    model = str(record.path(artifacts.TUNED_MODEL_FOLDER))
    return {"model_path": model, "tracking_uri": record.store.shown_uri}


def _evaluation_places(record, evaluation):
    """The same of what phase 3 says of it; nothing where it has not been evaluated."""
    if not isinstance(evaluation, dict):
        return {}
    paths = {
        "report_path": str(record.path(artifacts.EVALUATION_REPORT)),
        "model_card_path": str(record.path(artifacts.MODEL_CARD)),
    }
    return {"evaluation": evaluation | paths}


def _correct_file(record):
    folder = record.path(artifacts.TUNED_MODEL_INFO).parent
    name_model_path(folder, _places(record)["model_path"])


def _depth(folder):
    return len(folder.parts)


def _fetched(record, run_id, folder, charts):
    """(outputs, {name: file}, model folder), all of them in `folder`."""
    mlflow, client = import_mlflow(), record.store.client
    point_at(record.store.uri)
    try:
        there = {item.path for item in client.list_artifacts(run_id)}
        wanted = [*ALWAYS, OUTPUTS_FILE, *there.intersection(charts)]
        files = {name: Path(client.download_artifacts(run_id, name, str(folder))) for name in wanted}
        outputs = json.loads(files.pop(OUTPUTS_FILE).read_text(encoding="utf-8"))
        uri = outputs["model_uri"]
        logged = Path(mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=str(folder / "model")))
        found = sorted((file.parent for file in (logged / "data").rglob(MODEL_FILE)), key=_depth)
        model = found[0]  # the members of an ensemble lie in its folder
        read_model_file(model)
    except Exception as error:  # each store says in its own way that something is gone
        raise LookupError(f"the run {run_id} is not whole any more: {error}") from error
    return outputs, files, model
