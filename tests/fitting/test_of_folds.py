"""Intervals keep to the time that there is."""

import pickle
from types import SimpleNamespace
from unittest.mock import MagicMock

import numpy as np
import pytest
from conftest import write_project

from model_development.data.intake import take_in
from model_development.fitting import of_folds
from model_development.fitting.out_of_fold import predict_out_of_fold
from model_development.phases import final_oof
from model_development.settings.context import read_context
from model_development.tasks.predictions import Predictions


@pytest.mark.parametrize(
    ("slow", "intervals", "said"),
    [
        (0, {"mae": (0.0, 1.0), "rmse": (0.0, 1.0)}, ""),
        (1, {"mae": (0.0, 1.0)}, "time budget: an interval for mae alone"),
        (2, {"mae": None}, "time budget: no intervals"),
    ],
)
def test_where_time_is_short_the_deciding_metric_alone_has_an_interval_or_none(
    slow, intervals, said, monkeypatch
):
    """The one that decides was drawn however late it was, and the worker killed with its finished folds."""
    rows, asked = [(np.zeros(3), Predictions(np.zeros(3)), None)], []

    def drawn(folds, family, seed, only=None, until=None):
        asked.append(until)
        names = [only.name] if only else ["mae", "rmse"]
        return dict.fromkeys(names, (0.0, 1.0)) if len(asked) > slow else None

    monkeypatch.setattr(of_folds, "bootstrap_intervals", drawn)
    assert of_folds.intervals_in_time(rows, "regression", 0, "mae", 10.0) == (intervals, said)
    assert None not in asked


@pytest.mark.whole
def test_folds_of_the_final_parameters_are_all_fitted_and_their_intervals_told_the_time(
    tmp_path, monkeypatch
):
    """All metrics were bootstrapped inside a budget as if there were none."""
    monkeypatch.setattr(final_oof, "result_key", lambda *_: "key")
    session = MagicMock(
        rows_path=str(tmp_path / "rows.pkl"), options={"seed": 0, "device": "cpu", "n_jobs": 1}
    )
    session.metric = SimpleNamespace(name="f1_score")
    session.record.oof_path.return_value = tmp_path / "oof.parquet"
    session.record.folds_folder.return_value = tmp_path / "folds"
    data = take_in(read_context(write_project(tmp_path / "project")), with_checks=False).data
    (tmp_path / "rows.pkl").write_bytes(pickle.dumps(data))
    call = final_oof.FinalOutOfFold(session, "sklearn_decision_tree", {"max_depth": 2}).call()
    assert call.times(10.0, 1) == {"seconds_left": 10.0}
    late = call.arguments | {"seconds_left": -100.0}
    measured = predict_out_of_fold(**late, report=lambda step: None)
    assert measured["folds"] == [0, 1, 2]
    assert measured["note"] == "time budget: an interval for f1_score alone"
