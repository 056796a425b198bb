"""CatBoost: what it chooses is kept, its rows are what it makes of a table, foreign files are refused."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from model_development.errors import ArtifactsError
from model_development.fitting.worker_steps import library_parameters
from model_development.models import catboost_models
from model_development.models.catboost_defaults import AUTOMATIC, automatic_values
from model_development.models.catboost_rows import CatBoostRows
from model_development.models.schedule import Pace

catboost = pytest.importorskip("catboost")
QUIET = {"allow_writing_files": False, "verbose": False, "thread_count": 1, "random_seed": 0}
KINDS = {"RMSE": 0, "Logloss": 2, "MultiClass": 3}


def rows(n_classes=2, n_rows=400, seed=0):
    """A matrix of two numbers, two categories and a number, some of each missing, and its target."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, 5))
    X[:, 2:4] = rng.integers(0, 6, (n_rows, 2))
    score = X[:, 0] + (X[:, 2] == 3) + 0.3 * X[:, 4] + rng.normal(0, 0.3, n_rows)
    X[rng.random(X.shape) < 0.05] = np.nan
    if not n_classes:
        return X, score
    return X, np.digitize(score, np.quantile(score, np.arange(1, n_classes) / n_classes))


TYPES = ("number", "number", "category", "category", "number")


def built(n_classes=2, **params):
    params = {"n_estimators": 60, "early_stopping_rounds": 10, **params}
    task = "classification" if n_classes else "regression"
    return catboost_models.build(task, seed=0, feature_types=TYPES, **params)


def said(model, X):
    return model.predict_proba(X) if hasattr(model.estimator, "predict_proba") else model.predict(X)


WATCHED = np.arange(0, 400, 5)


@pytest.mark.whole
@pytest.mark.parametrize("n_trees", [60, 1000])
@pytest.mark.parametrize("is_watched", [True, False])
@pytest.mark.parametrize("loss", KINDS)
def test_the_automatic_values_are_those_that_catboost_takes(loss, is_watched, n_trees):
    n_classes = KINDS[loss]
    X, y = rows(n_classes)
    kind = catboost.CatBoostClassifier if n_classes else catboost.CatBoostRegressor
    theirs = kind(n_estimators=n_trees, loss_function=loss, depth=2, **QUIET)
    pool = catboost.Pool(CatBoostRows([2, 3])(X), y)
    theirs.fit(pool, **({"eval_set": pool, "early_stopping_rounds": 2} if is_watched else {}))
    taken = theirs.get_all_params()
    own = automatic_values(n_trees, len(X), loss, n_classes, is_watched)
    assert own == {name: taken[name] for name in AUTOMATIC}


@pytest.mark.whole
def test_the_automatic_rate_holds_where_another_parameter_is_named():
    X, y = rows()
    rates = [built(l2_leaf_reg=value).fit(X, y, WATCHED).history_["learning_rate"] for value in (None, 3, 9)]
    assert rates[0][0] == rates[1][0] == rates[2][0] != pytest.approx(0.03)


@pytest.mark.whole
@pytest.mark.parametrize("n_classes", KINDS.values())
def test_all_rows_are_fitted_with_what_the_number_of_trees_was_found_with(n_classes):
    """The number found is below 200, where CatBoost alone would choose otherwise."""
    X, y = rows(n_classes)
    model = built(n_classes, n_estimators=300).fit(X, y, WATCHED)
    loss = {0: "RMSE", 2: "Logloss", 3: "MultiClass"}[n_classes]
    expected = automatic_values(300, len(X) - len(WATCHED), loss, n_classes, True)
    assert model.stopped_at_ < 200
    assert model.estimator.tree_count_ == model.stopped_at_
    taken = model.estimator.get_all_params()
    assert {name: taken[name] for name in AUTOMATIC} == expected
    pace = Pace(model.stopped_at_, model.history_)
    again = built(n_classes, n_estimators=300).refit(X, y, pace)
    np.testing.assert_array_equal(said(again, X), said(model, X))


@pytest.mark.whole
@pytest.mark.parametrize("n_classes", KINDS.values())
def test_rows_are_what_catboost_makes_of_a_table(n_classes):
    X, y = rows(n_classes)
    model = built(n_classes, learning_rate=0.1, early_stopping_rounds=None).fit(X, y, [])
    table = pd.DataFrame({str(p): X[:, p].astype(np.float32) for p in (0, 1, 4)})
    for p in (2, 3):
        table[str(p)] = ["missing" if np.isnan(code) else str(int(code)) for code in X[:, p]]
    kind = catboost.CatBoostClassifier if n_classes else catboost.CatBoostRegressor
    theirs = kind(n_estimators=60, learning_rate=0.1, cat_features=["2", "3"], **QUIET).fit(table, y)
    expected = theirs.predict_proba(table) if n_classes else theirs.predict(table)
    np.testing.assert_array_equal(said(model, X), expected)


@pytest.mark.parametrize("categorical", [[], [0, 1, 2], [1]])
def test_any_mix_of_columns_is_fitted_saved_and_explained(categorical, tmp_path):
    X, y = rows()
    X = X[:, [0, 2, 3]] if categorical != [0, 1, 2] else X[:, [2, 3, 2]]
    types = ["category" if position in categorical else "number" for position in range(3)]
    model = catboost_models.build("classification", seed=0, feature_types=types, n_estimators=20)
    model.fit(X, y, [])
    catboost_models.save(model, tmp_path)
    loaded = catboost_models.load(tmp_path, "classification")
    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
    one_by_one = np.concatenate([loaded.predict_proba(X[[row]]) for row in range(20)])
    np.testing.assert_array_equal(one_by_one, model.predict_proba(X)[:20])
    parts = loaded.tree_contributions(X)
    assert parts.shape == (len(X), 4, 1)
    margin = np.log(model.predict_proba(X)[:, 1] / model.predict_proba(X)[:, 0])
    np.testing.assert_allclose(parts.sum(axis=(1, 2)), margin, atol=1e-6)


