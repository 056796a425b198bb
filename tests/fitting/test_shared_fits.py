"""Sharing must not change a single score: each combination against an independent fit, to the last bit."""

import pickle

import pytest
from conftest import write_project

from model_development.data.intake import take_in
from model_development.fitting import combinations as shared_fits
from model_development.fitting import shared_fits as fits
from model_development.fitting.byte_cache import ByteCache
from model_development.fitting.combinations import try_combinations
from model_development.fitting.cross_validate import cross_validate
from model_development.fitting.shared_fits import group_by_shared_fit
from model_development.models.spec import BatchedFit
from model_development.models.table import MODELS
from model_development.search.strategies import grid
from model_development.settings.context import read_context

pytestmark = pytest.mark.whole

OPTIONS = {"seed": 0, "device": "cpu", "n_jobs": 1}
SHARING = [
    (spec.name, family)
    for spec in MODELS.values()
    if any(not isinstance(sharing, BatchedFit) for sharing in spec.sharing)
    for family in spec.tasks
]
SMALL = {"n_estimators": [5, 12, 20], "epochs": [2, 3, 5], "max_iter": [3, 8, 200, 1000]}
KINDS = {"classification": "multiclass", "regression": "regression"}


@pytest.fixture
def rows(tmp_path):
    def write(kind):
        data = take_in(read_context(write_project(tmp_path / kind, kind))).data
        path = tmp_path / f"{kind}.pkl"
        path.write_bytes(pickle.dumps(data))
        return str(path)

    return write


def quiet(text):
    """Progress that nobody reads."""


def independent(name, params, path):
    return cross_validate(name, params, path, OPTIONS, quiet)[0]["fold_scores"]


def expected_or_refusal(params, path):
    try:
        return independent("pytorch_nn", params, path)
    except ValueError as error:
        return f"pytorch refuses it: {error}"


@pytest.mark.parametrize(("name", "family"), SHARING)
def test_shared_scores_equal_those_of_independent_fits(name, family, rows):
    spec, path = MODELS[name], rows(KINDS[family])
    parameter = spec.sharing[0].parameter
    first = {key: values[0] for key, values in spec.search_space.items()}
    base = {**spec.baseline, **spec.in_search, **first}
    combinations = [{**base, parameter: value} for value in reversed(SMALL[parameter])]
    shared = try_combinations(name, combinations, path, OPTIONS, quiet)
    for params, result in zip(combinations, shared, strict=True):
        assert result["fold_scores"] == independent(name, params, path)
        assert result["n_sharing"] == len(combinations)
    assert len({str(result["fold_scores"]) for result in shared}) > 1  # the parameter does matter


def test_a_plateau_costs_the_fits_that_did_not_converge_and_no_more(rows):
    combinations = [{"C": 1.0, "solver": "lbfgs", "max_iter": n} for n in (500, 1000, 2000)]
    shared = try_combinations("sklearn_logistic_regression", combinations, rows("binary"), OPTIONS, quiet)
    assert shared[0]["fit_cost_s"] > 0
    assert [result["fit_cost_s"] for result in shared[1:]] == [0, 0]


LIMITS = {
    "sklearn_random_forest": {
        "n_estimators": [4, 9],
        "max_depth": [None, 7, 3],
        "min_samples_split": [2, 5, 10],
        "min_samples_leaf": [1, 4],
    },
    "lightgbm_baseline": {
        "n_estimators": [5, 12],
        "max_depth": [2, 6, -1],
        "num_leaves": [127, 31, 4],
        "min_child_samples": [5, 20],
    },
}


@pytest.mark.parametrize("family", ["classification", "regression"])
@pytest.mark.parametrize("name", LIMITS)
def test_limits_that_no_fit_came_to_do_not_change_a_single_score(name, family, rows, monkeypatch):
    spec, path = MODELS[name], rows(KINDS[family])
    combinations = [spec.completed(params) for params in grid(LIMITS[name])]
    counted_fits, fit = [], fits._fit

    def counted(model, fold):
        counted_fits.append(model.params)
        return fit(model, fold)

    monkeypatch.setattr(fits, "_fit", counted)
    numbered = list(enumerate(combinations))
    for group in group_by_shared_fit(numbered, spec.shared_parameters, spec.canonical_params):
        members = [params for _, params in group]
        shared = try_combinations(name, members, path, OPTIONS, quiet)
        for params, result in zip(members, shared, strict=True):
            assert result["fold_scores"] == independent(name, params, path)
        assert sum(r["fit_cost_s"] for r in shared) <= sum(r["alone_cost_s"] for r in shared)
    assert len(counted_fits) < 3 * len(combinations) / 2  # which the prefix alone would need


