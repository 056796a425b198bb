import time

import pytest
from conftest import write_project

from model_development.phases.tuning.run_writer import RunWriter
from model_development.phases.tuning.trials import Trial
from model_development.settings.context import read_context
from model_development.tracking.store import TrackingStore


@pytest.fixture
def store(tmp_path):
    return TrackingStore(read_context(write_project(tmp_path)))


def trials(n):
    return [Trial(number, {"depth": number}, {"depth": number}) for number in range(1, n + 1)]


@pytest.mark.whole
def test_what_waits_while_others_are_being_written_is_written_at_the_end(store):
    parent, done = store.start_run("parent"), trials(5)
    with RunWriter(store, parent) as runs:
        runs._thread.submit(time.sleep, 0.5)
        for trial in done:
            runs.add(trial)
    assert {name: run_id for name, (run_id, *_) in store.children(parent).items()} == {
        trial.name: trial.run_id for trial in done
    }


@pytest.mark.whole
def test_what_goes_wrong_while_runs_are_written_is_raised(store):
    (trial,) = trials(1)
    trial.params = 5
    with pytest.raises(AttributeError), RunWriter(store, store.start_run("parent")) as runs:
        runs.add(trial)
