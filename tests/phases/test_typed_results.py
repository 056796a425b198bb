"""What a phase leaves is read in one place: as it was written, or with a sentence that says what is wrong."""

import json
from dataclasses import MISSING, asdict, fields

import pytest

from model_development.errors import ArtifactsError
from model_development.phases.training.results import ModelResult
from model_development.phases.training_result import BestModel, TrainedModel, read_training_result
from model_development.phases.tuning.baseline import baseline_of
from model_development.phases.tuning.finished_search import finished_search, search_overview, search_table
from model_development.phases.tuning.search_summary import NextBestRow, SearchSummary, TopRow, TradeOffRow
from model_development.storage.files import plain, to_json
from model_development.storage.tuned_model import TunedModel, name_model_path, read_tuned_model
from model_development.storage.typed import typed

ABOUT = {"primary_metric": "f1_score", "greater_is_better": True, "project": "p", "target_variable": "y"}
ABOUT |= {
    "data_fingerprint": "d",
    "split_fingerprint": "s",
    "feature_names": ["a"],
    "mlflow_experiment_id": "1",
}
CV = {"mean": 0.81, "std": 0.02, "low": 0.7, "high": 0.9}
MEASURED = {
    "is_complete": True,
    "estimator_params": {"depth": 3},
    "metrics": {"f1_score": 0.8, "training_time": 0.5, "inference_time_ms": 1.5, "model_size_mb": 0.1},
    "train_metrics": {"f1_score": 0.9},
    "cv": {"f1_score": CV, "training_time": {"mean": 0.4, "std": 0.1}},
    "folds": [0, 1],
    "fold_scores": {"f1_score": [0.8, 0.82]},
    "share_of_rows": 0.5,
    "stopped_at": 40,
    "history": {"learning_rate": [0.1, 0.05]},
    "measuring_s": 0.3,
    "reasons": {"roc_auc": "one class"},
}
MODELS = {
    "xgboost_baseline": ModelResult(
        "xgboost_baseline", "xgboost", "ok", params={"max_depth": 3}, measured=MEASURED, run_id="run"
    ),
    "pytorch_nn": ModelResult("pytorch_nn", "pytorch", "failed", "no memory"),
}
COMPARED = ABOUT | {
    "ranking": list(MODELS),
    "models": {name: result.to_dict() for name, result in MODELS.items()},
    "conclusions": ["It won."],
    "beats_dummy": None,
    "training_summary_run_id": "summary",
}
BEST = ABOUT | {"settings": {"seed": 1}, "settings_in_file": {}, "best_model_name": "xgboost_baseline"}
BEST |= {"training_summary_run_id": "summary"}
BEST |= {"params": {"max_depth": 3}, "cv_mean": 0.81, "cv_std": None, "validation_value": 0.8, "metrics": {}}
OUTCOME = {"improved": True, "verdict": "better", "difference_on_folds": {"p": 0.01}}
OUTCOME |= {"baseline_metric_value": 0.8, "final_metric_value": 0.85, "improvement_pct": 6.25}
OUTCOME |= {"improvement_pct_low": 1.0, "improvement_pct_high": None}
TUNED = ABOUT | OUTCOME | {"model_name": "xgboost_baseline", "tuning_parent_run_id": "parent"}
TUNED |= {"best_params": {"max_depth": 5}, "baseline_params": {"max_depth": 3}, "metrics": {"f1_score": 0.85}}
TUNED |= {"baseline_cv_mean": 0.81, "final_cv_mean": 0.86, "fitted_on": "training rows", "model_path": "/a"}
SUMMARY = SearchSummary(
    strategy="grid",
    space={"max_depth": [3, 5], "eta": {"low": 0.1, "high": 1.0, "log": True}},
    n_trials=3,
    n_trials_ok=2,
    n_trials_pruned=0,
    n_trials_skipped=1,
    n_trials_failed=0,
    n_trials_from_earlier=1,
    search_time_s=4.0,
    fit_time_s=3.0,
    time_saved_by_sharing_s=1.0,
    baseline_cv_mean=0.81,
    best_cv_mean=0.86,
    median_cv_mean=0.83,
    worst_cv_mean=0.81,
    best_params={"max_depth": 5},
    top=[TopRow(trial=2, params={"max_depth": 5}, mean=0.86, low=None, high=None)],
    importance={"max_depth": 1.0},
    edges=["max_depth=5 is the largest value"],
    **OUTCOME,
    stopped_by_timeout=False,
    second="size",
    trade_off=[TradeOffRow(trial=2, params={"max_depth": 5}, mean=0.86, cost=1.25, is_pareto=True)],
    n_pareto=1,
    choice="The best.",
    next_best=[
        NextBestRow(
            model="lightgbm_baseline",
            run_id="beside",
            n_trials=4,
            baseline_cv_mean=0.8,
            best_cv_mean=0.82,
            best_params={"num_leaves": 7},
            difference=0.02,
            p=0.03,
            takes_part=True,
        )
    ],
)
ROWS = [
    {"trial": 1, "status": "skipped", "params": {"max_depth": 3}, "cv": None, "folds": None},
    {"trial": 2, "status": "ok", "params": {"max_depth": 5}, "cv": {"f1_score": CV}, "folds": [0, 1]},
]


