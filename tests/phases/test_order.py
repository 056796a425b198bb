"""Within a budget the models are trained first that promise most, and keep their folds and rows."""

from types import SimpleNamespace

import numpy as np
import pytest

from model_development.models.table import MODELS
from model_development.phases.training import training
from model_development.phases.training.order import longest_first, most_promising_first
from model_development.search.space import Range, read_space

BOOSTING = {"lightgbm_baseline", "xgboost_baseline"}


def order(family, n_rows):
    suitable = [spec for spec in MODELS.values() if family in spec.tasks and not spec.is_dummy]
    return [spec.name for spec in most_promising_first(suitable, (n_rows, 12))]


@pytest.mark.parametrize("family", ["classification", "regression"])
@pytest.mark.parametrize("n_rows", [100, 5_000, 50_000, 500_000])
def test_boosting_comes_first_and_slow_networks_late_on_tables_of_any_size(family, n_rows):
    names = order(family, n_rows)
    assert set(names[:3]) >= BOOSTING
    assert n_rows < 5_000 or names[0] == "lightgbm_baseline"
    assert names.index("tensorflow_nn") > names.index("catboost_baseline")
    assert names.index("sklearn_decision_tree") > 5


def rows(n_rows=5000, n_classes=2, n_columns=12):
    task = SimpleNamespace(classes=tuple(range(n_classes)))
    return SimpleNamespace(X_train=np.empty((n_rows, n_columns)), task=task, n_characters=0)


def test_where_many_classes_make_boosting_too_long_one_of_it_has_all_cores_and_then_what_is_quick_comes():
    from model_development.execution.protocol import Call

    names = ["lightgbm_baseline", "catboost_baseline", "sklearn_random_forest", "sklearn_logistic_regression"]
    calls = [Call(name, "x", print) for name in names]
    (alone,), others = training._in_order_of_promise(calls, rows(60_000, 26), 60.0)
    assert (alone.name, alone.largest_share) == ("lightgbm_baseline", 0.8)
    assert alone.arguments["least_share"] == 0  # as many rows as the time allows
    assert [call.name for call in others] == [names[3], names[2], names[1]]
    assert {(call.largest_share, call.arguments["least_share"]) for call in others} == {(0.5, 0.3)}
    assert training._in_order_of_promise(calls[2:], rows(60_000, 26), 60.0)[0] == []


def test_of_few_rows_and_many_columns_what_can_be_done_comes_before_boosting_that_cannot():
    """LightGBM alone took all of 15 s for a fold of 400 rows of 2,500 columns, and nothing was trained."""
    from model_development.execution.protocol import Call

    names = ["lightgbm_baseline", "xgboost_baseline", "sklearn_lasso", "sklearn_ridge", "dummy_floor"]
    calls = [Call(name, "x", print) for name in names]
    alone, others = training._in_order_of_promise(calls, rows(430, 0, 2_500), 15.0)
    assert alone == []
    assert [call.name for call in others][:3] == ["dummy_floor", "sklearn_ridge", "sklearn_lasso"]


def test_where_there_is_no_time_for_any_a_line_is_trained_before_a_small_tree():
    """Of 3,000 columns a tree had a log loss of 2.5, worse than no model at all."""
    for family, first in (("classification", "sklearn_logistic_regression"), ("regression", "sklearn_ridge")):
        specs = [spec for spec in MODELS.values() if family in spec.tasks and not spec.is_dummy]
        assert min(specs, key=training._how_quick).name == first


def test_fits_of_many_classes_take_longer_by_less_than_their_number_where_they_stop_early():
    """Measured on one core: LightGBM 1.7 and 7.4 s with 2 and 10 classes, XGBoost 3.6 and 32 s."""
    shape = (10_000, 16)
    for name, low, high in (("lightgbm_baseline", 3.0, 6.0), ("xgboost_baseline", 5.0, 10.0)):
        spec = MODELS[name]
        two, ten = (spec.expected_s(shape, n_classes) - spec.start_s for n_classes in (2, 10))
        assert low < ten / two < high


def test_forests_of_classes_take_longer_by_less_than_the_number_of_columns_and_those_of_numbers_do_not():
    """They look at the root of all columns for each node; of numbers at half of them, or at all."""
    for name in ("sklearn_random_forest", "sklearn_extra_trees"):
        spec = MODELS[name]
        for n_classes, times in ((3, 10.0), (0, 100.0)):
            few, many = (spec.expected_s((500, n), n_classes) - spec.start_s for n in (30, 3_000))
            assert many / few == pytest.approx(times)


def test_what_follows_depends_on_the_rows():
    few, many = order("classification", 800), order("classification", 300_000)
    assert few.index("catboost_baseline") < few.index("sklearn_logistic_regression")
    assert many.index("sklearn_logistic_regression") < many.index("catboost_baseline")


def test_without_a_budget_the_longest_are_begun_first():
    costs = [spec.relative_cost for spec in longest_first(MODELS.values())]
    assert costs == sorted(costs, reverse=True)


def test_within_a_deadline_leading_models_come_first_and_none_is_begun_too_late():
    from model_development.execution.protocol import Call

    names = [
        "sklearn_decision_tree",
        "tensorflow_nn",
        "catboost_baseline",
        "sklearn_ridge",
        "lightgbm_baseline",
    ]
    alone, calls = training._in_order_of_promise([Call(n, "x", print) for n in names], rows(), 100.0)
    assert alone == []
    assert [call.name for call in calls[:2]] == ["lightgbm_baseline", "catboost_baseline"]
    assert [call.largest_share for call in calls] == [0.8, 0.8, 0.5, 0.5, 0.5]
    assert {call.name: call.least_s for call in calls}["tensorflow_nn"] == MODELS["tensorflow_nn"].start_s > 4


@pytest.mark.parametrize("name", [name for name, spec in MODELS.items() if spec.portfolio])
def test_a_portfolio_lies_within_the_ranges(name):
    spec = MODELS[name]
    wide = read_space(spec.ranges, name)
    for params in spec.portfolio:
        assert set(params) <= set(wide)
        for parameter, value in params.items():
            values = wide[parameter]
            held = 0 <= values.place(value) <= 1 if isinstance(values, Range) else value in values
            assert held, (parameter, value)


def test_sentences_cost_every_model_the_same_beside_its_own_fit_and_a_dummy_nothing():
    """Of 100,000 reviews a fit was expected to take 6 s and took a minute: no model was done in time."""
    shape, n_characters = (100_000, 12), 20_000_000
    for name in ("lightgbm_baseline", "sklearn_logistic_regression"):
        spec = MODELS[name]
        assert spec.expected_s(shape, 2, n_characters) - spec.expected_s(shape) > 30
    dummy = MODELS["dummy_floor"]
    assert dummy.expected_s(shape, 2, n_characters) == dummy.expected_s(shape)
    plain, texts = (most_promising_first(MODELS.values(), shape, 2, n) for n in (0, n_characters))
    catboost = MODELS["catboost_baseline"]
    assert texts.index(catboost) < plain.index(catboost)  # its own fit matters less
