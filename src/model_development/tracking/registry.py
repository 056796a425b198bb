"""Registered models in MLflow: their versions, aliases and tags, and the model folder that each holds."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ArtifactsError, TrackingError
from ..settings.credentials import without_credentials
from ..storage.model_file import MODEL_FILE, read_model_file
from .connection import first_line, import_mlflow, local_file, point_at, require_reachable, tracking_uri

if TYPE_CHECKING:
    from mlflow import MlflowClient

RUN_URI = re.compile(r"runs:/([^/]+)/.+")
VERSION_URI = re.compile(r"models:/([^/@]+)(?:/(\d+)|@([^/@]+))")


@dataclass(frozen=True)
class Version:
    """One version of a registered model. created : milliseconds since 1970. run_id : "" where it has none."""

    name: str
    version: str
    run_id: str
    created: int
    tags: Mapping[str, str]

    @property
    def uri(self) -> str:
        return f"models:/{self.name}/{self.version}"


@dataclass(frozen=True)
class TrainingData:
    """What a run says of its rows: fingerprint of the table, rows fitted; None where it says nothing."""

    fingerprint: str | None = None
    n_rows: int | None = None


class Registry:
    """Registered models of one MLflow store. shown_uri : of the store, for people."""

    def __init__(self, artifacts_root: Path) -> None:
        """Connect. artifacts_root : whose store it is where MLFLOW_TRACKING_URI names none.

        Raises TrackingError where there is no such store, or it does not answer.
        """
        self.uri = tracking_uri(artifacts_root)
        self.shown_uri = without_credentials(self.uri)
        require_reachable(self.uri)
        file = local_file(self.uri)
        if file is not None and not file.is_file():
            raise TrackingError(
                f"There is no MLflow store {self.shown_uri} yet: no model has been registered. Run phase "
                "2 first, or set MLFLOW_TRACKING_URI to the store that has the models."
            )
        mlflow = import_mlflow()
        point_at(self.uri)
        with self.spoken():
            self.client: MlflowClient = mlflow.MlflowClient(self.uri)

    @contextmanager
    def spoken(self) -> Iterator[None]:
        """Turn what MLflow raises in a block into a TrackingError."""
        from mlflow.exceptions import MlflowException

        try:
            yield
        except MlflowException as error:
            raise TrackingError(
                f"The MLflow store {self.shown_uri} refuses: {first_line(error, self.uri)}. Check the "
                "name, and MLFLOW_TRACKING_URI."
            ) from None  # whose text may hold a password

    def versions(self, name: str) -> list[Version]:
        """All versions of a registered model, newest first; none where it is not registered."""
        with self.spoken():
            found = self.client.search_model_versions(f"name = '{quoted(name)}'")
        return sorted(map(_version, found), key=lambda version: -int(version.version))

    def aliases(self, name: str) -> dict[str, str]:
        """{alias: version} of a registered model; none where it is not registered."""
        from mlflow.exceptions import MlflowException

        try:
            return {
                alias: str(version)
                for alias, version in self.client.get_registered_model(name).aliases.items()
            }
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return {}
            raise TrackingError(f"{self.shown_uri} refuses: {first_line(error, self.uri)}.") from None

    def set_alias(self, name: str, alias: str, version: str | None) -> None:
        """Point an alias at a version; None takes it away."""
        with self.spoken():
            if version is not None:
                self.client.set_registered_model_alias(name, alias, version)
            elif alias in self.aliases(name):
                self.client.delete_registered_model_alias(name, alias)

    def describe(self, version: Version, tags: Mapping[str, Any], description: str | None = None) -> None:
        """Set tags of a version, and its description."""
        with self.spoken():
            for key, value in tags.items():
                if version.tags.get(key) != str(value):
                    self.client.set_model_version_tag(version.name, version.version, key, str(value))
            if description is not None:
                self.client.update_model_version(version.name, version.version, description)

    def tag(self, uri: str, tags: Mapping[str, Any]) -> None:
        """Tag what a URI names: the versions that hold the model, and the run that it came from."""
        version = self.version_of(uri)
        run_id = version.run_id if version else self.run_of(uri)
        for holding in [version] if version else self._versions_holding(uri, run_id):
            self.describe(holding, tags)
        with self.spoken():
            for key, value in tags.items() if run_id else ():
                self.client.set_tag(run_id, key, str(value))

    def version_of(self, uri: str) -> Version | None:
        """The version that a URI names, models:/NAME/3 or models:/NAME@alias; None for others.

        Raises TrackingError where there is no such version.
        """
        match = VERSION_URI.fullmatch(uri)
        if match is None:
            return None
        name, number, alias = match.groups()
        with self.spoken():
            if number:
                return _version(self.client.get_model_version(name, number))
            return _version(self.client.get_model_version_by_alias(name, alias))

    def _versions_holding(self, uri, run_id):
        """Versions that were registered from a logged model."""
        if not run_id:
            return []
        with self.spoken():
            found = self.client.search_model_versions(f"run_id = '{quoted(run_id)}'")
        return [_version(one) for one in found if uri in (one.source, f"models:/{one.model_id}")]

    def run_of(self, uri: str) -> str | None:
        """The run that a URI names, or that logged the model which it names; None where there is none."""
        match = RUN_URI.fullmatch(uri)
        if match:
            return match[1]
        if not uri.startswith("models:/m-"):
            return None
        with self.spoken():
            return self.client.get_logged_model(uri.removeprefix("models:/")).source_run_id

    def run_tags(self, run_id: str) -> dict[str, str]:
        """Tags of a run; none where it is gone."""
        from mlflow.exceptions import MlflowException

        try:
            return dict(self.client.get_run(run_id).data.tags) if run_id else {}
        except MlflowException:
            return {}

    def training_data(self, run_id: str) -> TrainingData:
        """The data version that a run was logged with."""
        from mlflow.exceptions import MlflowException

        try:
            inputs = self.client.get_run(run_id).inputs.dataset_inputs if run_id else []
            profile = json.loads(inputs[0].dataset.profile) if inputs else {}
        except (MlflowException, ValueError, TypeError):
            return TrainingData()
        return TrainingData(inputs[0].dataset.digest if inputs else None, profile.get("num_rows_train"))

    def fetch(self, uri: str, place: Path) -> Path:
        """Bring the model folder that a URI names into `place`; return where it is there.

        Raises TrackingError where the URI names nothing, ArtifactsError where it is no model of ours.
        """
        mlflow = import_mlflow()
        point_at(self.uri)
        try:
            # Of a version the model's own files alone: a copy of this package lies beside them.
            part = f"{uri}/data" if VERSION_URI.fullmatch(uri) else uri
            logged = Path(mlflow.artifacts.download_artifacts(artifact_uri=part, dst_path=str(place)))
        except (mlflow.exceptions.MlflowException, OSError, ValueError) as error:
            raise TrackingError(
                f"MLflow cannot give back the model {uri}: {first_line(error, self.uri)}. Check the URI and "
                "MLFLOW_TRACKING_URI."
            ) from None
        found = sorted((file.parent for file in logged.rglob(MODEL_FILE)), key=lambda path: len(path.parts))
        if not found:
            raise ArtifactsError(f"{uri} is no model of ours: it holds no {MODEL_FILE}.")
        read_model_file(found[0])
        return found[0]


def quoted(name: str) -> str:
    """A name for MLflow's search, which has no way to write a quote."""
    return name.replace("'", "''")


def _version(found: Any) -> Version:
    return Version(
        found.name,
        str(found.version),
        found.run_id or "",
        int(found.creation_timestamp or 0),
        dict(found.tags),
    )
