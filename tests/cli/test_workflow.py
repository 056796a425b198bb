"""The eight stages as one run: what is done is not done again, what stops a stage is written down."""

import json
import os
from dataclasses import replace

import pytest
from conftest import make_table, write_project

from model_development.cli import stage_steps
from model_development.cli.main import main
from model_development.cli.stage_report import StageReport, criteria_table
from model_development.cli.stage_steps import StageInput, judged_criterion, run_command
from model_development.cli.stages import STAGES
from model_development.cli.table import COMMANDS
from model_development.cli.workflow import run_workflow
from model_development.errors import DataError, SettingsError
from model_development.settings.context import read_context
from model_development.storage.files import open_artifacts_folder


@pytest.fixture
def context(tmp_path):
    return write_project(tmp_path, "binary")


def stages_of(context):
    folder = context.parent / "artifacts" / "epoch005-model-development"
    return json.loads((folder / "stage_report.json").read_text(encoding="utf-8"))["stages"]


@pytest.mark.whole
def test_stages_that_are_done_are_not_run_again(context, capsys):
    run_workflow(context, until="features")
    first = stages_of(context)
    assert list(first) == ["problem_definition", "data_preparation", "features"]
    assert all(
        row["status"] == "done" and row["files"] and not row["missing_files"] for row in first.values()
    )
    run_workflow(context, until="features")
    assert stages_of(context) == first
    assert capsys.readouterr().out.count("done before") == 3


def test_before_the_evaluation_no_criterion_is_judged_and_that_is_no_error(context, capsys):
    assert criteria_table(context).empty
    assert "Nothing is judged yet" in capsys.readouterr().out


def test_criteria_that_a_person_names_later_are_judged_and_a_flag_counts_as_a_setting(context):
    folder = open_artifacts_folder(context.parent / "artifacts")
    report, definition = (
        StageReport(read_context(context), folder),
        context.parent / "problem_definition.json",
    )
    judged = folder / "success_criteria.json"
    for number, path in enumerate((definition, judged)):
        path.write_text("{}", encoding="utf-8")
        os.utime(path, (1000 + number, 1000 + number))
    report.add(STAGES["evaluation"], {"status": "done", "files": [str(judged)]})
    assert StageReport(read_context(context), folder).is_done(STAGES["evaluation"])
    os.utime(definition, (2000, 2000))
    assert not StageReport(read_context(context), folder).is_done(STAGES["evaluation"])
    os.utime(judged, (3000, 3000))
    other = read_context(context, primary_metric="accuracy")
    assert not StageReport(other, folder).is_done(STAGES["evaluation"])


def test_stages_are_run_again_where_any_table_has_changed_or_may_have(context):
    folder = open_artifacts_folder(context.parent / "artifacts")
    places = context.parent / "parts", context.parent / "rows.db", context.parent / "rows.db-wal"
    places[0].mkdir()
    for path in (places[0] / "a.parquet", places[1]):
        path.write_bytes(b"a")

    def is_done(location, **settings):
        asked = replace(read_context(context, **settings), feature_data=location)
        return StageReport(asked, folder).is_done(STAGES["training"])

    def do(location, **settings):
        asked = replace(read_context(context, **settings), feature_data=location)
        StageReport(asked, folder).add(STAGES["training"], {"status": "done", "files": []})

    in_file = f"sqlite:///{places[1]}#t"
    for location, changed in ((str(places[0]), places[0] / "b.parquet"), (in_file, places[2])):
        do(location)
        assert is_done(location)
        changed.write_bytes(b"b")
        assert not is_done(location)
    do("postgresql://there/db#t")
    assert not is_done("postgresql://there/db#t")
    do("sklearn:wine")
    assert is_done("sklearn:wine")

    own_test = {"test_data_path": str(places[1])}
    do("sklearn:wine", **own_test)
    assert is_done("sklearn:wine", **own_test)
    places[1].write_bytes(b"other")
    assert not is_done("sklearn:wine", **own_test)


def test_a_model_that_no_gate_can_judge_or_nobody_can_explain_is_packaged_all_the_same(context, monkeypatch):
    def run(name, given):
        if name == "validate":
            raise SettingsError("--test-data must be given.")
        if name == "explain":
            raise DataError("The model cannot be explained.")
        return 0

    monkeypatch.setattr(stage_steps, "run_command", run)
    given = StageInput(read_context(context), context.parent, {})
    assert stage_steps.explain_it(given) == ["The model cannot be explained."]
    gate, checklist = stage_steps.package_it(given)
    assert gate == "The gate was not asked. --test-data must be given."
    assert "Every item" in checklist


