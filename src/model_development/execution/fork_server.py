"""A process with the common libraries imported, which forks workers that start at once (Linux).

Every worker needs pandas, scikit-learn and skops, three seconds of imports; here they are paid once. A
framework is never imported before the fork: its threads and its GPU belong to one worker alone.
Elsewhere a worker is started as a program of its own, see execution/process.py.

Why not the fork server of `multiprocessing`: its children have the environment of the server, and a worker's
threads and card are set by environment before any library reads it; they import the caller's main module
again, which runs a script without a `__name__` guard anew; and they have no standard streams and no folder of
their own, so that a worker would not be what it is on platforms that start it as a program.
"""

import atexit
import importlib
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

PRELOADED = (  # by name, since this room knows nothing of what runs in it
    "model_development.fitting.train_candidate",
    "model_development.fitting.combinations",
    "model_development.models.skops_import",
    "sklearn.ensemble",
    "sklearn.linear_model",
    "pyarrow.parquet",
    "threadpoolctl",
)
LARGEST_MESSAGE = 2**20
_lock, _current = threading.Lock(), []


class ForkServer:
    """The parent's end: `spawn` a worker, `poll` for its exit code."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.lock = threading.Lock()
        self.n_asked = 0
        self.owner = os.getpid()
        command = [sys.executable, "-m", "model_development.execution.fork_server", str(theirs.fileno())]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            env=environment,
            pass_fds=[theirs.fileno()],
            process_group=0,  # a Jupyter kernel that ends waits for all of its own group, for seconds
        )
        theirs.close()

    @property
    def alive(self) -> bool:
        return self.owner == os.getpid() and self.process.poll() is None

    def spawn(self, files: Sequence[int], environment: Mapping[str, str]) -> int:
        """Fork a worker whose standard input, output and error are these three files; return its pid.

        Raises OSError or EOFError where the fork server has died.
        """
        return self._ask("spawn", (environment, str(Path.cwd())), files)

    def poll(self, pid: int) -> int | None:
        """The exit code of a worker as `subprocess` has it, however often asked for; None while it lives.

        Raises OSError or EOFError where the fork server has died.
        """
        return self._ask("poll", (pid,))

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self.channel.close()

    def _ask(self, kind, arguments, files=()):
        with self.lock:
            self.n_asked += 1
            request = pickle.dumps((self.n_asked, kind, arguments))
            socket.send_fds(self.channel, [request], files)
            while True:  # what comes first may answer a question whose asker was interrupted
                number, answer = pickle.loads(self.channel.recv(LARGEST_MESSAGE))
                if number == self.n_asked:
                    return answer


def fork_server(environment: Mapping[str, str]) -> ForkServer:
    """The fork server of this process, started where there is none; it imports while the caller goes on."""
    with _lock:
        if not _current or not _current[0].alive:
            _current[:] = [ForkServer(environment)]
            atexit.register(_current[0].stop)
        return _current[0]


def main(channel: socket.socket) -> None:
    """Serve until the parent has gone; an interrupt is the parent's to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Threads that libraries have begun by now wait for work, and no lock is theirs; Python 3.12 cannot know.
    warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
    for name in PRELOADED:
        importlib.import_module(name)
    ended = {}  # exit codes, by pid: the system tells each only once
    while True:
        request, files, _, _ = socket.recv_fds(channel, LARGEST_MESSAGE, 3)
        if not request:
            os._exit(0)
        number, kind, arguments = pickle.loads(request)
        if kind == "poll":
            answer = _exit_code(arguments[0], ended)
        else:
            answer = _fork(channel, files, *arguments)
            ended.pop(answer, None)  # numbers are used again
        with suppress(BrokenPipeError):  # the parent has gone; the next request is none
            channel.send(pickle.dumps((number, answer)))


def _fork(channel, files, environment, folder):
    pid = os.fork()
    if pid == 0:
        channel.close()
        _become_worker(files, environment, folder)
    for file in files:
        os.close(file)
    return pid


def _become_worker(files, environment, folder):
    from threadpoolctl import threadpool_limits

    from . import worker

    for target, file in enumerate(files):
        os.dup2(file, target)
        os.close(file)
    os.environ.clear()
    os.environ.update(environment)
    paths = environment.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[1:1] = [path for path in paths if path and path not in sys.path]
    os.chdir(folder)
    # What was imported before the fork read its number of threads then.
    threadpool_limits(int(environment["OMP_NUM_THREADS"]))
    try:
        worker.main()
    finally:
        os._exit(1)


def _exit_code(pid, ended):
    if pid not in ended:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            ended[pid] = os.waitstatus_to_exitcode(status)
    return ended.get(pid)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
