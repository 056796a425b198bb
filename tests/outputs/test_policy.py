"""Decision policies: what they decide, that models keep and obey them, and what is refused."""

import json

import numpy as np
import pandas as pd
import pytest

from model_development.errors import ArtifactsError, DataError
from model_development.outputs.policy import AmountRule, DecisionPolicy, Promise
from model_development.pipeline import TabularModel
from model_development.storage.files import DECISION_POLICY, to_json
from model_development.storage.model_file import checksums
from model_development.storage.model_folder import load_folder, save_model
from model_development.tracking.flavor import RawTableModel

BY_AMOUNT = DecisionPolicy(
    0.2,
    classes=("no", "yes"),
    way="amounts",
    settings={"amount_column": "paid"},
    promises=(Promise("precision", 0.8, 0.7, 0.95, is_kept=False),),
    amount=AmountRule("paid", 0.5, 5.0, 1.0, decimal=",", unit="EUR"),
    sentences=("Found on 10 rows.",),
)


def probabilities(positive):
    return np.column_stack([1 - np.asarray(positive), positive])


def test_a_row_at_the_threshold_is_called():
    policy = DecisionPolicy(0.3)
    assert policy.decide(probabilities([0.29, 0.3, 0.31])).tolist() == [0, 1, 1]
    assert DecisionPolicy(0.3, positive=0).decide(probabilities([0.69, 0.7, 0.71])).tolist() == [0, 0, 1]


def test_each_row_is_weighed_by_its_amount():
    X = pd.DataFrame({"paid": ["22,00 EUR", "2.202,00 EUR", "0,00 EUR", "2,00 EUR"]})
    # a miss costs half of the amount, a hit 1, a false alarm 5: thresholds 5 / (5 + 11 - 1), 5 / 1105, never
    called = BY_AMOUNT.decide(probabilities([0.34, 0.005, 1.0, 1.0]), X)
    assert called.tolist() == [1, 1, 0, 0]
    assert BY_AMOUNT.decide(probabilities([0.33, 0.004, 0.0, 0.0]), X).tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (None, "by the column 'paid', which the rows lack"),
        (pd.DataFrame({"other": [1.0]}), "by the column 'paid', which the rows lack"),
        (pd.DataFrame({"paid": [None]}), "no number in 1 of 1 rows"),
        (pd.DataFrame({"paid": [-3.0]}), "a number below zero"),
    ],
)
def test_amounts_that_a_policy_lacks_are_said(X, message):
    with pytest.raises(DataError, match=message):
        BY_AMOUNT.decide(probabilities([0.5]), X)


def test_several_classes_have_no_policy():
    with pytest.raises(ValueError, match="for two classes"):
        DecisionPolicy().decide(np.full((4, 3), 1 / 3))


@pytest.mark.parametrize("policy", [DecisionPolicy(), BY_AMOUNT, DecisionPolicy(0.1, 0, (False, True))])
def test_a_policy_goes_through_json(policy):
    assert DecisionPolicy.from_dict(json.loads(json.dumps(policy.to_dict()))) == policy


CHANGES = [
    ({"threshold": "0.5"}, "`threshold` is '0.5'"),
    ({"threshold": float("nan")}, "`threshold` is nan"),
    ({"threshold": True}, "`threshold` is True"),
    ({"positive": 2}, "`positive` is 2"),
    ({"classes": ["no"]}, "`classes` are not two labels"),
    ({"classes": None}, "other keys"),
    ({"promises": [{"quantity": "luck"}]}, "other keys"),
    ({"amount": {"column": "paid"}}, "other keys"),
    ({"sentences": [3]}, "something else than text"),
]


@pytest.mark.parametrize(("changes", "message"), CHANGES)
def test_what_is_no_policy_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        DecisionPolicy.from_dict(DecisionPolicy().to_dict() | changes)
    with pytest.raises(ValueError, match="other keys"):
        DecisionPolicy.from_dict({"threshold": 0.5})


