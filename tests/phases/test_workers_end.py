"""Workers end with the run that they were begun for, whoever remembers why it was refused or broken off."""

import json
import time
from unittest import mock

import pytest
from conftest import make_table, n_workers, write_project

from model_development import model_utils as mu
from model_development.execution.local import LocalEngine
from model_development.execution.protocol import Call, Cause
from model_development.fitting.train_candidate import train_candidate
from model_development.phases.training import at_work

pytestmark = [pytest.mark.whole, pytest.mark.usefixtures("without_charts")]

MODELS = ["sklearn_logistic_regression", "lightgbm_baseline"]
SOON = 10  # seconds; a worker that is being started then ends as it has


@pytest.fixture(autouse=True)
def the_workers_that_were_begun(monkeypatch):
    """Every worker is there before what is refused goes on: else there may be none to end yet."""
    prestart = LocalEngine.prestart

    def begun(engine, calls):
        prestart(engine, calls)
        for warm in engine._prestarted:
            warm.finished()
        assert n_workers() >= len(engine._prestarted)

    monkeypatch.setattr(LocalEngine, "prestart", begun)


def workers_left():
    deadline = time.monotonic() + SOON
    while (n_left := n_workers()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return n_left


def changed(path, **sections):
    content = json.loads(path.read_text(encoding="utf-8")) | sections
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def no_table(folder):
    context = write_project(folder)
    (folder / "table.csv").unlink()
    return context


def no_target(folder):
    outputs = {"feature_data_path": "table.csv", "target_variable": "outcom"}
    return changed(write_project(folder), epoch_004_outputs=outputs)


def wrong_metric(folder):
    return write_project(folder, settings={"primary_metric": "f2_score"})


def errors_in_the_data(folder):
    table = make_table()
    return write_project(folder, table=table.assign(copy=table["outcome"]))


def artifacts_are_a_file(folder):
    context = write_project(folder)
    (folder / "artifacts").write_text("", encoding="utf-8")
    return context


REFUSALS = [no_table, no_target, wrong_metric, errors_in_the_data, artifacts_are_a_file]


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_run_that_is_refused_leaves_no_worker_while_its_error_is_remembered(refusal, tmp_path):
    context = refusal(tmp_path)
    with pytest.raises(mu.TemplateError) as remembered:
        mu.start_training(context_path=context, models=MODELS[:1])
    assert workers_left() == 0
    assert remembered.value.__traceback__ is not None


@pytest.mark.parametrize("change", ["table", "target"])
def test_a_search_that_is_refused_leaves_no_worker_while_its_error_is_remembered(change, tmp_path):
    context = write_project(tmp_path)
    phase = mu.start_training(context_path=context, models=MODELS[:1])
    mu.train_all(phase)
    mu.finish_training(phase)
    if change == "table":
        make_table(seed=1).to_csv(tmp_path / "table.csv", index=False)
    else:
        no_target(tmp_path)
    with pytest.raises(mu.TemplateError) as remembered:
        mu.tune_best_model(context)
    assert workers_left() == 0
    assert remembered.value.__traceback__ is not None


def test_training_that_is_interrupted_leaves_no_worker_while_the_interrupt_is_remembered(tmp_path):
    phase = mu.start_training(context_path=write_project(tmp_path), models=MODELS)
    mu.train_dummy(phase)
    seen = []

    def interrupted(*_, **__):  # as Ctrl-C does where a result is being written down
        seen.append(n_workers())
        raise KeyboardInterrupt

    with (
        mock.patch.object(at_work, "keep_result", interrupted),
        pytest.raises(KeyboardInterrupt) as remembered,
    ):
        mu.train_sklearn(phase)
    assert seen[0] > 0
    assert workers_left() == 0
    assert remembered.value.__traceback__ is not None
    assert {result.status for result in mu.train_all(phase)} == {"ok"}  # the phase is as good as before


def test_a_worker_that_was_begun_and_is_waited_for_ends_too(tmp_path):
    engine = LocalEngine(1)
    run = engine.run([Call("a", "sklearn", train_candidate, {"model_name": MODELS[0]})])
    assert next(run)[0] == "start"
    engine.stop()  # most often while the worker is being started
    (_, _, outcome), *_ = (message for message in run if message[0] == "outcome")
    assert outcome.cause is Cause.DIED
    assert workers_left() == 0


def test_a_notebook_that_begins_anew_leaves_no_worker_of_the_first_time(tmp_path):
    context = write_project(tmp_path)
    first = mu.start_training(context_path=context, models=MODELS)
    n_once = n_workers()
    second = mu.start_training(context_path=context, models=MODELS)
    deadline = time.monotonic() + SOON
    while n_workers() > n_once and time.monotonic() < deadline:
        time.sleep(0.05)
    assert n_workers() == n_once > 0
    mu.train_all(second)
    assert workers_left() == 0
    mu.train_all(first)  # still of use
    assert workers_left() == 0
