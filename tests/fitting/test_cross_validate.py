"""What is measured of one candidate: on folds, on all rows, within a budget, on a GPU that is too small."""

import pickle
import time

import numpy as np
import pandas as pd
import pytest
from conftest import make_table, patch_fitting, write_project

from model_development.data.intake import take_in
from model_development.errors import NoTime
from model_development.execution import usage
from model_development.fitting import budget, worker_steps
from model_development.fitting import worker_steps as fitting
from model_development.fitting.train_candidate import train_candidate
from model_development.models import spec
from model_development.models.table import MODELS
from model_development.settings.context import read_context
from model_development.storage.model_folder import load_folder

pytestmark = pytest.mark.whole

OPTIONS = {"seed": 0, "device": "cpu", "n_jobs": 1}


@pytest.fixture
def train(tmp_path):
    def run(
        name, kind="binary", n_rows=240, options=OPTIONS, report=lambda text: None, n_estimators=None, **more
    ):
        context = write_project(tmp_path / kind, kind, make_table(kind, n_rows))
        path = tmp_path / f"{kind}.pkl"
        path.write_bytes(pickle.dumps(take_in(read_context(context)).data))
        baseline = dict(MODELS[name].baseline)
        if n_estimators:
            baseline["n_estimators"] = n_estimators
        files = {"folder": str(tmp_path / "model"), "oof_path": str(tmp_path / "oof.parquet")}
        more["metric_name"] = "rmse" if kind == "regression" else "f1_score"
        return train_candidate(name, baseline, str(path), options, report=report, **files, **more)

    return run


@pytest.mark.parametrize("name", [spec.name for spec in MODELS.values() if spec.stops_early])
def test_models_that_stop_early_say_where_and_keep_their_losses(name, train):
    steps = []
    measured = train(name, "regression", report=steps.append)
    losses = measured["history"]["early_stopping_loss"]
    assert np.isfinite(losses).all()
    assert losses[measured["stopped_at"] - 1] == min(losses)
    assert measured["stopped_at"] < len(losses)
    assert any("epoch" in step or "round" in step for step in steps)


def test_boosting_is_fitted_on_all_rows_with_the_rounds_that_were_best(train):
    measured = train("xgboost_baseline")
    assert measured["estimator_params"]["n_estimators"] == measured["stopped_at"] < 1000


def test_a_budget_is_kept_by_giving_up_folds_or_rows_and_the_note_says_so(train, tmp_path):
    started = time.monotonic()
    measured = train("tensorflow_nn", n_rows=30_000, seconds_left=12)
    assert time.monotonic() - started < 16
    assert measured["note"].startswith("time budget: ")
    assert not measured["is_complete"]
    assert len(measured["folds"]) < 3
    oof = pd.read_parquet(tmp_path / "oof.parquet")
    assert sorted(set(oof["fold"])) == measured["folds"]
    assert measured["cv"]["roc_auc"]["mean"] > 0.8


def test_a_model_of_few_rows_that_cannot_be_done_is_not_begun_unless_it_is_wanted_in_any_case(
    train, monkeypatch
):
    monkeypatch.setattr(spec, "ROWS_PER_SECOND", 1.0)  # minutes
    with pytest.raises(NoTime, match="its fits take about"):
        train("xgboost_baseline", seconds_left=10)
    assert train("xgboost_baseline", seconds_left=10, in_any_case=True)["is_complete"]
    assert train("xgboost_baseline", seconds_left=10_000)["is_complete"]


def test_what_takes_long_with_its_baseline_is_begun_with_other_parameters(train, monkeypatch):
    monkeypatch.setattr(spec, "ROWS_PER_SECOND", 1.0)
    assert train("xgboost_baseline", seconds_left=10, n_estimators=5)["is_complete"]


def test_a_single_fold_has_a_mean_but_no_spread(train, monkeypatch):
    full = budget.make_plan

    def one_fold(*arguments, **named):
        plan = full(*arguments, **named)
        plan.folds = {1: plan.folds[1]}
        return plan

    patch_fitting(monkeypatch, "make_plan", one_fold)
    measured = train("sklearn_logistic_regression")
    assert measured["cv"]["roc_auc"]["mean"] is not None
    assert measured["cv"]["roc_auc"]["std"] is None
    assert measured["folds"] == [1]


class TooLarge(Exception):
    """As frameworks say it."""


def test_a_gpu_without_memory_enough_hands_the_model_to_the_cpu(train, monkeypatch):
    devices, prepare = [], worker_steps.prepare

    def prepare_or_fail(name, params, data, options, report=None):
        devices.append(options["device"])
        if options["device"] == "cuda":
            raise TooLarge("CUDA out of memory. Tried to allocate 20 GiB")
        return prepare(name, params, data, options, report)

    patch_fitting(monkeypatch, "prepare", prepare_or_fail)
    measured = train("sklearn_logistic_regression", options={**OPTIONS, "device": "cuda"})
    assert devices == ["cuda", "cpu", "cpu", "cpu", "cpu"]
    assert measured["note"] == "the memory of the GPU was too small: trained on the CPU"
    assert measured["is_complete"]


@pytest.mark.parametrize(
    "text",
    [
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "cudaErrorMemoryAllocation: out of memory",
        "failed to create cublas handle: CUBLAS_STATUS_NOT_INITIALIZED",
        "Memory Object Allocation Failure",
    ],
)
def test_frameworks_say_in_several_ways_that_the_gpu_is_full(text):
    assert fitting.out_of_gpu_memory(RuntimeError(text))
    assert not fitting.out_of_gpu_memory(RuntimeError("CUDA error: device-side assert triggered"))


def test_predictions_are_timed_as_they_are_served_by_the_model_as_it_loads(train, monkeypatch):
    loaded, load = [], load_folder
    patch_fitting(monkeypatch, "load_folder", lambda folder: loaded.append(load(folder)) or loaded[-1])
    assert train("sklearn_logistic_regression")["metrics"]["inference_time_ms"] > 0
    assert len(loaded) == 1


def test_a_gpu_that_does_not_answer_is_no_idle_one(monkeypatch):
    answers = iter([{}, {"gpu": 40.0}, {}, {"gpu": 60.0}])
    monkeypatch.setattr(usage, "_gpu", lambda: next(answers, {}))
    with usage.watch_usage("cuda") as watched:
        for _ in range(4):
            watched._sample()
    assert watched.history()["gpu"][:3] == [40.0, 40.0, 60.0]


def test_other_errors_on_a_gpu_are_errors(train, monkeypatch):
    def fail(*arguments):
        raise ValueError("no such thing")

    patch_fitting(monkeypatch, "prepare", fail)
    with pytest.raises(ValueError, match="no such thing"):
        train("sklearn_logistic_regression", options={**OPTIONS, "device": "cuda"})


def test_cpu_and_memory_of_the_worker_are_sampled(train):
    measured = train("sklearn_random_forest", n_rows=3000)
    assert len(measured["usage"]["system/process_cpu_percentage"]) >= 1
    assert 50 < measured["metrics"]["peak_memory_mb"] < 10_000


@pytest.mark.parametrize(("name", "has_p"), [("statsmodels_ols", True), ("sklearn_linear_regression", False)])
def test_linear_models_give_a_coefficient_for_each_column(name, has_p, train):
    table = train(name, "regression")["coefficients"]
    assert table["feature"][0] == "intercept"
    assert len(table["feature"]) == len(table["coefficient"]) == len(set(table["feature"]))
    assert any("amount" in feature for feature in table["feature"])
    assert ("p_value" in table) == has_p
