"""Many rows column by column: each gets what it gets alone, to the last bit, its warnings too."""

import numpy as np
import pandas as pd
import pytest

from model_development.models.one_row.quick import Together
from model_development.models.one_row.table import quick_on_one_row
from model_development.models.table import MODELS
from model_development.monitoring.reference import Reference
from model_development.outputs.policy import AmountRule, DecisionPolicy
from model_development.outputs.uncertainty import fit_uncertainty
from model_development.pipeline import TabularModel
from model_development.serving.fuzzed_rows import fuzzed_rows
from model_development.serving.served_model import ServedModel
from model_development.tasks.predictions import Predictions

N_ROWS = 150
SHORT = {"n_estimators": 8}
EXACT = ("sklearn", "xgboost", "lightgbm", "catboost")  # the others add up in another order, see Together
FITS = [(s.name, family) for s in MODELS.values() if s.framework in EXACT for family in s.tasks]


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(3)
    days = pd.Timestamp("2021-01-01") + pd.to_timedelta(rng.integers(0, 300, N_ROWS), "D")
    table = pd.DataFrame(
        {
            "size (m²)": rng.normal(50, 9, N_ROWS),
            "paid": [f"{x:,.2f} EUR".translate(str.maketrans(",.", ".,")) for x in rng.gamma(2, 900, N_ROWS)],
            "rooms": rng.integers(1, 9, N_ROWS),
            "garden": rng.random(N_ROWS) < 0.5,
            "zip": rng.choice(["02139", "02140", "10115"], N_ROWS),
            "since": days.strftime("%d.%m.%Y"),
            "sold at": days.astype("int64") // 10**6,
            "city": rng.choice(["Bern", "Genève", "Zürich"], N_ROWS),
        }
    ).astype(object)
    for name in table.columns:
        table.loc[rng.choice(N_ROWS, 9, replace=False), name] = None
    return table


def fit(name, family, table):
    rng = np.random.default_rng(4)
    y = rng.choice(list("pqr"), N_ROWS) if family == "classification" else rng.gamma(9.0, size=N_ROWS)
    baseline = MODELS[name].baseline
    params = baseline | {key: value for key, value in SHORT.items() if key in baseline}
    return TabularModel(name, family, None, params, seed=0).fit(table, y)


def asked(model, table):
    """Raw rows, rows with values of other types among them, and rows that lack columns."""
    rows = table.to_dict("records")
    odd = [{}, rows[0] | {"unknown": 1}, {"rooms": 10**400, "size (m²)": True, "city": 3.0, "garden": 1}]
    return [*rows[:30], *fuzzed_rows(model.schema_, rows, 120, 1), *odd]


@pytest.mark.whole
@pytest.mark.parametrize(("name", "family"), FITS)
@pytest.mark.filterwarnings("ignore")
def test_rows_get_the_same_together_as_alone(name, family, table):
    model = fit(name, family, table)
    served = ServedModel(model, Reference.from_rows(table, model.schema_))
    rows = asked(model, table)
    together = served.answer_rows(rows)
    assert together == [served.answer(row) for row in rows]
    assert sum(bool(answer.warnings) for answer in together) > 20


@pytest.mark.whole
def test_networks_say_that_their_last_digits_may_differ():
    import torch

    from model_development.models.one_row.networks import quick_torch

    class Network:
        activation = "relu"
        network_ = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.ReLU(), torch.nn.Linear(2, 2))

    assert quick_torch(Network()).together is Together.AS_FITTED
    assert quick_on_one_row("no such framework", None) is None


@pytest.mark.whole
def test_decisions_and_intervals_are_the_same_too(table):
    labelled = fit("sklearn_logistic_regression", "classification", table)
    two = TabularModel("sklearn_logistic_regression").fit(table, np.arange(N_ROWS) % 2 == 0)
    rule = AmountRule("size (m²)", 0.5, 30.0)
    whole = table.dropna().to_dict("records")
    for policy in (
        DecisionPolicy(threshold=0.4, classes=(False, True)),
        DecisionPolicy(classes=(False, True), way="amounts", amount=rule),
    ):
        two.decision_policy_ = policy
        served = ServedModel(two)
        together = served.answer_rows(whole)
        assert together == [served.answer(row) for row in whole]
        assert {answer.decision for answer in together} == {False, True}
    assert ServedModel(labelled).answer_rows(whole)[0].decision is None
    number = fit("sklearn_ridge", "regression", table)
    said = number.predict(table)
    number.uncertainty_ = fit_uncertainty(
        said + np.random.default_rng(5).normal(size=N_ROWS), Predictions(said)
    )
    served = ServedModel(number)
    together = served.answer_rows(whole)
    assert together == [served.answer(row) for row in whole]
    assert all(low < high for low, high in (answer.interval for answer in together))
