import json
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing

import pandas as pd
import pytest
from conftest import EPOCH, ROOT, make_table, run

from model_development.cli.flags import program_parser
from model_development.cli.main import main
from model_development.cli.table import COMMANDS
from model_development.data.intake import take_in
from model_development.data.reading.sources import load_table
from model_development.errors import ArtifactsError, DataError, SettingsError, UnknownUseCaseError
from model_development.planning import new_project as module
from model_development.planning import update_project as updating
from model_development.planning.complete_project import complete_project
from model_development.planning.new_project import new_project
from model_development.planning.read_table import look_at
from model_development.planning.template_repository import TEMPLATE, template_source
from model_development.planning.update_project import update_project
from model_development.promotion.thresholds import read_thresholds
from model_development.settings.context import read_context
from model_development.use_cases.catalogue import get_use_case

NOTEBOOKS = sorted((EPOCH / "notebooks").glob("*.ipynb"))


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data_home"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "data_home"))


def git(folder, *arguments):
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_of_the_template_are_the_shipped_ones(path):
    shipped, copied = (
        json.loads(p.read_text(encoding="utf-8"))
        for p in (path, TEMPLATE / "project" / "notebooks" / path.name)
    )
    for one, other in zip(shipped["cells"], copied["cells"], strict=True):
        if "parameters" in one["metadata"].get("tags", []):
            said = ["".join(cell["source"]).splitlines() for cell in (one, other)]
            differing = [lines for lines in zip(*said, strict=True) if lines[0] != lines[1]]
            assert len(differing) == 1
            assert differing[0][1].startswith('context_path = "../pipeline_context.json"')
        else:
            assert one == other, "copy the notebook to planning/template/project/notebooks/"


@pytest.mark.whole
def test_a_project_of_a_use_case_is_whole(tmp_path):
    made = new_project("stays", use_case="readmission_risk", output=tmp_path)
    context = read_context(made.folder / "pipeline_context.json")
    assert (context.target, context.settings.split) == ("readmitted_30d", "group")
    assert context.recommended == made.recommended
    assert (made.folder / "data" / "table.csv").is_file()
    definition = json.loads((made.folder / "problem_definition.json").read_text(encoding="utf-8"))
    assert definition["use_case"] == "readmission_risk"
    assert tuple(definition["gaps"]) == made.gaps
    gate = read_thresholds(made.folder / context.settings.thresholds)
    floors = {name: limit.at_least for name, limit in gate.metrics.items()}
    assert floors == get_use_case("readmission_risk").gate.min
    assert gate.better_than_constant == [get_use_case("readmission_risk").metric.name]
    assert made.can_be_updated
    assert "{{" not in "".join(p.read_text("utf-8") for p in made.folder.rglob("*.md"))


@pytest.mark.whole
def test_a_project_of_a_table_refers_to_it_and_marks_what_nobody_said(tmp_path):
    make_table("regression").to_csv(tmp_path / "my table.csv", index=False)
    data = str(tmp_path / "my table.csv")
    made = new_project("mine", data=data, target="outcome", output=tmp_path)
    context = read_context(made.folder / "pipeline_context.json")
    assert context.data_source == "../my table.csv"
    assert made.problem_type == "regression"
    assert "objective" in made.gaps
    with pytest.raises(DataError, match="Did you mean 'outcome'"):
        new_project("other", data=data, target="outcom", output=tmp_path)
    assert not (tmp_path / "other").exists()


@pytest.mark.whole
def test_a_database_beside_the_user_and_decimal_commas_are_read_as_they_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        make_table("regression").to_sql("orders", connection, index=False)
    made = new_project("mine", data="sqlite:///shop.db#orders", target="outcome", output=tmp_path / "others")
    assert len(take_in(read_context(made.folder / "pipeline_context.json")).data.X_train) > 0
    price = [f"1.{100 + 7 * n}" for n in range(120)]
    table = pd.DataFrame({"size": [f"{n % 7},5" for n in range(120)], "price": price})
    table.to_csv("prices.csv", index=False, sep=";")
    look = look_at(load_table("prices.csv", "price"), "price", {})
    assert look.baseline > 100  # 1.234 is 1234 beside decimal commas