@pytest.mark.parametrize(
    "changes", [{"class_weight": "balanced_subsample"}, {"bootstrap": False}, {"max_samples": 0.5}]
)
def test_trees_are_taken_over_under_all_parameters_of_a_forest(changes, rows):
    spec, path = MODELS["sklearn_random_forest"], rows("binary")
    space = {"n_estimators": [6], "max_depth": [4, 8, None], "min_samples_leaf": [3]}
    combinations = [spec.completed(params | changes) for params in grid(space)]
    shared = try_combinations(spec.name, combinations, path, OPTIONS, quiet)
    for params, result in zip(combinations, shared, strict=True):
        assert result["fold_scores"] == independent(spec.name, params, path)


def test_each_fit_is_told_as_soon_as_it_is_done_while_others_are_still_to_come(rows):
    spec, told = MODELS["sklearn_random_forest"], []
    space = {"max_depth": [2, 3, None], "n_estimators": [5, 3]}
    combinations = [spec.completed(params) for params in grid(space)]
    results = try_combinations(spec.name, combinations, rows("binary"), OPTIONS, told.append, folds=(1,))
    expected = [(params, result) for params, result in zip(combinations, results, strict=True)]
    assert told == expected[:4]  # the last fit is told by the results


def test_trees_that_came_to_the_limit_are_grown_anew_and_the_others_kept(rows):
    from model_development.models import forests

    data = shared_fits.read_rows(rows("binary"))
    fold = shared_fits._fold(rows("binary"), "forest", 0, 1.0, OPTIONS)
    y = data.task.encode(fold["y_fit"])
    params = {"n_estimators": 20, "min_samples_leaf": 4, "seed": 0}
    small, large = (forests.build("classification", max_depth=depth, **params) for depth in (6, None))
    small.fit(fold["X_fit"], y)
    share = forests.reuse_trees(large, small)
    large.fit(fold["X_fit"], y)
    kept = [a is b for a, b in zip(small.estimators_, large.estimators_, strict=True)]
    assert share == sum(kept) / 20
    assert 0 < share < 1


def test_rows_are_binned_once_for_the_fits_that_agree_on_them(rows):
    from model_development.models import lightgbm_models

    data = shared_fits.read_rows(rows("binary"))
    fold = shared_fits._fold(rows("binary"), "codes", 0, 1.0, OPTIONS)
    y = data.task.encode(fold["y_fit"])

    def fitted(**params):
        model = lightgbm_models.build("classification", seed=0, n_estimators=5, **params)
        return model.fit(fold["X_fit"], y, [])

    before = len(lightgbm_models._binned._kept)
    for params in ({"num_leaves": 7}, {"num_leaves": 15, "min_child_samples": 5}, {"subsample": 0.5}):
        fitted(**params)
    assert len(lightgbm_models._binned._kept) == before + 1
    plain, balanced = fitted(), fitted(class_weight={0: 1.0, 1: 5.0})
    assert len(lightgbm_models._binned._kept) == before + 2
    assert (
        balanced.predict_proba(fold["X_score"])[:, 1].mean()
        > plain.predict_proba(fold["X_score"])[:, 1].mean()
    )


def test_one_combination_that_diverges_does_not_spoil_those_before_it(rows):
    path = rows("regression")
    base = {**MODELS["pytorch_nn"].baseline, "learning_rate": 3e4}
    combinations = [{**base, "epochs": 1}, {**base, "epochs": 200}]
    shared = try_combinations("pytorch_nn", combinations, path, OPTIONS, quiet)
    assert [expected_or_refusal(params, path) for params in combinations] == [
        result if isinstance(result, str) else result["fold_scores"] for result in shared
    ]


def test_a_refused_group_gives_one_reason_each(rows):
    combinations = [{"C": 1.0, "solver": "liblinear", "max_iter": n} for n in (500, 1000)]
    shared = try_combinations("sklearn_logistic_regression", combinations, rows("multiclass"), OPTIONS, quiet)
    assert all(result.startswith("sklearn refuses it: ") for result in shared)


