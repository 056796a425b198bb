"""What a saved model says of the test rows, and what it is worth there; in a worker."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..ensembles.table import ENSEMBLES
from ..metrics.own import use_own_metrics
from ..metrics.table import score, score_constants
from ..models.schedule import Pace
from ..models.table import get_model
from ..statistics.resampling import resampled_means
from ..storage.model_folder import load_folder, save_model
from .constant_baseline import best_constants
from .measure import score_on_seen
from .worker_steps import on_cpu_if_full, predicted, prepare, quiet, timed

if TYPE_CHECKING:
    from pathlib import Path

    from ..data.columns.schema import TableSchema
    from ..data.sealed_test import OpenedRows
    from ..tasks.base import Task
    from ..tasks.predictions import Predictions


@dataclass(frozen=True)
class EvaluationRows:
    """What workers get of an evaluation: rows by part, and what the target is."""

    task: Task
    schema: TableSchema
    parts: dict[str, OpenedRows]
    own_metrics: tuple[Any, ...] = ()


@dataclass(frozen=True)
class MeasuredOnTest:
    """What a model is worth on the test rows.

    said : Predictions for them. values, reasons : see `metrics.table.score`. train_values : on rows that it
    was fitted on. drawn : {metric: its value in each resample of the test rows}, the same resamples for every
    model.
    """

    said: Predictions
    values: dict[str, float | None]
    reasons: dict[str, str]
    train_values: dict[str, float | None]
    drawn: dict[str, np.ndarray]


@lru_cache(maxsize=1)
def read_evaluation_rows(path: str) -> EvaluationRows:
    """Return the EvaluationRows that the main process pickled for its workers."""
    with open(path, "rb") as file:
        rows = pickle.load(file)
    use_own_metrics(rows.own_metrics)
    return rows


def measure_on_test(
    folder: Path | str, evaluation_path: str, options: dict[str, Any], report: Callable[[str], None]
) -> MeasuredOnTest:
    """Measure the model in a folder. A dummy is measured as the best constant for each metric."""
    rows, model = read_evaluation_rows(evaluation_path), load_folder(folder)
    task, test, train = rows.task, rows.parts["test"], rows.parts["train"]
    with quiet():
        said = predicted(model, model.to_matrix(test.X), task)
    truth, groups = task.encode(test.y), test.groups
    if model.model_name not in ENSEMBLES and get_model(model.model_name).is_dummy:
        known = task.encode(train.y)
        values, reasons = score_constants(known, truth, said, task.family)
        train_values, _ = score_constants(known, known, said, task.family)
        by_metric = best_constants(known, len(truth), said, task.family)
        drawn = resampled_means([(truth, by_metric, groups)], task.family, options["seed"])
    else:
        values, reasons = score(truth, said, task.family)
        rows_seen = np.arange(len(train.y))
        train_values = score_on_seen(model, train.X, train.y, task, rows_seen, options["seed"])
        drawn = resampled_means([(truth, said, groups)], task.family, options["seed"])
    return MeasuredOnTest(said, values, reasons, train_values, drawn or {})


def refit_on_all(
    model_name: str,
    params: Mapping[str, Any],
    evaluation_path: str,
    options: dict[str, Any],
    new_folder: Path | str,
    refit_of: str,
    stopped_at: int | None,
    learning_rates: list[float] | None,
    outputs: Mapping[str, Any],
    report: Callable[[str], None],
) -> None:
    """Fit on all rows, test rows too, as long as the evaluated model was fitted; save it to `new_folder`.

    refit_of : `fitted_fingerprint` of the evaluated model. stopped_at, learning_rates : of it.
    outputs : {attribute: value} of what goes with its outputs, see storage/model_extras.py.
    """
    rows = read_evaluation_rows(evaluation_path)
    pace = Pace(stopped_at, {"learning_rate": learning_rates or []})
    X = pd.concat([part.X for part in rows.parts.values()], ignore_index=True)
    y = np.concatenate([part.y for part in rows.parts.values()])

    def work(options):
        model = prepare(model_name, params, rows, options)
        timed(lambda: model.refit(X, y, pace))
        for name, value in outputs.items():
            setattr(model, name, value)
        save_model(model, new_folder, refit_of)

    on_cpu_if_full(work, options)