@pytest.fixture
def model(tiny):
    X, y = tiny("classification")
    return TabularModel("sklearn_logistic_regression", params={"C": 1.0}).fit(X, y)


def test_a_model_obeys_its_policy_before_and_after_it_was_saved(model, tiny, tmp_path):
    X = tiny("classification")[0].assign(paid=np.arange(120.0))
    model.decision_policy_ = DecisionPolicy(0.9, classes=("no", "yes"))
    expected = np.where(model.predict_proba(X)[:, 1] >= 0.9, "yes", "no")
    assert (expected != model.predict(X)).any()
    loaded = load_folder(save_model(model, tmp_path / "model"))
    assert loaded.decision_policy_ == model.decision_policy_
    for one in (model, loaded):
        assert one.predict(X, policy=True).tolist() == expected.tolist()
    logged = RawTableModel(loaded).predict(X, {"predict_method": "decide"})
    assert logged.tolist() == expected.tolist()
    loaded.decision_policy_ = AMOUNTS_OF_THE_TABLE
    expected = np.where(model.predict_proba(X)[:, 1] >= 5 / (5 + X["paid"]), "yes", "no")
    assert loaded.predict(X, policy=True)[1:].tolist() == expected[1:].tolist()


AMOUNTS_OF_THE_TABLE = DecisionPolicy(classes=("no", "yes"), amount=AmountRule("paid", 1.0, 5.0))


def test_a_model_without_policy_says_so_and_a_new_fit_has_none(model, tiny):
    X, y = tiny("classification")
    with pytest.raises(ValueError, match="This model has no decision policy"):
        model.predict(X, policy=True)
    with pytest.raises(ValueError, match="This model has no decision policy"):
        RawTableModel(model).predict(X, {"predict_method": "decide"})
    model.decision_policy_ = DecisionPolicy(0.9)
    assert model.fit(X, y).decision_policy_ is None


def test_models_that_were_saved_without_a_policy_load_as_before(model, tiny, tmp_path):
    folder = save_model(model, tmp_path / "model")
    assert not (folder / DECISION_POLICY).exists()
    assert load_folder(folder).decision_policy_ is None


def changed(folder, content, *, with_checksum):
    (folder / DECISION_POLICY).write_text(content, encoding="utf-8")
    if with_checksum:
        described = json.loads((folder / "model.json").read_text())
        described["files"] = checksums(folder)
        (folder / "model.json").write_text(json.dumps(described))


OTHER_CLASSES = DecisionPolicy(0.2, classes=("a", "b")).to_dict()


@pytest.mark.whole
@pytest.mark.parametrize(
    "content",
    ["{not json", "[]", "{}", "[" * 100_000, to_json(OTHER_CLASSES), json.dumps(DecisionPolicy().to_dict())]
    + [to_json(DecisionPolicy().to_dict() | changes) for changes, _ in CHANGES],
    ids=range(15),
)
def test_a_policy_that_was_tampered_with_is_refused_in_a_sentence(content, model, tmp_path):
    model.decision_policy_ = DecisionPolicy(0.9, classes=("no", "yes"))
    folder = save_model(model, tmp_path / "model")
    changed(folder, content, with_checksum=False)
    with pytest.raises(ArtifactsError, match=f"{DECISION_POLICY} changed since it was saved"):
        load_folder(folder)
    changed(folder, content, with_checksum=True)
    with pytest.raises(ArtifactsError, match=f"{DECISION_POLICY} is refused: "):
        load_folder(folder)


def test_a_policy_that_was_put_beside_a_model_is_refused(model, tmp_path):
    folder = save_model(model, tmp_path / "model")
    changed(folder, to_json(DecisionPolicy().to_dict()), with_checksum=False)
    with pytest.raises(ArtifactsError, match="it was not saved with the model"):
        load_folder(folder)
