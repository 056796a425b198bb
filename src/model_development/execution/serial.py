"""The engine without processes: one call after another, in this process.

For a debugger, and for platforms on which processes cannot be started. A call that kills its process ends
the run, and one that hangs is not ended.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from .hardware import plan_workers
from .protocol import OUT_OF_TIME, Call, Cause, Outcome
from .worker import answer


class SerialEngine:
    """An Engine that runs each call where it stands; events of a call are told when it has ended."""

    n_workers = n_slots = 1

    def __init__(self, n_jobs: int | None = None, device: str = "cpu") -> None:
        self.device, self.worker_mb = device, 0.0
        self._n_threads = plan_workers(1, n_jobs)[1]

    def memory_note(self, calls: Sequence[Call]) -> str:
        return ""

    def prestart(self, calls: Sequence[Call]) -> None:
        """Imports come with the first call."""

    def stop_idle(self) -> None:
        """There is no worker."""

    stop = stop_idle

    @contextmanager
    def stopped_by_errors(self) -> Iterator[None]:
        yield

    def run(
        self,
        calls: Iterable[Call],
        deadline: float | None = None,
        limit_s: float | None = None,
        keep: bool = False,
    ) -> Iterator[tuple[str, Call, Any]]:
        """As in every Engine, but that a call is not ended by `deadline` or `limit_s`."""
        calls = list(calls)
        for position, call in enumerate(calls):
            if deadline is not None and time.monotonic() + call.least_s >= deadline:
                yield "outcome", call, Outcome(cause=Cause.OUT_OF_TIME, reason=f"not started: {OUT_OF_TIME}")
                continue
            yield "start", call, None
            arguments, events = dict(call.arguments), []
            arguments["options"] = {**call.arguments.get("options", {}), "n_jobs": self._n_threads}
            if deadline is not None:
                arguments |= call.times(deadline - time.monotonic(), len(calls) - position)
            outcome = self.answer(call, arguments, events.append)
            for event in events:
                yield "event", call, event
            yield "outcome", call, outcome

    def answer(self, call: Call, arguments: Mapping[str, Any], report: Callable[[Any], None]) -> Outcome:
        """Return the Outcome of one call."""
        return answer(call.function, arguments, report)
