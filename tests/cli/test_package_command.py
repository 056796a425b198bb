"""The command that writes a package."""

import json
import sys

import pandas as pd
import pytest
from conftest import EPOCH, make_table, run, write_project

from model_development import model_utils as mu
from model_development.cli.main import main
from model_development.phases.packaging import prepare_package
from model_development.serving.package.opening import open_package
from model_development.storage.files import OOF_FOLDER, TEST_PREDICTIONS, VALIDATIONS_FOLDER


def test_without_phase_2_there_is_one_sentence_and_exit_code_2(tmp_path, capsys):
    context = write_project(tmp_path)
    assert main(["package", "--context", str(context)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: There is no model to package: phase 2 has not been run on")
    assert len(said.splitlines()) == 1
    assert not (tmp_path / "artifacts").exists()


@pytest.mark.whole
def test_what_phase_2_left_becomes_a_package_and_what_is_missing_is_said(finished, tmp_path):
    script = EPOCH / "scripts" / "package_model.py"
    arguments = ["--context", finished.context, "--output", tmp_path / "p", "--no-checks", "--explain"]
    done = run(sys.executable, script, *arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "warning: Phase 3 has not been run" in done.stderr
    assert "warning: The gate was not asked" in done.stderr
    package = open_package(tmp_path / "p")
    outputs = finished.after["epoch_005_outputs"]
    assert package.version == outputs["registered_model_version"]
    rows = json.loads((tmp_path / "p" / "tests" / "test_data" / "rows.json").read_text())["rows"]
    answers = json.loads((tmp_path / "p" / "tests" / "test_data" / "answers.json").read_text())["answers"]
    assert [package.model.answer(row).to_dict() for row in rows] == answers
    gate = finished.artifacts / VALIDATIONS_FOLDER / f"{package.metadata['origin']['model_fingerprint']}.json"
    gate.parent.mkdir(exist_ok=True)
    gate.write_text(json.dumps({"model_fingerprint": gate.stem, "passed": True}), encoding="utf-8")
    prepared = prepare_package(finished.context)
    gate.unlink()
    assert prepared.report["passed"]
    assert [warning.split()[0] for warning in prepared.warnings] == ["Phase"]
    statuses = json.loads((tmp_path / "p" / "checklist.json").read_text())["items"]
    assert {item["status"] for item in statuses} == {"not_run"}


@pytest.mark.whole
def test_what_later_predictions_are_compared_with_was_said_by_the_model_that_is_shipped(tmp_path):
    """Models of the first folds in time know few rows: their predictions made an alarm of the same table."""
    table = make_table()
    table["when"] = pd.date_range("2024-01-01", periods=len(table)).astype(str)
    settings = {"split": "time", "time_column": "when", "profile": False}
    context = write_project(tmp_path, table=table, settings=settings)
    phase = mu.start_training(context_path=context, models=["sklearn_logistic_regression"])
    mu.train_all(phase)
    mu.finish_training(phase)
    mu.tune_best_model(context, strategy="random", n_trials=1)
    folder = next((context.parent / "artifacts").glob("epoch005-*"))

    def n_compared_with():
        known, _ = prepare_package(context).contents.reference.predictions.values()
        return known.n

    folds = pd.read_parquet(folder / OOF_FOLDER / "sklearn_logistic_regression.parquet")["fold"]
    assert n_compared_with() == (folds == folds.max()).sum() < len(folds)
    mu.evaluate_model(context)
    assert n_compared_with() == len(pd.read_parquet(folder / TEST_PREDICTIONS))
