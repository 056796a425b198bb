"""On which workers calls run. An engine takes plain picklable calls and yields what becomes of them.

`LocalEngine` runs them in processes of their own on this machine. A cluster engine needs the same
one method, `run`.
"""

import math
import queue
import threading
import time
import weakref
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

from .hardware import free_mb, plan_workers
from .prestart import WarmUp
from .process import WorkerProcess

OUT_OF_TIME = "the time budget was used up"
_engines = weakref.WeakSet()  # of this process


@dataclass(frozen=True)
class Call:
    """One piece of work: a module-level function, its arguments, and the kind of worker it needs.

    Calls of one `worker_kind` (the framework) may share a process one after another. memory_mb : what its
    worker needs at the peak, 0 where that is not known.
    """

    name: str
    worker_kind: str
    function: object
    arguments: dict = field(default_factory=dict)
    memory_mb: float = 0.0


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
        self.worker_mb = 0  # memory that each of the workers kept from one `run` to the next needs
        self._warm = []  # threads that have begun a call for its imports
        self._idle = []  # workers kept from an earlier `run`
        self._lanes = []  # at work
        self._lock = threading.Lock()  # lanes take workers at the same time
        _engines.add(self)

    @property
    def n_workers(self):
        """How many calls run side by side where there are enough of them."""
        return self._plan_of_many[0]

    @property
    def n_slots(self):
        """As many, by the cores alone: what a search asks for must not depend on the memory of the day."""
        return plan_workers(math.inf, self.n_jobs)[0]

    @cached_property
    def _plan_of_many(self):
        """Made once: what is free changes, and kept workers have threads of a number."""
        n_slots = self.n_slots
        return plan_workers(n_slots, self.n_jobs, [self.worker_mb] * n_slots)

    def _plan(self, calls):
        return plan_workers(len(calls), self.n_jobs, [call.memory_mb for call in calls])

    def memory_note(self, calls):
        """Say so where memory allows fewer workers than cores do; "" where it does not matter."""
        (n_workers, _), (n_wanted, _) = self._plan(calls), plan_workers(len(calls), self.n_jobs)
        if n_workers == n_wanted:
            return ""
        largest = max(calls, key=lambda call: call.memory_mb)
        return (
            f"{free_mb():.0f} MB of memory are free, {largest.name} needs about {largest.memory_mb:.0f} MB: "
            f"{n_workers} in place of {n_wanted} side by side"
        )

    def warm_up(self, calls):
        """Begin calls whose only use is what they import; `run` takes over as many workers as it needs.

        Workers that wait in other engines of this process end: the notebook has begun anew.
        """
        for engine in list(_engines):
            if engine is not self:
                engine.cool_down()
        n_workers, threads = self._plan(calls)
        for call in calls[:n_workers]:
            self._warm.append(WarmUp(call, threads, self.device))

    def cool_down(self):
        """End the workers that were warmed up and not needed, and those that were kept."""
        with self._lock:
            waiting, self._warm, self._idle = self._warm + self._idle, [], []
        for worker in waiting:
            worker.kill()

    def stop(self):
        """End every worker, those at work too: an abandoned `run` ends its own only once it is forgotten."""
        for lane in list(self._lanes):
            lane.stop()
        self.cool_down()

    @contextmanager
    def stopped_by_errors(self):
        """Workers end as soon as an error leaves the block, whoever remembers it, and with it this engine."""
        try:
            yield
        except BaseException:
            self.stop()
            raise

    def keep(self, worker):
        """Take back a worker for a later `run`."""
        self._idle.append(worker)

    def kept_worker(self, kind, threads):
        """A worker of an earlier `run` for this; None where there is none."""
        worker = self._take(self._idle, kind, threads)
        return worker if worker and worker.alive else None

    def warm_worker(self, kind, threads):
        """A WarmUp for this, which may not be done yet; None where there is none."""
        return self._take(self._warm, kind, threads)

    def _take(self, pool, kind, threads):
        with self._lock:
            for item in pool:
                if (item.kind, item.threads) == (kind, threads):
                    pool.remove(item)
                    return item
        return None

    def run(self, calls, deadline=None, limit_s=None, keep=False):
        """Yield ("start" | "event" | "outcome", call, payload) as things happen.

        deadline : time.monotonic() at which work stops: running calls are killed, waiting ones skipped.
        limit_s : seconds after which a call is stopped and has failed; None for no limit.
        keep : as many workers as ever, alive for the next `run`, until `cool_down`.

        Each call starts with `n_jobs` threads of its own among its options. A call with an argument `until`
        is told there by when to end, so that those after it have as much time as it had.
        """
        calls = list(calls)
        n_workers, threads = self._plan_of_many if keep else self._plan(calls)
        waiting, messages = queue.SimpleQueue(), queue.SimpleQueue()
        for call in calls:
            waiting.put(call)
        plan = (n_workers, threads)
        lanes = [_Lane(self, waiting, messages, plan, deadline, limit_s, keep) for _ in range(n_workers)]
        self._lanes += lanes
        for lane in lanes:
            lane.start()
        try:
            open_calls = len(calls)
            while open_calls:
                message = messages.get()
                open_calls -= message[0] == "outcome"
                yield message
            for lane in lanes if keep else ():
                lane.join()  # so that it has handed its worker back
        finally:
            for lane in lanes:
                lane.stop()
                self._lanes.remove(lane)


class _Lane(threading.Thread):
    """One thread that feeds one worker process at a time."""

    def __init__(self, engine, waiting, messages, plan, deadline, limit_s, keep):
        super().__init__(daemon=True)
        self.keep = keep
        self.engine, self.waiting, self.messages = engine, waiting, messages
        self.n_lanes, self.threads = plan
        self.deadline = math.inf if deadline is None else deadline
        self.limit_s = limit_s
        self.worker = self.warming = None
        self.stopped = False

    def run(self):
        while not self.stopped:
            try:
                call = self.waiting.get_nowait()
            except queue.Empty:
                self._hand_back()
                break
            self.messages.put(("outcome", call, self._outcome(call)))
        self.stop()

    def _hand_back(self):
        if self.keep and self.worker and self.worker.alive:
            self.engine.keep(self.worker)
            self.worker = None

    def stop(self):
        self.stopped = True
        for one in (self.warming, self.worker):
            if one:
                one.kill()

    def _outcome(self, call):
        if time.monotonic() >= self.deadline:
            return Outcome("skipped", reason=f"not started: {OUT_OF_TIME}")
        self.messages.put(("start", call, None))
        try:
            worker = self._worker_for(call)
            if self.stopped:  # while the worker was being started
                worker.kill()
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
            self.worker = self.engine.kept_worker(call.worker_kind, self.threads)
        if self.worker is None:
            self.warming = self.engine.warm_worker(call.worker_kind, self.threads)
            self.worker = self.warming and self.warming.finished()
            self.warming = None
        if self.worker is None:
            self.worker = WorkerProcess(call.worker_kind, self.threads, self.engine.device)
        return self.worker
