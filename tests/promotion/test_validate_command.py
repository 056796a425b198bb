import json
import shutil
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from conftest import EPOCH, make_table, run, write_project
from promotion_inputs import fitted, hand_over, write_final_model

from model_development.cli.main import main
from model_development.errors import DataError, SettingsError
from model_development.promotion import validate as validate_module
from model_development.promotion.labelled_rows import LabelledRows, read_labelled_rows
from model_development.settings.context import read_context
from model_development.settings.settings import make_settings
from model_development.storage.fingerprint import model_fingerprint
from model_development.tasks.table import make_task

LINE = {"gate", "name", "passed", "value", "low", "high", "threshold", "rows", "rows_needed", "sentence"}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return write_final_model(tmp_path_factory.mktemp("gate")).parent


def validate(project, *more, model=None, data="test.csv"):
    data = data if ":" in data else str(project / data)
    model = str(project / "final_model") if model is None else model
    context = str(project / "pipeline_context.json")
    return main(["validate", "--context", context, "--model-uri", model, "--test-data", data, *more])


def thresholds(project, text):
    text += "\ntest_suite: false"  # which has tests of its own
    (project / "thresholds.yaml").write_text(text, encoding="utf-8")
    return ["--thresholds", str(project / "thresholds.yaml")]


def report(project):
    folder = project / "artifacts" / "epoch005-model-development"
    return json.loads((folder / "validation_report.json").read_text(encoding="utf-8"))


@pytest.mark.whole
def test_without_thresholds_it_is_about_safety_and_says_so(project, capsys):
    assert validate(project) == 0
    found = report(project)
    assert found["passed"] is True
    assert found["thresholds_source"].startswith("none was given")
    assert {line["gate"] for line in found["gates"]} == {"better than a constant", "model test suite"}
    assert all(set(line) == LINE for line in found["gates"])
    assert found["model_fingerprint"] == model_fingerprint(project / "final_model")
    page = (project / "artifacts/epoch005-model-development/validation_report.html").read_text("utf-8")
    assert "Validation passed" in page
    assert "http" not in page.replace("http://www.w3.org", "")  # it needs no network
    assert "PASSED" in capsys.readouterr().out


@pytest.mark.whole
def test_the_context_may_name_the_thresholds(tmp_path):
    project = write_final_model(tmp_path).parent
    thresholds(project, "metrics: {accuracy: {at_least: 0.99}}")
    path = project / "pipeline_context.json"
    context = json.loads(path.read_text(encoding="utf-8"))
    context["epoch_005_settings"] = context.get("epoch_005_settings", {}) | {"thresholds": "thresholds.yaml"}
    path.write_text(json.dumps(context), encoding="utf-8")
    assert validate(project) == 1
    assert report(project)["thresholds_source"].endswith("thresholds.yaml")


def test_one_threshold_that_is_not_kept_fails_all(project, capsys):
    asked = thresholds(project, "metrics:\n  accuracy: {at_least: 0.99}\n  f1_score: {at_least: 0.5}\n")
    assert validate(project, *asked) == 1
    found = report(project)
    assert [line["name"] for line in found["gates"] if not line["passed"]] == ["accuracy"]
    assert "failed  metrics: accuracy" in capsys.readouterr().out
    assert "Validation failed" in (
        project / "artifacts/epoch005-model-development/validation_report.html"
    ).read_text("utf-8")


