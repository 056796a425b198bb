"""What is said of single rows: probabilities, intervals, decisions, warnings, and no traceback."""

import copy
import json
import pickle
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from model_development.errors import DataError
from model_development.monitoring.reference import Reference
from model_development.outputs.policy import AmountRule, DecisionPolicy
from model_development.outputs.uncertainty import fit_uncertainty
from model_development.pipeline import TabularModel
from model_development.serving.served_model import ServedModel
from model_development.storage.model_folder import save_model
from model_development.tasks.predictions import Predictions

N_ROWS = 160
LABELS = {
    "text": ["bad", "good"],
    "bool": [False, True],
    "whole numbers": [1, 2],
    "fractions": [0.5, 1.5],
    "26 classes": [chr(65 + k) for k in range(26)],
}


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    days = (np.datetime64("2021-01-01") + rng.integers(0, 300, N_ROWS)).astype(str)
    return pd.DataFrame(
        {
            "size (m²)": rng.normal(50, 9, N_ROWS),
            "city": rng.choice(["Bern", "Genf"], N_ROWS).astype(object),
            "since": days.astype(object),
            "paid": [f"{x:,.2f} EUR".translate(str.maketrans(",.", ".,")) for x in rng.gamma(2, 900, N_ROWS)],
        }
    )


def labels(kind):
    values = LABELS[kind]
    positions = np.random.default_rng(1).permutation(np.arange(N_ROWS) % len(values))
    made = np.empty(N_ROWS, dtype=object)
    made[:] = [values[position] for position in positions]
    return made if kind == "text" or kind == "26 classes" else made.astype(type(values[0]))


@pytest.fixture(scope="module")
def classifier(table):
    return TabularModel("sklearn_logistic_regression").fit(table, labels("text"))


@pytest.fixture(scope="module")
def regressor(table):
    return TabularModel("sklearn_ridge", "regression").fit(table, table["size (m²)"] * 2 + 1)


@pytest.mark.whole
@pytest.mark.parametrize("kind", LABELS)
def test_labels_are_plain_python_values_and_as_predict_says(kind, table):
    y = labels(kind)
    model = TabularModel("sklearn_logistic_regression").fit(table, y)
    answers = ServedModel(model).answer_rows(table.to_dict("records"))
    assert [answer.prediction for answer in answers] == model.predict(table).tolist()
    assert {type(answer.prediction) for answer in answers} == {type(LABELS[kind][0])}
    assert list(answers[0].probabilities) == [str(label) for label in LABELS[kind]]
    shares = [list(answer.probabilities.values()) for answer in answers]
    np.testing.assert_allclose(shares, model.predict_proba(table), rtol=1e-12)
    json.dumps([answer.to_dict() for answer in answers], allow_nan=False)


@pytest.mark.whole
def test_many_rows_are_answered_as_each_alone(classifier, regressor, table):
    rows = table.head(20).to_dict("records")
    for model in (classifier, regressor):
        served = ServedModel(model)
        alone = [served.answer(row) for row in rows]
        together = served.answer_rows(rows)
        assert [a.warnings for a in alone] == [a.warnings for a in together]
        numbers = [[*(a.probabilities or {"": a.prediction}).values()] for a in alone]
        np.testing.assert_allclose(
            numbers, [[*(a.probabilities or {"": a.prediction}).values()] for a in together], rtol=1e-12
        )
        assert served.answer_rows([]) == []


@pytest.mark.whole
def test_predict_one_is_the_answer_of_a_loaded_model_and_no_part_of_it_is_saved(classifier, table, tmp_path):
    row = table.iloc[0].to_dict()
    said = classifier.predict_one(row)
    assert said == ServedModel.load(save_model(classifier, tmp_path / "model")).answer(row).to_dict()
    assert said["prediction"] == classifier.predict(table.head(1))[0]
    assert set(said) == {"prediction", "probabilities", "warnings"}
    again = pickle.loads(pickle.dumps(classifier))
    assert again.predict_one(row) == copy.deepcopy(classifier).predict_one(row) == said


@pytest.mark.whole
def test_a_model_that_is_fitted_again_is_compiled_again(table):
    model, row = TabularModel("sklearn_ridge", "regression"), table.iloc[0].to_dict()
    first = model.fit(table, np.arange(N_ROWS) * 1.0).predict_one(row)
    second = model.fit(table, np.arange(N_ROWS) * -1.0).predict_one(row)
    assert first["prediction"] != second["prediction"]
    assert second["prediction"] == pytest.approx(model.predict(table.head(1))[0])


@pytest.mark.whole
def test_intervals_are_those_of_predict_interval(regressor, table):
    model = copy.deepcopy(regressor)
    truth = model.predict(table) + np.random.default_rng(3).normal(size=N_ROWS)
    model.uncertainty_ = fit_uncertainty(truth, Predictions(model.predict(table)))
    answers = ServedModel(model).answer_rows(table.to_dict("records"))
    np.testing.assert_allclose([a.interval for a in answers], model.predict_interval(table), rtol=1e-12)
    few = copy.deepcopy(regressor)
    few.uncertainty_ = fit_uncertainty(truth[:8], Predictions(truth[:8] + 1))
    assert ServedModel(few).answer(table.iloc[0].to_dict()).interval is None  # which carry no 90 %


