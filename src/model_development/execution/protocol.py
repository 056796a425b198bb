"""What an engine is: it takes plain picklable calls and yields what becomes of them.

Callers know no more of it than stands here, so that a cluster needs no more than this either.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

OUT_OF_TIME = "the time budget was used up"


class Cause(StrEnum):
    """Why a call has no result."""

    RAISED = "raised"  # its function raised an error
    CANNOT_RUN = "cannot run"  # its function said so, with SkipModel
    OUT_OF_TIME = "out of time"  # of all calls
    TIME_LIMIT = "time limit"  # of one call
    DIED = "died"  # its worker came to an end under it
    HUNG = "hung"  # its worker neither worked nor spoke


SKIPPED = (Cause.CANNOT_RUN, Cause.OUT_OF_TIME)


@dataclass(frozen=True)
class Call:
    """One piece of work: a module-level function, its arguments, and the kind of worker it needs.

    Calls of one `worker_kind` (the framework) may share a process one after another. memory_mb : what its
    worker needs at the peak, 0 where that is not known.

    reads, writes : names of arguments that are paths, or dicts of them, of files and folders that the
    function reads or writes. An engine whose workers share no disk with this process carries these alone.

    Within a deadline: largest_share : of the time left that it may be told to take, where this is more than
    those after it would have as much of. least_s : seconds without which it is not begun.
    """

    name: str
    worker_kind: str
    function: Callable[..., Any]
    arguments: dict[str, Any] = field(default_factory=dict)
    memory_mb: float = 0.0
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    largest_share: float = 0.0
    least_s: float = 0.0

    def times(self, left: float, turns: int) -> dict[str, float]:
        """{argument: seconds} of those of its arguments that are told what it may take of the seconds left.

        turns : calls one after another that these are for, this one among them.
        """
        turn_s = left / turns
        told = {"seconds_left": max(turn_s, left * self.largest_share), "turn_s": turn_s}
        return {name: seconds for name, seconds in told.items() if name in self.arguments}


@dataclass(frozen=True)
class Outcome:
    """What became of a call: a result, or a cause and a reason in words."""

    result: Any = None
    cause: Cause | None = None
    reason: str = ""

    @property
    def status(self) -> str:
        """ "ok", "skipped" or "failed"."""
        return "ok" if self.cause is None else "skipped" if self.cause in SKIPPED else "failed"


class Engine(Protocol):
    """Where calls run. device : "cpu" or "cuda". worker_mb : memory that each kept worker needs."""

    device: str
    worker_mb: float

    @property
    def n_workers(self) -> int:
        """How many calls run side by side where there are enough of them."""

    @property
    def n_slots(self) -> int:
        """As many, whatever memory is free: what a search asks for must not depend on the day."""

    def memory_note(self, calls: Sequence[Call]) -> str:
        """Say so where memory allows fewer workers than cores do; "" where it does not matter."""

    def prestart(self, calls: Sequence[Call]) -> None:
        """Begin calls whose only use is what they import; `run` takes over what it needs."""

    def run(
        self,
        calls: Iterable[Call],
        deadline: float | None = None,
        limit_s: float | None = None,
        keep: bool = False,
    ) -> Iterator[tuple[str, Call, Any]]:
        """Yield ("start" | "event" | "outcome", call, payload) as things happen.

        deadline : time.monotonic() of this process at which work stops: running calls are ended, waiting ones
            skipped. limit_s : seconds after which a call is stopped and has failed; None for no limit.
        keep : workers stay for the next `run`, until `stop_idle`.

        Each call starts with `n_jobs` threads of its own among its options. A call with an argument
        `seconds_left` is told there how long it may take, and one with `turn_s` how long its turn is: what it
        has if those after it are to have as much.
        """

    def stop_idle(self) -> None:
        """End the workers that were prestarted and not needed, and those that were kept."""

    def stop(self) -> None:
        """End every worker, those at work too."""

    def stopped_by_errors(self) -> AbstractContextManager[None]:
        """A block whose errors end every worker at once, whoever remembers the error."""