@pytest.mark.whole
def test_every_kind_of_threshold_at_once(project):
    asked = thresholds(
        project,
        """
metrics: {roc_auc: {at_least: 0.6}}
latency: {one_row_ms: 5000, batch_ms: 9000, batch_rows: 300}
size_mb: 50
columns: {unreadable_at_most: 0, unseen_at_most: 0.2, missing_at_most: 0.5, no_other_columns: true}
slices: [{column: owner, metric: accuracy, at_least: 0.5}]
fairness: [{column: owner, selection_ratio_at_least: 0.5, equalized_odds_at_most: 0.9}]
invariances: [{column: owner, at_most: 0.9}]
directions: [{column: age, raising: may_not_raise, rows_at_most: 0.99, label: bad, tolerance: 0.9}]
""",
    )
    assert validate(project, *asked) == 0
    gates = {line["gate"] for line in report(project)["gates"]}
    assert gates >= {
        "metrics",
        "latency",
        "size",
        "columns",
        "slices",
        "fairness",
        "invariances",
        "directions",
    }


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"model": "/no/such/folder"}, "is no model folder, and no MLflow URI"),
        ({"model": "models:/nothing@champion"}, "MLflow store"),
        ({"model": "runs:/0123/model"}, "MLflow"),
        ({"data": "absent.csv"}, "does not exist"),
        ({"more": ["--champion"]}, "MLflow store"),
        ({"more": ["--target", "outcme"]}, "Did you mean 'outcome'"),
        ({"more": ["--thresholds", "/no/such.yaml"]}, "no thresholds file"),
        ({"more": ["--positive-class", "god"]}, "Did you mean 'good'"),
        ({"text": "positive_class: 1"}, "is no class of the model"),
        ({"text": "metrics: {acuracy: {at_least: 1}}"}, "Did you mean 'accuracy'"),
        ({"text": "labels: policy"}, "the model has none"),
        ({"text": ""}, "ask nothing of the model"),
    ],
)
def test_bad_input_is_one_sentence_and_code_2(changed, said, project, capsys):
    more = thresholds(project, changed["text"]) if "text" in changed else changed.get("more", [])
    arguments = {name: changed[name] for name in ("model", "data") if name in changed}
    assert validate(project, *more, **arguments) == 2
    told = capsys.readouterr().err
    assert said in told
    assert len(told.strip().splitlines()) == 1


def test_what_is_missing_is_asked_for(project, capsys):
    context = str(project / "pipeline_context.json")
    assert main(["validate", "--context", context]) == 2  # phase 3 has opened no test rows
    assert "--test-data must be given" in capsys.readouterr().err
    bare = write_project(project / "bare", "binary")
    assert main(["validate", "--context", str(bare), "--test-data", "test.csv"]) == 2
    assert "--model-uri must be given" in capsys.readouterr().err


def test_too_few_rows_fail_and_are_no_bad_input(project):
    make_table(n_rows=60, seed=4).head(3).to_csv(project / "three.csv", index=False)
    asked = thresholds(project, "metrics: {accuracy: {at_least: 0.9}}")
    assert validate(project, *asked, data="three.csv") == 1


@pytest.mark.parametrize("suffix", ["parquet", "jsonl", "csv.gz", "feather"])
def test_test_rows_come_in_all_forms_of_a_feature_table(suffix, project):
    table, path = make_table(n_rows=60, seed=9), project / f"rows.{suffix}"
    {
        "parquet": lambda: table.to_parquet(path),
        "jsonl": lambda: table.to_json(path, orient="records", lines=True),
        "csv.gz": lambda: table.to_csv(path, index=False),
        "feather": lambda: table.to_feather(path),
    }[suffix]()
    found = read_labelled_rows(str(path), "outcome", fitted())
    assert found.y.tolist() == table["outcome"].tolist()


@pytest.mark.parametrize(
    ("labels", "written"),
    [
        (np.array([0, 1]), ["1.0", "0", "1"]),
        (np.array([False, True]), ["true", "False", "True"]),
        (np.array([0.5, 1.5]), ["1.5", "0.5", "1.5"]),
        (np.array(["None", "NA"], dtype=object), ["NA", "None", "NA"]),
        (np.array(["007", "7"], dtype=object), ["7", "007", "7"]),
    ],
)
def test_labels_are_those_of_the_model_however_a_file_writes_them(labels, written, tmp_path):
    table = pd.DataFrame({"a": range(40), "outcome": labels[np.arange(40) % 2]})
    model = fitted(table=table)
    (tmp_path / "t.csv").write_text("a,outcome\n" + "".join(f"{k},{w}\n" for k, w in enumerate(written)))
    y = read_labelled_rows(str(tmp_path / "t.csv"), "outcome", model).y
    assert y.tolist() == [labels[1], labels[0], labels[1]]
    assert {type(label) for label in y} <= {type(label) for label in model.classes_}
    (tmp_path / "t.csv").write_text("a,outcome\n1,other\n")
    with pytest.raises(DataError, match="other"):
        read_labelled_rows(str(tmp_path / "t.csv"), "outcome", model)


def test_labels_of_another_type_are_said(tmp_path):
    days = pd.date_range("2020-01-01", periods=3)
    pd.DataFrame({"a": range(3), "outcome": days}).to_parquet(tmp_path / "t.parquet")
    model = fitted(table=pd.DataFrame({"a": range(40), "outcome": np.arange(40) % 2}))
    with pytest.raises(DataError, match="2020-01-01"):
        read_labelled_rows(str(tmp_path / "t.parquet"), "outcome", model)


