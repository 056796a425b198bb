"""Folds that an earlier try has finished are not fitted again, and change nothing."""

import pickle

import numpy as np
import pandas as pd
import pytest
from conftest import make_table, of_models, patch_fitting, write_project

from model_development.data.intake import take_in
from model_development.fitting import budget, worker_steps
from model_development.fitting.fold_results import FoldFiles, FoldResult, rows_fingerprint
from model_development.fitting.train_candidate import train_candidate
from model_development.models.table import MODELS
from model_development.settings.context import read_context
from model_development.tasks.predictions import Predictions

pytestmark = pytest.mark.whole

OPTIONS = {"seed": 0, "device": "cpu", "n_jobs": 1}
OF_CLOCKS = {
    "usage",
    "n_reused",
    "fold_seconds",
    "fold_cost_s",
    "training_time",
    "measuring_s",
    "peak_memory_mb",
}
OF_CLOCKS |= {"inference_time_ms", "inference_time_one_row_ms"}
OF_CLOCKS |= {"model_size_mb"}  # skops writes the addresses of objects, of more or fewer digits
ROWS = [(spec.name, family) for spec in MODELS.values() for family in spec.tasks]
KINDS = {"classification": "multiclass", "regression": "regression"}


class Stopped(Exception):
    """Stands for the death of the worker."""


@pytest.fixture
def train(tmp_path, monkeypatch):
    """train(name, kind): (measured, out-of-fold table, rows of each fit) of a candidate with fold files."""
    fits, fit_rows_of = [], worker_steps.fit_rows_of

    def counted(predictor, data, rows):
        fits.append(len(rows))
        return fit_rows_of(predictor, data, rows)

    patch_fitting(monkeypatch, "fit_rows_of", counted)

    def run(name, kind="binary", folds="folds", n_rows=240, options=OPTIONS, stop_after=None, **more):
        path = tmp_path / f"{kind}_{n_rows}.pkl"
        if not path.exists():
            context = write_project(tmp_path / path.stem, kind, make_table(kind, n_rows))
            path.write_bytes(pickle.dumps(take_in(read_context(context)).data))
        params, oof = dict(MODELS[name].baseline), tmp_path / "oof.parquet"
        if "epochs" in params:
            params["epochs"] = 6

        def report(step):
            if step == stop_after:
                raise Stopped

        files = {"folder": str(tmp_path / "model"), "oof_path": str(oof)}
        files["folds_folder"] = folds and str(tmp_path / folds)
        fits.clear()
        more["metric_name"] = "rmse" if kind == "regression" else "f1_score"
        measured = train_candidate(name, params, str(path), options, report=report, **files, **more)
        return measured, pd.read_parquet(oof), list(fits)

    return run


def stop(train, name, kind="binary", after="fold 2 of 3 done", **more):
    with pytest.raises(Stopped):
        train(name, kind, stop_after=after, **more)


def without_clocks(content):
    if not isinstance(content, dict):
        return content
    return {key: without_clocks(value) for key, value in content.items() if key not in OF_CLOCKS}


@pytest.mark.parametrize(("name", "family"), of_models(ROWS))
def test_a_resumed_candidate_fits_what_is_missing_and_equals_an_undisturbed_one(name, family, train):
    whole, whole_oof, all_fits = train(name, KINDS[family], folds=None)
    stop(train, name, KINDS[family])
    resumed, oof, fits = train(name, KINDS[family])
    assert (len(all_fits), len(fits)) == (4, 2)  # three folds and all rows; one fold and all rows
    assert (whole["n_reused"], resumed["n_reused"]) == (0, 2)
    assert without_clocks(resumed) == without_clocks(whole)
    pd.testing.assert_frame_equal(oof, whole_oof, check_exact=True)


def test_the_seconds_of_a_fold_are_those_of_the_run_that_fitted_it(train, tmp_path):
    stop(train, "sklearn_random_forest")
    before = FoldFiles(tmp_path / "folds", "cpu").results
    assert sorted(before) == [1, 2]  # the last fold first
    seconds = train("sklearn_random_forest")[0]["fold_seconds"]
    assert seconds[1:] == [before[1].seconds, before[2].seconds]