@pytest.mark.whole
def test_contributions_stand_at_the_columns_of_the_matrix():
    X, y = rows(3)
    X[:, 4] = 0.0  # says nothing, and stands behind the categories
    parts = built(3).fit(X, y, WATCHED).tree_contributions(X)
    assert parts.shape == (len(X), 6, 3)
    sizes = np.abs(parts[:, :5]).mean(axis=(0, 2))
    assert sizes[4] == 0
    assert sizes[2] > sizes[3]


@pytest.mark.parametrize("threads", [1, 2])
def test_the_number_of_threads_changes_nothing(threads):
    X, y = rows(0)
    model = catboost_models.build("regression", seed=0, n_jobs=threads, feature_types=TYPES, n_estimators=50)
    expected = built(0, n_estimators=50, early_stopping_rounds=None).fit(X, y, []).predict(X)
    np.testing.assert_array_equal(model.fit(X, y, []).predict(X), expected)


@pytest.mark.parametrize("n_classes", [0, 2])
@pytest.mark.parametrize("patience", [None, 5])
def test_a_target_of_one_value_is_learnt(n_classes, patience):
    X, _ = rows()
    y = np.zeros(len(X), dtype=int) if n_classes else np.full(len(X), 3.0)
    model = built(n_classes, early_stopping_rounds=patience).fit(X, y, WATCHED)
    assert np.abs(model.predict(X) - y).max() < 1e-3


def test_a_class_that_only_watched_rows_have_keeps_its_column():
    X, y = rows(3)
    watched = np.flatnonzero(y == 1)
    model = built(3).fit(X, y, watched)
    assert model.predict_proba(X).shape == (len(X), 3)


@pytest.mark.whole
def test_weights_count_where_rows_are_learnt_and_where_they_are_watched():
    X, y = rows()
    plain = built().fit(X, y, WATCHED)
    heavy = built().fit(X, y, WATCHED, sample_weight=np.where(y == 1, 9.0, 1.0))
    assert heavy.predict_proba(X)[:, 1].mean() > plain.predict_proba(X)[:, 1].mean() + 0.02
    only_watched = np.ones(len(X))
    only_watched[WATCHED] = np.where(y[WATCHED] == 1, 9.0, 1.0)
    other = built().fit(X, y, WATCHED, sample_weight=only_watched)
    assert other.history_["early_stopping_loss"] != plain.history_["early_stopping_loss"]


def test_all_parameters_are_said_and_those_that_a_grid_may_name():
    X, y = rows()
    params = built(depth=4).fit(X, y, WATCHED).get_params()
    assert (params["depth"], params["early_stopping_rounds"]) == (4, 10)
    assert params["n_estimators"] <= 60
    free = library_parameters("catboost_baseline", {"seed": 0, "device": "cpu", "n_jobs": 1}, str)
    assert {"border_count", "loss_function", "l2_leaf_reg"} <= set(free)
    assert not {"thread_count", "random_seed", "verbose"} & set(free)


def test_it_says_nothing_and_leaves_no_folder(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    X, y = rows()
    model, steps = built(), []
    model.on_step = steps.append
    model.fit(X, y, WATCHED).predict_proba(X)
    assert steps[0] == "round 1"
    assert capfd.readouterr() == ("", "")
    assert not list(tmp_path.iterdir())


def spoilt(content):
    other = catboost.CatBoostClassifier(n_estimators=2, **QUIET).fit(
        pd.DataFrame({"age": [1, 2, 3, 4]}), [0, 1, 0, 1]
    )
    other.save_model("other.cbm")
    return {
        "nothing": b"",
        "text": b"no model at all",
        "half": content[: len(content) // 2],
        "a length of 4 GB": content[:4] + b"\xff\xff\xff\xff" + content[8:],
        "noise": content[:8] + np.random.default_rng(0).bytes(len(content) - 8),
        "columns of others": Path("other.cbm").read_bytes(),
    }


@pytest.mark.parametrize(
    "kind", ["nothing", "text", "half", "a length of 4 GB", "noise", "columns of others"]
)
def test_files_that_are_no_model_of_ours_are_refused_in_a_sentence(kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    X, y = rows()
    catboost_models.save(built().fit(X, y, WATCHED), tmp_path)
    path = tmp_path / "estimator.cbm"
    path.write_bytes(spoilt(path.read_bytes())[kind])
    with pytest.raises(ArtifactsError, match="estimator.cbm"):
        catboost_models.load(tmp_path, "classification")


@pytest.mark.parametrize(
    "params",
    [
        {"depth": 17},
        {"l2_leaf_reg": -1.0},
        {"n_estimators": 0},
        {"bootstrap_type": "Bernoulli", "bagging_temperature": 1.0},
        {"loss_function": "NoSuchLoss"},
        {"iterations": 10},
    ],
    ids=str,
)
def test_what_the_library_refuses_is_a_refusal(params):
    X, y = rows()
    with pytest.raises((ValueError, TypeError, *catboost_models.refusals())):
        built(**params).fit(X, y, WATCHED)
