import pytest

from model_development.metrics.table import METRICS
from model_development.phases.training.comparison import compare, sentence
from model_development.phases.training.model_checks import (
    MODEL_CHECKS,
    CheckedModel,
    check_model,
    dummy_sentence,
)
from model_development.phases.training.results import (
    ModelResult,
    against_dummy,
    beats_dummy,
    leaderboard,
    ranked,
)


def result(name, scores, milliseconds=1.0, folds=None):
    mean = sum(scores) / len(scores)
    cv = {"roc_auc": {"mean": mean, "std": 0.01, "low": mean - 0.01, "high": mean + 0.01}}
    metrics = {"roc_auc": mean, "inference_time_ms": milliseconds}
    measured = {"fold_scores": {"roc_auc": scores}, "folds": folds or list(range(len(scores)))}
    measured |= {"cv": cv, "metrics": metrics, "test_share": 0.25, "n_scored": 400.0}
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
    some = result("xgboost_baseline", [0.80, 0.79, 0.81], folds=[2, 3, 4])
    found = compare([some, LIGHTGBM], METRIC).versus["xgboost_baseline"]
    assert found["difference"] == pytest.approx(-0.12)
    one = result("xgboost_baseline", [0.80], folds=[4])
    found = compare([one, LIGHTGBM], METRIC)
    assert found.versus["xgboost_baseline"]["low"] is None


def test_an_easy_fold_alone_makes_no_winner():
    """Under a time budget a model may have the last fold only; it is ranked as if it had all of them."""
    whole = result("lightgbm_baseline", [0.78, 0.79, 0.80, 0.80, 0.88])
    part = result("pytorch_nn", [0.85], folds=[4])
    assert [r.name for r in ranked([part, whole], METRIC)] == ["lightgbm_baseline", "pytorch_nn"]
    why = "Models with fewer folds are ranked"
    assert sentence(compare([part, whole], METRIC), [part, whole], METRIC).endswith(
        "as the others' scores on these folds tell: pytorch_nn about 0.78."
    )
    better = result("pytorch_nn", [0.89], folds=[4])
    assert [r.name for r in ranked([whole, better], METRIC)] == ["pytorch_nn", "lightgbm_baseline"]
    assert why not in sentence(compare([whole, better], METRIC), [whole, better], METRIC)  # the means say so


def test_a_poor_model_does_not_say_how_easy_a_fold_is():
    """A tree that failed on the last fold made a winner of the model that had this fold alone."""
    whole = result("lightgbm_baseline", [0.90, 0.91, 0.90, 0.92, 0.90])
    poor = result("sklearn_decision_tree", [0.60, 0.70, 0.65, 0.72, 0.30])
    part = result("pytorch_nn", [0.88], folds=[4])
    assert ranked([part, poor, whole], METRIC)[0] is whole


@pytest.mark.parametrize(("folds", "name"), [([4], "1 fold"), ([3, 4], "2 folds")])
def test_what_was_not_tested_is_called_so_and_the_intervals_are_compared(folds, name):
    """One or two folds gave p = 1, and 0.98 was "not significantly different" from 0.88."""
    best = result("lightgbm_baseline", [0.98] * len(folds), folds=folds)
    worse = result("sklearn_logistic_regression", [0.88] * len(folds), folds=folds)
    near = result("xgboost_baseline", [0.975] * len(folds), folds=folds)
    found = compare([best, worse, near], METRIC)
    row = found.versus["sklearn_logistic_regression"]
    assert (row["p"], row["reason"], row["interval_apart"]) == (None, f"not tested ({name})", True)
    assert found.on_par == ["lightgbm_baseline", "xgboost_baseline"]
    said = sentence(found, [best, worse, near], METRIC)
    assert f"not tested ({name})" in said
    assert "lies on the better side of those of sklearn_logistic_regression" in said
    assert "overlaps with those of xgboost_baseline" in said
    assert "significantly" not in said