@pytest.mark.whole
@pytest.mark.parametrize("positive", [0, 1])
def test_decisions_are_those_of_the_policy(positive, classifier, table):
    model = copy.deepcopy(classifier)
    model.decision_policy_ = DecisionPolicy(threshold=0.3, positive=positive, classes=("bad", "good"))
    answers = ServedModel(model).answer_rows(table.to_dict("records"))
    assert [a.decision for a in answers] == model.predict(table, policy=True).tolist()
    assert any(answer.decision != answer.prediction for answer in answers)


def test_decisions_by_amount_read_it_as_the_rule_says_and_refuse_a_row_without(classifier, table):
    model = copy.deepcopy(classifier)
    rule = AmountRule("paid", 0.5, 300.0, decimal=",", unit="EUR")
    model.decision_policy_ = DecisionPolicy(classes=("bad", "good"), way="amounts", amount=rule)
    served, rows = ServedModel(model), table.to_dict("records")
    answers = served.answer_rows(rows)
    assert [a.decision for a in answers] == model.predict(table, policy=True).tolist()
    assert len({a.decision for a in answers}) == 2
    for amount in (None, "much", "-3,00 EUR"):
        with pytest.raises(DataError, match="paid"):
            served.answer({**rows[0], "paid": amount})


@pytest.fixture(scope="module")
def watched(classifier, table):
    return ServedModel(classifier, Reference.from_rows(table, classifier.schema_))


WARNINGS = {  # values that are put in: (kind of warning, what it is of, a part of what it says)
    "unseen": ({"city": "Paris"}, "unseen_category", "city", "'Paris'"),
    "above": ({"size (m²)": 1e6}, "out_of_range", "size (m²)", "1000000.0"),
    "late": ({"since": "2044-01-01"}, "out_of_range", "since", "2044"),
    "unreadable": ({"size (m²)": "large"}, "unreadable", "size (m²)", "'large'"),
    "infinite": ({"size (m²)": float("inf")}, "unreadable", "size (m²)", "inf"),
    "no date": ({"since": "soon"}, "unreadable", "since", "as a date"),
    "long": ({"city": "x" * 5000}, "unseen_category", "city", "…"),
}


@pytest.mark.parametrize("case", WARNINGS)
def test_odd_values_are_named(case, watched, table):
    values, kind, column, part = WARNINGS[case]
    (warning,) = watched.answer({**table.iloc[0].to_dict(), **values}).warnings
    assert (warning.kind, warning.column) == (kind, column)
    assert part in warning
    assert len(warning) < 200


def test_usual_and_missing_values_are_not(watched, table):
    assert not any(answer.warnings for answer in watched.answer_rows(table.to_dict("records")))
    assert watched.answer(dict.fromkeys(table.columns)).warnings == ()
    assert watched.answer({**dict.fromkeys(table.columns, "?"), "unknown": 1}).warnings == ()
    assert [warning.kind for warning in watched.answer({}).warnings] == ["missing_column"] * 4


ODD = (
    *(
        float("nan"),
        -float("inf"),
        10**30,
        -(10**400),
        10**3000,
        True,
        b"12",
        b"\xff\xfe",
        "\ud800",
        "",
        "\x00",
    ),
    *(
        np.float32(3.5),
        np.int8(3),
        np.bool_(True),
        np.str_("Bern"),
        np.datetime64("2021-03-01"),
        pd.NA,
        pd.NaT,
    ),
    *(
        pd.Timestamp("2021-03-01 10:00", tz="UTC"),
        date(2021, 3, 1),
        timedelta(2),
        Decimal("1.5"),
        "x" * 10**5,
    ),
    *(pd.Period("2021-03"), np.timedelta64(3, "D"), "9" * 5000, "1e999", "٣", "1_0", Decimal("1e5000")),
)
NO_ROWS = (None, 3, "text", [], [("a", 1)], {"city": []}, {"city": {"a": 1}}, {"paid": {1}}, {"city": 1j})


def test_a_strict_model_refuses_what_it_cannot_read(classifier, table):
    model, row = copy.deepcopy(classifier), table.iloc[0].to_dict()
    model.strict = True
    assert model.predict_one(row) == classifier.predict_one(row)
    for values in ({"size (m²)": "large"}, {"city": "Paris"}):
        with pytest.raises(DataError, match="as the training rows did"):
            model.predict_one({**row, **values})


@pytest.mark.whole
def test_odd_values_get_an_answer(watched, table):
    for value in ODD:
        for name in table.columns:
            json.dumps(watched.answer({**table.iloc[0].to_dict(), name: value}).to_dict(), allow_nan=False)


@pytest.mark.parametrize("row", [*NO_ROWS, {"city": 10**5000}], ids=range(len(NO_ROWS) + 1))
def test_what_is_no_row_is_refused_in_a_sentence(row, watched):
    for ask in (watched.answer, lambda row: watched.answer_rows([row])):
        with pytest.raises(DataError, match=r"^[^\n]{10,200}\.$"):
            ask(row)


@pytest.mark.parametrize("rows", [None, "text", {"city": "Bern"}, 3])
def test_what_are_no_rows_are_refused(rows, watched):
    with pytest.raises(DataError, match="list of rows"):
        watched.answer_rows(rows)