def test_rows_without_a_target_are_left_out(tmp_path):
    table = make_table(n_rows=50, seed=3)
    table.loc[:9, "outcome"] = None
    table.to_csv(tmp_path / "t.csv", index=False)
    found = read_labelled_rows(str(tmp_path / "t.csv"), "outcome", fitted())
    assert (len(found.table), found.n_without_target) == (40, 10)


@pytest.mark.whole
@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_other_kinds_of_problem(kind, tmp_path):
    write_final_model(tmp_path, kind)
    asked = {"multiclass": "roc_auc: {at_least: 0.5}", "regression": "r2_score: {at_least: 0.1}"}[kind]
    assert validate(tmp_path, *thresholds(tmp_path, f"metrics: {{{asked}}}")) == 0


def test_a_table_that_lacks_a_column_of_the_model_is_bad_input(project, capsys):
    make_table(n_rows=30).drop(columns="age").to_csv(project / "lacking.csv", index=False)
    assert validate(project, data="lacking.csv") == 2
    assert "lacks 1 of the columns" in capsys.readouterr().err


@pytest.mark.whole
def test_a_useless_model_is_told(tmp_path):
    context = write_final_model(tmp_path)
    table = make_table(n_rows=300)
    hand_over(
        context, fitted(table=table.assign(outcome=np.random.default_rng(0).permutation(table["outcome"])))
    )
    assert validate(tmp_path) == 1


@pytest.mark.whole
def test_memory_is_that_of_a_process_of_its_own(project):
    assert validate(project, *thresholds(project, "memory_mb: 3000")) == 0
    (line,) = report(project)["gates"]
    assert 80 < line["value"] < 1500


@pytest.mark.whole
def test_the_script_from_anywhere(project, tmp_path):
    script = EPOCH / "scripts" / "validate_model.py"
    context = project / "pipeline_context.json"
    arguments = ["--model-uri", project / "final_model", "--test-data", "sklearn:iris", "--context", context]
    done = run(sys.executable, script, *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert "no column 'outcome'" in done.stderr


@pytest.mark.whole
def test_the_positive_class_is_asked_of_those_who_know(project):
    def positive():
        return report(project)["positive_class"]

    quick = thresholds(project, "metrics: {precision: {at_least: 0.1}}")
    assert validate(project, *quick) == 0
    assert positive() == "bad"  # the label that means yes
    info = project / "artifacts" / "epoch005-model-development" / "best_model_info.json"
    known = {"target_variable": "outcome", "classes": ["bad", "good"], "positive_class": "good"}
    info.write_text(json.dumps(known))
    assert validate(project, *quick) == 0
    assert positive() == "good"
    info.unlink()
    assert validate(project, *quick, "--positive-class", "good") == 0
    assert positive() == "good"


def test_rows_near_in_time_are_drawn_together_as_the_evaluation_draws_them():
    rng = np.random.default_rng(0)
    labels = np.where(np.cumsum(rng.random(600) < 0.05) % 2, "bad", "good")  # changes seldom
    table = pd.DataFrame({"day": np.arange(600)})
    task = make_task(pd.Series(labels), "outcome", "binary", None)
    data = LabelledRows(table, labels, "outcome", "test.csv", "", 0)
    by_time, by_chance = (
        make_settings({"split": split, "time_column": "day"}, "test") for split in ("time", "stratified")
    )
    assert validate_module._groups(by_chance, data, task) is None
    groups = validate_module._groups(by_time, data, task)
    assert 10 <= len(np.unique(groups)) < 200


def test_a_champion_that_was_fitted_on_the_test_rows_is_not_compared_on_them(project, tmp_path):
    folder = tmp_path / "champion"
    shutil.copytree(project / "final_model", folder)
    content = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    (folder / "model.json").write_text(json.dumps(content | {"refit_of": "another"}), encoding="utf-8")
    registry = SimpleNamespace(aliases=lambda name: {"champion": "3"}, fetch=lambda uri, place: folder)
    context = read_context(project / "pipeline_context.json")
    asked = validate_module.Validation("", "", context, with_champion=True)
    with pytest.raises(SettingsError, match="version 3 of .* was fitted on all rows"):
        validate_module._champion(asked, registry, tmp_path, None)
