"""Phase 3: the test rows are opened once, written down, and what is found is recorded twice."""

import contextlib
import io
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import mlflow
import numpy as np
import pandas as pd
import pytest
import yaml
from conftest import FOREIGN, make_table, run, write_project
from sklearn import metrics

from model_development import model_utils as mu
from model_development.errors import ArtifactsError, SettingsError
from model_development.promotion.labelled_rows import sealed_rows
from model_development.settings.context import read_context
from model_development.storage.files import EPOCH_FOLDER
from model_development.tracking.connection import sqlite_uri

pytestmark = pytest.mark.whole

MODELS = ["sklearn_logistic_regression", "sklearn_linear_regression", "lightgbm_baseline"]
COMMAND = Path(sys.executable).with_name("model-development")
POLICY = {"decisions": {"costs": {"false_positive": 1, "false_negative": 5}}}
FILES = {  # CONTRACT section 9, but for the notebook, which a batch run of it writes
    "evaluation_metrics.json",
    "test_set_access.jsonl",
    "test_predictions.parquet",
    "decision_policy.json",
    "slices.csv",
    "errors.csv",
    "robustness.csv",
    "feature_importance.csv",
    "shap_values.parquet",
    "partial_dependence.parquet",
    "surrogate_rules.txt",
    "evaluation_report.html",
    "model_card.md",
}


def both_phases(context, **settings):
    phase = mu.start_training(context_path=context, models=_suitable(context), profile=False)
    mu.train_dummy(phase)
    mu.train_all(phase)
    mu.finish_training(phase)
    mu.tune_best_model(context, strategy="random", n_trials=2)
    return context


def _suitable(context):
    regression = "regression" in json.loads(context.read_text())["project"]
    return MODELS[1:] if regression else [MODELS[0], MODELS[2]]


@pytest.fixture(scope="module")
def tuned(tmp_path_factory):
    """Phases 1 and 2 of each kind of problem; nobody writes into these folders."""
    made = {}

    def of(kind):
        if kind not in made:
            made[kind] = both_phases(
                write_project(tmp_path_factory.mktemp(kind), kind, make_table(kind, 400))
            )
        return made[kind]

    return of


@pytest.fixture
def project(tuned, tmp_path):
    """project(kind, settings): a copy of what phases 1 and 2 left."""

    def copy(kind="binary", settings=None):
        folder = tmp_path / f"{kind}_{len(list(tmp_path.iterdir()))}"
        shutil.copytree(tuned(kind).parent, folder)
        context = folder / "pipeline_context.json"
        if settings:
            change(context, settings)
        return context

    return copy


@pytest.fixture(scope="module")
def evaluated(tuned, tmp_path_factory):
    """evaluated(kind, settings): what phase 3 said and left; nobody writes into these folders."""
    made = {}

    def of(kind="binary", settings=None):
        if (key := (kind, str(settings))) not in made:
            folder = tmp_path_factory.mktemp("evaluated") / "project"
            made[key] = evaluation_of(shutil.copytree(tuned(kind).parent, folder), settings)
        return made[key]

    return of


def evaluation_of(folder, settings):
    context = folder / "pipeline_context.json"
    if settings:
        change(context, settings)
    before = json.loads(context.read_text(encoding="utf-8"))
    with contextlib.redirect_stdout(io.StringIO()) as said:
        outputs = mu.evaluate_model(context)
    return SimpleNamespace(context=context, before=before, said=said.getvalue(), outputs=outputs)


def copied(context, folder):
    return shutil.copytree(context.parent, folder) / context.name


def change(context, settings):
    content = json.loads(context.read_text(encoding="utf-8"))
    content["epoch_005_settings"] |= settings
    context.write_text(json.dumps(content), encoding="utf-8")


def artifact(context, name):
    return context.parent / "artifacts" / EPOCH_FOLDER / name


def openings(context):
    return [json.loads(line) for line in artifact(context, "test_set_access.jsonl").read_text().splitlines()]


