"""A kind of problem without a target is a row, too: clustering, as a toy, goes through both phases."""

import json
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
from conftest import write_project
from sklearn.cluster import KMeans

from model_development import model_utils as mu
from model_development.data.intake import take_in
from model_development.errors import ContextError
from model_development.metrics.constants import mean
from model_development.metrics.table import METRICS, Metric
from model_development.models.table import MODELS
from model_development.settings.context import read_context
from model_development.tasks.predictions import Predictions
from model_development.tasks.regression import Regression
from model_development.tasks.table import TASKS
from model_development.tasks.targets import NumberTarget

pytestmark = pytest.mark.whole


class Distances(NumberTarget):
    """What an estimator says is how far each row is from the centre of each cluster."""

    def outputs(self, estimator, matrix):
        return estimator.transform(matrix) if len(matrix) else np.empty((0, estimator.n_clusters))

    def predict(self, estimator, matrix):
        return estimator.predict(matrix) if len(matrix) else np.empty(0, dtype=int)


@dataclass(frozen=True)
class Clustering(Regression):
    kind = family = "clustering"
    default_metric = "separation"
    codec = Distances
    output_type = "long"
    has_target = False

    @classmethod
    def suits(cls, y):
        return False

    @classmethod
    def pose(cls, y, target, positive_class=None):
        return cls(target)

    def strata(self, y):
        return np.zeros(len(y), dtype=int)

    def predictions(self, outputs, classes=None):
        return Predictions(outputs.argmin(axis=1), outputs)


def separation(truth, outcome):
    """Mean simplified silhouette: how much nearer the own centre is than the next. Truth is not looked at."""
    nearest, next_one = np.sort(outcome.by_class, axis=1)[:, :2].T
    return np.mean((next_one - nearest) / np.maximum(next_one, 1e-12))


def kmeans(task, *, seed, device="cpu", n_jobs=1, feature_types=(), **params):
    return KMeans(random_state=seed, n_init=3, **params)


@pytest.fixture
def clustering(monkeypatch):
    monkeypatch.setitem(TASKS, "clustering", Clustering)
    monkeypatch.setitem(
        METRICS,
        "separation",
        Metric("separation", "clustering", True, "Separation", separation, mean, lowest=0.0, highest=1.0),
    )
    spec = replace(
        MODELS["sklearn_linear_regression"],
        name="sklearn_kmeans",
        tasks=("clustering",),
        build=kmeans,
        baseline={"n_clusters": 2},
        search_space={"n_clusters": [2, 3, 4]},
        ranges={},
    )
    monkeypatch.setitem(MODELS, spec.name, spec)


def three_heaps(n_rows=240):
    rng = np.random.default_rng(0)
    heap = rng.integers(0, 3, n_rows)
    centres = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
    table = pd.DataFrame(centres[heap] + rng.normal(0, 0.5, (n_rows, 2)), columns=["a", "b"])
    return table, heap


def project(folder, target):
    settings = {"problem_type": "clustering", "engine": "serial", "profile": False}
    table, _ = three_heaps()
    outputs = {"feature_data_path": "table.csv"} | target
    return write_project(folder, table=table, settings=settings, epoch_004_outputs=outputs)


def test_rows_without_a_target_are_split_clustered_measured_saved_and_tuned(clustering, tmp_path):
    context = project(tmp_path, {})
    phase = mu.start_training(context_path=context)
    assert phase.names == ["sklearn_kmeans"]
    assert list(phase.session.data.X_train) == ["a", "b"]
    mu.train_all(phase)
    best = mu.finish_training(phase)
    assert 0 < best.cv("separation") <= best.cv("separation", "high") < 0.9  # two clusters of three heaps
    path = tmp_path / "artifacts/epoch005-model-development/all_models_metrics.json"
    written = json.loads(path.read_text(encoding="utf-8"))
    assert (written["problem_type"], written["target_variable"]) == ("clustering", "(no target)")

    outputs = mu.tune_best_model(context, strategy="grid")
    assert outputs["improved"]
    assert outputs["best_model_params"]["n_clusters"] == 3
    table, heap = three_heaps()
    found = mu.load_model(outputs["model_path"]).predict(table)
    assert pd.crosstab(found, heap).gt(0).sum().tolist() == [1, 1, 1]


def test_a_column_that_is_named_all_the_same_is_no_feature_and_not_looked_at(clustering, tmp_path):
    data = take_in(read_context(project(tmp_path, {"target_variable": "b"}))).data
    assert list(data.X_train) == ["a"]
    assert set(data.y_train) == {0.0}


def test_a_kind_that_has_a_target_still_asks_for_it(tmp_path):
    context = write_project(tmp_path, epoch_004_outputs={"feature_data_path": "table.csv"})
    with pytest.raises(ContextError, match="has no `epoch_004_outputs.target_variable`"):
        mu.start_training(context_path=context)
