"""Whatever combinations are scored together: each has the scores of an independent fit.

Of every model that shares fits, in every task, any list drawn from a small grid that holds what grids of
users may hold: no limit, few trees, values that the library refuses, one combination twice, combinations
that it takes for the same model. To the last bit, but for networks that are trained as one program.
"""

import json
import pickle
from functools import lru_cache

import pytest
from conftest import of_models, write_project
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from model_development.data.intake import take_in
from model_development.fitting.budget import Plan
from model_development.fitting.combinations import try_combinations
from model_development.fitting.cross_validate import cross_validate
from model_development.fitting.shared_fits import group_by_shared_fit
from model_development.fitting.worker_steps import read_rows
from model_development.models.spec import BatchedFit
from model_development.models.table import MODELS
from model_development.search.strategies import grid
from model_development.settings.context import read_context

pytestmark = pytest.mark.whole

OPTIONS = {"seed": 0, "device": "cpu", "n_jobs": 1}
KINDS = {"classification": "multiclass", "regression": "regression"}
NETWORK = {"layer1_units": [3], "layer2_units": [2], "dropout": [0.0, 0.4], "learning_rate": [0.01, 0.003]}
GRIDS = {
    "sklearn_logistic_regression": {
        "C": [0.1, 10.0],
        "solver": ["lbfgs", "saga"],
        "max_iter": [2, 9, 200, 1000],
    },
    "sklearn_random_forest": {
        "n_estimators": [1, 2, 5],
        "max_depth": [None, 2, 12, 30],
        "min_samples_leaf": [1, 20, 20],
        "min_samples_split": [2, 6],
        "ccp_alpha": [0.0, 0.0, 0.0, 0.02],
    },
    "sklearn_extra_trees": {"n_estimators": [1, 2, 6], "max_depth": [None, 3], "bootstrap": [False, True]},
    "sklearn_gradient_boosting": {
        "n_estimators": [1, 2, 6],
        "max_depth": [2, 4],
        "subsample": [0.5, 1.0],
        "n_iter_no_change": [None, None, 1],
    },
    "xgboost_baseline": {
        "n_estimators": [1, 2, 6],
        "max_depth": [2, 4],
        "booster": ["gbtree", "gblinear"],
        "early_stopping_rounds": [None, None, 2],
    },
    "lightgbm_baseline": {
        "n_estimators": [1, 2, 6],
        "max_depth": [2, 5, -1, -1],
        "num_leaves": [20, 40, 127, None],
        "min_child_samples": [1, 20, 20],
        "early_stopping_rounds": [None, None, None, 2],
    },
    "tensorflow_nn": {**NETWORK, "batch_size": [64]},
    "pytorch_nn": {**NETWORK, "epochs": [1, 2, 4]},
}
STRANGE = {  # what libraries refuse, or take for something else
    "sklearn_logistic_regression": {"max_iter": [0, None, 2.5], "solver": ["liblinear"]},
    "sklearn_random_forest": {"n_estimators": [0, 2.5], "max_depth": [0, 9.5], "min_samples_split": [1, 0.5]},
    "sklearn_extra_trees": {"n_estimators": [0, 2.5], "max_depth": [0, 9.5]},
    "sklearn_gradient_boosting": {"n_estimators": [0, 2.5, None], "max_depth": [0, None]},
    "xgboost_baseline": {"n_estimators": [0, None, 2.5, True], "max_depth": [0, None]},
    "lightgbm_baseline": {
        "n_estimators": [0, 2.5, None],
        "num_leaves": [1, 40.5, 10**6],
        "max_depth": [0, None],
    },
    "tensorflow_nn": {"dropout": [1.0]},
    "pytorch_nn": {"epochs": [0, 2.5], "dropout": [1.0]},
}
# One that stands for a larger limit, at which more than one prefix of it is looked at.
FIRST = {
    "sklearn_random_forest": {"n_estimators": [5], "max_depth": [12], "min_samples_leaf": [20]},
    "lightgbm_baseline": {"n_estimators": [6], "num_leaves": [40]},
}
THEN = {
    "sklearn_random_forest": {"n_estimators": [5, 2], "max_depth": [None], "min_samples_leaf": [20]},
    "lightgbm_baseline": {"n_estimators": [6, 2], "num_leaves": [127]},
}
N_EXAMPLES = {
    "sklearn_logistic_regression": 20,
    "sklearn_random_forest": 25,
    "sklearn_extra_trees": 10,
    "sklearn_gradient_boosting": 10,
    "xgboost_baseline": 15,
    "lightgbm_baseline": 25,
    "tensorflow_nn": 2,
    "pytorch_nn": 8,
}
DRAW = [Phase.generate]  # and no search for a smaller failure, which would take minutes
ROWS = [(spec.name, family) for spec in MODELS.values() if spec.sharing for family in spec.tasks]