def runs(context):
    client = mlflow.MlflowClient(sqlite_uri(context.parent / "artifacts" / "mlflow.db"))
    (experiment,) = [e for e in client.search_experiments() if e.name.endswith("_model")]
    return client, client.search_runs([experiment.experiment_id])


@pytest.mark.parametrize(
    "kind", ["binary", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("multiclass", "regression"))]
)
def test_what_is_found_is_recorded_twice_and_handed_on(kind, evaluated):
    found = evaluated(kind, POLICY if kind == "binary" else None)
    context, before, said = found.context, found.before, found.said
    after = json.loads(context.read_text(encoding="utf-8"))
    content = json.loads(artifact(context, "evaluation_metrics.json").read_text())
    assert content["failed"] == {}, content["failed"]
    assert {path.name for path in artifact(context, "").iterdir()} >= FILES
    client, found = runs(context)
    (record,) = [r for r in found if r.info.run_name == "model_evaluation"]
    assert record.info.status == "FINISHED"
    assert {item.path for item in client.list_artifacts(record.info.run_id)} >= FILES
    name = after["epoch_005_outputs"]["primary_metric"]
    evaluation = after["epoch_005_outputs"]["evaluation"]
    figures = content["models"]["final"]["metrics"][name]
    assert evaluation["test_metric_value"] == figures["test"] == record.data.metrics[f"test_{name}"]
    assert evaluation["test_metric_low"] <= figures["test"] <= evaluation["test_metric_high"]
    assert {f"test_{name}_low", f"test_{name}_high", f"dummy.test_{name}"} <= set(record.data.metrics)
    assert evaluation["n_test_openings"] == len(openings(context)) == 1
    assert name in said
    assert "test rows that took no part" in said
    assert {k: after[k] for k in FOREIGN} == FOREIGN
    unchanged = before["epoch_005_outputs"].keys() - {"model_uri", "registered_model_version", "model_path"}
    for key in unchanged - {"tracking_uri"}:
        assert after["epoch_005_outputs"][key] == before["epoch_005_outputs"][key]
    assert after["epoch_005_outputs"]["final_model"] == before["epoch_005_outputs"]["best_model_name"]


def test_the_test_figures_are_those_of_the_sealed_rows(evaluated):
    context = evaluated().context
    rows = pd.read_parquet(artifact(context, "row_assignment.parquet"))
    table = pd.read_csv(context.parent / "table.csv").iloc[rows.loc[rows["part"] == "test", "row"]]
    model = mu.load_model(artifact(context, "tuned_model"))
    expected = metrics.roc_auc_score(table["outcome"] == "bad", model.predict_proba(table)[:, 0])
    content = json.loads(artifact(context, "evaluation_metrics.json").read_text())
    assert content["models"]["final"]["metrics"]["roc_auc"]["test"] == pytest.approx(expected, abs=1e-12)
    said = pd.read_parquet(artifact(context, "test_predictions.parquet"))
    np.testing.assert_allclose(said["p_bad"], model.predict_proba(table)[:, 0], atol=1e-12)
    assert said["truth"].tolist() == table["outcome"].tolist()


def test_the_same_model_is_evaluated_once(evaluated, capsys):
    context, first = evaluated().context, evaluated().outputs
    report = artifact(context, "evaluation_report.html").read_bytes()
    n_runs = len(runs(context)[1])
    again = mu.evaluate_model(context)
    assert again == first
    assert len(openings(context)) == 1
    assert len(runs(context)[1]) == n_runs
    assert artifact(context, "evaluation_report.html").read_bytes() == report
    assert "has been evaluated" in capsys.readouterr().out


