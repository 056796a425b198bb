"""Monitor: how fast the service answers, and how often it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from ..reports.section import Section
from ..statistics.proportions import lower_bound
from .monitor import MonitorResult
from .service_figures import QUANTILES

if TYPE_CHECKING:
    from .monitor_input import MonitorInput

MOST_FAILED = 0.01  # share of failed requests
SLOWEST = 0.5  # seconds within which 95 % are to be answered
FEWEST_REQUESTS = 100  # for times
CERTAINTY = 0.99


def watch_service(given: MonitorInput) -> MonitorResult | None:
    """Say times and failures since the last look; None where nobody asked a service.

    It alarms where more than 1 % fail for certain, or 5 % take more than half a second.
    """
    found = given.service
    if found is None:
        return None
    if found.failed_share is None:
        return MonitorResult(Section(("No request came since the last look.",)), suffices=False)
    n, n_failed = int(found.n_requests), int(found.n_failed)
    times = {f"{quantile:.0%}": found.seconds(quantile) for quantile in QUANTILES}
    said = [f"{n:,} requests were answered, {n_failed:,} of them failed ({found.failed_share:.2%})."]
    alarms = []
    if float(lower_bound(n_failed, n, CERTAINTY)) > MOST_FAILED:
        alarms.append(f"{found.failed_share:.1%} of {n:,} requests failed: more than {MOST_FAILED:.0%}.")
    slow = found.seconds(0.95)
    if n >= FEWEST_REQUESTS and slow is not None and slow > SLOWEST:
        alarms.append(f"5 % of the requests take more than {slow:.2g} s; {SLOWEST:g} s were to be expected.")
    table = pd.DataFrame({"within (s)": times}).rename_axis("share of requests")
    section = Section(
        (*said, *alarms),
        tables={"Time to answer": table},
        values={"n_requests": n, "n_failed": n_failed, "seconds": times},
    )
    return MonitorResult(section, tuple(alarms), suffices=n >= FEWEST_REQUESTS)