def part_of(space, strange, shared, rng):
    """Combinations of a part of a grid in any order, most of which differ in what can be shared alone."""
    part = {
        name: rng.sample(values, rng.randint(2, len(values)) if name in shared else 1)
        for name, values in space.items()
    }
    combinations = rng.choices(grid(part), k=rng.randint(2, 7))
    if rng.random() < 0.25:
        name = rng.choice(list(strange))
        combinations[-1] = {**combinations[-1], name: rng.choice(strange[name])}
        rng.shuffle(combinations)
    return combinations


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """Path of the pickled rows, by family."""
    folder, paths = tmp_path_factory.mktemp("rows"), {}
    for family, kind in KINDS.items():
        data = take_in(read_context(write_project(folder / kind, kind))).data
        paths[family] = folder / f"{kind}.pkl"
        paths[family].write_bytes(pickle.dumps(data))
    return paths


def independent(name, params, path):
    """The scores of a fit of its own on the first fold, None where the library refuses it."""
    data = read_rows(path)
    plan = Plan(len(data.folds), len(data.X_train), {0: data.folds[0]}, None)
    try:
        return cross_validate(name, params, path, OPTIONS, str, plan)[0]["fold_scores"]
    except (ValueError, TypeError, *getattr(MODELS[name].library, "refusals", tuple)()):
        return None


@pytest.mark.parametrize(("name", "family"), of_models(ROWS))
def test_any_combinations_scored_together_have_the_scores_of_independent_fits(
    name, family, rows, monkeypatch
):
    if name == "tensorflow_nn":
        from model_development.models.tensorflow_models import KerasNetwork

        monkeypatch.setattr(KerasNetwork, "n_epochs", 2)
    spec, path = MODELS[name], str(rows[family])
    alone = lru_cache(lambda text: independent(name, json.loads(text), path))

    def check(combinations):
        numbered = enumerate(map(spec.completed, combinations))
        for group in group_by_shared_fit(numbered, spec.shared_parameters, spec.canonical_params):
            members = [params for _, params in group]
            results = try_combinations(name, members, path, OPTIONS, lambda told: None, folds=(0,))
            for params, result in zip(members, results, strict=True):
                found = None if isinstance(result, str) else result["fold_scores"]
                assert_same(found, alone(json.dumps(params)), is_exact(spec, members))

    @settings(max_examples=N_EXAMPLES[name], deadline=None, derandomize=True, database=None, phases=DRAW)
    @given(st.randoms(use_true_random=True))
    def check_drawn(rng):
        check(part_of(GRIDS[name], STRANGE[name], spec.shared_parameters, rng))

    check(grid(FIRST.get(name, {})) + grid(THEN.get(name, {})))
    check_drawn()


def is_exact(spec, members):
    """Are they not several networks? Those that differ in epochs alone are one, looked at on its way."""
    together = next((sharing for sharing in spec.sharing if isinstance(sharing, BatchedFit)), None)
    return (
        not together or len({tuple(params[name] for name in together.parameters) for params in members}) == 1
    )


def assert_same(found, expected, exactly):
    if exactly or found is None or expected is None:
        assert found == expected
    else:
        metric = "rmse" if "rmse" in expected else "log_loss"
        assert found[metric] == pytest.approx(expected[metric], rel=1e-3)
