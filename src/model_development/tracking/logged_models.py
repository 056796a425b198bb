"""Models in MLflow: logged to a run, registered under the project's name, loaded again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..errors import TrackingError
from .connection import first_line, import_mlflow, point_at, require_reachable, tracking_uri, usable

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from mlflow import MlflowClient

    from ..data.columns.schema import TableSchema
    from ..predictor import Predictor
    from ..tasks.base import Task

LOGGED = "models:/"  # and the id of a logged model


class LoggedModels:
    """The models of one experiment.

    registered_name : under which its tuned models are registered.
    """

    def __init__(self, client: MlflowClient, experiment_id: str, registered_name: str) -> None:
        self.client, self.experiment_id, self.registered_name = client, experiment_id, registered_name

    def uri(self, run_id: str) -> str | None:
        """Return the URI of the model that a run logged; None where it has none."""
        outputs = self.client.get_run(run_id).outputs
        models = outputs.model_outputs if outputs else []
        return f"models:/{models[0].model_id}" if models else None

    def log(
        self,
        run_id: str,
        model_folder: Path | str,
        schema: TableSchema,
        task: Task,
        example: pd.DataFrame,
        packages: Mapping[str, str],
    ) -> str:
        """Log a saved model with this package inside it; return its MLflow URI.

        It then loads with `mlflow.pyfunc.load_model` where this repository is not installed.
        """
        from mlflow.models import Model

        from . import flavor as mlflow_flavor

        # Created here, because Model.log would put it into MLflow's active experiment, not ours.
        logged = self.client.create_logged_model(self.experiment_id, "model", source_run_id=run_id)
        info = Model.log(
            name="model",
            model_id=logged.model_id,
            artifact_path=None,
            flavor=mlflow_flavor,
            run_id=run_id,
            data_path=str(model_folder),
            signature=mlflow_flavor.make_signature(schema, task),
            input_example=example,
            pip_requirements=[f"{name}=={version}" for name, version in packages.items()],
            validate_serving_input=False,
        )
        return info.model_uri

    def register(self, model_uri: str, run_id: str, alias: str) -> int | str:
        """Register a logged model under the project's name and point `alias` at it."""
        from mlflow.exceptions import MlflowException

        try:
            self.client.create_registered_model(self.registered_name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        # A server refuses a source that names a logged model unless its id stands beside it.
        logged = model_uri.removeprefix(LOGGED) if model_uri.startswith(LOGGED) else None
        version = self.client.create_model_version(
            self.registered_name, model_uri, run_id=run_id, model_id=logged
        )
        self.client.set_registered_model_alias(self.registered_name, alias, version.version)
        return version.version

    def register_again(self, model_uri: str, run_id: str, version: str, alias: str) -> int | str:
        """Point `alias` at a version that `register` made, or at a new one where it is gone; return which."""
        from mlflow.exceptions import MlflowException

        try:
            self.client.get_model_version(self.registered_name, version)
        except MlflowException:
            return self.register(model_uri, run_id, alias)
        self.client.set_registered_model_alias(self.registered_name, alias, version)
        return version

    def keep_one(self, run_id: str, model_uri: str, version: int | str, alias: str) -> None:
        """Delete other models of a run, logged and registered by a hand-over that was cut off.

        What was promoted since stays: a version with another alias than `alias`, and its model.
        """
        aliases = self.client.get_registered_model(self.registered_name).aliases
        promoted = {str(known) for name, known in aliases.items() if name != alias}
        kept = {model_uri}
        for registered in self.client.search_model_versions(f"run_id = '{run_id}'"):
            if str(registered.version) in promoted:
                kept.add(registered.source)
            elif registered.version != version:
                self.client.delete_model_version(registered.name, registered.version)
        mine = f"source_run_id = '{run_id}'"
        for logged in self.client.search_logged_models([self.experiment_id], filter_string=mine):
            if logged.model_uri not in kept:
                self.client.delete_logged_model(logged.model_id)


def load_logged_model(uri: str, artifacts_root: Path) -> Predictor:
    """Return the model inside a logged model. Raises TrackingError when there is none.

    artifacts_root : whose store to ask where neither this process nor MLFLOW_TRACKING_URI names one.
    """
    mlflow = import_mlflow()
    is_set = mlflow.is_tracking_uri_set()
    point_at(usable(mlflow.get_tracking_uri()) if is_set else tracking_uri(artifacts_root))
    require_reachable(mlflow.get_tracking_uri())
    try:
        return mlflow.pyfunc.load_model(uri).get_raw_model()
    except mlflow.exceptions.MlflowException as error:
        raise TrackingError(
            f"MLflow cannot give back the model {uri}: {first_line(error, mlflow.get_tracking_uri())}. "
            "Check the URI and MLFLOW_TRACKING_URI."
        ) from error