def write(folder, name, content):
    (folder / name).write_text(to_json(content), encoding="utf-8")


def training(folder, compared=COMPARED, best=BEST):
    write(folder, "all_models_metrics.json", compared)
    write(folder, "best_model_info.json", best)
    return read_training_result(folder)


def test_what_phase_1_leaves_is_read_as_it_was_measured(tmp_path):
    found = training(tmp_path)
    model, failed = found.ranked
    assert (model.params, model.metrics, model.train_metrics) == ({"max_depth": 3}, *TWO_METRICS)
    assert (model.cv, model.folds, model.fold_scores) == (MEASURED["cv"], [0, 1], {"f1_score": [0.8, 0.82]})
    assert (model.share_of_rows, model.is_complete, model.stopped_at) == (0.5, True, 40)
    assert (model.mean("f1_score"), model.std("f1_score"), model.mean("roc_auc")) == (0.81, 0.02, None)
    assert model.costs == {
        "training_time": 0.5,
        "inference_time_ms": 1.5,
        "model_size_mb": 0.1,
        "gpu_used": None,
    }
    assert model.missing_metrics == {"roc_auc": "one class"}
    assert model.folder == tmp_path / "models" / "xgboost_baseline"
    assert (failed.status, failed.reason, failed.is_ok) == ("failed", "no memory", False)
    assert (failed.metrics, failed.folds, failed.is_complete) == ({}, [], False)
    assert (found.metric.name, found.best.cv_mean, found.conclusions) == ("f1_score", 0.81, ["It won."])


TWO_METRICS = (MEASURED["metrics"], MEASURED["train_metrics"])
PLACES = ("name", "folder", "oof_path")  # follow from the name and the folder; `key` is not in older files


@pytest.mark.parametrize("key", [f.name for f in fields(TrainedModel) if f.name not in {*PLACES, "key"}])
def test_a_model_without_one_of_its_measurements_is_said(key, tmp_path):
    row = {k: v for k, v in COMPARED["models"]["xgboost_baseline"].items() if k != key}
    damaged = COMPARED | {"models": COMPARED["models"] | {"xgboost_baseline": row}}
    with pytest.raises(ArtifactsError, match=rf"all_models_metrics.json is damaged \(`{key}`: .*required"):
        training(tmp_path, damaged)


@pytest.mark.parametrize(
    "change",
    [
        {"models": None},
        {"models": {"xgboost_baseline": None}},
        {"models": []},
        {"ranking": ["xgboost_baseline", "lightgbm_baseline"]},
        {"primary_metric": "roc_auc"},  # which was not measured
        {"conclusions": None},
    ],
)
def test_a_comparison_that_does_not_hold_together_is_said(change, tmp_path):
    with pytest.raises(ArtifactsError, match="all_models_metrics.json is damaged"):
        training(tmp_path, COMPARED | change)


