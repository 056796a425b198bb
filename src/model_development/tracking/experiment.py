"""The experiment of a project: there once, and with its artifacts where the project is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .connection import LOCAL_ARTIFACTS, local_file
from .moved import bring_artifacts_here

if TYPE_CHECKING:
    from pathlib import Path

    from mlflow import MlflowClient

    from ..settings.context import Context


def open_experiment(client: MlflowClient, uri: str, context: Context) -> tuple[str, Path | None]:
    """Create the experiment of a context, or restore it; return (its id, where the project was before).

    The latter is the artifacts folder that a local store named until now, None where it named the right one.
    """
    found = client.get_experiment_by_name(context.experiment)
    if found is None:
        location = None
        if uri.startswith("sqlite:"):
            location = (context.artifacts_root / LOCAL_ARTIFACTS / context.experiment).as_uri()
        return client.create_experiment(context.experiment, artifact_location=location), None
    if found.lifecycle_stage == "deleted":
        client.restore_experiment(found.experiment_id)
    path, location = local_file(uri), found.artifact_location
    moved = path and bring_artifacts_here(path, found.name, location, context.artifacts_root)
    return found.experiment_id, moved or None
