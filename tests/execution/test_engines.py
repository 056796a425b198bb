"""The engine with real worker processes: what happens when one fails, dies, hangs or prints."""

import os
import pickle
import signal
import sys
import threading
import time

import pytest

from model_development.errors import SkipModel
from model_development.execution import fork_server as nursery
from model_development.execution import hardware, process
from model_development.execution.engines import Call, LocalEngine


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


def busy(options, report):
    end = time.monotonic() + 4.5
    while time.monotonic() < end:
        sum(range(1000))


def told(until, options, report):
    return until - time.monotonic()


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


def test_a_call_past_its_limit_has_failed_and_the_next_goes_on():
    calls = [Call("hang", "x", hang), Call("fine", "x", double, {"value": 1})]
    found = {c.name: p for k, c, p in LocalEngine(1).run(calls, limit_s=4.0) if k == "outcome"}
    assert found["hang"].status == "failed"
    assert "longer than `model_time_limit_s`, 4 s" in found["hang"].reason
    assert found["fine"].status == "ok"


def test_a_worker_that_neither_works_nor_speaks_hangs(monkeypatch):
    monkeypatch.setattr(process, "HANGS_AFTER", 3.0)
    found, _ = outcomes(
        [Call("hang", "x", hang), Call("busy", "x", busy), Call("fine", "y", double, {"value": 1})]
    )
    assert found["hang"].status == "failed"
    assert "it hung" in found["hang"].reason
    assert (found["busy"].status, found["fine"].status) == ("ok", "ok")


def test_without_forking_workers_are_programs_of_their_own(monkeypatch):
    monkeypatch.setattr(process, "FORKS", False)
    found, _ = outcomes([Call("die", "x", die), Call("fine", "x", double, {"value": 21})])
    assert "killed" in found["die"].reason
    assert found["fine"].result[:2] == (42, 1)


def test_the_nursery_is_not_of_the_group_whose_end_a_kernel_waits_for():
    process.get_ready()
    assert os.getpgid(nursery._current[0].process.pid) != os.getpgrp()


def test_a_dead_nursery_is_replaced():
    outcomes([Call("a", "x", double, {"value": 1})])
    nursery._current[0].process.kill()
    found, _ = outcomes([Call("a", "x", double, {"value": 21})])
    assert found["a"].result[:2] == (42, 1)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGSEGV])
def test_an_exit_code_may_be_read_twice_and_by_several_at_once(end):
    worker = process.WorkerProcess("x", 1, "cpu")
    mother, pid, read = worker.process.nursery, worker.process.pid, []
    threads = [threading.Thread(target=lambda: read.append(worker.process.wait())) for _ in range(4)]
    for thread in threads:
        thread.start()
    os.kill(pid, end)
    for thread in threads:
        thread.join()
    assert read == [-end] * 4
    assert mother.poll(pid) == mother.poll(pid) == -end
    worker.process.code = None  # as where it was waited for by others
    assert f"signal {end:d}" in worker._cause_of_death()


def test_an_answer_whose_asker_was_interrupted_is_not_taken_for_the_next_one():
    """Ctrl-C between a question and its answer, as where workers are ended."""
    worker = process.WorkerProcess("x", 1, "cpu")
    mother = worker.process.nursery
    with mother.lock:  # the question, and an interrupt before its answer is read
        mother.n_asked += 1
        mother.channel.send(pickle.dumps((mother.n_asked, "spawn", ({"OMP_NUM_THREADS": "1"}, "/"))))
    assert mother.poll(worker.process.pid) is None
    worker.kill()
    assert worker.process.poll() == -signal.SIGKILL


def test_a_worker_that_was_warmed_up_is_used_and_the_others_end():
    engine = LocalEngine(2)
    engine.warm_up([Call("a", "x", double, {"value": 1}), Call("b", "y", double, {"value": 2})])
    calls = [Call("a", "x", double, {"value": 3}), Call("c", "z", double, {"value": 4})]
    outcomes = {c.name: p for k, c, p in engine.run(calls) if k == "outcome"}
    assert outcomes["a"].result[0] == 6
    assert len(engine._warm) == 1
    engine.cool_down()
    assert engine._warm == []


def test_within_a_budget_every_call_is_told_its_share_of_the_time():
    calls = [Call(name, "x", told, {"until": None}) for name in "abcd"]
    found, _ = outcomes(calls, deadline=time.monotonic() + 40)
    shares = [found[name].result for name in "abcd"]
    assert shares == sorted(shares)  # what the quick ones leave goes to the others
    assert shares[0] == pytest.approx(10, abs=3)
    assert shares[3] == pytest.approx(40, abs=3)


def test_two_workers_run_side_by_side_with_a_share_of_the_cores():
    found, _ = outcomes([Call(name, name, double, {"value": 1}) for name in "ab"], n_jobs=2)
    assert found["a"].result[2] != found["b"].result[2]
    assert found["a"].result[1] == 1


def test_leaving_the_loop_early_stops_the_workers():
    from conftest import n_workers  # here, since workers import this file, and not its neighbours

    run = LocalEngine(1).run([Call("hang", "x", hang)])
    assert next(run)[0] == "start"
    time.sleep(0.5)
    run.close()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and n_workers():
        time.sleep(0.1)
    assert n_workers() == 0


def test_kept_workers_serve_the_next_run_until_they_are_let_go():
    engine = LocalEngine(2)
    pids = []
    for _ in range(2):
        calls = [Call(str(number), "x", double, {"value": number}) for number in range(6)]
        answers = [payload.result for kind, _, payload in engine.run(calls, keep=True) if kind == "outcome"]
        assert sorted(answer[0] for answer in answers) == [0, 2, 4, 6, 8, 10]
        pids.append({answer[2] for answer in answers})
    assert pids[1] <= pids[0]
    assert len(pids[0]) <= 2
    engine.cool_down()
    time.sleep(0.1)
    assert not any(_is_alive(pid) for pid in pids[0])


def test_a_single_call_leaves_as_many_threads_to_a_kept_worker_as_many_calls_would():
    engine = LocalEngine(2)
    (answer,) = [
        payload.result
        for kind, _, payload in engine.run([Call("a", "x", double, {"value": 1})], keep=True)
        if kind == "outcome"
    ]
    engine.cool_down()
    assert answer[1] == 1


def _is_alive(pid):
    import psutil

    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_where_memory_is_scarce_fewer_workers_have_more_threads():
    engine = LocalEngine(4)
    assert engine.n_workers == 4
    engine = LocalEngine(4)
    engine.worker_mb = 10**9
    assert engine.n_workers == 1


@pytest.mark.parametrize(
    ("needs", "n_workers"),
    [([1] * 5, 4), ([300, 1, 1, 1], 4), ([300, 200, 100, 100], 3), ([300, 300, 50, 1], 2), ([9999] * 4, 1)],
)
def test_the_largest_needs_that_may_meet_are_planned_for_and_the_note_says_so(needs, n_workers, monkeypatch):
    monkeypatch.setattr(hardware, "free_mb", lambda: 800)  # of which workers get 640
    calls = [Call(f"m{i}", "k", print, {}, memory_mb) for i, memory_mb in enumerate(needs)]
    engine = LocalEngine(4)
    assert engine._plan(calls)[0] == n_workers
    note = engine.memory_note(calls)
    assert (
        note == "" if n_workers == 4 else f"m0 needs about {needs[0]} MB: {n_workers} in place of 4" in note
    )