def test_the_gate_takes_the_rows_that_were_opened_for_the_model_and_opens_none(
    project, evaluated, tmp_path, capsys
):
    from model_development.cli.main import main

    assert main(["validate", "--context", str(project())]) == 2  # they are sealed as yet
    assert "evaluate" in capsys.readouterr().err
    context = copied(evaluated().context, tmp_path / "opened")
    assert main(["validate", "--context", str(context)]) in (0, 1)
    folder = context.parent / "artifacts" / EPOCH_FOLDER
    found = json.loads((folder / "validation_report.json").read_text(encoding="utf-8"))
    metrics_of = json.loads((folder / "evaluation_metrics.json").read_text(encoding="utf-8"))
    test = {name: row["test"] for name, row in metrics_of["models"]["final"]["metrics"].items()}
    assert found["metrics"]["roc_auc"] == pytest.approx(test["roc_auc"])
    assert len((folder / "test_set_access.jsonl").read_text(encoding="utf-8").splitlines()) == 1


def test_another_decision_rule_is_another_look_at_the_test_rows(evaluated, tmp_path, capsys):
    context = copied(evaluated().context, tmp_path / "opened")
    change(context, POLICY)
    outputs = mu.evaluate_model(context)
    assert outputs["evaluation"]["n_test_openings"] == 2
    assert [line["n_before"] for line in openings(context)] == [0, 1]
    assert "used once before" in capsys.readouterr().out
    assert "used once before" in artifact(context, "evaluation_report.html").read_text()


def test_the_policy_is_obeyed_by_the_model_and_its_files_alike(evaluated):
    context, outputs = evaluated("binary", POLICY).context, evaluated("binary", POLICY).outputs
    policy = json.loads(artifact(context, "decision_policy.json").read_text())
    model = mu.load_model(outputs["model_path"])
    table = pd.read_csv(context.parent / "table.csv")
    p = model.predict_proba(table)[:, list(model.classes_).index("bad")]
    expected = np.where(p >= policy["threshold"], "bad", "good")
    assert policy["threshold"] == pytest.approx(1 / 6) == outputs["evaluation"]["threshold"]
    assert model.predict(table, policy=True).tolist() == expected.tolist()
    rows = pd.read_parquet(artifact(context, "test_predictions.parquet"))
    assert rows["prediction"].tolist() == expected[rows["row"]].tolist()
    logged = mlflow.pyfunc.load_model(_in_store(context, outputs))
    assert logged.predict(table, params={"predict_method": "decide"}).tolist() == expected.tolist()


def _in_store(context, outputs):
    mlflow.set_tracking_uri(sqlite_uri(context.parent / "artifacts" / "mlflow.db"))
    return outputs["model_uri"]


def test_intervals_go_with_the_model(evaluated):
    context, outputs = evaluated("regression").context, evaluated("regression").outputs
    model, table = mu.load_model(outputs["model_path"]), pd.read_csv(context.parent / "table.csv")
    low, high = model.predict_interval(table.head(50)).T
    assert (low <= model.predict(table.head(50))).all()
    assert (high >= model.predict(table.head(50))).all()


def test_what_is_fitted_on_all_rows_says_so_and_keeps_its_figures(project, evaluated):
    context, other = evaluated().context, project("binary")
    plain, refitted = evaluated().outputs, mu.evaluate_model(other, refit_all=True)
    for name in ("test_metric_value", "test_metric_low"):
        assert refitted["evaluation"][name] == plain["evaluation"][name]
    table = pd.read_csv(context.parent / "table.csv")
    a, b = (mu.load_model(outputs["model_path"]).predict_proba(table) for outputs in (plain, refitted))
    assert not np.array_equal(a, b)
    np.testing.assert_allclose(a, b, atol=0.2)
    text = artifact(other, "model_card.md").read_text()
    assert "all rows, test rows too" in text
    assert "fitted on all rows afterwards" in text


def test_what_the_checks_found_goes_on_to_handoff_report_and_whoever_reads_them(tmp_path):
    table = make_table("regression", 300)
    table["outcome"] = np.exp(np.random.default_rng(0).normal(0, 2, len(table)))  # heavy tails
    context = both_phases(write_project(tmp_path, "regression", table))
    handoff = artifact(context, "handoff.yaml")
    warnings = yaml.safe_load(handoff.read_text(encoding="utf-8"))["warnings"]
    assert any(text.startswith("warning [heavy_tails]") for text in warnings)
    mu.evaluate_model(context)
    assert "warning [heavy_tails]" in artifact(context, "evaluation_report.html").read_text(encoding="utf-8")
    assert yaml.safe_load(handoff.read_text(encoding="utf-8"))["warnings"] == warnings


