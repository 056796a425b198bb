"""What a row of MONITORS is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..reports.section import Section

if TYPE_CHECKING:
    from .metrics import Sample
    from .monitor_input import MonitorInput

FEWEST_ROWS = 50  # of a window, for distributions to be compared


@dataclass(frozen=True)
class MonitorResult:
    """What a monitor has found.

    section : for the report. alarms : what somebody must look at, in sentences; none where it may be chance.
    samples : for Prometheus. suffices : were there rows enough to say anything?
    """

    section: Section
    alarms: tuple[str, ...] = ()
    samples: tuple[Sample, ...] = ()
    suffices: bool = True


@dataclass(frozen=True, kw_only=True)
class Monitor:
    """One row. title : heading in the report. run : what it finds; None where there is nothing to look at."""

    name: str
    title: str
    run: Callable[[MonitorInput], MonitorResult | None]


def too_small(n_rows: int, needed: int, what: str) -> MonitorResult:
    """The result of a window that is too small to say anything: no alarm."""
    text = f"{n_rows:,} {what} are too few to say anything: {needed} are needed. No alarm is raised."
    return MonitorResult(Section((text,), values={"n": n_rows, "needed": needed}), suffices=False)
