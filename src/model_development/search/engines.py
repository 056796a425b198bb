"""On which workers calls run. An engine takes plain picklable calls and yields what becomes of them.

`LocalEngine` runs them in processes of their own on this machine. A cluster engine needs the same
one method, `run`.
"""

import math
import queue
import threading
import time
from dataclasses import dataclass, field

from ..hardware import plan_workers
from .process import WorkerProcess

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

    A worker that dies or hangs is one failed call with the reason; the next call gets a new worker.
    """

    def __init__(self, n_jobs=None, device="cpu"):
        self.n_jobs, self.device = n_jobs, device
        self._warm = []  # threads that have begun a call for its imports

    def warm_up(self, calls):
        """Begin calls whose only use is what they import; `run` takes over as many workers as it needs."""
        n_workers, threads = plan_workers(len(calls), self.n_jobs)
        for call in calls[:n_workers]:
            self._warm.append(_WarmUp(call, threads, self.device))

    def cool_down(self):
        """End the workers that were warmed up and not needed."""
        while self._warm:
            self._warm.pop().finished().kill()

    def warm_worker(self, kind, threads):
        """Take over a worker that was warmed up for this, once it is; None where there is none."""
        for warm in self._warm:
            if (warm.call.worker_kind, warm.threads) == (kind, threads):
                self._warm.remove(warm)
                worker = warm.finished()
                return worker if worker.alive else None
        return None

    def run(self, calls, deadline=None, limit_s=None):
        """Yield ("start" | "event" | "outcome", call, payload) as things happen.

        deadline : time.monotonic() at which work stops: running calls are killed, waiting ones skipped.
        limit_s : seconds after which a call is stopped and has failed; None for no limit.

        Each call starts with `n_jobs` threads of its own among its options. A call with an argument `until`
        is told there by when to end, so that those after it have as much time as it had.
        """
        calls = list(calls)
        n_workers, threads = plan_workers(len(calls), self.n_jobs)
        waiting, messages = queue.SimpleQueue(), queue.SimpleQueue()
        for call in calls:
            waiting.put(call)
        plan = (n_workers, threads)
        lanes = [_Lane(self, waiting, messages, plan, deadline, limit_s) for _ in range(n_workers)]
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


class _WarmUp(threading.Thread):
    """Starts a worker and waits for its first answer, while the caller does other things."""

    def __init__(self, call, threads, device):
        super().__init__(daemon=True)
        self.call, self.threads, self.device = call, threads, device
        self.start()

    def run(self):
        self.worker = WorkerProcess(self.call.worker_kind, self.threads, self.device)
        self.worker.answer(self.call.function, self.call.arguments, (math.inf, "", ""), lambda event: None)

    def finished(self):
        self.join()
        return self.worker


class _Lane(threading.Thread):
    """One thread that feeds one worker process at a time."""

    def __init__(self, engine, waiting, messages, plan, deadline, limit_s):
        super().__init__(daemon=True)
        self.engine, self.waiting, self.messages = engine, waiting, messages
        self.n_lanes, self.threads = plan
        self.deadline = math.inf if deadline is None else deadline
        self.limit_s = limit_s
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
        if time.monotonic() >= self.deadline:
            return Outcome("skipped", reason=f"not started: {OUT_OF_TIME}")
        self.messages.put(("start", call, None))
        try:
            worker = self._worker_for(call)
            ends = self._ends()
            answer = worker.answer(
                call.function, self._arguments(call), ends, lambda e: self.messages.put(("event", call, e))
            )
        except Exception as error:  # whatever happens here must not leave the caller waiting
            return Outcome("failed", reason=f"{type(error).__name__}: {error}")
        kind, payload = answer
        return Outcome("ok", payload) if kind == "done" else Outcome(kind, reason=payload)

    def _ends(self):
        """When the call is stopped, soonest first: (time, status, reason)."""
        ends = [(self.deadline, "skipped", f"stopped: {OUT_OF_TIME}")]
        if self.limit_s:
            reason = f"stopped: it took longer than `model_time_limit_s`, {self.limit_s:g} s"
            ends.append((time.monotonic() + self.limit_s, "failed", reason))
        return min(ends)

    def _arguments(self, call):
        arguments = dict(call.arguments)
        arguments["options"] = {**call.arguments.get("options", {}), "n_jobs": self.threads}
        if "until" in arguments and self.deadline < math.inf:
            turns = math.ceil((self.waiting.qsize() + 1) / self.n_lanes)  # this one and those after it
            arguments["until"] = time.monotonic() + (self.deadline - time.monotonic()) / turns
        return arguments

    def _worker_for(self, call):
        if self.worker and (self.worker.kind != call.worker_kind or not self.worker.alive):
            self.worker.kill()
            self.worker = None
        if self.worker is None:
            self.worker = self.engine.warm_worker(call.worker_kind, self.threads)
        if self.worker is None:
            self.worker = WorkerProcess(call.worker_kind, self.threads, self.engine.device)
        return self.worker