@pytest.mark.parametrize(("name", "n_fits"), [("xgboost_baseline", 144), ("lightgbm_baseline", 192)])
def test_the_grid_needs_one_fit_per_group(name, n_fits):
    groups = group_by_shared_fit(list(enumerate(grid(MODELS[name].search_space), 1)), ["n_estimators"])
    assert len(groups) == n_fits
    assert sorted(number for group in groups for number, _ in group) == list(range(1, 4 * n_fits + 1))


@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_networks_trained_together_score_as_those_trained_alone_but_for_rounding(kind, rows):
    path, spec = rows(kind), MODELS["pytorch_nn"]
    combinations = [
        {**spec.baseline, "layer1_units": 32, "dropout": dropout, "learning_rate": rate, "epochs": epochs}
        for dropout in (0.2, 0.5)
        for rate in (0.001, 0.01)
        for epochs in (3, 8)
    ]
    shared = try_combinations("pytorch_nn", combinations, path, OPTIONS, quiet)
    metric = "rmse" if kind == "regression" else "log_loss"
    for params, result in zip(combinations, shared, strict=True):
        alone = independent("pytorch_nn", params, path)
        assert result["fold_scores"][metric] == pytest.approx(alone[metric], rel=1e-3)
    assert shared[0]["n_sharing"] == 8


def test_a_network_that_diverges_among_others_is_one_refusal(rows):
    path, base = rows("regression"), {**MODELS["pytorch_nn"].baseline, "epochs": 5}
    rates = [0.001, 1e30, 0.01]
    combinations = [{**base, "learning_rate": rate} for rate in rates]
    shared = try_combinations("pytorch_nn", combinations, path, OPTIONS, quiet)
    assert [isinstance(result, str) for result in shared] == [False, True, False]
    assert "lower learning_rate" in shared[1]


@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_keras_networks_trained_together_score_as_those_trained_alone_but_for_rounding(
    kind, rows, monkeypatch
):
    from model_development.models.tensorflow_models import KerasNetwork

    monkeypatch.setattr(KerasNetwork, "n_epochs", 3)
    path, base = rows(kind), {**MODELS["tensorflow_nn"].baseline, "layer1_units": 32}
    combinations = [
        {**base, "dropout": dropout, "learning_rate": rate} for dropout, rate in ((0.2, 0.001), (0.5, 0.01))
    ]
    shared = try_combinations("tensorflow_nn", combinations, path, OPTIONS, quiet)
    metric = "rmse" if kind == "regression" else "log_loss"
    scores = [result["fold_scores"][metric] for result in shared]
    for params, together in zip(combinations, scores, strict=True):
        alone = cross_validate("tensorflow_nn", params, path, OPTIONS, quiet)[0]["fold_scores"][metric]
        assert together == pytest.approx(alone, rel=1e-3)
    assert len({str(score) for score in scores}) == 2
    assert shared[0]["n_sharing"] == 2


def test_the_pytorch_grid_needs_one_program_per_shape():
    spec = MODELS["pytorch_nn"]
    groups = group_by_shared_fit(list(enumerate(grid(spec.search_space), 1)), spec.shared_parameters)
    assert [len(group) for group in groups] == [27] * 9


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("lightgbm_baseline", {"boosting_type": "dart"}),
        ("xgboost_baseline", {"booster": "dart", "rate_drop": 0.5}),
    ],
)
def test_rounds_that_change_those_before_them_are_not_shared(name, changes, rows):
    path, spec = rows("binary"), MODELS[name]
    combinations = [spec.completed({"n_estimators": n} | changes) for n in (5, 20)]
    shared = try_combinations(name, combinations, path, OPTIONS, quiet)
    assert [result["fold_scores"] for result in shared] == [independent(name, c, path) for c in combinations]


def test_a_part_of_the_rows_counts_in_lightgbm_s_search(rows):
    spec, path = MODELS["lightgbm_baseline"], rows("binary")
    combinations = [spec.completed({"n_estimators": 20, "subsample": share}) for share in (0.5, 1.0)]
    half, whole = (try_combinations(spec.name, [c], path, OPTIONS, quiet)[0] for c in combinations)
    assert half["fold_scores"] != whole["fold_scores"]


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("lightgbm_baseline", {"num_leaves": 1}),
        ("xgboost_baseline", {"subsample": 7.0}),
        ("pytorch_nn", {"layer1_units": -5}),
        ("pytorch_nn", {"epochs": 2.5}),
        ("tensorflow_nn", {"dropout": 1.0}),
    ],
)
def test_a_value_that_the_library_refuses_is_a_reason_of_one_line(name, params, rows):
    spec = MODELS[name]
    (result,) = try_combinations(name, [spec.completed(params)], rows("binary"), OPTIONS, quiet)
    assert result.startswith(f"{spec.framework} refuses it: ")
    assert "\n" not in result