def test_a_version_that_was_promoted_stays_where_its_model_is_evaluated_again(project):
    context = project("binary")
    first = mu.evaluate_model(context)
    client = mlflow.MlflowClient(sqlite_uri(context.parent / "artifacts" / "mlflow.db"))
    name, version = first["registered_model"], first["registered_model_version"]
    client.set_registered_model_alias(name, "champion", version)
    mu.tune_best_model(context, strategy="random", n_trials=2)  # puts its own model back into its place
    again = mu.evaluate_model(context)
    assert again["registered_model_version"] != version
    champion = client.get_model_version_by_alias(name, "champion")
    assert str(champion.version) == version
    mlflow.set_tracking_uri(first["tracking_uri"])
    mlflow.pyfunc.load_model(f"models:/{name}@champion")
    assert again["evaluation"]["n_test_openings"] == 1


def test_after_a_fit_on_all_rows_the_next_evaluation_is_of_the_evaluated_model(project):
    context = project("binary")
    first = mu.evaluate_model(context, refit_all=True)
    assert mu.evaluate_model(context, refit_all=True) == first
    with pytest.raises(SettingsError, match="was fitted on all rows, the test rows"):
        sealed_rows(read_context(context), Path(first["model_path"]))
    plain = mu.evaluate_model(context)
    change(context, POLICY)  # another decision rule: another look at the same rows
    for outputs in (plain, mu.evaluate_model(context, refit_all=True), mu.evaluate_model(context)):
        assert outputs["evaluation"]["test_metric_value"] == first["evaluation"]["test_metric_value"]


def test_without_the_evaluated_model_one_fitted_on_all_rows_is_not_evaluated(project):
    context = project("binary")
    mu.evaluate_model(context, refit_all=True)
    shutil.rmtree(artifact(context, "evaluated_model"))
    with pytest.raises(ArtifactsError, match="To put it back, run model-development tune"):
        mu.evaluate_model(context)
    n_openings = len(artifact(context, "test_set_access.jsonl").read_text().splitlines())
    mu.tune_best_model(context, strategy="random", n_trials=2)
    mu.evaluate_model(context)
    assert len(artifact(context, "test_set_access.jsonl").read_text().splitlines()) == n_openings


def test_the_report_needs_no_network_and_is_small(evaluated):
    context = evaluated("binary", POLICY).context
    page = artifact(context, "evaluation_report.html").read_text(encoding="utf-8")
    assert len(page.encode()) < 5e6
    assert not re.findall(r"(?:src|href)=\"(?!#|data:)", page)
    assert all(re.findall(r"<img [^>]*alt=\"([^\"]*)\"", page))
    assert page.count("<section ") >= 10
    assert "To be filled in by a person" in artifact(context, "model_card.md").read_text()


def test_bad_input_is_said_in_a_sentence_before_the_test_rows_are_opened(project, tmp_path):
    context = write_project(tmp_path / "nothing")
    with pytest.raises(ArtifactsError, match=r"all_models_metrics.json|best_model_info.json"):
        mu.evaluate_model(context)
    context = project("binary")
    artifact(context, "tuned_model_info.json").unlink()
    with pytest.raises(ArtifactsError, match=r"Run this first: tune_best_model.py"):
        mu.evaluate_model(context)
    context = project("binary")
    table = pd.read_csv(context.parent / "table.csv")
    table.loc[0, "age"] = 17
    table.to_csv(context.parent / "table.csv", index=False)
    with pytest.raises(ArtifactsError, match="changed since phase 1"):
        mu.evaluate_model(context)
    assert not artifact(context, "test_set_access.jsonl").exists()


