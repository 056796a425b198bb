"""Wall time: what counts, from when, and how phase 2 shares it out."""

import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from conftest import run, write_project

from model_development.phases import clock as clocks
from model_development.phases.clock import Clock, program_began
from model_development.phases.tuning.baseline import Baseline
from model_development.phases.tuning.time_left import end_of_fits, end_of_search, has_time_for
from model_development.phases.tuning.trials import Trial

SAYS_WHEN = "import time; from model_development.phases.clock import program_began as began; "
SAYS_WHEN += "print(began() and time.monotonic() - began())"


@pytest.fixture
def now(monkeypatch):
    """A clock that stands still until it is set: now[0]."""
    moment = [1000.0]
    monkeypatch.setattr(clocks.time, "monotonic", lambda: moment[0])
    return moment


def test_in_batch_all_time_counts(now):
    clock = Clock(60, began=990.0)
    now[0] += 5
    assert clock.spent == 15
    assert clock.deadline() == 1050
    assert clock.deadline(reserve_s=9) == 1041


def test_in_a_notebook_of_people_work_counts_once_and_pauses_do_not(now):
    clock = Clock(60)
    with clock.running():
        now[0] += 3
        with clock.running():
            now[0] += 2
        assert clock.spent == 5
    now[0] += 3600
    assert clock.spent == 5
    assert clock.deadline() == now[0] + 55


def test_without_a_limit_there_is_no_end():
    assert Clock().deadline() is None
    assert end_of_fits(Clock()) is None
    assert has_time_for(1e9, None)


@pytest.mark.whole
def test_only_programs_that_run_a_phase_in_batch_have_a_beginning(tmp_path):
    assert program_began() is None  # of pytest
    for name, known in (("papermill", True), ("train_model.py", True), ("my_program", False)):
        (tmp_path / name).write_text(SAYS_WHEN, encoding="utf-8")
        said = run(sys.executable, tmp_path / name).stdout.strip()
        assert (said != "None") == known
        assert not known or 0 < float(said) < 60


def test_a_phase_within_a_longer_program_counts_from_where_that_says():
    with clocks.counted_from(12.5):
        assert program_began() == 12.5
        assert clocks.seconds_of_both() is None
    with clocks.counted_from(12.5, 60.0):
        assert Clock(40.0, program_began(), clocks.seconds_of_both()).end_of_both == 72.5
    assert Clock(40.0, 12.5).end_of_both is None
    assert program_began() is None  # of pytest


def test_a_kernel_below_papermill_began_with_it(tmp_path):
    starter = tmp_path / "papermill"
    below = f"[sys.executable, '-c', {SAYS_WHEN!r}]"
    text = f"import subprocess, sys; print(subprocess.check_output({below}).decode())"
    starter.write_text(text, encoding="utf-8")
    assert float(run(sys.executable, starter).stdout) > 0


def test_a_slower_combination_ends_the_search_sooner():
    baseline = Baseline(
        "a", {}, 0.8, 0.1, [0], [0.8], 0.8, {"training_time": 2.0}, "", True, "", fold_fit_s=1.0
    )
    clock = Clock(100, time.monotonic())
    slow = Trial(1, {}, {}, measured={"fold_seconds": [4.0, 4.0]})
    alone, with_it = end_of_search(clock, baseline), end_of_search(clock, baseline, slow)
    assert alone - with_it == pytest.approx(3 * baseline.final_fit_s, abs=0.1)
    assert with_it < alone < end_of_fits(clock) < clock.deadline()


def test_the_ensemble_has_its_time_and_folds_of_the_tuned_model_too():
    alone = Baseline("a", {}, 0.8, 0.1, [0], [0.8], 0.8, {"training_time": 2.0}, "", True, "", fold_fit_s=1.0)
    with_it = replace(alone, ensemble_s=4.0)
    clock = Clock(100, time.monotonic())
    found = Trial(1, {}, {}, measured={"fold_seconds": [1.0, 1.0, 1.0]})
    assert end_of_search(clock, alone) - end_of_search(clock, with_it) == pytest.approx(4, abs=0.1)
    assert end_of_search(clock, alone, found) - end_of_search(clock, with_it, found) == pytest.approx(
        7, abs=0.1
    )
    assert end_of_fits(clock) - end_of_fits(clock, 4.0) == pytest.approx(4, abs=0.1)


@pytest.mark.slow
@pytest.mark.whole
def test_both_phases_end_in_time(tmp_path):
    context, began = write_project(tmp_path), time.monotonic()
    program = Path(sys.executable).with_name("model-development")
    done = run(program, "run", "--context", context, "--budget", "60")
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - began < 65
    assert "Verdict" in done.stdout


def test_a_parent_that_nobody_may_ask_is_no_program_of_ours(monkeypatch):
    """The scheduler of the system is another user's process."""

    def denied(self):
        raise psutil.AccessDenied(self.pid)

    monkeypatch.setattr(psutil.Process, "cmdline", denied)
    assert program_began() is None