@pytest.mark.parametrize("key", [f.name for f in fields(BestModel) if f.name != "schema_version"])
def test_a_best_model_without_one_of_its_keys_is_said(key, tmp_path):
    with pytest.raises(ArtifactsError, match=rf"best_model_info.json cannot be used: `{key}`: .*required"):
        training(tmp_path, best={k: v for k, v in BEST.items() if k != key})


@pytest.mark.parametrize("name", ["dummy_floor", "xgboost_baselin"])
def test_a_best_model_that_cannot_be_tuned_is_said(name, tmp_path):
    with pytest.raises(ArtifactsError, match=f"`best_model_name`: .*'{name}' is no model that can be tuned"):
        training(tmp_path, best=BEST | {"best_model_name": name})


def test_a_model_that_was_not_trained_is_asked_for_in_vain_and_told_why(tmp_path):
    found = training(tmp_path)
    assert found.trained("xgboost_baseline").params == {"max_depth": 3}
    for name, why in {"pytorch_nn": "no memory", "lightgbm_baseline": "it was not asked for"}.items():
        with pytest.raises(ArtifactsError, match=rf"{name} \({why}\).*Trained: xgboost_baseline"):
            found.trained(name)


def test_a_model_without_a_score_is_no_baseline(tmp_path):
    """It was one without a mean, and the search broke off where it was compared."""
    row = COMPARED["models"]["xgboost_baseline"]
    undefined = {"cv": row["cv"] | {"f1_score": {"mean": None, "std": None}}}
    undefined |= {"fold_scores": {"f1_score": [0.8, None]}, "missing_metrics": {"f1_score": "one class"}}
    damaged = COMPARED | {"models": COMPARED["models"] | {"xgboost_baseline": row | undefined}}
    with pytest.raises(ArtifactsError, match=r"no f1_score of xgboost_baseline \(one class\)"):
        baseline_of(training(tmp_path, damaged), "xgboost_baseline")
    found = baseline_of(training(tmp_path), "xgboost_baseline")
    assert (found.cv_mean, found.fold_scores, found.fold_fit_s) == (0.81, [0.8, 0.82], 0.4)


def test_a_tuned_model_is_read_as_it_was_written_and_its_place_can_be_named_anew(tmp_path):
    write(tmp_path, "tuned_model_info.json", TUNED)
    since = {f.name: f.default for f in fields(TunedModel)}  # files of earlier versions lack what came since
    assert asdict(read_tuned_model(tmp_path)) == {name: TUNED.get(name, since[name]) for name in since}
    name_model_path(tmp_path, "/b")
    content = json.loads((tmp_path / "tuned_model_info.json").read_text(encoding="utf-8"))
    assert content == {"schema_version": 1} | TUNED | {"model_path": "/b"}


@pytest.mark.parametrize("key", [f.name for f in fields(TunedModel) if f.default is MISSING])
def test_a_tuned_model_without_one_of_its_keys_is_said(key, tmp_path):
    write(tmp_path, "tuned_model_info.json", {k: v for k, v in TUNED.items() if k != key})
    with pytest.raises(ArtifactsError, match=f"is damaged .*`{key}`.*Run tune_best_model.py again"):
        read_tuned_model(tmp_path)


def test_a_search_is_read_as_it_was_written():
    content = plain(ABOUT | {"model_name": "xgboost_baseline"} | asdict(SUMMARY))
    search = finished_search(ROWS, content)
    assert search.summary == SUMMARY
    assert search.scored == [({"max_depth": 5}, 0.81)]
    assert search.drawn == ["eta"]
    said = search_overview(search)
    assert "3 combinations (2 ok, 1 skipped) in 4 s; 1 of them were known" in said
    assert "Worth it    f1_score 0.86, size 1.25: 0002 max_depth=5" in said
    assert search_table(search)["trial"].tolist() == [2]


@pytest.mark.parametrize("key", [f.name for f in fields(SearchSummary)])
def test_a_search_without_one_of_its_keys_is_said(key):
    with pytest.raises(ValueError, match=f"`{key}`"):
        typed(SearchSummary, {k: v for k, v in asdict(SUMMARY).items() if k != key})
