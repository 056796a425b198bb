"""One row by its plan: the numbers that the model says of a table of one row, to the last bit."""

import json

import numpy as np
import pandas as pd
import pytest
from conftest import of_models
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import QuantileTransformer

from model_development.data.columns.recognition import infer_schema
from model_development.data.columns.schema import USED_KINDS
from model_development.ensembles.blend import Blend, mean_of
from model_development.ensembles.model import EnsembleModel
from model_development.features.preprocessors import PREPROCESSORS, make_preprocessor
from model_development.models.table import MODELS
from model_development.pipeline import TabularModel
from model_development.row_plan.matrix import compile_matrix
from model_development.row_plan.reading import RowReader
from model_development.serving.proof import prove_plan
from model_development.serving.served_model import ServedModel

N_ROWS = 240
WORDS = np.array(["red", "green", "blue", "small", "large", "old", "new", "slow", "round", "flat", "warm"])
SHORT = {"n_estimators": 8, "epochs": 2}
FITS = [(spec.name, family) for spec in MODELS.values() for family in spec.tasks]
DAYS = pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(N_ROWS) * 7, "h")


def repeated(rng, n_levels):
    return np.array([f"level {k}" for k in rng.permutation(np.arange(N_ROWS) % n_levels)], dtype=object)


def make_table(seed=0):
    """Each kind of column, in several ways of writing; missing values in all but two."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "number": rng.normal(size=N_ROWS),
            "money": [
                f"{x:,.2f} EUR".translate(str.maketrans(",.", ".,")) for x in rng.gamma(2, 900, N_ROWS)
            ],
            "weight": [f"{x:.1f} kg" for x in rng.normal(70, 9, N_ROWS)],
            "whole": rng.integers(0, 9, N_ROWS),
            "always": rng.random(N_ROWS) < 0.5,
            "flag": rng.choice(["yes", "no"], N_ROWS),
            "zip": rng.choice([f"0{k}" for k in range(2100, 2140)], N_ROWS),
            "iso": DAYS.strftime("%Y-%m-%d"),
            "american": DAYS.strftime("%m/%d/%y"),
            "dotted": DAYS.strftime("%d.%m.%Y %H:%M"),
            "created_at": DAYS.astype("int64") // 10**6,
            "short": rng.choice(list("abcd"), N_ROWS),
            "long": repeated(rng, 80),
            "complete": rng.choice(list("xyz"), N_ROWS),
        }
    ).astype(object)
    for name in table.columns.drop(["always", "complete"]):
        table.loc[rng.choice(N_ROWS, 20, replace=False), name] = None
    return table


def make_target(kind, seed=1):
    rng = np.random.default_rng(seed)
    labels = {"regression": None, "classification": ["no", "yes"], "multiclass": ["p", "q", "r"]}[kind]
    return rng.gamma(50.0, size=N_ROWS) if labels is None else rng.choice(labels, N_ROWS).astype(object)


def fit(name, kind, table):
    family = "classification" if kind == "multiclass" else kind
    params = {**MODELS[name].baseline, **{k: v for k, v in SHORT.items() if k in MODELS[name].baseline}}
    model = TabularModel(name, family, infer_schema(table), params, seed=0).prepare()
    if hasattr(model.estimator_, "n_epochs") and "epochs" not in params:
        model.estimator_.n_epochs = SHORT["epochs"]
    return model.fit(table, make_target(kind))


@pytest.fixture(scope="module")
def table():
    return make_table()


@pytest.fixture(scope="module")
def rows(table):
    return table.to_dict("records")


@pytest.mark.whole
def test_the_table_has_every_kind_of_column_but_sentences(table):
    schema = infer_schema(table)
    assert {column.kind for column in schema.columns} == set(USED_KINDS) - {"text"}
    assert {(c.decimal, c.unit) for c in schema.of_kind("number")} >= {(",", "EUR"), (".", "kg")}
    assert any(column.flags for column in schema.columns)
    assert any(column.code_width > 1 for column in schema.columns)


@pytest.mark.whole
@pytest.mark.parametrize(("name", "family"), of_models(FITS))
@pytest.mark.filterwarnings("ignore")  # a design matrix of so many columns is not of full rank
def test_every_model_says_the_same_by_plan_and_through_its_table(name, family, table, rows):
    served = ServedModel(fit(name, family, table))
    proof = prove_plan(served, rows[:40], n_fuzzed=40, seed=3)
    assert proof.uses_plan
    assert (proof.n_different, proof.first) == (0, "")


@pytest.mark.whole
@pytest.mark.parametrize("kind", PREPROCESSORS)
def test_every_preprocessing_has_a_plan(kind, table):
    schema = infer_schema(table)
    clean = schema.clean(table)
    for family, target in (("classification", make_target("multiclass")), ("regression", clean["number"])):
        preprocessor = make_preprocessor(kind, schema, family).fit(clean, pd.Series(target).fillna(0.0))
        plan = compile_matrix(preprocessor, schema)
        reader = RowReader(schema, {})
        read = [reader.read(row, row) for row in table.head(60).to_dict("records")]
        made = np.concatenate([plan.matrix(row) for row in read])
        np.testing.assert_array_equal(made, preprocessor.transform(clean.head(60)))


@pytest.mark.whole
def test_a_step_of_another_kind_has_none(table):
    schema = infer_schema(table)
    clean = schema.clean(table)
    foreign = ColumnTransformer([("numbers", QuantileTransformer(n_quantiles=20), schema.numeric_names)])
    assert compile_matrix(foreign.fit(clean), schema) is None


@pytest.mark.whole
@pytest.mark.parametrize(
    "name", ["sklearn_logistic_regression", "sklearn_gradient_boosting", "xgboost_baseline"]
)
def test_of_three_classes_too(name, table, rows):
    assert prove_plan(ServedModel(fit(name, "multiclass", table)), rows[:40], n_fuzzed=30).holds


@pytest.mark.whole
def test_a_plan_that_is_not_the_model_is_found_out(table, rows):
    served = ServedModel(fit("sklearn_logistic_regression", "classification", table))
    (member,) = served.row_answers.plan.members
    for _, levels in member.matrix.tables:
        levels.known[None] = levels.new  # but missing values were seen, and have a code of their own
    proof = prove_plan(served, rows[:80], n_fuzzed=20)
    assert not proof.holds
    assert "through the table" in proof.first
    json.dumps(proof.to_dict())


def ensemble_of(names, kind, table, blend):
    members = {name: fit(name, kind, table) for name in names}
    return EnsembleModel("ensemble_greedy", members, blend)


@pytest.mark.whole
def test_an_ensemble_has_a_plan_and_members_share_what_is_alike(table, rows):
    names = ("sklearn_logistic_regression", "xgboost_baseline", "lightgbm_baseline")
    logs = Blend("log_mean", np.array([0.2, 0.5, 0.3]), np.array([1.0, 0.9, 1.2]), np.array([0.1, -0.1]))
    served = ServedModel(ensemble_of(names, "classification", table, logs))
    assert prove_plan(served, rows[:40], n_fuzzed=30).holds
    plans = [id(member.matrix) for member in served.row_answers.plan.members]
    assert plans[1] == plans[2] != plans[0]


@pytest.mark.whole
def test_an_ensemble_whose_member_lacks_a_class_has_one_too(table, rows):
    names = ("sklearn_decision_tree", "sklearn_logistic_regression")
    members = {names[0]: fit(names[0], "multiclass", table)}
    target = make_target("multiclass")
    known = np.flatnonzero(target != "q")
    members[names[1]] = TabularModel(names[1], schema=members[names[0]].schema_).fit(
        table.iloc[known], target[known]
    )
    served = ServedModel(EnsembleModel("ensemble_mean", members, mean_of(np.array([0.5, 0.5]))))
    assert prove_plan(served, rows[:40], n_fuzzed=30).holds
    assert list(served.answer(rows[0]).probabilities) == ["p", "q", "r"]


def test_sentences_are_answered_through_a_table_and_it_says_so(table, rows):
    rng = np.random.default_rng(5)
    table = table[["number", "short"]].assign(said=[" ".join(rng.choice(WORDS, 6)) for _ in range(N_ROWS)])
    model = fit("lightgbm_baseline", "classification", table)
    served = ServedModel(model)
    assert not served.uses_plan
    assert prove_plan(served, rows).uses_plan is False
    row = table.iloc[3].to_dict()
    expected = model.predict_proba(table.iloc[[3]])[0]
    assert list(served.answer(row).probabilities.values()) == expected.tolist()
