"""The child runs of a search, written beside the fits, many at a time."""

from __future__ import annotations

import queue
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...tracking.store import TrackingStore
    from .trials import Trial


WRITE_EVERY = 1.0  # seconds


class RunWriter:
    """Writes Trials as finished runs nested under a parent; all of them have been when its context ends."""

    def __init__(self, store: TrackingStore, parent: str) -> None:
        self.store, self.parent = store, parent
        self._waiting, self._wrote = queue.SimpleQueue(), 0.0
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._last = Future()
        self._last.set_result(None)

    def __enter__(self) -> RunWriter:
        return self

    def __exit__(self, error: type[BaseException] | None, *_: Any) -> None:
        self._thread.shutdown(cancel_futures=error is not None)
        if error is None:
            self._last.result()
            self._write()

    def add(self, trial: Trial) -> None:
        """Have a Trial that has just ended written before long; a run of an earlier time makes room for it.

        Raises what the writing of others before it raised.
        """
        self._waiting.put((trial, time.time()))
        if self._last.done() and time.monotonic() - self._wrote >= WRITE_EVERY:
            self._last.result()
            self._wrote, self._last = time.monotonic(), self._thread.submit(self._write)

    def _write(self):
        done = [self._waiting.get() for _ in range(self._waiting.qsize())]
        for trial, _ in done:
            if trial.run_id:
                self.store.client.delete_run(trial.run_id)
        runs = [_as_run(trial, ended) for trial, ended in done]
        for (trial, _), run_id in zip(done, self.store.add_runs(runs, self.parent), strict=True):
            trial.run_id = run_id


def _as_run(trial, ended):
    costs = {"seconds": trial.seconds, "fit_cost_s": trial.measured.get("fit_cost_s")}
    reason = {"reason": trial.reason} if trial.reason else {}
    return {
        "name": trial.name,
        "status": "FAILED" if trial.status == "failed" else "FINISHED",
        "started": ended - trial.seconds,
        "ended": ended,
        "tags": {"phase": 2, "status": trial.status} | reason,
        "params": trial.params,
        "metrics": trial.flat_metrics() | costs,
    }
