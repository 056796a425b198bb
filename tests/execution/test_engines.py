"""The engine with real worker processes: what happens when one fails, dies, hangs or prints."""

import os
import pickle
import signal
import sys
import threading
import time
from dataclasses import replace

import psutil
import pytest

from model_development.errors import SettingsError, SkipModel
from model_development.execution import fork_server, hardware, process
from model_development.execution.local import LocalEngine
from model_development.execution.protocol import Call, Cause
from model_development.execution.table import ENGINES, make_engine

pytestmark = pytest.mark.whole


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


def told(seconds_left, options, report):
    return seconds_left


def outcomes(calls, n_jobs=1, deadline=None, engine="local"):
    messages = list(make_engine(engine, n_jobs, "cpu").run(calls, deadline))
    return {call.name: payload for kind, call, payload in messages if kind == "outcome"}, messages


@pytest.fixture(autouse=True)
def _workers_find_this_module(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.path.dirname(__file__))  # noqa: PTH120


@pytest.mark.parametrize("engine", ENGINES)
def test_results_and_progress_come_back_whatever_a_library_prints(engine):
    found, messages = outcomes([Call("a", "x", double, {"value": 21})], engine=engine)
    assert found["a"].status == "ok"
    assert found["a"].result[:2] == (42, 1)
    assert [kind for kind, _, _ in messages] == ["start", "event", "outcome"]


def test_calls_of_one_kind_share_a_process_and_others_do_not():
    calls = [Call(name, name[0], double, {"value": 1}) for name in ("a1", "a2", "b1")]
    found, _ = outcomes(calls)
    pids = {name: outcome.result[2] for name, outcome in found.items()}
    assert pids["a1"] == pids["a2"] != pids["b1"]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_failing_and_a_skipped_call_have_their_cause_and_the_rest_goes_on(engine):
    calls = [Call("fail", "x", fail), Call("skip", "x", skip), Call("fine", "x", double, {"value": 1})]
    found, _ = outcomes(calls, engine=engine)
    assert (found["fail"].status, found["fail"].cause) == ("failed", Cause.RAISED)
    assert (found["skip"].status, found["skip"].cause) == ("skipped", Cause.CANNOT_RUN)
    assert (found["fine"].status, found["fine"].cause) == ("ok", None)


@pytest.mark.parametrize("engine", ENGINES)
def test_after_the_deadline_no_call_is_begun(engine):
    calls = [Call(name, "x", double, {"value": 1}) for name in "ab"]
    found, messages = outcomes(calls, deadline=time.monotonic() - 1, engine=engine)
    assert {found[name].cause for name in "ab"} == {Cause.OUT_OF_TIME}
    assert {kind for kind, _, _ in messages} == {"outcome"}


@pytest.mark.parametrize("engine", ENGINES)
def test_an_engine_does_what_callers_ask_of_it(engine):
    made = make_engine(engine, 1, "cpu")
    calls = [Call("a", "x", double, {"value": 3})]
    made.prestart(calls)
    assert made.memory_note(calls) == ""
    assert (made.n_workers, made.n_slots, made.device) == (1, 1, "cpu")
    for _ in range(2):
        with made.stopped_by_errors():
            answers = [p.result[0] for kind, _, p in made.run(calls, keep=True) if kind == "outcome"]
        assert answers == [6]
    made.stop_idle()
    made.stop()


def test_an_engine_that_is_none_is_said_with_the_nearest_name():
    with pytest.raises(SettingsError, match="Did you mean 'serial'"):
        make_engine("seral", 1, "cpu")


def test_a_failing_a_skipped_and_a_dying_call_are_rows_and_the_rest_goes_on():
    calls = [Call("fail", "x", fail), Call("skip", "x", skip), Call("die", "x", die)]
    found, _ = outcomes([*calls, Call("fine", "x", double, {"value": 1})])
    assert (found["fail"].status, found["fail"].reason) == ("failed", "ValueError: no such thing")
    assert (found["skip"].status, found["skip"].reason) == ("skipped", "not here")
    assert (found["die"].status, found["die"].cause) == ("failed", Cause.DIED)
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
    assert (found["hang"].status, found["hang"].cause) == ("failed", Cause.TIME_LIMIT)
    assert "longer than `model_time_limit_s`, 4 s" in found["hang"].reason
    assert found["fine"].status == "ok"


def test_a_worker_that_neither_works_nor_speaks_hangs(monkeypatch):
    monkeypatch.setattr(process, "HANGS_AFTER", 3.0)
    found, _ = outcomes(
        [Call("hang", "x", hang), Call("busy", "x", busy), Call("fine", "y", double, {"value": 1})]
    )
    assert (found["hang"].status, found["hang"].cause) == ("failed", Cause.HUNG)
    assert "it hung" in found["hang"].reason
    assert (found["busy"].status, found["fine"].status) == ("ok", "ok")


def test_without_forking_workers_are_programs_of_their_own(monkeypatch):
    monkeypatch.setattr(process, "FORKS", False)
    found, _ = outcomes([Call("die", "x", die), Call("fine", "x", double, {"value": 21})])
    assert "killed" in found["die"].reason
    assert found["fine"].result[:2] == (42, 1)