def test_tests_and_intervals_are_told_apart_in_one_sentence():
    one = result("pytorch_nn", [0.80], folds=[4])
    results = [LOGISTIC, LIGHTGBM, one]
    said = sentence(compare(results, METRIC), results, METRIC)
    assert "won: each of sklearn_logistic_regression is worse" in said
    assert "and pytorch_nn: not tested (1 fold)" in said


def test_equal_differences_are_no_proof_of_a_winner():
    """On three folds of fifty rows each model had one row more: p was 0."""
    metric = METRICS["f1_score"]
    better, worse = (
        result(name, [value + easier for easier in (0, 0.02, 0.04)])
        for name, value in (("lightgbm_baseline", 0.9), ("xgboost_baseline", 0.88))
    )
    for row in (better, worse):
        row.measured |= {
            "n_scored": 50.0,
            "fold_scores": {"f1_score": row.measured["fold_scores"]["roc_auc"]},
        }
        row.measured["cv"] = {"f1_score": row.measured["cv"]["roc_auc"]}
    assert compare([better, worse], metric).versus["xgboost_baseline"]["p"] > 0.2


def test_better_than_the_dummy_is_tested_with_three_outcomes():
    noise = result("xgboost_baseline", [0.52, 0.49, 0.53, 0.50, 0.51])
    one = result("xgboost_baseline", [0.80], folds=[4])
    assert beats_dummy(LIGHTGBM, [FLOOR, LIGHTGBM], METRIC) is True
    assert beats_dummy(noise, [FLOOR, noise], METRIC) is False  # its mean is higher, by chance
    assert beats_dummy(one, [FLOOR, one], METRIC) is None
    assert beats_dummy(one, [one], METRIC) is None
    said = [
        dummy_sentence(CheckedModel(*about, METRIC))
        for about in ((LIGHTGBM, [FLOOR, LIGHTGBM]), (noise, [FLOOR, noise]))
    ]
    assert said[0].startswith("It beats the dummy baseline, the best constant for roc_auc (paired test, p = ")
    assert "not significantly better than the dummy baseline" in said[1]
    said = dummy_sentence(CheckedModel(one, [FLOOR, one], METRIC))
    assert "not known: not tested (1 fold). Its 95 % interval lies on the better side" in said
    assert "no dummy baseline was trained" in dummy_sentence(CheckedModel(one, [one], METRIC))


def test_the_best_of_many_models_must_be_surer_than_one_alone():
    alone = result("xgboost_baseline", [0.52, 0.51, 0.56, 0.50, 0.53])
    others = [result(name, [0.5, 0.49, 0.52, 0.5, 0.5]) for name in ("pytorch_nn", "tensorflow_nn")]
    p, of_three = (against_dummy(alone, [FLOOR, alone, *more], METRIC).p for more in ([], others))
    assert of_three == pytest.approx(3 * p)


def test_every_check_of_the_best_model_may_say_a_sentence_and_silence_leaves_no_line():
    perfect, dummy = result("lightgbm_baseline", [0.999] * 5), result("dummy_floor", [0.5] * 5)
    ordinary = result("xgboost_baseline", [0.8, 0.81, 0.79, 0.8, 0.8])
    for row in (perfect, ordinary, dummy):
        row.measured["train_metrics"] = {"roc_auc": 0.95}
        row.measured["cv"]["accuracy"] = row.measured["cv"]["roc_auc"]
    about = CheckedModel(perfect, [dummy, perfect], METRIC)
    said = check_model(about)
    assert said == [check(about) for check in MODEL_CHECKS.values()]
    assert any("no check of the data tells why" in text for text in said)
    assert "On rows that it was fitted on it has 0.95." in said
    about = CheckedModel(ordinary, [dummy, ordinary], METRIC)
    assert MODEL_CHECKS["too_good_to_be_true"](about) is None
    assert not any("no check of the data" in text for text in check_model(about))
