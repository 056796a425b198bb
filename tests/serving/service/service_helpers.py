"""A package of a model that is really fitted, and its service in this process."""

import io
import json
from functools import lru_cache
from pathlib import Path

from conftest import make_table
from starlette.testclient import TestClient

from model_development.monitoring.reference import Reference
from model_development.outputs.policy import DecisionPolicy
from model_development.outputs.uncertainty import fit_uncertainty
from model_development.pipeline import TabularModel
from model_development.serving.package.opening import ServedPackage
from model_development.serving.served_model import ServedModel
from model_development.serving.service.application import make_app
from model_development.serving.service.json_log import JsonLog
from model_development.serving.service.keys import new_key
from model_development.serving.service.settings import ServiceSettings
from model_development.tasks.predictions import Predictions

MODELS = {"binary": "sklearn_logistic_regression", "multiclass": "sklearn_decision_tree"}
ROW = {"amount [CHF]": 900.5, "age": 40, "home town": "Bern", "since": "2020-05-01", "owner": True}


@lru_cache(maxsize=4)
def fitted(kind="binary"):
    """(model, features, target), fitted on 200 rows."""
    table = make_table(kind, 200)
    X, y = table.drop(columns="outcome"), table["outcome"]
    family = "regression" if kind == "regression" else "classification"
    model = TabularModel(MODELS.get(kind, "sklearn_linear_regression"), family).fit(X, y)
    if kind == "binary":
        model.decision_policy_ = DecisionPolicy(threshold=0.4, classes=("bad", "good"), sentences=("Said.",))
    if kind == "regression":
        model.uncertainty_ = fit_uncertainty(y.to_numpy(), Predictions(model.predict(X)))
    return model, X, y


@lru_cache(maxsize=4)
def package(kind="binary"):
    model, X, _ = fitted(kind)
    outputs = model.predict_proba(X) if model.target_.has_classes else model.predict(X)
    classes = model.classes_ if model.target_.has_classes else ()
    reference = Reference.from_rows(X, model.schema_, outputs, classes)
    policy = model.decision_policy_.sentences if model.decision_policy_ else ()
    served = ServedModel(model, reference)
    return ServedPackage(Path(), "tiny", "7", served, {}, reference, policy)


class Started:
    """A started service: its client, and what it has written."""

    def __init__(self, given, **settings):
        self.written = io.StringIO()
        self.app = make_app(given, ServiceSettings(**settings), JsonLog(self.written))
        self.client = TestClient(self.app, raise_server_exceptions=False)

    def __enter__(self):
        self.client.__enter__()
        return self

    def __exit__(self, *error):
        self.client.__exit__(*error)

    @property
    def lines(self):
        return [json.loads(line) for line in self.written.getvalue().splitlines()]


def start(kind="binary", **settings):
    return Started(package(kind), **settings)


def is_problem(response, status, name):
    """Is a response this problem, with every member that clients of the protocols read?"""
    content = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    assert response.status_code == content["status"] == status, content
    assert content["type"] == f"/docs#{name}"
    assert set(content) >= {"title", "detail", "errors", "error", "error_code", "message"}
    assert content["request_id"] == response.headers["x-request-id"]
    return content


def keys(*ids):
    """({id: key}, their lines)"""
    made = {key_id: new_key(key_id) for key_id in ids}
    return {key_id: key for key_id, (key, _) in made.items()}, [line for _, line in made.values()]
