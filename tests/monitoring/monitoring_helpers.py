"""Packages of models that are really fitted, rows that came afterwards, and logs of a service."""

from datetime import UTC, datetime, timedelta

import numpy as np
from conftest import make_table

from model_development.metrics.table import METRICS, score
from model_development.monitoring.prediction_log import PredictionLog
from model_development.monitoring.reference import Reference
from model_development.outputs.policy import DecisionPolicy
from model_development.pipeline import TabularModel
from model_development.serving.package.builder import build_package
from model_development.serving.package.contents import PackageContents
from model_development.serving.package.typical_rows import typical_rows
from model_development.serving.served_model import ServedModel
from model_development.statistics.resampling import bootstrap_intervals
from model_development.storage.model_folder import save_model
from model_development.tasks.table import make_task

MODELS = {"binary": "sklearn_logistic_regression", "multiclass": "sklearn_logistic_regression"}
START = datetime(2026, 3, 1, tzinfo=UTC)
N_TRAINING = 600


def write_package(folder, kind="binary", table=None, policy=None, model_name=None):
    """A package below `folder`, with figures of rows that the model was not fitted on."""
    table = make_table(kind, 2 * N_TRAINING, seed=1) if table is None else table
    known, unseen = table.iloc[:N_TRAINING], table.iloc[N_TRAINING:]
    family = "regression" if kind == "regression" else "classification"
    X, y = known.drop(columns="outcome"), known["outcome"]
    model = TabularModel(model_name or MODELS.get(kind, "sklearn_linear_regression"), family).fit(X, y)
    model.decision_policy_ = policy
    task = make_task(table["outcome"], "outcome")
    outputs = model.predict_matrix(model.to_matrix(unseen))
    classes = getattr(model, "classes_", np.empty(0)).tolist()
    said, truth = task.predictions(outputs, classes or None), task.encode(unseen["outcome"])
    ends = bootstrap_intervals([(truth, said, None)], family)
    figures = {
        f"test_{name}": {
            "value": value,
            **dict(zip(("low", "high"), ends[name] or (None, None), strict=True)),
        }
        for name, value in score(truth, said, family)[0].items()
        if name in METRICS
    }
    reference = Reference.from_rows(X, model.schema_, outputs, classes)
    contents = PackageContents(
        model_folder=save_model(model, folder / "model_folder"),
        name=f"tiny_{kind}",
        version="3",
        target="outcome",
        positive_class=task.positive_class,
        reference=reference,
        metrics=figures,
        rows=typical_rows(reference, model.schema_, 5),
    )
    return build_package(contents, folder / "model_package")


def later_rows(kind="binary", n_rows=600, seed=2):
    """Rows like those of training, which came later: with ids and times, a few minutes apart."""
    table = make_table(kind, n_rows, seed)
    table.insert(0, "request_id", [f"id-{k}" for k in range(n_rows)])
    return table.assign(time=[(START + timedelta(minutes=3 * k)).isoformat() for k in range(n_rows)])


def write_log(folder, package, table, record_inputs=True):
    """A prediction log of the package's answers to rows."""
    served = ServedModel.load(package / "model")
    rows = table.drop(columns=["outcome", "time", "request_id"]).astype(object)
    rows = rows.where(rows.notna(), None).to_dict("records")
    with PredictionLog(folder, record_inputs, model_version="3") as log:
        for request_id, when, row in zip(table["request_id"], table["time"], rows, strict=True):
            log.record(request_id, row, served.answer(row), datetime.fromisoformat(when))
    return folder


def spoiled(table, share=1.0, seed=0):
    """The target of some rows is drawn anew: what was learnt does not hold any more."""
    rng = np.random.default_rng(seed)
    rows = rng.random(len(table)) < share
    outcome = table["outcome"].to_numpy().copy()
    outcome[rows] = rng.permutation(outcome[rows])
    return table.assign(outcome=outcome)


POLICY = DecisionPolicy(threshold=0.4, positive=0, classes=("bad", "good"), sentences=("Said.",))
