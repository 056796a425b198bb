"""One thread of the local engine, which feeds one worker process at a time."""

from __future__ import annotations

import math
import queue
import threading
import time
from typing import TYPE_CHECKING, Any

from .prestart import Prestart
from .process import WorkerProcess
from .protocol import OUT_OF_TIME, Call, Cause, Outcome

if TYPE_CHECKING:
    from .local import LocalEngine


class WorkerThread(threading.Thread):
    """Takes calls from `waiting` and puts what becomes of them into `messages`."""

    def __init__(
        self,
        engine: LocalEngine,
        waiting: queue.SimpleQueue[Call],
        messages: queue.SimpleQueue[tuple[str, Call, Any]],
        plan: tuple[int, int],
        deadline: float | None,
        limit_s: float | None,
        keep: bool,
    ) -> None:
        super().__init__(daemon=True)
        self.keep = keep
        self.engine, self.waiting, self.messages = engine, waiting, messages
        self.n_side_by_side, self.n_threads = plan
        self.deadline = math.inf if deadline is None else deadline
        self.limit_s = limit_s
        self.worker: WorkerProcess | None = None
        self.prestarting: Prestart | None = None
        self.stopped = False

    def run(self) -> None:
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

    def stop(self) -> None:
        self.stopped = True
        for one in (self.prestarting, self.worker):
            if one:
                one.kill()

    def _outcome(self, call):
        if time.monotonic() + call.least_s >= self.deadline:
            return Outcome(cause=Cause.OUT_OF_TIME, reason=f"not started: {OUT_OF_TIME}")
        self.messages.put(("start", call, None))
        try:
            worker = self._worker_for(call)
            if self.stopped:  # while the worker was being started
                worker.kill()
            end = self._end()
            return worker.answer(
                call.function, self._arguments(call), end, lambda e: self.messages.put(("event", call, e))
            )
        except Exception as error:  # whatever happens here must not leave the caller waiting
            return Outcome(cause=Cause.RAISED, reason=f"{type(error).__name__}: {error}")

    def _end(self):
        """When the call is stopped, and what is then said of it: (time, Outcome)."""
        ends = [(self.deadline, Outcome(cause=Cause.OUT_OF_TIME, reason=f"stopped: {OUT_OF_TIME}"))]
        if self.limit_s:
            reason = f"stopped: it took longer than `model_time_limit_s`, {self.limit_s:g} s"
            ends.append((time.monotonic() + self.limit_s, Outcome(cause=Cause.TIME_LIMIT, reason=reason)))
        return min(ends, key=lambda end: end[0])

    def _arguments(self, call):
        arguments = dict(call.arguments)
        arguments["options"] = {**call.arguments.get("options", {}), "n_jobs": self.n_threads}
        if self.deadline < math.inf:
            turns = math.ceil((self.waiting.qsize() + 1) / self.n_side_by_side)  # this one, those after it
            arguments |= call.times(self.deadline - time.monotonic(), turns)
        return arguments

    def _worker_for(self, call):
        if self.worker and (self.worker.kind != call.worker_kind or not self.worker.alive):
            self.worker.kill()
            self.worker = None
        if self.worker is None:
            self.worker = self.engine.kept_worker(call.worker_kind, self.n_threads)
        if self.worker is None:
            self.prestarting = self.engine.prestarted_worker(call.worker_kind, self.n_threads)
            self.worker = self.prestarting.finished() if self.prestarting else None
            self.prestarting = None
        if self.worker is None:
            self.worker = WorkerProcess(call.worker_kind, self.n_threads, self.engine.device)
        return self.worker
