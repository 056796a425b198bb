import numpy as np
import pandas as pd
import pytest
from brute_force import brute_force
from evaluation_inputs import make_input

from model_development.explanation.explained import background_of, explained
from model_development.explanation.model_output import ModelOutput
from model_development.explanation.shap import Explainer
from model_development.models.table import model_names

QUICK = {
    "sklearn_random_forest": {"n_estimators": 10, "max_depth": 5},
    "xgboost_baseline": {"n_estimators": 20, "max_depth": 3},
    "lightgbm_baseline": {"n_estimators": 20, "num_leaves": 7},
    "pytorch_nn": {"layer1_units": 16, "layer2_units": 8, "dropout": 0.1, "learning_rate": 0.01, "epochs": 5},
    "tensorflow_nn": {"layer1_units": 16, "layer2_units": 8, "dropout": 0.1, "learning_rate": 0.01},
}
FAMILIES = {"binary": "classification", "multiclass": "classification", "regression": "regression"}
CASES = [
    pytest.param(kind, name, marks=[pytest.mark.whole] if "nn" in name else [])
    for kind, family in FAMILIES.items()
    for name in model_names(family)
]


def explainer_of(given, n_background):
    output = ModelOutput.of(given.model, given.task)
    return Explainer(output, background_of(given, n_background), given.seed), output


@pytest.mark.whole
@pytest.mark.parametrize(("kind", "name"), CASES)
def test_values_are_those_of_the_definition_and_add_up(kind, name):
    given = make_input(kind, 200, model_name=name, params=QUICK.get(name))
    explainer, output = explainer_of(given, 8)
    rows, background = given.test.X.head(2), background_of(given, 8)
    found = explainer.explain(rows, passes=400)
    unit = np.abs(found.output).max()
    scale = max(1e-9, found.importance.max())
    np.testing.assert_allclose(found.base + found.values.sum(axis=1), found.output, atol=1e-6 * unit)
    np.testing.assert_allclose(found.output, output.say(rows), atol=1e-6 * unit)
    for i in range(len(rows)):
        exact = brute_force(output.say, rows.iloc[[i]], background, output.columns)
        np.testing.assert_allclose(found.values[i], exact, atol=0.05 * scale)


@pytest.mark.whole
@pytest.mark.parametrize("passes", [1, 3, 10])
def test_of_a_model_that_adds_up_a_few_passes_are_exact(passes):
    given = make_input("regression", 300)
    explainer, output = explainer_of(given, 40)
    rows, background = given.test.X.head(3), background_of(given, 40)
    found = explainer.explain(rows, passes=passes)
    for i in range(len(rows)):
        exact = brute_force(output.say, rows.iloc[[i]], background, output.columns)
        np.testing.assert_allclose(found.values[i], exact, atol=1e-6 * np.abs(found.output).max())


@pytest.mark.whole
@pytest.mark.parametrize("n_background", [1, 2, 3, 7, 100])
def test_sums_are_exact_for_every_size_of_background(n_background):
    given = make_input("multiclass", 300, model_name="sklearn_random_forest", params={"n_estimators": 5})
    found = explainer_of(given, n_background)[0].explain(given.test.X.head(20))
    np.testing.assert_allclose(found.base + found.values.sum(axis=1), found.output, atol=1e-12)


@pytest.mark.whole
def test_few_passes_come_near_to_the_definition():
    given = make_input("binary", 400, model_name="sklearn_random_forest", params={"n_estimators": 20})
    explainer, output = explainer_of(given, 60)
    rows, background = given.test.X.head(8), background_of(given, 60)
    few = explainer.explain(rows).values
    exact = np.array([brute_force(output.say, rows.iloc[[i]], background, output.columns) for i in range(8)])
    assert np.corrcoef(few.ravel(), exact.ravel())[0, 1] > 0.97
    explainer.__dict__["_own"] = np.zeros_like(explainer._own)  # as if ten rows were the whole background
    plain = explainer.explain(rows).values
    assert np.mean((few - exact) ** 2) < 0.5 * np.mean((plain - exact) ** 2)


@pytest.mark.whole
def test_the_same_seed_gives_the_same_values():
    given = make_input("binary", 200, model_name="lightgbm_baseline", params=QUICK["lightgbm_baseline"])
    one, two = (explainer_of(given, 20)[0].explain(given.test.X.head(9)).values for _ in range(2))
    np.testing.assert_array_equal(one, two)


@pytest.mark.whole
@pytest.mark.parametrize("kind", FAMILIES)
def test_raw_columns_and_their_parts_of_the_matrix_say_the_same(kind):
    given = make_input(kind, 200, model_name="sklearn_random_forest", params={"n_estimators": 5})
    by_matrix, output = explainer_of(given, 15)
    by_matrix = by_matrix.explain(given.test.X.head(5))
    output._sources = None  # as of a model whose preprocessor nobody knows
    by_raw = Explainer(output, background_of(given, 15), given.seed).explain(given.test.X.head(5))
    np.testing.assert_allclose(by_matrix.values, by_raw.values, atol=1e-12)


@pytest.mark.whole
def test_a_column_that_the_model_ignores_adds_nothing():
    table = pd.DataFrame({"a": np.arange(200) % 10, "b": np.arange(200) % 7})
    table["outcome"] = np.where(table["a"] > 4, "up", "down")
    given = make_input("binary", table=table, model_name="xgboost_baseline", params={"max_depth": 1})
    shap = explained(given).shap
    assert shap.columns == ["a", "b"]
    assert (shap.values[:, 1] == 0).all()
    assert shap.importance[0, 0] > 0.1
    assert shap.labels == (given.task.positive_class,)
    positive = given.test.said.probabilities[:, given.task.positive_index]
    np.testing.assert_allclose(shap.output[:, 0], positive, atol=1e-6)


@pytest.mark.whole
def test_of_several_classes_all_are_explained_and_what_they_gain_and_lose_is_even():
    given = make_input("multiclass", 300)
    shap = explained(given).shap
    assert shap.labels == given.task.classes
    np.testing.assert_allclose(shap.values.sum(axis=2), 0, atol=1e-9)
