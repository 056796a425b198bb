"""What a framework says of its own models: TreeSHAP and coefficients."""

import numpy as np
import pytest
from evaluation_inputs import make_input

from model_development.explanation.coefficients import coefficients_section
from model_development.explanation.tree_shap import tree_shap, tree_shap_section

BOOSTERS = ("xgboost_baseline", "lightgbm_baseline", "catboost_baseline")


def margin(given, X):
    """The scores that a booster adds up, shape (n_rows, n_outputs)."""
    matrix, estimator = given.model.to_matrix(X), given.model.estimator_
    if hasattr(estimator, "booster_"):
        scores = estimator.booster_.predict(matrix, raw_score=True)
    elif hasattr(estimator, "rows"):
        scores = estimator.estimator.predict(estimator.rows(matrix), prediction_type="RawFormulaVal")
    else:
        scores = estimator.estimator.predict(matrix, output_margin=True)
    return np.asarray(scores, dtype=float).reshape(len(X), -1)


@pytest.mark.whole
@pytest.mark.parametrize("name", BOOSTERS)
@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_tree_shap_adds_up_to_the_margin_in_raw_columns(kind, name):
    given = make_input(kind, 300, model_name=name, params={"n_estimators": 20})
    X = given.test.X.head(50)
    values, base = tree_shap(given.model, X)
    assert values.shape[:2] == (50, len(given.columns))
    np.testing.assert_allclose(values.sum(axis=1) + base, margin(given, X), atol=1e-5)
    section = tree_shap_section(given)
    assert set(section.tables["TreeSHAP (path-dependent)"]["column"]) == set(given.columns)
    assert not section.files


@pytest.mark.whole
@pytest.mark.parametrize("name", ["sklearn_random_forest", "sklearn_logistic_regression"])
def test_other_models_have_no_tree_shap(name):
    assert tree_shap_section(make_input("binary", 200, model_name=name)) is None


@pytest.mark.whole
@pytest.mark.parametrize("name", ["statsmodels_ols", "statsmodels_glm", "sklearn_linear_regression"])
def test_coefficients_of_linear_models_are_shown_largest_first(name):
    section = coefficients_section(make_input("regression", 300, model_name=name, params={}))
    (table,) = section.tables.values()
    sizes = table["coefficient"].abs()
    assert list(sizes) == sorted(sizes, reverse=True)
    assert ("p_value" in table) == name.startswith("statsmodels")


@pytest.mark.whole
def test_the_class_that_coefficients_are_about_is_named():
    given = make_input("binary", 300)
    section = coefficients_section(given)
    assert any("raises the chance of 'good'" in sentence for sentence in section.sentences)
    (table,) = section.tables.values()
    coefficient = table.set_index("feature").loc["amount [CHF]", "coefficient"]
    X = given.test.X.assign(**{"amount [CHF]": [1.0, 5000.0] * (len(given.test) // 2)})
    chance = given.model.predict_proba(X)[:, list(given.model.classes_).index("good")]
    assert np.sign(coefficient) == np.sign(chance[1::2].mean() - chance[::2].mean())
    assert coefficients_section(make_input("binary", 200, model_name="sklearn_random_forest")) is None
