"""One line of a validation report: what was asked, what was found, and whether that is enough."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import Any

from ..reports.numbers import format_number


@dataclass(frozen=True, kw_only=True)
class GateLine:
    """One thing that was asked.

    gate : row of GATES. name : of this line, unique in a report. value : what was found; low, high : its
    interval, None where there is none. threshold : what it is compared with. rows : that it is of.
    rows_needed : with which it would pass in 80 % of the draws; None where rows do not matter or do not help.
    sentence : all of it in words.
    """

    gate: str
    name: str
    passed: bool
    sentence: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    threshold: float | None = None
    rows: int | None = None
    rows_needed: int | None = None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def of_gate(self, gate: str) -> GateLine:
        """The same with the name of the row of GATES that it is of."""
        return replace(self, gate=gate)


def interval_text(low: float | None, high: float | None, level: str = "95 % interval") -> str:
    """An interval for a sentence.

    >>> interval_text(0.5, 0.75)
    '95 % interval 0.5 to 0.75'
    """
    if low is None or high is None or not (math.isfinite(low) or math.isfinite(high)):
        return "no interval: too few rows or groups"
    return f"{level} {format_number(low)} to {format_number(high)}"


def is_kept(value: float | None, low: float | None, high: float | None, limit: Any, judge_by: str) -> bool:
    """Is a Limit kept by the bound of the interval, or by the estimate? What is unknown keeps nothing."""
    found = value if judge_by == "estimate" else low if limit.is_floor else high
    if found is None or value is None or math.isnan(found):
        return False
    return found >= limit.bound if limit.is_floor else found <= limit.bound
