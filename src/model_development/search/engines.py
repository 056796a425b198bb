"""On which workers calls run. An engine takes plain picklable calls and yields what becomes of them.

`LocalEngine` runs them in processes of their own on this machine. A cluster engine needs the same
one method, `run`.
"""

import os
import pickle
import queue
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from ..hardware import plan_workers, worker_environment

SOURCE_FOLDER = Path(__file__).resolve().parents[2]
OUT_OF_TIME = "the time budget was used up"


@dataclass(frozen=True)
class Call:
    """One piece of work: a module-level function, its arguments, and the kind of worker it needs.

    Calls of one `worker_kind` (the framework) may share a process one after another.
    """

    name: str
    worker_kind: str
    function: object
    arguments: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What became of a call: status "ok", "failed" or "skipped", with a result or a reason."""

    status: str
    result: object = None
    reason: str = ""


class LocalEngine:
    """Runs calls in worker processes side by side, the cores shared out between them.

    A worker that dies is one failed call with the reason; the next call gets a new worker.
    """

    def __init__(self, n_jobs=None, device="cpu"):
        self.n_jobs, self.device = n_jobs, device

    def run(self, calls, deadline=None):
        """Yield ("start" | "event" | "outcome", call, payload) as things happen.

        deadline : time.monotonic() at which work stops: running calls are killed, waiting ones
            skipped. Each call starts with `n_jobs` threads of its own among its arguments.
        """
        calls = list(calls)
        n_workers, threads = plan_workers(len(calls), self.n_jobs)
        waiting, messages = queue.SimpleQueue(), queue.SimpleQueue()
        for call in calls:
            waiting.put(call)
        lanes = [_Lane(waiting, messages, threads, self.device, deadline) for _ in range(n_workers)]
        for lane in lanes:
            lane.start()
        try:
            open_calls = len(calls)
            while open_calls:
                message = messages.get()
                open_calls -= message[0] == "outcome"
                yield message
        finally:
            for lane in lanes:
                lane.stop()


class _Lane(threading.Thread):
    """One thread that feeds one worker process at a time."""

    def __init__(self, waiting, messages, threads, device, deadline):
        super().__init__(daemon=True)
        self.waiting, self.messages = waiting, messages
        self.threads, self.device, self.deadline = threads, device, deadline
        self.worker = None
        self.stopped = False

    def run(self):
        while not self.stopped:
            try:
                call = self.waiting.get_nowait()
            except queue.Empty:
                break
            self.messages.put(("outcome", call, self._outcome(call)))
        self.stop()

    def stop(self):
        self.stopped = True
        if self.worker:
            self.worker.kill()

    def _outcome(self, call):
        if self.deadline is not None and time.monotonic() >= self.deadline:
            return Outcome("skipped", reason=f"not started: {OUT_OF_TIME}")
        self.messages.put(("start", call, None))
        try:
            worker = self._worker_for(call)
            return worker.answer(call, self.deadline, lambda e: self.messages.put(("event", call, e)))
        except Exception as error:  # whatever happens here must not leave the caller waiting
            return Outcome("failed", reason=f"{type(error).__name__}: {error}")

    def _worker_for(self, call):
        if self.worker and (self.worker.kind != call.worker_kind or not self.worker.alive):
            self.worker.kill()
            self.worker = None
        if self.worker is None:
            self.worker = _Worker(call.worker_kind, self.threads, self.device)
        return self.worker


class _Worker:
    """One process, spoken to over its standard input and output; its prints go to a log file."""

    def __init__(self, kind, threads, device):
        self.kind, self.threads = kind, threads
        self.log = tempfile.TemporaryFile()  # noqa: SIM115  (lives as long as the worker)
        paths = [str(SOURCE_FOLDER), os.environ.get("PYTHONPATH", "")]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "model_development.search.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            env=os.environ
            | worker_environment(threads, device)
            | {"PYTHONPATH": os.pathsep.join(path for path in paths if path)},
        )

    @property
    def alive(self):
        return self.process.poll() is None

    def answer(self, call, deadline, on_event):
        """Send one call and wait for its outcome; kill the process when `deadline` comes first."""
        options = {**call.arguments.get("options", {}), "n_jobs": self.threads}
        arguments = {**call.arguments, "options": options}
        timer = _kill_at(deadline, self.kill)
        try:
            pickle.dump((call.function, arguments), self.process.stdin)
            self.process.stdin.flush()
            while True:
                kind, payload = pickle.load(self.process.stdout)
                if kind == "event":
                    on_event(payload)
                elif kind == "done":
                    return Outcome("ok", payload)
                else:
                    return Outcome(kind, reason=payload)
        except (EOFError, OSError, pickle.UnpicklingError):
            if deadline is not None and time.monotonic() >= deadline:
                return Outcome("skipped", reason=f"stopped: {OUT_OF_TIME}")
            return Outcome("failed", reason=self._cause_of_death())
        finally:
            if timer:
                timer.cancel()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def _cause_of_death(self):
        code = self.process.wait()
        if code == -9:
            how = "the worker process was killed (signal 9), most often for want of memory"
        elif code < 0:
            how = f"the worker process died of signal {-code}"
        else:
            how = f"the worker process ended with exit code {code}"
        self.log.seek(0)
        lines = self.log.read().decode(errors="replace").strip().splitlines()
        return f"{how}; its last words: {lines[-1].strip()}" if lines else how


def _kill_at(deadline, kill):
    if deadline is None:
        return None
    timer = threading.Timer(max(0.0, deadline - time.monotonic()), kill)
    timer.daemon = True
    timer.start()
    return timer