def test_seconds_of_a_shared_fit_are_those_that_each_would_have_taken_alone(rows):
    spec = MODELS["xgboost_baseline"]
    combinations = [spec.completed({"n_estimators": n}) for n in (10, 40)]
    short, long = try_combinations(spec.name, combinations, rows("binary"), OPTIONS, quiet)
    before = [
        (4 * a - b) / 3 for a, b in zip(short["fold_seconds"], long["fold_seconds"], strict=True)
    ]  # preprocessing, of which they have one
    assert min(before) > 0
    assert sum(short["fold_seconds"]) == pytest.approx(short["alone_cost_s"] + sum(before))
    assert long["alone_cost_s"] == pytest.approx(4 * short["alone_cost_s"])
    assert short["cv"]["training_time"]["mean"] == pytest.approx(sum(short["fold_seconds"]) / 3)
    assert short["fit_cost_s"] == pytest.approx(long["fit_cost_s"])


@pytest.mark.parametrize("error", [ValueError, RuntimeError])  # XGBoost's own error is a ValueError
def test_combinations_for_which_the_gpu_is_too_small_are_fitted_on_the_cpu(error, rows, monkeypatch):
    prepare, path = shared_fits.prepare, rows("binary")
    spec = MODELS["sklearn_logistic_regression"]
    combinations = [{**spec.baseline, "C": value} for value in (0.1, 1.0)]
    expected = try_combinations(spec.name, combinations, path, OPTIONS, quiet)

    def prepare_or_fail(name, params, data, options, **about):
        if options["device"] == "cuda":
            raise error("[12:00:00] cudaErrorMemoryAllocation: out of memory")
        return prepare(name, params, data, options, **about)

    monkeypatch.setattr(shared_fits, "prepare", prepare_or_fail)
    found = try_combinations(spec.name, combinations, path, {**OPTIONS, "device": "cuda"}, quiet)
    assert [f["fold_scores"] for f in found] == [e["fold_scores"] for e in expected]


def test_folds_that_are_kept_take_no_more_than_they_may_and_take_their_datasets_along(rows, monkeypatch):
    from model_development.models import lightgbm_models

    cache, path = ByteCache(1), rows("binary")
    monkeypatch.setattr(shared_fits, "_folds", cache)
    before = len(lightgbm_models._binned._kept)
    combinations = [MODELS["lightgbm_baseline"].completed({"n_estimators": 3})]

    def tried(cache_mb):
        return try_combinations("lightgbm_baseline", combinations, path, OPTIONS, quiet, cache_mb=cache_mb)

    (scores,) = tried(100)
    assert len(cache) == 3
    one = cache.size / 3 / 2**20
    for n_kept in (2, 1):
        (again,) = tried(one * (n_kept + 0.5))
        assert again["fold_scores"] == scores["fold_scores"]
        assert len(cache) == n_kept
        assert cache.size <= one * (n_kept + 0.5) * 2**20
        assert len(lightgbm_models._binned._kept) == before + n_kept


def test_what_was_used_longest_ago_goes_first():
    cache, made = ByteCache(10), []

    def get(key):
        return cache.get(key, lambda: made.append(key) or key, lambda value: 4)

    for key in ("a", "b", "a", "c", "a", "b"):
        assert get(key) == key
    assert made == ["a", "b", "c", "b"]


def test_seconds_of_a_combination_hold_its_preprocessing_as_those_of_the_baseline_do():
    """Of sentences it is most of the time: a combination looked ten times as quick as its baseline."""
    results = [({"rmse": 1.0}, {}, 0.1, 0.3, 2.0), ({"rmse": 2.0}, {}, 0.1, 0.5, 3.0)]
    found = shared_fits._summary(results, 3)
    assert found["fold_seconds"] == [2.3, 3.5]
    assert (found["fit_cost_s"], found["alone_cost_s"]) == (0.2, 0.8)