def test_a_part_that_fails_is_a_line_and_the_rest_stands(project, monkeypatch, capsys):
    from dataclasses import replace

    from model_development.phases.evaluation import phase as story

    broken = {
        name: replace(row, run=_fail) if name == "slices" else row for name, row in story.ANALYSES.items()
    }
    monkeypatch.setattr(story, "ANALYSES", broken)
    context = project("binary", {"engine": "serial"})
    mu.evaluate_model(context)
    content = json.loads(artifact(context, "evaluation_metrics.json").read_text())
    assert content["failed"] == {"slices": "RuntimeError: nothing works"}
    assert "nothing works" in artifact(context, "evaluation_report.html").read_text()
    assert "shap" in content["sections"]


def _fail(given):
    raise RuntimeError("nothing works")


def test_the_command_runs_the_notebook_and_keeps_it(project):
    context = project("binary")
    done = run(COMMAND, "evaluate", "--context", context)
    assert done.returncode == 0, done.stderr[-3000:]
    for name in ("model_evaluation.ipynb", "model_evaluation.html"):
        assert artifact(context, name).is_file()
    assert "Traceback" not in done.stderr


def killed(context, seconds):
    """Begin an evaluation and kill it; was it killed before its end?"""
    code = f"from model_development import model_utils as mu; mu.evaluate_model({str(context)!r})"
    process = subprocess.Popen(
        [sys.executable, "-c", code], start_new_session=True, stdout=subprocess.DEVNULL
    )
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True
    return False


def check_after_kills(context):
    mu.evaluate_model(context)
    assert len(openings(context)) == 1
    _, found = runs(context)
    evaluations = [r for r in found if r.info.run_name == "model_evaluation"]
    assert [r.info.status for r in evaluations] == ["FINISHED"]
    assert not [r for r in found if r.info.status == "RUNNING"]
    content = json.loads(artifact(context, "evaluation_metrics.json").read_text())
    assert content["failed"] == {}
    assert content["n_test_openings"] == 1
    outputs = json.loads(context.read_text(encoding="utf-8"))["epoch_005_outputs"]
    mu.load_model(outputs["model_path"])


def test_an_evaluation_that_was_killed_goes_on(project):
    context = project("binary")
    killed(context, 12)
    check_after_kills(context)


@pytest.mark.slow
def test_kills_at_random_moments(project):
    rng = random.Random(time.time_ns())
    for _ in range(int(os.environ.get("KILLS", "10"))):
        context = project("binary")
        killed(context, rng.uniform(3, 40))
        check_after_kills(context)


def test_a_moved_project_names_its_report_at_the_new_place(evaluated, tmp_path):
    moved = copied(evaluated().context, tmp_path / "elsewhere")
    mu.evaluate_model(moved)
    evaluation = json.loads(moved.read_text(encoding="utf-8"))["epoch_005_outputs"]["evaluation"]
    assert evaluation["report_path"] == str(artifact(moved, "evaluation_report.html"))
    assert len(openings(moved)) == 1


def test_each_model_has_a_notebook_that_needs_nothing_of_this_package(evaluated):
    context = evaluated().context
    names = {path.name for path in artifact(context, "notebooks").glob("*.ipynb")}
    assert {"sklearn_logistic_regression.ipynb", "lightgbm_baseline.ipynb"} <= names
    text = artifact(context, "notebooks/lightgbm_baseline.ipynb").read_text()
    assert "model_development" not in "".join(line for line in text.splitlines() if "import" in line)


def test_any_row_is_explained_in_the_columns_of_the_table(project):
    context = project("binary")
    row = pd.read_csv(context.parent / "table.csv").iloc[[3]]
    explained = mu.row_explainer(context).explain(row)
    assert set(explained.table["column"]) <= set(row.columns)
    total = explained.base[0] + explained.contributions[:, 0].sum()
    model = mu.load_model(artifact(context, "tuned_model"))
    assert total == pytest.approx(model.predict_proba(row)[0, 0], abs=1e-6)
    assert "'bad'" in explained.sentences[0]
