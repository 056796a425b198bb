import numpy as np
import pandas as pd
import pytest
from evaluation_inputs import make_input

from model_development.errors import DataError
from model_development.explanation.explain_row import RowExplainer, explain_row
from model_development.reports.chart import Chart
from model_development.storage.model_folder import load_folder, save_model

BOOSTED = {"model_name": "lightgbm_baseline", "params": {"n_estimators": 20, "num_leaves": 7}}


@pytest.mark.whole
def test_contributions_lead_from_the_base_to_what_the_model_says():
    given = make_input("binary", 300, **BOOSTED)
    row = given.test.X.iloc[[3]]
    found = explain_row(given.model, row, given.out_of_fold.X, positive_class="bad", target="outcome")
    chance = given.model.predict_proba(row)[0, list(given.model.classes_).index("bad")]
    assert found.labels == ("bad",)
    assert found.output[0] == pytest.approx(chance, abs=1e-9)
    assert found.base[0] + found.table["contribution"].sum() == pytest.approx(chance, abs=1e-9)
    assert list(found.table["contribution"].abs()) == sorted(found.table["contribution"].abs(), reverse=True)
    assert found.values["amount [CHF]"] in (
        f"{row['amount [CHF]'].iloc[0]:,.0f}",
        "missing",
        f"{row['amount [CHF]'].iloc[0]:.4g}",
    )
    assert found.sentences[0].startswith("The chance of 'bad' is 0.")
    first = found.table.iloc[0]
    verb = "adds" if first["contribution"] > 0 else "takes away"
    assert any(f"{first['column']!r} = {first['value']} {verb} " in sentence for sentence in found.sentences)
    assert isinstance(found.chart, Chart)


@pytest.mark.whole
@pytest.mark.parametrize("form", ["frame", "series", "dict"])
def test_a_row_in_any_form_is_explained_alike(form):
    given = make_input("regression", 300, **BOOSTED)
    row = given.test.X.iloc[[0]]
    forms = {"frame": row, "series": row.iloc[0], "dict": row.iloc[0].to_dict()}
    expected = explain_row(given.model, row, given.out_of_fold.X)
    found = RowExplainer(given.model, given.out_of_fold.X).explain(forms[form])
    np.testing.assert_array_equal(found.contributions, expected.contributions)
    assert found.phrase == "the prediction"


@pytest.mark.whole
def test_the_positive_class_is_the_one_that_was_asked_for():
    given = make_input("binary", 300, **BOOSTED)
    row, background = given.test.X.iloc[[0]], given.out_of_fold.X
    bad, good = (explain_row(given.model, row, background, positive_class=name) for name in ("bad", "good"))
    np.testing.assert_allclose(bad.contributions, -good.contributions, atol=1e-9)
    assert explain_row(given.model, row, background).label == "good"
    with pytest.raises(DataError, match="knows no class 'god'. Did you mean 'good'"):
        explain_row(given.model, row, background, positive_class="god")


@pytest.mark.whole
def test_a_loaded_model_explains_as_the_one_that_was_saved(tmp_path):
    given = make_input("multiclass", 300, **BOOSTED)
    save_model(given.model, tmp_path / "model")
    loaded = load_folder(tmp_path / "model")
    row, background = given.test.X.iloc[[0]], given.out_of_fold.X
    one, two = (explain_row(model, row, background) for model in (given.model, loaded))
    np.testing.assert_allclose(one.contributions, two.contributions, atol=1e-12)
    assert one.labels == two.labels == ("low", "mid", "top")
    assert one.label == given.model.predict(row)[0]


@pytest.mark.whole
def test_what_is_no_row_or_no_background_is_said():
    given = make_input("binary", 200, **BOOSTED)
    with pytest.raises(DataError, match="must be one row: .* it is 2 rows"):
        explain_row(given.model, given.test.X.head(2), given.out_of_fold.X)
    with pytest.raises(DataError, match="must be one row: .* it is int"):
        explain_row(given.model, 3, given.out_of_fold.X)
    with pytest.raises(DataError, match="`background` must be .* it is empty"):
        explain_row(given.model, given.test.X.head(1), given.out_of_fold.X.head(0))
    with pytest.raises(DataError, match="lacks 1 of the columns .*: age"):
        explain_row(given.model, given.test.X.head(1).drop(columns="age"), given.out_of_fold.X)


@pytest.mark.whole
def test_a_value_that_is_missing_is_shown_as_such():
    given = make_input("binary", 200, **BOOSTED)
    row = given.test.X.iloc[[0]].assign(age=np.nan, since=pd.NaT)
    found = explain_row(given.model, row, given.out_of_fold.X)
    assert found.values["age"] == found.values["since"] == "missing"
