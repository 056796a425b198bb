import pytest

from model_development.metrics.table import METRICS
from model_development.phases.training.comparison import compare, sentence
from model_development.phases.training.results import ModelResult, leaderboard, ranked


def result(name, scores, milliseconds=1.0, folds=None):
    mean = sum(scores) / len(scores)
    cv = {"roc_auc": {"mean": mean, "std": 0.01, "low": mean - 0.01, "high": mean + 0.01}}
    metrics = {"roc_auc": mean, "inference_time_ms": milliseconds}
    measured = {"fold_scores": {"roc_auc": scores}, "folds": folds or list(range(len(scores)))}
    measured |= {"cv": cv, "metrics": metrics, "test_share": 0.25}
    return ModelResult(name, name.partition("_")[0], "ok", measured=measured)


LIGHTGBM = result("lightgbm_baseline", [0.92, 0.93, 0.91, 0.92, 0.93], 9.0)
XGBOOST = result("xgboost_baseline", [0.921, 0.928, 0.911, 0.919, 0.929], 5.0)
LOGISTIC = result("sklearn_logistic_regression", [0.85, 0.86, 0.84, 0.85, 0.86], 1.0)
FLOOR = result("dummy_floor", [0.5] * 5, 0.1)
METRIC = METRICS["roc_auc"]


def test_models_within_chance_are_on_par_and_others_are_not():
    found = compare([FLOOR, LOGISTIC, XGBOOST, LIGHTGBM], METRIC)
    assert found.best == "lightgbm_baseline"
    assert found.on_par == ["lightgbm_baseline", "xgboost_baseline"]
    assert (found.fastest, found.simplest) == ("xgboost_baseline", "xgboost_baseline")
    assert found.versus["sklearn_logistic_regression"]["p"] < 0.001
    assert found.versus["sklearn_logistic_regression"]["high"] < 0
    assert "dummy_floor" not in found.versus


def test_the_sentence_names_those_on_par_or_says_that_the_winner_won():
    results = [LOGISTIC, XGBOOST, LIGHTGBM]
    assert "is not significantly different from: xgboost_baseline" in sentence(
        compare(results, METRIC), results, METRIC
    )
    results = [LOGISTIC, LIGHTGBM]
    assert sentence(compare(results, METRIC), results, METRIC).startswith("lightgbm_baseline won")


def test_one_model_alone_has_nobody_to_be_compared_with():
    found = compare([FLOOR, LIGHTGBM], METRIC)
    assert (found.versus, found.on_par) == ({}, ["lightgbm_baseline"])
    assert sentence(found, [LIGHTGBM], METRIC).startswith("No other model")


def test_without_a_model_there_is_no_comparison():
    failed = ModelResult("pytorch_nn", "pytorch", "failed", "no memory")
    assert compare([FLOOR, failed], METRIC) is None
    assert "p_vs_best" not in leaderboard([FLOOR, failed], METRIC, None)


def test_the_leaderboard_shows_intervals_and_p_values():
    results = [FLOOR, LOGISTIC, XGBOOST, LIGHTGBM]
    board = leaderboard(results, METRIC, compare(results, METRIC)).set_index("model")
    assert board.loc["lightgbm_baseline", "cv_roc_auc_95"] == "0.912 to 0.932"
    assert board.loc["sklearn_logistic_regression", "p_vs_best"] == pytest.approx(0.0, abs=0.001)


def test_models_with_fewer_folds_are_compared_on_those_that_they_share():
    some = result("xgboost_baseline", [0.80, 0.81], folds=[3, 4])
    found = compare([some, LIGHTGBM], METRIC).versus["xgboost_baseline"]
    assert found["difference"] == pytest.approx(-0.12)
    one = result("xgboost_baseline", [0.80], folds=[4])
    found = compare([one, LIGHTGBM], METRIC)
    assert found.on_par == ["lightgbm_baseline", "xgboost_baseline"]  # one fold tells nothing apart
    assert found.versus["xgboost_baseline"]["low"] is None


def test_an_easy_fold_alone_makes_no_winner():
    """Under a time budget a model may have the last fold only; it is ranked as if it had all of them."""
    whole = result("lightgbm_baseline", [0.78, 0.79, 0.80, 0.80, 0.88])
    part = result("pytorch_nn", [0.85], folds=[4])
    assert [r.name for r in ranked([part, whole], METRIC)] == ["lightgbm_baseline", "pytorch_nn"]
    better = result("pytorch_nn", [0.89], folds=[4])
    assert [r.name for r in ranked([whole, better], METRIC)] == ["pytorch_nn", "lightgbm_baseline"]
