"""The wall time of a phase: when it began, and when it must be over."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

PROGRAMS = {
    "papermill",
    "nbconvert",
    "jupyter-nbconvert",
    "jupyter-execute",
    "model-development",
    "model_development",  # by python -m
    "train_model.py",
    "tune_best_model.py",
    "compare_models.py",
}
_counted_from: list[tuple[float, float | None]] = []
LONGEST_START = 60.0  # seconds from the beginning of a program to that of its phase


class Clock:
    """How much of the time of a phase has gone.

    budget_s : seconds that it may take, None for no limit. began : time.monotonic() from which all time
        counts, as in batch; None where people run a notebook cell by cell: then what is `running` counts.
    whole_s : seconds from `began` of this phase and those after it together, where they share a budget.
    """

    def __init__(
        self, budget_s: float | None = None, began: float | None = None, whole_s: float | None = None
    ) -> None:
        self.budget_s, self.began, self.whole_s = budget_s, began, whole_s
        self._worked = 0.0
        self._running_since: float | None = None

    @contextmanager
    def running(self) -> Iterator[None]:
        """A block of work; blocks within blocks count once."""
        if self._running_since is not None:
            yield
            return
        self._running_since = time.monotonic()
        try:
            yield
        finally:
            self._worked += time.monotonic() - self._running_since
            self._running_since = None

    @property
    def spent(self) -> float:
        """Seconds so far."""
        now = time.monotonic()
        if self.began is not None:
            return now - self.began
        return self._worked + (0.0 if self._running_since is None else now - self._running_since)

    def seconds_left(self) -> float | None:
        """Seconds of the budget that are left; None without a limit."""
        return None if self.budget_s is None else self.budget_s - self.spent

    @property
    def end_of_both(self) -> float | None:
        """time.monotonic() at which the phases that share a budget must be over; None where none do."""
        return None if self.whole_s is None or self.began is None else self.began + self.whole_s

    def deadline(self, reserve_s: float = 0.0, largest_share: float = 1.0) -> float | None:
        """time.monotonic() at which no more than `reserve_s` seconds are left; None without a limit.

        largest_share : of all the time, which the reserve may take.
        """
        if self.budget_s is None:
            return None
        reserve_s = min(reserve_s, largest_share * self.budget_s)
        return time.monotonic() + self.budget_s - self.spent - reserve_s


@contextmanager
def counted_from(began: float, whole_s: float | None = None) -> Iterator[None]:
    """Let phases that are begun within this block count their time from `began`, a time.monotonic().

    whole_s : seconds that they and those after them have together.
    """
    _counted_from.append((began, whole_s))
    try:
        yield
    finally:
        _counted_from.pop()


def program_began() -> float | None:
    """time.monotonic() at which the program began that runs this in batch; None where there is none.

    Of a notebook that papermill runs, that is papermill's beginning; within `counted_from`, what it says.
    """
    if _counted_from:
        return _counted_from[-1][0]
    this = psutil.Process()
    try:
        for process in filter(None, (this, this.parent())):
            if any(Path(word).name in PROGRAMS for word in process.cmdline()[:3]):
                ago = time.time() - process.create_time()
                return time.monotonic() - ago if ago < LONGEST_START else None
    except psutil.Error:  # it has ended, or is another user's, as a scheduler is
        return None
    return None


def seconds_of_both() -> float | None:
    """What `counted_from` says that all phases have together; None where it says nothing."""
    return _counted_from[-1][1] if _counted_from else None
