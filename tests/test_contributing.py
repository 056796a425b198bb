"""CONTRIBUTING.md is followed to the letter, in a copy of the package."""

import json
import re
import shutil
import sys

import pytest
from conftest import ROOT, make_table, run, write_project

pytestmark = pytest.mark.whole

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## Add (.+?)\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL))
TRAIN = """
import sys
from model_development import model_utils as mu
phase = mu.start_training(context_path=sys.argv[1], models=sys.argv[2].split(","))
mu.train_all(phase, phase.names)
mu.finish_training(phase)
"""
CHECK = "import sys; from model_development import model_utils as mu; mu.check_data(sys.argv[1])"


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


@pytest.fixture
def house(tmp_path):
    shutil.copytree(ROOT / "src", tmp_path / "house" / "src", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "house"


def python(house, code, *arguments):
    done = run(sys.executable, "-c", code, *arguments, PYTHONPATH=house / "src")
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def written(context, name):
    path = context.parent / "artifacts" / "epoch005-model-development" / name
    return json.loads(path.read_text(encoding="utf-8"))


def test_a_model_and_a_metric_are_added(house, tmp_path):
    follow("a model", house)
    follow("a metric", house)
    context = write_project(tmp_path, settings={"primary_metric": "specificity", "profile": False})
    python(house, TRAIN, context, "sklearn_extra_trees,sklearn_logistic_regression")
    models = written(context, "all_models_metrics.json")["models"]
    assert models["sklearn_extra_trees"]["status"] == "ok"
    assert 0 < models["sklearn_extra_trees"]["cv"]["specificity"]["low"] <= 1
    assert (context.parent / models["sklearn_extra_trees"]["model_path"] / "model.json").is_file()


def test_a_check_is_added(house, tmp_path):
    follow("a check of the data", house)
    table = make_table()
    table.loc[:4, "amount [CHF]"] = -1.0
    context = write_project(tmp_path, table=table, settings={"profile": False})
    said = python(house, CHECK, context)
    assert "warning [negative_amounts] 'amount [CHF]'" in said
    findings = written(context, "data_checks.json")["findings"]
    assert "negative_amounts" in {found["check"] for found in findings}


def test_a_check_of_the_best_model_is_added(house, tmp_path):
    follow("a check of the best model", house)
    context = write_project(tmp_path, settings={"profile": False})
    python(house, TRAIN, context, "sklearn_logistic_regression")
    said = written(context, "all_models_metrics.json")["conclusions"]
    assert any(text.startswith("A prediction takes ") for text in said)


def test_a_chart_is_added(house, tmp_path):
    follow("a chart", house)
    context = write_project(tmp_path, settings={"profile": False})
    python(house, TRAIN, context, "sklearn_logistic_regression")
    picture = context.parent / "artifacts" / "epoch005-model-development" / "fit_times.png"
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_every_section_is_followed_by_a_test():
    assert set(SECTIONS) == {
        "a model",
        "a metric",
        "a check of the data",
        "a check of the best model",
        "a chart",
        "an analysis",
    }


EVALUATE = """
import sys
from model_development import model_utils as mu
mu.tune_best_model(sys.argv[1], strategy="random", n_trials=1)
mu.evaluate_model(sys.argv[1])
"""


def test_an_analysis_is_added(house, tmp_path):
    follow("an analysis", house)
    context = write_project(tmp_path, settings={"profile": False})
    python(house, TRAIN, context, "sklearn_logistic_regression")
    python(house, EVALUATE, context)
    assert written(context, "evaluation_metrics.json")["sections"]["missing"]["n"] > 0
    folder = context.parent / "artifacts" / "epoch005-model-development"
    assert "Rows that miss values" in (folder / "evaluation_report.html").read_text(encoding="utf-8")
    assert (folder / "missing.csv").is_file()
