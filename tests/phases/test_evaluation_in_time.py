"""Phase 3 of a split by time: its intervals draw rows that are near in time together, and it says so."""

import json

import numpy as np
import pandas as pd
import pytest
from conftest import make_table, write_project

from model_development import model_utils as mu
from model_development.storage.files import EPOCH_FOLDER

MODEL = "sklearn_logistic_regression"


@pytest.mark.whole
def test_test_rows_of_a_later_period_are_drawn_in_stretches(tmp_path, without_charts):
    rng = np.random.default_rng(0)
    table = make_table("binary", 2000)
    table["since"] = pd.date_range("2020-01-01", periods=2000).astype(str)
    labels = np.where(np.cumsum(rng.random(2000) < 0.05) % 2, "bad", "good")  # which change seldom
    table["outcome"] = np.where(rng.random(2000) < 0.95, labels, table["outcome"])
    settings = {"split": "time", "time_column": "since", "decisions": {"min_precision": 0.5}}
    context = write_project(tmp_path, table=table, settings=settings)
    phase = mu.start_training(context_path=context, models=[MODEL], profile=False)
    mu.train_all(phase, [MODEL])
    mu.finish_training(phase)
    mu.tune_best_model(context, n_trials=1)
    mu.evaluate_model(context)
    folder = tmp_path / "artifacts" / EPOCH_FOLDER
    content = json.loads((folder / "evaluation_metrics.json").read_text(encoding="utf-8"))
    assert content["failed"] == {}
    assert 5 <= content["n_test_units"] <= content["n_rows"]["test"] / 2
    figures = content["models"]["final"]["metrics"][content["primary_metric"]]
    assert figures["test_low"] < figures["test"] < figures["test_high"]
    page = (folder / "evaluation_report.html").read_text(encoding="utf-8")
    assert f"{content['n_test_units']} stretches of time" in page
