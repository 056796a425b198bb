"""Workers that are made ready before there is work for them."""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING

from .process import WorkerProcess

if TYPE_CHECKING:
    from .protocol import Call


class Prestart(threading.Thread):
    """Starts a worker and waits for its first answer, while the caller does other things."""

    def __init__(self, call: Call, threads: int, device: str) -> None:
        super().__init__(daemon=True)
        self.call, self.kind, self.threads, self.device = call, call.worker_kind, threads, device
        self.worker: WorkerProcess | None = None
        self.stopped = False
        self.start()

    def run(self) -> None:
        self.worker = worker = WorkerProcess(self.kind, self.threads, self.device)
        if self.stopped:  # while the worker was being started
            worker.kill()
        worker.answer(self.call.function, self.call.arguments, (math.inf, None), lambda event: None)

    def finished(self) -> WorkerProcess | None:
        """The worker, once its imports are done; None where it could not be started, or has ended."""
        self.join()
        return self.worker if self.worker and self.worker.alive else None

    def kill(self) -> None:
        """End the worker, now or as soon as it is started."""
        self.stopped = True
        if self.worker:
            self.worker.kill()