@pytest.mark.whole
def test_other_settings_run_all_of_it_again_and_a_missing_file_its_stage(context):
    run_workflow(context, until="features")
    first = stages_of(context)
    report = context.parent / "artifacts" / "epoch005-model-development" / "feature_report.json"
    report.unlink()
    run_workflow(context, until="features")
    assert report.is_file()
    assert stages_of(context)["problem_definition"] == first["problem_definition"]
    content = json.loads(context.read_text(encoding="utf-8"))
    content.setdefault("epoch_005_settings", {})["cv_folds"] = 4
    context.write_text(json.dumps(content), encoding="utf-8")
    run_workflow(context, until="problem_definition")
    assert list(stages_of(context)) == ["problem_definition"]


@pytest.mark.whole
def test_what_a_person_wrote_into_the_definition_stays(context):
    run_workflow(context, until="problem_definition")
    path = context.parent / "problem_definition.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    assert "success_criteria" in content["gaps"]  # nobody has said them: they are not invented
    content["success_criteria"] = [
        {"metric": "roc_auc", "direction": "at_least", "value": 0.6, "source": "the board"}
    ]
    path.write_text(json.dumps(content), encoding="utf-8")
    run_workflow(context, until="problem_definition", anew=True)
    assert json.loads(path.read_text(encoding="utf-8"))["success_criteria"][0]["source"] == "the board"


@pytest.mark.parametrize(
    "criteria",
    [
        [{"metric": "roc_auc", "at_least": 0.8}],
        [{"metric": "roc_auc", "direction": "at_least", "value": "0.8"}],
        [{"metric": "roc_auc", "direction": ">=", "value": 0.8}],
        {"metric": "roc_auc", "direction": "at_least", "value": 0.8},
        ["roc_auc"],
        "roc_auc",
    ],
)
def test_criteria_that_cannot_be_judged_are_said_before_anything_is_evaluated(context, criteria, capsys):
    path = context.parent / "problem_definition.json"
    path.write_text(json.dumps({"success_criteria": criteria}), encoding="utf-8")
    assert main(["workflow", "--context", str(context), "--until", "problem_definition"]) == 2
    assert "direction is at_least or at_most" in capsys.readouterr().err
    path.write_text(json.dumps({"success_criteria": []}), encoding="utf-8")  # nor need it name its gaps
    assert main(["workflow", "--context", str(context), "--until", "problem_definition"]) == 0


@pytest.mark.whole
def test_a_stage_that_stops_says_why_in_the_report(tmp_path):
    table = make_table("binary")
    table["copy"] = table["outcome"]
    context = write_project(tmp_path, "binary", table)
    with pytest.raises(DataError, match="cannot be trusted"):
        run_workflow(context, until="features")
    row = stages_of(context)["data_preparation"]
    assert row["status"] == "stopped"
    assert "target_copy" in row["why"]
    assert "features" not in stages_of(context)


def test_bad_input_has_exit_code_2(tmp_path, capsys):
    assert main(["workflow", "--context", str(tmp_path / "none.json")]) == 2
    assert main(["workflow", "--until", "trainig"]) == 2
    assert "training" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(0.71, 0.8, "met"), (0.5, 0.69, "not met"), (0.69, 0.71, "not sure"), (None, None, "not measured")],
)
def test_criteria_are_judged_by_the_interval(low, high, verdict):
    row = {"metric": "roc_auc", "direction": "at_least", "value": 0.7}
    figures = {"test": low, "test_low": low, "test_high": high}
    assert judged_criterion(row, figures)["verdict"] == verdict
    turned = {"met": "not met", "not met": "met"}.get(verdict, verdict)
    assert judged_criterion(row | {"direction": "at_most"}, figures)["verdict"] == turned


def test_every_stage_says_what_it_leaves():
    for stage in STAGES.values():
        assert stage.files
        assert stage.title


@pytest.mark.slow
def test_all_eight_stages_from_a_table_to_a_package(context):
    run_workflow(context, budget_s=60)
    stages = stages_of(context)
    assert list(stages) == list(STAGES)
    assert not any(row["missing_files"] for row in stages.values())


def test_the_search_gets_what_training_leaves(context, monkeypatch):
    given = StageInput(read_context(context), context.parent, {"train": 60.0, "tune": 40.0})
    asked = []
    for name in ("train", "tune"):
        command = replace(COMMANDS[name], run=lambda options: asked.append(options) or 0)
        monkeypatch.setitem(COMMANDS, name, command)
        run_command(name, given)
    assert asked[0].time_budget == 60
    assert 99 < asked[1].timeout <= 100