@pytest.mark.whole
def test_a_password_in_an_address_stays_in_the_context_alone(tmp_path):
    made_of = tmp_path / "t.csv"
    make_table("binary").to_csv(made_of, index=False)
    address = f"file://{made_of}"
    made = new_project("mine", data=address, target="outcome", output=tmp_path)
    context = json.loads((made.folder / "pipeline_context.json").read_text(encoding="utf-8"))
    assert context["epoch_004_outputs"]["feature_data_path"] == address
    secret = module._Plan("s3://key:secret@host/t.csv", "s3://***@host/t.csv", "y", {}, None, None, None)
    assert "secret" not in str(module._answers("p", secret, ()))


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"name": "a b", "use_case": "customer_churn"}, SettingsError, "no name of a project"),
        ({"name": "x"}, SettingsError, "--use-case KEY"),
        ({"name": "x", "use_case": "customer_chrn"}, UnknownUseCaseError, "Did you mean 'customer_churn'"),
        ({"name": "x", "data": "absent.csv", "target": "y"}, DataError, "absent.csv"),
        ({"name": "x", "data": "absent.csv"}, SettingsError, "--target"),
        ({"name": "full", "use_case": "customer_churn"}, ArtifactsError, "not empty"),
    ],
)
def test_what_cannot_be_made_is_said_before_anything_is_written(arguments, error, said, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(error, match=said):
        new_project(**arguments, output=tmp_path)
    assert not (tmp_path / "x").exists()


def test_the_command_lists_searches_and_answers_in_json(capsys):
    assert main(["new", "--list", "hospital", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["use_cases"]
    assert {case["key"] for case in found} >= {"readmission_risk"}
    assert main(["new", "--list"]) == 0
    assert "64 of 64 use cases" in capsys.readouterr().out


def test_the_answer_in_json_names_the_context_that_all_other_commands_want(tmp_path, capsys):
    assert main(["new", "x", "--use-case", "email_open", "--output", str(tmp_path), "--json"]) == 0
    context = json.loads(capsys.readouterr().out)["context"]
    assert main(["status", "--context", context]) == 0


@pytest.mark.whole
def test_without_git_a_project_is_made_and_says_that_it_cannot_be_updated(tmp_path, monkeypatch):
    from model_development.planning import template_repository

    monkeypatch.setattr(template_repository.shutil, "which", lambda name: None)
    assert not new_project("x", use_case="email_open", output=tmp_path).can_be_updated


@pytest.mark.whole
def test_tests_of_a_new_project_pass(tmp_path):
    made = new_project("stays", use_case="readmission_risk", output=tmp_path)
    done = run(sys.executable, "-m", "pytest", "tests", "-q", "-p", "no:cacheprovider", cwd=made.folder)
    assert done.returncode == 0, done.stdout[-2000:]


@pytest.mark.whole
def test_update_brings_what_is_new_and_keeps_edits(tmp_path, monkeypatch):
    made = new_project("churn", use_case="customer_churn", output=tmp_path)
    git(made.folder, "init", "--quiet")
    config = made.folder / "config" / "model_config.yaml"
    config.write_text(config.read_text("utf-8").replace("timeout_s: 120", "timeout_s: 999"), "utf-8")
    context = made.folder / "pipeline_context.json"
    context.write_text(context.read_text("utf-8").replace('"churn"', '"mine"'), "utf-8")
    git(made.folder, "add", "--all")
    git(made.folder, "commit", "--quiet", "--message", "Start")
    newer = shutil.copytree(TEMPLATE, tmp_path / "newer")
    changed = newer / "project" / "config" / "model_config.yaml"
    changed.write_text(f"# Of the second version.\n{changed.read_text('utf-8')}", "utf-8")
    (newer / "project" / "NEWS.md").write_text("second version\n", "utf-8")
    monkeypatch.setattr(updating, "template_source", lambda: template_source(newer))
    update_project(made.folder)
    assert (made.folder / "NEWS.md").is_file()
    text = config.read_text("utf-8")
    assert "Of the second version" in text
    assert "timeout_s: 999" in text
    assert "<<<<" not in text
    assert '"mine"' in context.read_text("utf-8")
    answers = made.folder / ".copier-answers.yml"
    assert "post1" in answers.read_text("utf-8")
    known = re.sub("_src_path: .*", "_src_path: /home/another/template", answers.read_text("utf-8"))
    answers.write_text(known, "utf-8")
    with pytest.raises(ArtifactsError, match="another machine"):
        update_project(made.folder)


def test_the_makefile_of_a_project_takes_a_python_in_a_folder_with_a_blank(tmp_path):
    place = tmp_path / "my env"
    place.mkdir()
    (place / "python").symlink_to(sys.executable)
    made = new_project("mine", use_case="email_open", output=tmp_path)
    (made.folder / "local.mk").write_text(f"PYTHON ?= {place / 'python'}\n", "utf-8")
    said = run("make", "--dry-run", "check", "ui", cwd=made.folder).stdout
    assert said.count(f'"{place / "python"}" -m') == 2


@pytest.mark.whole
def test_copier_copy_of_the_repository_and_what_completes_it(tmp_path):
    copier = pytest.importorskip("copier")
    repository = tmp_path / "repository"
    target = repository / TEMPLATE.relative_to(ROOT)
    shutil.copytree(TEMPLATE, target)
    shutil.copy(ROOT / "copier.yml", repository)
    git(repository, "init", "--quiet")
    git(repository, "add", "--all", "--force")
    git(repository, "commit", "--quiet", "--message", "Repository")
    answers = {"project": "energy", "use_case": "energy_consumption"}
    folder = tmp_path / "energy"
    copier.run_copy(str(repository), folder, data=answers, defaults=True, quiet=True)
    gaps = complete_project(folder)
    context = read_context(folder / "pipeline_context.json")
    assert (context.project, context.target) == ("energy", "kwh_next_hour")
    assert "cost_of_errors" in gaps
    assert complete_project(folder) == ()


@pytest.mark.whole
def test_settings_of_the_line_go_into_the_context(tmp_path):
    line = [
        "new",
        "x",
        "--use-case",
        "email_open",
        "--output",
        str(tmp_path),
        "--set",
        "cv_folds=3",
        "--quiet",
    ]
    assert main(line) == 0
    assert read_context(tmp_path / "x" / "pipeline_context.json").settings.cv_folds == 3


@pytest.mark.parametrize("page", ["own_project.md", "use_cases.md"])
def test_commands_of_the_pages_are_commands(page):
    lines = (ROOT / "docs" / page).read_text(encoding="utf-8").splitlines()
    commands = [line.split("#")[0].split()[1:] for line in lines if line.startswith("    model-development ")]
    assert commands
    for words in commands:
        program_parser(COMMANDS).parse_strictly(words)
