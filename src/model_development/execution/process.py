"""One worker process as its caller sees it: it is sent a call, watched, and answers or is stopped."""

import math
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from .fork_server import fork_server
from .hardware import worker_environment
from .protocol import Cause, Outcome

SOURCE_FOLDER = Path(__file__).resolve().parents[2]
FORKS = sys.platform == "linux"  # forking after imports is not safe elsewhere
LOOK_EVERY = 0.5  # seconds
DIES_WITHIN = 5.0  # seconds after its last word
HANGS_AFTER = 300.0  # seconds without a message and without any CPU time


class WorkerProcess:
    """A process spoken to over its standard input and output; what it prints goes to a log file."""

    def __init__(self, kind: str, threads: int, device: str) -> None:
        self.kind, self.threads = kind, threads
        self.log = tempfile.TemporaryFile()  # noqa: SIM115  (lives as long as the worker)
        start = _fork if FORKS else _execute
        self.process, self.stdin, self.stdout = start(_environment(threads, device), self.log)

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def answer(
        self,
        function: Callable[..., Any],
        arguments: Mapping[str, Any],
        end: tuple[float, Outcome | None],
        on_event: Callable[[Any], None],
    ) -> Outcome:
        """Send one call and wait; return its Outcome.

        end : (time.monotonic() at which the process is killed, the Outcome that this is).
        """
        watch = _Watch(self, end)
        try:
            pickle.dump((function, arguments), self.stdin)
            self.stdin.flush()
            while True:
                message = pickle.load(self.stdout)
                watch.heard()
                if isinstance(message, Outcome):
                    return message
                on_event(message)
        except (EOFError, OSError, pickle.UnpicklingError):
            self._let_it_end()
            return watch.outcome or Outcome(cause=Cause.DIED, reason=self._cause_of_death())
        finally:
            watch.stop()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def _let_it_end(self):
        """A dying process closes its pipe before it is gone, and until then would pass for alive."""
        end = time.monotonic() + DIES_WITHIN
        while self.alive and time.monotonic() < end:
            time.sleep(0.01)
        self.kill()

    def cpu_seconds(self) -> float:
        try:
            times = psutil.Process(self.process.pid).cpu_times()
        except psutil.Error:
            return math.inf
        return times.user + times.system

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


class _Forked:
    """A worker that the fork server made, with the methods of `subprocess.Popen` that are used here.

    A thread of the engine, its watch and whoever ends the engine call them at the same time.
    """

    def __init__(self, server, pid):
        self.server, self.pid, self.code = server, pid, None
        self._lock = threading.RLock()

    def wait(self):
        while self.poll() is None:
            time.sleep(0.01)
        return self.code

    def kill(self) -> None:
        with self._lock:  # or its number may be another process' by the time of the signal
            if self.poll() is None:
                with suppress(ProcessLookupError):  # an orphan, whose end the fork server does not see
                    os.kill(self.pid, signal.SIGKILL)

    def poll(self):
        with self._lock:
            if self.code is None:
                try:
                    self.code = self.server.poll(self.pid)
                except (OSError, EOFError):  # the fork server was killed, and its workers are orphans
                    self.code = None if _lives(self.pid) else -signal.SIGKILL
            return self.code


def get_ready() -> None:
    """Begin the imports that all workers have in common, where workers are forked from one process."""
    if FORKS:
        fork_server(_environment(1, "cpu"))


def _fork(environment, log):
    (their_in, our_out), (our_in, their_out) = os.pipe(), os.pipe()
    files = [their_in, their_out, log.fileno()]
    try:
        server = fork_server(_environment(1, "cpu"))
        pid = server.spawn(files, environment)
    except BaseException as error:
        os.close(our_out)  # a worker that nobody knows of ends with them
        os.close(our_in)
        if isinstance(error, OSError | EOFError):  # the fork server was killed just now
            return _execute(environment, log)
        raise
    finally:
        os.close(their_in)
        os.close(their_out)
    return _Forked(server, pid), os.fdopen(our_out, "wb"), os.fdopen(our_in, "rb")


def _execute(environment, log):
    command = [sys.executable, "-m", "model_development.execution.worker"]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=log, env=environment)
    return process, process.stdin, process.stdout


def _environment(threads, device):
    paths = [str(SOURCE_FOLDER), os.environ.get("PYTHONPATH", "")]
    path = {"PYTHONPATH": os.pathsep.join(path for path in paths if path)}
    return dict(os.environ) | worker_environment(threads, device) | path


def _lives(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class _Watch(threading.Thread):
    """Kills a worker whose time is over, or that neither works nor speaks."""

    def __init__(self, worker, end):
        super().__init__(daemon=True)
        self.worker, self.end = worker, end
        self.outcome = None
        self.cpu, self.last_sign = 0.0, time.monotonic()
        self._done = threading.Event()
        self.start()

    def heard(self) -> None:
        self.last_sign = time.monotonic()

    def stop(self) -> None:
        self._done.set()

    def run(self) -> None:
        when, outcome = self.end
        while not self._done.wait(max(0.0, min(LOOK_EVERY, when - time.monotonic()))):
            if self.worker.cpu_seconds() > self.cpu + 0.01:
                self.cpu = self.worker.cpu_seconds()
                self.heard()
            hangs = time.monotonic() - self.last_sign > HANGS_AFTER
            if hangs or time.monotonic() >= when:
                silent = f"it hung: no CPU time and no message for {HANGS_AFTER:g} s"
                self.outcome = Outcome(cause=Cause.HUNG, reason=silent) if hangs else outcome
                self.worker.kill()
                break
