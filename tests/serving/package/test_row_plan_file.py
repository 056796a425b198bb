"""The row plan in a package: it answers as the model does, and the service starts without what it spares."""

import json
import subprocess
import sys

import numpy as np
import pytest
from conftest import make_table

from model_development.monitoring.reference import Reference
from model_development.outputs.policy import DecisionPolicy
from model_development.pipeline import TabularModel
from model_development.serving.fuzzed_rows import fuzzed_rows
from model_development.serving.planned_model import PLAN_VERSION, PlannedModel, write_row_plan
from model_development.serving.served_model import ModelByPlan, ServedModel, open_model
from model_development.storage import files
from model_development.storage.model_folder import save_model

PLANNED = (
    ("sklearn_logistic_regression", "binary"),
    ("sklearn_logistic_regression", "multiclass"),
    ("sklearn_ridge", "regression"),
    ("xgboost_baseline", "binary"),
    ("xgboost_baseline", "multiclass"),
    ("xgboost_baseline", "regression"),
    ("lightgbm_baseline", "binary"),
)


def saved(name, kind, folder):
    """(folder of the model, with its plan where it has one; model; reference; raw rows)"""
    table = make_table(kind, 200)
    X, y = table.drop(columns="outcome"), table["outcome"]
    model = TabularModel(name, "regression" if kind == "regression" else "classification").fit(X, y)
    if kind == "binary":
        model.decision_policy_ = DecisionPolicy(threshold=0.4, classes=("bad", "good"))
    save_model(model, folder)
    is_written = write_row_plan(ServedModel(model), folder)
    assert is_written == (folder / files.ROW_PLAN).is_file()
    return folder, model, Reference.from_rows(X, model.schema_), X.to_dict("records")


@pytest.mark.whole
@pytest.mark.parametrize(("name", "kind"), PLANNED)
def test_the_plan_alone_answers_as_the_model_does(name, kind, tmp_path):
    folder, model, reference, rows = saved(name, kind, tmp_path / "model")
    by_plan, whole = open_model(folder, reference), ServedModel.load(folder, reference)
    assert isinstance(by_plan, ModelByPlan)
    asked = [*rows[:40], *fuzzed_rows(model.schema_, rows, 80, 2), {}]
    answers = by_plan.answer_rows(asked)
    assert answers == whole.answer_rows(asked)
    assert answers == [by_plan.answer(row) for row in asked]
    assert isinstance(by_plan.model, PlannedModel)
    assert by_plan.whole().model_name == by_plan.model.model_name == name


def test_models_that_need_their_library_have_no_such_file(tmp_path):
    folder, _, reference, rows = saved("sklearn_decision_tree", "multiclass", tmp_path / "model")
    served = open_model(folder, reference)
    assert not isinstance(served, ModelByPlan)
    assert served.uses_plan
    assert served.answer(rows[0]).prediction in ("low", "mid", "top")


def test_a_plan_of_another_version_is_not_read_and_a_damaged_one_is_refused(tmp_path):
    from model_development.errors import ArtifactsError

    folder, _, reference, rows = saved("sklearn_ridge", "regression", tmp_path / "model")
    path = folder / files.ROW_PLAN
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(content | {"plan_version": PLAN_VERSION + 1}), encoding="utf-8")
    served = open_model(folder, reference)
    assert not isinstance(served, ModelByPlan)
    assert np.isfinite(served.answer(rows[0]).prediction)
    del content["matrix"]["numbers"]
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ArtifactsError, match="is refused"):
        open_model(folder, reference)


CODE = """
import sys
from pathlib import Path
from model_development.serving.served_model import open_model
from model_development.serving.service import application, running
served = open_model(Path(sys.argv[1]), None)
served.answer({"age": 40, "home town": "Bern", "since": "2020-05-01", "amount [CHF]": None})
print(*sorted({"pandas", "skops", "sklearn"} & set(sys.modules)))
"""


@pytest.mark.whole
def test_a_linear_model_is_served_without_pandas_scikit_learn_and_skops(tmp_path):
    folder, *_ = saved("sklearn_logistic_regression", "multiclass", tmp_path / "model")
    said = subprocess.run([sys.executable, "-c", CODE, folder], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout.split()) == (0, []), said.stderr
