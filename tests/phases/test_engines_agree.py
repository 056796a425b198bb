"""Every engine gives the same numbers, and calls name every file that they read or write."""

import json
import shutil
import tempfile
from pathlib import Path

import pytest
from conftest import write_project

from model_development import model_utils as mu
from model_development.execution.serial import SerialEngine
from model_development.execution.table import ENGINES

pytestmark = [pytest.mark.whole, pytest.mark.usefixtures("without_charts")]

MODELS = ["sklearn_logistic_regression", "lightgbm_baseline"]


class CarryingEngine(SerialEngine):
    """As where workers share no disk with their caller: a call sees copies of what it names, elsewhere."""

    def answer(self, call, arguments, report):
        with tempfile.TemporaryDirectory() as place:
            carried = {name: self._carried(Path(place) / name, arguments[name]) for name in call.reads}
            for name in set(call.writes) - set(carried):
                carried[name] = str(Path(place) / name / Path(arguments[name]).name)
                Path(carried[name]).parent.mkdir(parents=True)
            outcome = super().answer(call, {**arguments, **carried}, report)
            for name in call.writes:
                _copy(Path(carried[name]), Path(arguments[name]))
        return outcome

    def _carried(self, place, value):
        if isinstance(value, dict):
            return {key: self._carried(place / key, path) for key, path in value.items()}
        target = place / Path(value).name
        _copy(Path(value), target)
        return str(target)


def _copy(source, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    elif source.exists():
        shutil.copy(source, target)


def numbers(folder, engine):
    """What both phases find, times aside."""
    context = write_project(folder, settings={"engine": engine, "n_jobs": 1})
    phase = mu.start_training(context_path=context, models=MODELS)
    mu.train_dummy(phase)
    results = mu.train_all(phase)
    mu.finish_training(phase)
    outputs = mu.tune_best_model(
        context, model="lightgbm_baseline", n_trials=3, strategy="random", second="size"
    )
    trials = json.loads(
        (folder / "artifacts/epoch005-model-development/all_tuning_results.json").read_text(encoding="utf-8")
    )["results"]
    return (
        {r.name: r.measured["fold_scores"] for r in results},
        [row["fold_scores"] for row in sorted(trials, key=lambda row: row["trial"])],
        outputs["final_metric_value"],
    )


@pytest.fixture(scope="module")
def by_processes(tmp_path_factory):
    return numbers(tmp_path_factory.mktemp("local"), "local")


@pytest.mark.parametrize("engine", [pytest.param("serial", marks=pytest.mark.slow), "carrying"])
def test_an_engine_gives_the_numbers_of_the_local_one(engine, by_processes, tmp_path, monkeypatch):
    monkeypatch.setitem(ENGINES, "carrying", CarryingEngine)
    assert numbers(tmp_path, engine) == by_processes


def test_an_engine_that_is_none_is_said_before_anything_is_read(tmp_path):
    with pytest.raises(mu.TemplateError, match="Did you mean 'serial'"):
        mu.start_training(context_path=write_project(tmp_path, settings={"engine": "seriall"}))
