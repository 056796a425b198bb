"""Config files say what context files and flags say."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import jsonschema
import pytest
import yaml
from conftest import ROOT, make_table, write_project

from model_development.cli import train
from model_development.cli.configured import configured
from model_development.cli.main import main
from model_development.data.reading.sources import load_table
from model_development.settings.config import SCHEMA_FILE, config_schema, read_config
from model_development.settings.context import read_context
from model_development.settings.settings import Settings

CONFIG = ROOT / "config"
LOGISTIC = "sklearn_logistic_regression"
EXAMPLES = ("model_config.yaml", "models_to_compare.yaml")


def write_config(place, **content):
    path = place / "config.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def test_the_schema_beside_the_examples_is_that_of_the_settings():
    written = (CONFIG / SCHEMA_FILE).read_text(encoding="utf-8")
    assert written == config_schema(), "write it anew: python -m model_development.settings.config > FILE"
    settings = json.loads(written)["$defs"]["Settings"]["properties"]
    assert set(settings) == set(Settings.model_fields)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_shipped_examples_are_as_the_schema_and_the_settings_say(name):
    content = yaml.safe_load((CONFIG / name).read_text(encoding="utf-8"))
    jsonschema.validate(content, json.loads((CONFIG / SCHEMA_FILE).read_text(encoding="utf-8")))
    config, settings = read_config(CONFIG / name)
    assert config.project.startswith("breast_cancer")
    assert settings["positive_class"] == 0
    assert config.entries


def test_project_data_and_target_become_a_context_file_of_their_own(tmp_path):
    make_table().to_csv(tmp_path / "table.csv", index=False)
    path = write_config(
        tmp_path, project="mine", data="table.csv", target="outcome", settings={"cv_folds": 4}, folder="made"
    )
    with configured(str(path)) as (_, context):
        known = read_context(context)
    assert context == tmp_path / "made" / "pipeline_context.json"
    assert known.feature_data == str(tmp_path / "table.csv")
    assert (known.project, known.target, known.settings.cv_folds) == ("mine", "outcome", 4)
    content = json.loads(context.read_text(encoding="utf-8")) | {"epoch_005_outputs": {"kept": True}}
    context.write_text(json.dumps(content), encoding="utf-8")
    write_config(tmp_path, project="mine", data="table.csv", target="age", folder="made")
    with configured(str(path)):
        assert read_context(context).target == "age"
    assert json.loads(context.read_text(encoding="utf-8"))["epoch_005_outputs"] == {"kept": True}


def test_a_database_in_a_file_is_seen_from_the_config(tmp_path):
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        make_table().to_sql("orders", connection, index=False)
    data = "sqlite:///shop.db#orders"
    path = write_config(tmp_path, project="mine", data=data, target="outcome", folder="made")
    with configured(str(path)) as (_, context):
        found = read_context(context)
        assert len(load_table(found.feature_data, "outcome")) == len(make_table())
    assert not (tmp_path / "made" / "shop.db").exists()


def test_settings_of_a_config_hold_for_its_run_and_a_flag_goes_before_them(tmp_path):
    context = write_project(tmp_path)
    path = write_config(tmp_path, context=context.name, settings={"cv_folds": 4, "seed": 7})
    before = context.read_text(encoding="utf-8")
    with configured(str(path)) as (_, named):
        settings = read_context(named).settings
    assert (settings.cv_folds, settings.seed) == (4, 7)
    assert context.read_text(encoding="utf-8") == before
    assert read_context(context).settings.cv_folds == 3


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"contxt": "a.json"}, "Did you mean 'context'?"),
        ({"project": "a"}, "missing: data, target"),
        ({"context": "a.json", "target": "b"}, "keep it, or keep these"),
        ({"context": "a.json", "settings": {"cv_fold": 3}}, "Did you mean 'cv_folds'?"),
        ({"context": "a.json", "tuning": {"timeout": 3}}, "Did you mean 'timeout_s'?"),
        ({"context": "a.json", "settings": {"seed": "x"}}, "settings.seed"),
        (
            {"context": "a.json", "models": [{"name": "xgboost_baseline", "params": {"max_depth": 3}}]},
            "compare",
        ),
    ],
)
def test_a_wrong_config_is_one_sentence(content, said, tmp_path, capfd):
    assert main(["train", "--config", str(write_config(tmp_path, **content))]) == 2
    errors = capfd.readouterr().err
    assert said in errors
    assert "Traceback" not in errors


def test_yaml_is_read_as_people_mean_it(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(
        "context: a.json\nsettings: {positive_class: no, missing_labels: [2024-01-31]}\n"
        "models: [{name: x, params: {a: 1e-3, b: 0.5, c: -2, d: true}}]\n",
        encoding="utf-8",
    )
    config, settings = read_config(path)
    assert settings == {"positive_class": "no", "missing_labels": ["2024-01-31"]}
    assert config.entries[0].params == {"a": 0.001, "b": 0.5, "c": -2, "d": True}
    path.write_text("models: [a\n", encoding="utf-8")
    assert main(["compare", "--config", str(path)]) == 2


@pytest.mark.whole
def test_models_of_a_config_are_compared_side_by_side_with_their_parameters(tmp_path, capfd):
    make_table().to_csv(tmp_path / "table.csv", index=False)
    models = ["sklearn_logistic_regression", {"name": "sklearn_logistic_regression", "params": {"C": 0.001}}]
    path = write_config(
        tmp_path, project="mine", data="table.csv", target="outcome", models=models, settings={"cv_folds": 3}
    )
    assert main(["compare", "--config", str(path), "--json", "--set", "profile=false"]) == 0
    said = capfd.readouterr()
    content = json.loads(said.out)
    labels = [row["model"] for row in content["leaderboard"]]
    assert {"sklearn_logistic_regression", "sklearn_logistic_regression (C=0.001)"} < set(labels)
    assert "Leaderboard" in said.err
    for row in content["leaderboard"]:
        cited = row["on_the_folds"]
        found = json.loads(Path(cited["file"]).read_text(encoding="utf-8"))
        for key in cited["key"].split("."):
            found = found[int(key)] if isinstance(found, list) else found[key]
        assert found == cited["value"]


def test_a_context_of_somebody_else_keeps_what_a_config_does_not_name_and_its_own_is_written_anew(tmp_path):
    make_table().to_csv(tmp_path / "table.csv", index=False)
    settings = {"cv_folds": 4, "accept": ["likely_time"]}
    context = write_project(tmp_path / "mine", settings=settings)

    def written(**settings):
        path = write_config(tmp_path, project="mine", data="table.csv", target="outcome", settings=settings)
        with configured(str(path)) as (_, found):
            assert found == context
        return json.loads(context.read_text(encoding="utf-8"))["epoch_005_settings"]

    assert written(cv_folds=3) == {"cv_folds": 3, "accept": ["likely_time"]}
    assert written(seed=7) == {"seed": 7}


@pytest.mark.whole
@pytest.mark.parametrize(
    ("models", "asked_for", "trained"),
    [
        ([LOGISTIC], f"{LOGISTIC},sklearn_decision_tree", {LOGISTIC, "sklearn_decision_tree"}),
        ([{"name": LOGISTIC, "params": {"C": 0.001}}], None, {f"{LOGISTIC} (C=0.001)"}),
    ],
    ids=["a model that the config does not name", "parameters alone"],
)
def test_what_is_compared_is_what_was_named_and_nothing_else(models, asked_for, trained, tmp_path, capfd):
    make_table().to_csv(tmp_path / "table.csv", index=False)
    path = write_config(
        tmp_path, project="mine", data="table.csv", target="outcome", models=models, settings={"cv_folds": 3}
    )
    flags = ["--models", asked_for] if asked_for else []
    assert main(["compare", "--config", str(path), "--json", "--set", "profile=false", *flags]) == 0
    labels = {row["model"] for row in json.loads(capfd.readouterr().out)["leaderboard"]}
    assert labels == {*trained, "dummy_floor"}


def test_with_tuning_each_phase_has_the_seconds_that_were_given(monkeypatch, tmp_path):
    given = []
    monkeypatch.setattr(train, "run_notebook", lambda parameters, notebook: given.append(parameters))
    monkeypatch.setattr(
        "model_development.phases.tuning.phase.tune_best_model", lambda *a, **k: given.append(k)
    )
    monkeypatch.setattr("model_development.phases.tuning.report.tuning_summary", lambda context: "")
    assert main(["train", "--tune", "--time-budget", "77"]) == 0
    assert given[0]["time_budget_s"] == given[1]["timeout_s"] == 77
    known = {"project": "mine", "data": "sklearn:iris", "target": "target"}
    path = write_config(tmp_path, **known, tuning={"timeout_s": 60})
    assert main(["train", "--config", str(path), "--tune", "--time-budget", "77"]) == 0
    assert given[3]["timeout_s"] == 77  # a flag goes before the file
    assert main(["train", "--config", str(path), "--tune"]) == 0
    assert given[5]["timeout_s"] == 60
