"""How many requests a caller may make: a bucket of tokens that fills up evenly.

Each process counts for itself: with n workers, a caller may make up to n times as many.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from .problems import Problem

MOST_CALLERS = 10_000  # that are remembered; the one that was seen longest ago is forgotten


class RateLimit:
    """per_minute : requests of each caller, which may come all at once; 0 is no limit."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute, self._clock = per_minute, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def admit(self, caller: str) -> None:
        """Count one request. Raises Problem, with when to come again, where the caller has none left."""
        if not self._per_minute:
            return
        now = self._clock()
        tokens, before = self._buckets.pop(caller, (float(self._per_minute), now))
        tokens = min(self._per_minute, tokens + (now - before) * self._per_minute / 60)
        self._buckets[caller] = (tokens - 1 if tokens >= 1 else tokens, now)
        if len(self._buckets) > MOST_CALLERS:
            self._buckets.popitem(last=False)
        if tokens < 1:
            seconds = math.ceil((1 - tokens) * 60 / self._per_minute)
            raise Problem(
                "rate_limited",
                f"{self._per_minute} requests a minute are allowed. Try again in {seconds} s.",
                headers={"Retry-After": str(seconds)},
            )
