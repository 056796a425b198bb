"""A model that is nearly perfect where the checks of the data were silent is said."""

import json

import numpy as np
import pandas as pd
import pytest
from conftest import write_project

from model_development import model_utils as mu

pytestmark = [pytest.mark.whole, pytest.mark.usefixtures("without_charts")]
SAID = "no check of the data tells why"


def conclusion(folder, noise, kind, **columns):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(800, 6))
    score = X.sum(axis=1) + noise * rng.normal(size=800)
    y = score if kind == "regression" else np.where(score > 0, "yes", "no")
    table = pd.DataFrame(X, columns=list("abcdef")).assign(**{n: make(y) for n, make in columns.items()})
    context = write_project(folder, table=table.assign(outcome=y), settings={"profile": False})
    model = "sklearn_linear_regression" if kind == "regression" else "sklearn_logistic_regression"
    phase = mu.start_training(context_path=context, models=[model], accept=["single_feature", "target_copy"])
    mu.train_all(phase, phase.names)
    mu.finish_training(phase)
    folder = phase.session.record.folder
    content = json.loads((folder / "all_models_metrics.json").read_text(encoding="utf-8"))
    text = mu.conclusion(phase)
    assert all(line in text for line in content["conclusions"])
    return text


@pytest.mark.parametrize(
    ("kind", "metric"), [("binary", "cv accuracy 0.9"), ("regression", "cv r2_score 0.9")]
)
def test_a_nearly_perfect_model_is_said_where_the_checks_were_silent(kind, metric, tmp_path):
    text = conclusion(tmp_path, 0.05, kind)
    assert SAID in text
    assert metric in text


@pytest.mark.parametrize("kind", ["binary", "regression"])
def test_an_ordinary_model_is_not(kind, tmp_path):
    assert SAID not in conclusion(tmp_path, 2.0, kind)


def test_what_a_check_has_found_is_not_said_again(tmp_path):
    assert SAID not in conclusion(tmp_path, 0.05, "binary", copy=lambda y: np.where(y == "yes", 3, 4))
