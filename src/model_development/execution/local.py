"""The engine of this machine: calls run in worker processes side by side."""

from __future__ import annotations

import math
import queue
import threading
import weakref
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .hardware import free_mb, places_on, plan_workers
from .prestart import Prestart
from .worker_thread import WorkerThread

if TYPE_CHECKING:
    from .process import WorkerProcess
    from .protocol import Call


_engines = weakref.WeakSet()  # of this process


class LocalEngine:
    """An Engine that shares the cores out between processes of its own.

    A worker that dies or hangs is one failed call with the reason; the next call gets a new worker.
    """

    def __init__(self, n_jobs: int | None = None, device: str = "cpu") -> None:
        self.n_jobs, self.device = n_jobs, device
        self.worker_mb = 0.0
        self._prestarted = []  # threads that have begun a call for its imports
        self._idle = []  # workers kept from an earlier `run`
        self._threads = []  # at work
        self._plans: dict[float, tuple[int, int]] = {}  # by the memory that each worker needs
        self._lock = threading.Lock()  # threads take workers at the same time
        _engines.add(self)

    @property
    def n_workers(self) -> int:
        return self._plan_of_many[0]

    @property
    def n_slots(self) -> int:
        return plan_workers(math.inf, self.n_jobs, places=places_on(self.device))[0]

    @property
    def _plan_of_many(self):
        """Made once for workers of a size: what is free changes, and kept ones have threads of a number."""
        n_slots = self.n_slots
        if self.worker_mb not in self._plans:
            self._plans[self.worker_mb] = plan_workers(n_slots, self.n_jobs, [self.worker_mb] * n_slots)
        return self._plans[self.worker_mb]

    def _plan(self, calls):
        needs_mb = [call.memory_mb for call in calls]
        return plan_workers(len(calls), self.n_jobs, needs_mb, places_on(self.device))

    def memory_note(self, calls: Sequence[Call]) -> str:
        (n_workers, _), n_wanted = self._plan(calls), min(len(calls), self.n_slots)
        if n_workers == n_wanted:
            return ""
        largest = max(calls, key=lambda call: call.memory_mb)
        return (
            f"{free_mb():.0f} MB of memory are free, {largest.name} needs about {largest.memory_mb:.0f} MB: "
            f"{n_workers} in place of {n_wanted} side by side"
        )

    def prestart(self, calls: Sequence[Call]) -> None:
        """Workers that wait in other engines of this process end: the notebook has begun anew."""
        for engine in list(_engines):
            if engine is not self:
                engine.stop_idle()
        n_workers, threads = self._plan(calls)
        for call in calls[:n_workers]:
            self._prestarted.append(Prestart(call, threads, self.device))

    def stop_idle(self) -> None:
        with self._lock:
            waiting, self._prestarted, self._idle = self._prestarted + self._idle, [], []
        for worker in waiting:
            worker.kill()

    def stop(self) -> None:
        """An abandoned `run` would end its own workers only once it is forgotten."""
        for thread in list(self._threads):
            thread.stop()
        self.stop_idle()

    @contextmanager
    def stopped_by_errors(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self.stop()
            raise

    def keep(self, worker: WorkerProcess) -> None:
        """Take back a worker for a later `run`."""
        self._idle.append(worker)

    def kept_worker(self, kind: str, threads: int) -> WorkerProcess | None:
        """A worker of an earlier `run` for this; None where there is none."""
        worker = self._take(self._idle, kind, threads)
        return worker if worker and worker.alive else None

    def prestarted_worker(self, kind: str, threads: int) -> Prestart | None:
        """A Prestart for this, which may not be done yet; None where there is none."""
        return self._take(self._prestarted, kind, threads)

    def _take(self, pool, kind, threads):
        with self._lock:
            for item in pool:
                if (item.kind, item.threads) == (kind, threads):
                    pool.remove(item)
                    return item
        return None

    def run(
        self,
        calls: Iterable[Call],
        deadline: float | None = None,
        limit_s: float | None = None,
        keep: bool = False,
    ) -> Iterator[tuple[str, Call, Any]]:
        calls = list(calls)
        n_workers, n_threads = self._plan_of_many if keep else self._plan(calls)
        waiting, messages = queue.SimpleQueue(), queue.SimpleQueue()
        for call in calls:
            waiting.put(call)
        plan = (n_workers, n_threads)
        threads = [
            WorkerThread(self, waiting, messages, plan, deadline, limit_s, keep) for _ in range(n_workers)
        ]
        self._threads += threads
        for thread in threads:
            thread.start()
        try:
            open_calls = len(calls)
            while open_calls:
                message = messages.get()
                open_calls -= message[0] == "outcome"
                yield message
            for thread in threads if keep else ():
                thread.join()  # so that it has handed its worker back
        finally:
            for thread in threads:
                thread.stop()
                self._threads.remove(thread)