@pytest.mark.parametrize("part", np.linspace(0.02, 0.98, 9).round(2).tolist())
def test_a_fold_file_with_a_wrong_byte_is_no_fold_or_says_the_same(part, tmp_path):
    files = FoldFiles(tmp_path, "cpu")
    files.save(a_fold())
    (path,) = tmp_path.iterdir()
    content = bytearray(path.read_bytes())
    content[int(part * len(content))] ^= 0xFF
    path.write_bytes(content)
    found = FoldFiles(tmp_path, "cpu").find(3, "these")
    assert found is None or equal(found, a_fold())


@pytest.mark.parametrize("content", [b"", b"PK", bytes(500), "half"])
def test_a_fold_file_that_is_cut_off_is_fitted_again(content, train, tmp_path):
    whole = train("sklearn_logistic_regression", folds=None)[0]
    stop(train, "sklearn_logistic_regression")
    path = tmp_path / "folds" / "fold_2_cpu.npz"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2] if content == "half" else content)
    measured, _, fits = train("sklearn_logistic_regression")
    assert len(fits) == 3
    assert measured["fold_scores"] == whole["fold_scores"]


def a_fold(number=3, share=1.0, n_fitted=100, cost_s=1.0):
    rng = np.random.default_rng(number)
    predictions = Predictions(rng.integers(0, 3, 50), rng.random((50, 3)), None)
    values = {"roc_auc": 0.1 + 0.2, "log_loss": None}
    return FoldResult(number, "these", share, n_fitted, values, {"log_loss": "no"}, 0.5, cost_s, predictions)


def equal(one, other):
    arrays = [(fold.predictions.labels, fold.predictions.probabilities) for fold in (one, other)]
    for a, b in zip(*arrays, strict=True):
        np.testing.assert_array_equal(a, b)
    fields = [{k: v for k, v in vars(fold).items() if k != "predictions"} for fold in (one, other)]
    return fields[0] == fields[1]


def test_a_fold_comes_back_to_the_last_bit_and_for_its_own_rows_and_device_alone(tmp_path):
    FoldFiles(tmp_path, "cpu").save(a_fold())
    assert equal(FoldFiles(tmp_path, "cpu").find(3, "these"), a_fold())
    assert FoldFiles(tmp_path, "cpu").find(3, "others") is None
    assert FoldFiles(tmp_path, "cpu").find(2, "these") is None
    assert FoldFiles(tmp_path, "cuda").find(3, "these") is None
    first, second = np.arange(3), np.arange(3, 5)
    assert rows_fingerprint(first, second) != rows_fingerprint(second, first)
    assert rows_fingerprint(np.arange(2), np.arange(2, 5)) != rows_fingerprint(first, second)


def test_a_folder_that_cannot_be_written_costs_the_file_alone(train, tmp_path):
    (tmp_path / "folds").write_text("a file stands where the folder should", encoding="utf-8")
    assert len(train("sklearn_logistic_regression")[2]) == 4


def test_a_time_budget_needs_no_trial_fits_where_folds_are_known(train, monkeypatch):
    """What an earlier try has paid for costs nothing, so that the next one comes further."""
    monkeypatch.setattr(budget, "CAUTION", 1e9)  # no time is plenty
    name, n_rows = "sklearn_random_forest", 4000
    stop(train, name, n_rows=n_rows, seconds_left=600)
    measured, _, fits = train(name, n_rows=n_rows, seconds_left=600)
    assert len(fits) == 2  # the fold that was missing, and all rows
    assert measured["is_complete"]
    undisturbed, _, all_fits = train(name, folds=None, n_rows=n_rows, seconds_left=600)
    assert len(all_fits) > 4  # with trial fits
    assert measured["fold_scores"] == undisturbed["fold_scores"]


class TooLarge(Exception):
    """As frameworks say it."""


def test_folds_of_the_gpu_are_not_mixed_with_those_of_the_cpu(train, monkeypatch, tmp_path):
    prepare, n_on_gpu = worker_steps.prepare, []

    def full_at_the_third(name, params, data, options, report=None):
        n_on_gpu.append(options["device"] == "cuda")
        if sum(n_on_gpu) > 2 and n_on_gpu[-1]:
            raise TooLarge("CUDA out of memory")
        return prepare(name, params, data, options, report)

    whole = train("sklearn_logistic_regression", folds=None)[0]
    patch_fitting(monkeypatch, "prepare", full_at_the_third)
    measured, _, fits = train("sklearn_logistic_regression", options={**OPTIONS, "device": "cuda"})
    assert len(fits) == 2 + 4  # two on the card, then everything on the CPU
    assert measured["n_reused"] == 0
    assert measured["fold_scores"] == whole["fold_scores"]
