"""The engine with real worker processes: what happens when one fails, dies, hangs or prints."""

import os
import signal
import sys
import time

import pytest

from model_development.errors import SkipModel
from model_development.search.engines import Call, LocalEngine


def double(value, options, report):
    report("half way")
    print("a library that prints to standard output")
    return value * 2, options["n_jobs"], os.getpid()


def fail(options, report):
    raise ValueError("no such thing\nmore lines")


def skip(options, report):
    raise SkipModel("not here")


def die(options, report):
    print("the last words", file=sys.stderr, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)


def hang(options, report):
    time.sleep(60)


def outcomes(calls, n_jobs=1, deadline=None):
    messages = list(LocalEngine(n_jobs).run(calls, deadline))
    return {call.name: payload for kind, call, payload in messages if kind == "outcome"}, messages


@pytest.fixture(autouse=True)
def _workers_find_this_module(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.path.dirname(__file__))  # noqa: PTH120


def test_results_and_progress_come_back_whatever_a_library_prints():
    found, messages = outcomes([Call("a", "x", double, {"value": 21})])
    assert found["a"].status == "ok"
    assert found["a"].result[:2] == (42, 1)
    assert [kind for kind, _, _ in messages] == ["start", "event", "outcome"]


def test_calls_of_one_kind_share_a_process_and_others_do_not():
    calls = [Call(name, name[0], double, {"value": 1}) for name in ("a1", "a2", "b1")]
    found, _ = outcomes(calls)
    pids = {name: outcome.result[2] for name, outcome in found.items()}
    assert pids["a1"] == pids["a2"] != pids["b1"]


def test_a_failing_a_skipped_and_a_dying_call_are_rows_and_the_rest_goes_on():
    calls = [Call("fail", "x", fail), Call("skip", "x", skip), Call("die", "x", die)]
    found, _ = outcomes([*calls, Call("fine", "x", double, {"value": 1})])
    assert (found["fail"].status, found["fail"].reason) == ("failed", "ValueError: no such thing")
    assert (found["skip"].status, found["skip"].reason) == ("skipped", "not here")
    assert found["die"].status == "failed"
    assert "killed" in found["die"].reason
    assert "the last words" in found["die"].reason
    assert found["fine"].status == "ok"


def test_the_deadline_stops_a_hanging_call_and_skips_the_waiting():
    started = time.monotonic()
    calls = [Call("hang", "x", hang), Call("late", "x", double, {"value": 1})]
    found, _ = outcomes(calls, deadline=started + 2)
    assert time.monotonic() - started < 10
    assert (found["hang"].status, found["late"].status) == ("skipped", "skipped")
    assert "stopped: the time budget" in found["hang"].reason
    assert "not started" in found["late"].reason


def test_two_workers_run_side_by_side_with_a_share_of_the_cores():
    found, _ = outcomes([Call(name, name, double, {"value": 1}) for name in "ab"], n_jobs=2)
    assert found["a"].result[2] != found["b"].result[2]
    assert found["a"].result[1] == 1


def test_leaving_the_loop_early_stops_the_workers():
    run = LocalEngine(1).run([Call("hang", "x", hang)])
    assert next(run)[0] == "start"
    time.sleep(0.5)
    run.close()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and _n_workers():
        time.sleep(0.1)
    assert _n_workers() == 0


def _n_workers():
    import psutil

    children = psutil.Process().children(recursive=True)
    living = [child for child in children if child.status() != "zombie"]
    return sum("model_development.search" in " ".join(c.cmdline()) for c in living if c.ppid() != os.getpid())
