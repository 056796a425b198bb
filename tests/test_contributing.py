"""CONTRIBUTING.md is followed to the letter, in a copy of the package."""

import json
import re
import shutil
import sys
from types import SimpleNamespace

import pytest
from conftest import ROOT, make_table, run, write_project

pytestmark = pytest.mark.whole

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## Add (.+?)\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL))
ALL_PHASES = """
import sys
from model_development import model_utils as mu
mu.check_data(sys.argv[1])
phase = mu.start_training(context_path=sys.argv[1], models=sys.argv[2].split(","))
mu.train_all(phase, phase.names)
mu.finish_training(phase)
mu.tune_best_model(sys.argv[1], model="sklearn_logistic_regression", strategy="random", n_trials=1)
mu.evaluate_model(sys.argv[1])
"""


def follow(section, root):
    """Do what a section says, with the files below `root`."""
    path = None
    for words, code in re.findall(
        r"(.*?)^```(?:python)?\n(.*?)^```", SECTIONS[section], re.MULTILINE | re.DOTALL
    ):
        named = re.findall(r"`(src/[\w/]+\.py)`", words)
        path = root / named[-1] if named else path
        if "New file" in words:
            assert not path.exists()
            path.write_text(code, encoding="utf-8")
        elif "one function" in words:
            path.write_text(f"{path.read_text(encoding='utf-8')}\n\n{code}", encoding="utf-8")
        elif "one import" in words:
            path.write_text(_after_docstring(path.read_text(encoding="utf-8"), code), encoding="utf-8")
        else:
            (table,) = re.findall(r"one row of\s+`(\w+)`", words)
            path.write_text(_into_table(path.read_text(encoding="utf-8"), table, code), encoding="utf-8")


def _after_docstring(text, code):
    end = text.index('"""', 3) + 3
    first = "\n\nfrom __future__ import annotations"
    end += len(first) if text[end:].startswith(first) else 0
    return f"{text[:end]}\n\n{code}{text[end:]}"


def _into_table(text, table, row):
    end = text.index("\n}", text.index(f"{table} = {{")) + 1
    end -= len("    )\n") if text[:end].endswith("    )\n") else 0
    return text[:end] + row + text[end:]


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory):
    """A copy of the package in which every section is followed, and what its phases said and wrote."""
    house, place = (tmp_path_factory.mktemp(name) for name in ("house", "place"))
    shutil.copytree(ROOT / "src", house / "src", ignore=shutil.ignore_patterns("__pycache__"))
    for section in SECTIONS:
        follow(section, house)
    table = make_table()
    table.loc[:4, "amount [CHF]"] = -1.0
    settings = {"primary_metric": "specificity", "profile": False, "ensemble": "never"}
    context = write_project(place, table=table, settings=settings)
    models = "sklearn_bagged_trees,sklearn_logistic_regression"
    done = run(sys.executable, "-c", ALL_PHASES, context, models, PYTHONPATH=house / "src")
    assert done.returncode == 0, done.stderr[-2000:]
    return SimpleNamespace(said=done.stdout, folder=place / "artifacts" / "epoch005-model-development")


def written(lived_in, name):
    return json.loads((lived_in.folder / name).read_text(encoding="utf-8"))


def test_every_section_is_followed():
    assert set(SECTIONS) == {
        "a model",
        "a metric",
        "a check of the data",
        "a check of the best model",
        "a chart",
        "an analysis",
    }


def test_a_model_and_a_metric_are_added(lived_in):
    models = written(lived_in, "all_models_metrics.json")["models"]
    assert models["sklearn_bagged_trees"]["status"] == "ok"
    assert 0 < models["sklearn_bagged_trees"]["cv"]["specificity"]["low"] <= 1
    project = lived_in.folder.parents[1]
    assert (project / models["sklearn_bagged_trees"]["model_path"] / "model.json").is_file()


def test_a_check_is_added(lived_in):
    assert "warning [negative_amounts] 'amount [CHF]'" in lived_in.said
    findings = written(lived_in, "data_checks.json")["findings"]
    assert "negative_amounts" in {found["check"] for found in findings}


def test_a_check_of_the_best_model_is_added(lived_in):
    said = written(lived_in, "all_models_metrics.json")["conclusions"]
    assert any(text.startswith("A prediction takes ") for text in said)


def test_a_chart_is_added(lived_in):
    assert (lived_in.folder / "fit_times.png").read_bytes().startswith(b"\x89PNG")


def test_an_analysis_is_added(lived_in):
    assert written(lived_in, "evaluation_metrics.json")["sections"]["missing"]["n"] > 0
    page = (lived_in.folder / "evaluation_report.html").read_text(encoding="utf-8")
    assert "Rows that miss values" in page
    assert (lived_in.folder / "missing.csv").is_file()
