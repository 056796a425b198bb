"""A kind of problem is one row: ranking, as a toy, goes through phase 1 without a change elsewhere."""

import json
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
from conftest import make_table, write_project
from sklearn.metrics import ndcg_score

from model_development import model_utils as mu
from model_development.errors import DataError
from model_development.metrics.constants import mean
from model_development.metrics.table import METRICS, Metric
from model_development.models.table import MODELS
from model_development.tasks.regression import Regression
from model_development.tasks.table import TASKS

pytestmark = pytest.mark.whole


@dataclass(frozen=True)
class Ranking(Regression):
    """Grades of relevance from 0 to 3; what counts is the order."""

    kind = family = "ranking"
    default_metric = "ndcg"

    @classmethod
    def suits(cls, y):
        return False  # only where the user says so

    @classmethod
    def pose(cls, y, target, positive_class=None):
        if not set(y.unique()) <= {0, 1, 2, 3}:
            raise DataError(
                f"`problem_type` is 'ranking', but the target {target!r} holds other grades than 0 to 3."
            )
        return cls(target)


def ndcg(truth, outcome):
    return ndcg_score([truth], [outcome.labels])


@pytest.fixture
def ranking(monkeypatch):
    monkeypatch.setitem(TASKS, "ranking", Ranking)
    monkeypatch.setitem(
        METRICS, "ndcg", Metric("ndcg", "ranking", True, "NDCG", ndcg, mean, lowest=0.0, highest=1.0)
    )
    for name in ("sklearn_linear_regression", "sklearn_random_forest"):
        spec = replace(
            MODELS[name], name=f"{name}_ranking", tasks=("ranking",), build=as_regression(MODELS[name])
        )
        monkeypatch.setitem(MODELS, spec.name, spec)


def as_regression(spec):
    return lambda task, **options: spec.build("regression", **options)


def graded(n_rows=200):
    table = make_table("regression", n_rows)
    return table.assign(outcome=pd.qcut(table["outcome"], 4, labels=False))


def test_a_new_kind_of_problem_is_trained_measured_and_saved(ranking, tmp_path):
    settings = {"problem_type": "ranking", "engine": "serial", "profile": False}
    context = write_project(tmp_path, table=graded(), settings=settings)
    phase = mu.start_training(context_path=context)
    assert phase.names == ["sklearn_linear_regression_ranking", "sklearn_random_forest_ranking"]
    mu.train_all(phase)
    best = mu.finish_training(phase)
    assert 0.8 < best.cv("ndcg") <= best.cv("ndcg", "high") <= 1
    written = json.loads(
        (tmp_path / "artifacts/epoch005-model-development/all_models_metrics.json").read_text()
    )
    assert written["problem_type"] == "ranking"
    assert written["primary_metric"] == "ndcg"
    scores = mu.load_model(best.model_path).predict(graded().drop(columns="outcome"))
    assert np.isfinite(scores).all()


def test_what_a_kind_refuses_is_said_in_its_words(ranking, tmp_path):
    context = write_project(tmp_path, "regression", settings={"problem_type": "ranking", "engine": "serial"})
    with pytest.raises(DataError, match="other grades than 0 to 3"):
        mu.start_training(context_path=context)


def test_an_unknown_kind_is_said_with_the_nearest(tmp_path):
    context = write_project(tmp_path, settings={"problem_type": "regresion"})
    with pytest.raises(mu.TemplateError, match="Did you mean 'regression'"):
        mu.start_training(context_path=context)
