"""The gate against the champion: not worse by more than a margin, on the same rows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...metrics.table import METRICS
from ...reports.numbers import format_number
from ...statistics.differences import value_of
from ..gate_line import GateLine, interval_text
from ..judged_metric import ONE_SIDED, Judged, improvement
from ..rows_needed import needed_text, rows_needed, rows_without_a_miss
from ..thresholds import Margin

if TYPE_CHECKING:
    from ...metrics.table import Metric
    from ..gate_input import Champion, GateInput

DEFAULT_MARGIN = 0.01  # of the range of a metric that has two ends
DEFAULT_PERCENT = 2.0  # of the champion's value, for metrics that have not


def check_champion(given: GateInput) -> Iterator[GateLine]:
    """Each metric's difference to the champion, paired; nothing where no champion was asked for.

    It passes where the one-sided 95 % lower bound of the improvement is above the negative margin: a model
    that is worse by the margin passes in 5 % of the draws.
    """
    if given.champion is None:
        return
    margins = given.thresholds.champion or {given.metric.name: default_margin(given.metric)}
    for name, margin in margins.items():
        yield _line(METRICS[name], margin, given, given.champion)


def default_margin(metric: Metric) -> Margin:
    """The margin where the thresholds name none."""
    span = metric.highest - metric.lowest
    if math.isfinite(span):
        return Margin.model_validate({"margin": DEFAULT_MARGIN * span})
    return Margin.model_validate({"margin_pct": DEFAULT_PERCENT})


def _line(metric: Metric, margin: Margin, given: GateInput, champion: Champion) -> GateLine:
    rows = given.rows
    theirs = value_of(metric, rows.truth, champion.said)
    allowed = margin.in_unit(theirs) if math.isfinite(theirs) else math.nan
    if champion.is_same:
        found = Judged(0.0, 0.0, 0.0, 0.0)
    else:
        found = improvement(metric, rows, rows.said, champion.said)
    passed = found.low is not None and (found.low > -allowed or (champion.is_same and allowed >= 0))
    needed = None if champion.is_same else _rows_needed(metric, found, allowed, len(rows))
    value = None if math.isnan(found.value) else found.value
    sentence = (
        f"{metric.label} is {format_number(value_of(metric, rows.truth, rows.said))}, that of the champion "
        f"({champion.name}) {format_number(theirs)} on the same {len(rows)} rows: better by "
        f"{format_number(value)} ({interval_text(found.low, found.high, '95 % bounds')}); asked for: a "
        f"lower bound above {format_number(-allowed)}."
    )
    if champion.is_same:
        sentence += " It is the very same model."
    elif needed is None and not allowed > 0:
        sentence += (
            " With a margin of 0 an equal model passes in 5 % of the draws, however many rows there are."
        )
    else:
        sentence += needed_text(needed, "an equal model")
    return GateLine(
        gate="",
        name=metric.name,
        passed=passed,
        sentence=sentence,
        value=value,
        low=found.low,
        high=found.high,
        threshold=-allowed,
        rows=len(rows),
        rows_needed=needed,
    )


def _rows_needed(metric: Metric, found: Judged, allowed: float, n_rows: int) -> int | None:
    """Rows with which a model as good as the champion would pass."""
    if not found.no_variation:
        return rows_needed(n_rows, found.error, allowed, ONE_SIDED)
    return rows_without_a_miss(allowed / (metric.highest - metric.lowest), ONE_SIDED)
