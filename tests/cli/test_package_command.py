"""The command that writes a package."""

import json

import pytest
from conftest import EPOCH, run, write_project

from model_development.cli.main import main
from model_development.serving.package.opening import open_package


def test_without_phase_2_there_is_one_sentence_and_exit_code_2(tmp_path, capsys):
    context = write_project(tmp_path)
    assert main(["package", "--context", str(context)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: There is no model to package: phase 2 has not been run on")
    assert len(said.splitlines()) == 1
    assert not (tmp_path / "artifacts").exists()


@pytest.mark.whole
def test_what_phase_2_left_becomes_a_package_and_what_is_missing_is_said(finished, tmp_path):
    import sys

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
    statuses = json.loads((tmp_path / "p" / "checklist.json").read_text())["items"]
    assert {item["status"] for item in statuses} == {"not_run"}
