import numpy as np
import pandas as pd
import pytest
from conftest import make_table
from evaluation_inputs import make_input

from model_development.explanation.model_output import ModelOutput
from model_development.explanation.table import EXPLANATIONS
from model_development.reports.chart import Chart

KINDS = ("binary", "multiclass", "regression")
QUICK = {"n_estimators": 15}
FILES = {
    "shap_values.parquet",
    "feature_importance.csv",
    "partial_dependence.parquet",
    "surrogate_rules.txt",
}


def awkward_table(kind, n_rows=300):
    rng = np.random.default_rng(3)
    table = make_table(kind, n_rows, 3)
    words = np.array(["late", "payment", "of", "an", "invoice", "was", "disputed", "by", "the", "customer"])
    return table.assign(
        **{
            "$x_1$ {a}": pd.array(rng.choice([1, 2, None], n_rows), dtype="Int64"),
            "comment": [" ".join(rng.choice(words, 6)) + f" {i}" for i in range(n_rows)],
            "when": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 9000, n_rows), "h"),
            "size": pd.Categorical(rng.choice(["S", "M", "L"], n_rows)),
            "flag": rng.choice(["yes", "no", None], n_rows),
        }
    )


def check(section):
    for sentence in section.sentences:
        assert sentence
        assert sentence[-1] in ".!"
        assert "nan" not in sentence.split()
    for title, picture in section.pictures.items():
        assert isinstance(picture.chart, Chart), (title, picture.chart)
        assert any(letter.isdigit() for letter in picture.alt)
    for name, content in section.files.items():
        assert len(content), name


@pytest.mark.whole
@pytest.mark.parametrize(
    ("kind", "model"),
    [
        ("binary", None),
        ("binary", "xgboost_baseline"),
        ("multiclass", None),
        ("multiclass", "lightgbm_baseline"),
        ("regression", None),
        ("regression", "sklearn_random_forest"),
    ],
)
def test_every_explanation_of_every_kind_of_problem(kind, model, tmp_path):
    given = make_input(kind, table=awkward_table(kind), model_name=model, params=QUICK if model else None)
    found = {name: row.run(given) for name, row in EXPLANATIONS.items() if kind in row.kinds}
    sections = {name: section for name, section in found.items() if section is not None}
    is_linear, is_booster = model is None, model in ("xgboost_baseline", "lightgbm_baseline")
    absent = {"coefficients": not is_linear or kind == "multiclass", "tree_shap": not is_booster}
    absent["counterfactuals"] = kind == "regression"
    assert set(found) - set(sections) == {name for name, is_absent in absent.items() if is_absent}
    files = {}
    for section in sections.values():
        check(section)
        files |= section.files
    assert set(files) == FILES
    for name in ("shap_values.parquet", "partial_dependence.parquet"):
        files[name].to_parquet(tmp_path / name)
        assert len(pd.read_parquet(tmp_path / name)) == len(files[name])


@pytest.mark.whole
@pytest.mark.parametrize("kind", KINDS)
def test_few_test_rows_of_few_classes_will_do(kind):
    table = make_table(kind, 200)
    given = make_input(kind, table=table, model_name="sklearn_random_forest", params=QUICK)
    rows = np.flatnonzero(given.test.truth == given.test.truth[0])[:3]
    object.__setattr__(given, "test", given.test.take(rows))
    for row in EXPLANATIONS.values():
        section = row.run(given)
        if section is not None:
            check(section)


@pytest.mark.whole
def test_of_a_model_that_ignores_the_columns_it_says_so():
    given = make_input("binary", 200, model_name="dummy_floor", params={})
    sections = {name: row.run(given) for name, row in EXPLANATIONS.items()}
    assert "No column moves the output" in sections["shap"].sentences[0]
    assert "no column, shuffled, makes" in sections["importance"].sentences[0]
    assert sections["dependence"] is sections["rules"] is sections["tree_shap"] is None
    assert set(sections["counterfactuals"].tables["Nearest changes that turn the decision"]["if"]) == {
        "none found"
    }


@pytest.mark.whole
def test_many_classes_and_labels_of_other_types():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"a": rng.integers(0, 26, 600), "b": rng.normal(size=600)})
    table["outcome"] = table["a"]
    given = make_input("multiclass", table=table, model_name="sklearn_random_forest", params=QUICK)
    for row in EXPLANATIONS.values():
        section = row.run(given)
        if section is not None:
            check(section)
    section = EXPLANATIONS["shap"].run(given)
    values = section.files["shap_values.parquet"]
    assert len(values) == len(given.test) * 26
    output = ModelOutput.of(
        given.model, given.task
    )  # each answer takes 26 times as long: fewer are asked for
    assert [output.affordable(n, 50) for n in (1000, 200, 20)] == [125, 50, 20]
    assert all(table.shape[1] <= 8 for table in section.tables.values())  # a page has no 26 beside each other
    total = values.filter(like="shap:").sum(axis=1) + values["base_value"]
    np.testing.assert_allclose(total, values["output"], atol=1e-9)
    boolean = table.assign(outcome=table["a"] > 12)
    given = make_input("binary", table=boolean, model_name="lightgbm_baseline", params=QUICK)
    assert "the chance of True" in EXPLANATIONS["dependence"].run(given).sentences[0].replace("The", "the")


@pytest.mark.whole
def test_one_column_and_few_rows_will_do():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"only": rng.normal(size=60)})
    table["outcome"] = np.where(table["only"] > 0, "bad", "good")
    given = make_input("binary", table=table, model_name="sklearn_random_forest", params=QUICK)
    sections = {name: row.run(given) for name, row in EXPLANATIONS.items()}
    for section in filter(None, sections.values()):
        check(section)
    assert "'only'" in sections["importance"].sentences[0]


@pytest.mark.slow
def test_a_wide_table_is_explained_by_fewer_rows():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(400, 150))).rename(columns=lambda n: f"c{n}")
    table["outcome"] = np.where(table["c7"] + table["c8"] > 0, "bad", "good")
    given = make_input("binary", table=table)
    section = EXPLANATIONS["shap"].run(given)
    assert section.values["rows"] == 133
    assert f"133 of {len(given.test)} test rows" in section.sentences[-1]
    assert set(section.tables["Mean absolute SHAP value"]["column"].head(2)) == {"c7", "c8"}
    check(EXPLANATIONS["importance"].run(given))