def test_the_fork_server_is_not_of_the_group_whose_end_a_kernel_waits_for():
    process.get_ready()
    assert os.getpgid(fork_server._current[0].process.pid) != os.getpgrp()


def test_a_dead_fork_server_is_replaced():
    outcomes([Call("a", "x", double, {"value": 1})])
    fork_server._current[0].process.kill()
    found, _ = outcomes([Call("a", "x", double, {"value": 21})])
    assert found["a"].result[:2] == (42, 1)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGSEGV])
def test_an_exit_code_may_be_read_twice_and_by_several_at_once(end):
    worker = process.WorkerProcess("x", 1, "cpu")
    server, pid, read = worker.process.server, worker.process.pid, []
    threads = [threading.Thread(target=lambda: read.append(worker.process.wait())) for _ in range(4)]
    for thread in threads:
        thread.start()
    os.kill(pid, end)
    for thread in threads:
        thread.join()
    assert read == [-end] * 4
    assert server.poll(pid) == server.poll(pid) == -end
    worker.process.code = None  # as where it was waited for by others
    assert f"signal {end:d}" in worker._cause_of_death()


def test_an_answer_whose_asker_was_interrupted_is_not_taken_for_the_next_one():
    """Ctrl-C between a question and its answer, as where workers are ended."""
    worker = process.WorkerProcess("x", 1, "cpu")
    server = worker.process.server
    with server.lock:  # the question, and an interrupt before its answer is read
        server.n_asked += 1
        server.channel.send(pickle.dumps((server.n_asked, "spawn", ({"OMP_NUM_THREADS": "1"}, "/"))))
    assert server.poll(worker.process.pid) is None
    worker.kill()
    assert worker.process.poll() == -signal.SIGKILL


def test_a_worker_that_was_warmed_up_is_used_and_the_others_end():
    engine = LocalEngine(2)
    engine.prestart([Call("a", "x", double, {"value": 1}), Call("b", "y", double, {"value": 2})])
    calls = [Call("a", "x", double, {"value": 3}), Call("c", "z", double, {"value": 4})]
    outcomes = {c.name: p for k, c, p in engine.run(calls) if k == "outcome"}
    assert outcomes["a"].result[0] == 6
    assert len(engine._prestarted) == 1
    engine.stop_idle()
    assert engine._prestarted == []


@pytest.mark.parametrize("engine", ENGINES)
def test_within_a_budget_every_call_is_told_its_share_of_the_time(engine):
    calls = [Call(name, "x", told, {"seconds_left": None}) for name in "abcd"]
    found, _ = outcomes(calls, deadline=time.monotonic() + 40, engine=engine)
    shares = [found[name].result for name in "abcd"]
    assert shares == sorted(shares)  # what the quick ones leave goes to the others
    assert shares[0] == pytest.approx(10, abs=3)
    assert shares[3] == pytest.approx(40, abs=3)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_call_may_take_more_than_its_turn_and_is_not_begun_too_late_for_it(engine):
    calls = [Call(name, "x", told, {"seconds_left": None}, largest_share=0.5) for name in "abcd"]
    calls[2] = replace(calls[2], least_s=60.0)
    found, _ = outcomes(calls, deadline=time.monotonic() + 40, engine=engine)
    assert found["a"].result == pytest.approx(20, abs=3)  # its turn would be 10
    assert found["c"].cause == Cause.OUT_OF_TIME
    assert found["d"].result == pytest.approx(40, abs=6)  # the last one has all that is left


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
    engine.stop_idle()
    time.sleep(0.1)
    assert not any(_is_alive(pid) for pid in pids[0])


def test_a_single_call_leaves_as_many_threads_to_a_kept_worker_as_many_calls_would():
    engine = LocalEngine(2)
    (answer,) = [
        payload.result
        for kind, _, payload in engine.run([Call("a", "x", double, {"value": 1})], keep=True)
        if kind == "outcome"
    ]
    engine.stop_idle()
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


def test_a_container_has_the_memory_that_its_limit_leaves(monkeypatch, tmp_path):
    files = {"max": "3145728000\n", "current": "2097152000\n", "stat": "anon 7\ninactive_file 1048576000\n"}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="ascii")
    group = (f"{tmp_path}/max", f"{tmp_path}/current", f"{tmp_path}/stat:inactive_file")
    monkeypatch.setattr(hardware, "CGROUPS", (group, ("/absent", "/absent", "/absent:x")))
    assert hardware.free_mb() == pytest.approx(2000)
    (tmp_path / "max").write_text("max\n", encoding="ascii")  # no limit
    assert hardware.free_mb() == pytest.approx(psutil.virtual_memory().available / 2**20, rel=0.2)


def test_cores_are_those_that_this_process_and_its_container_may_use(monkeypatch):
    assert 1 <= hardware.available_cores() <= os.cpu_count()
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")
    assert hardware.available_cores() == 1


def test_a_call_is_told_its_turn_beside_what_it_may_take_and_nothing_that_it_does_not_ask_for():
    call = Call("a", "x", told, {"seconds_left": None, "turn_s": None}, largest_share=0.5)
    assert call.times(40.0, 8) == {"seconds_left": 20.0, "turn_s": 5.0}
    assert call.times(40.0, 1) == {"seconds_left": 40.0, "turn_s": 40.0}
    assert replace(call, arguments={}).times(40.0, 8) == {}
