"""What is logged to the runs of an experiment, and how their list is shown."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from mlflow import MlflowClient

PARAMS_PER_REQUEST, METRICS_PER_REQUEST = 100, 1000  # MLflow's own limits
VIEW_TAG = "mlflow.sharedViewState."  # and the id of the view, which MLflow's page reads
STEPS_SHOWN = 250  # values that are kept of one metric's course


class RunLog:
    """Logs to runs by their id."""

    client: MlflowClient
    experiment_id: str

    def log(
        self,
        run_id: str,
        *,
        params: Mapping[str, Any] | None = None,
        metrics: Mapping[str, float | None] | None = None,
        tags: Mapping[str, Any] | None = None,
    ) -> None:
        """Log dicts of parameters, metrics and tags; a metric that is None is left out."""
        from mlflow.entities import Metric, Param, RunTag

        now = int(time.time() * 1000)
        values = [
            Metric(name, float(value), now, 0) for name, value in (metrics or {}).items() if value is not None
        ]
        texts = [Param(name, str(value)) for name, value in (params or {}).items()]
        labels = [RunTag(name, str(value)) for name, value in (tags or {}).items()]
        self.client.log_batch(run_id, values, texts[:PARAMS_PER_REQUEST], labels)
        for start in range(PARAMS_PER_REQUEST, len(texts), PARAMS_PER_REQUEST):
            self.client.log_batch(run_id, params=texts[start : start + PARAMS_PER_REQUEST])

    def log_history(self, run_id: str, history: Mapping[str, Sequence[float]]) -> None:
        """Log {name: [value per epoch]}, each value a step of its metric; of long ones, every few steps."""
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        values = [
            Metric(name, float(value), now, step)
            for name, steps in history.items()
            for step, value in list(enumerate(steps, start=1))[:: -(-len(steps) // STEPS_SHOWN)]
        ]
        for start in range(0, len(values), METRICS_PER_REQUEST):
            self.client.log_batch(run_id, values[start : start + METRICS_PER_REQUEST])

    def log_file(self, run_id: str, path: Path | str, folder: str | None = None) -> None:
        self.client.log_artifact(run_id, str(path), folder)

    def save_view(
        self,
        view_id: str,
        name: str,
        wanted: str,
        metrics: Sequence[str],
        params: Sequence[str] = (),
        *,
        ascending: bool,
    ) -> None:
        """Keep a view of the list of runs: MLflow's page offers it under "Views", and by id in its address.

        wanted : filter of the search. metrics, params : the columns; the runs are sorted by the first metric.
        """
        columns = [f"metrics.`{metric}`" for metric in metrics] + [f"params.`{param}`" for param in params]
        state = {
            "searchFilter": wanted,
            "orderByKey": columns[0],
            "orderByAsc": ascending,
            "selectedColumns": columns,
        }
        now = int(time.time() * 1000)
        view = {"name": name, "createdAt": now, "updatedAt": now, "state": json.dumps(state)}
        self.client.set_experiment_tag(self.experiment_id, VIEW_TAG + view_id, json.dumps(view))
