"""Gates of metrics: a value at least or at most, and better than the best constant prediction."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...metrics.table import METRICS, constant_predictions
from ...reports.numbers import format_number
from ..gate_line import GateLine, interval_text, is_kept
from ..judged_metric import ONE_SIDED, TWO_SIDED, Judged, improvement, metric_with_interval
from ..rows_needed import needed_text, rows_needed, rows_without_a_miss

if TYPE_CHECKING:
    from ...evaluation.evaluation_input import ScoredRows
    from ...metrics.table import Metric
    from ..gate_input import GateInput
    from ..thresholds import Limit


def check_metrics(given: GateInput) -> Iterator[GateLine]:
    """Each metric of the thresholds on all test rows."""
    for name, limit in given.thresholds.metrics.items():
        judge_by = limit.judge_by or given.thresholds.judge_by
        yield judged_line(METRICS[name], given.rows, limit, judge_by, name, "the test rows")


def judged_line(
    metric: Metric, rows: ScoredRows, limit: Limit, judge_by: str, name: str, where: str
) -> GateLine:
    """A Limit of a metric on some rows. name : of the line. where : which rows these are, in words."""
    found = metric_with_interval(metric, rows)
    passed = is_kept(found.value, found.low, found.high, limit, judge_by)
    needed = None if judge_by == "estimate" else _rows_needed(metric, found, limit, len(rows))
    side = "at least" if limit.is_floor else "at most"
    value = None if math.isnan(found.value) else found.value
    sentence = (
        f"{metric.label} on {where} is {format_number(value)} ({interval_text(found.low, found.high)}, "
        f"{len(rows)} rows); asked for: {side} {format_number(limit.bound)}, judged by the {judge_by}."
    )
    if not passed and value is not None:
        sentence += _why(found, limit, needed)
    return _line(name, passed, sentence, found, limit.bound, len(rows), needed)


def _line(
    name: str,
    passed: bool,
    sentence: str,
    found: Judged,
    threshold: float,
    n_rows: int,
    rows_needed: int | None,
) -> GateLine:
    """What was judged as a line of the report."""
    return GateLine(
        gate="",
        name=name,
        passed=passed,
        sentence=sentence,
        value=None if math.isnan(found.value) else found.value,
        low=found.low,
        high=found.high,
        threshold=threshold,
        rows=n_rows,
        rows_needed=rows_needed,
    )


def _distance(value, limit):
    return value - limit.bound if limit.is_floor else limit.bound - value


def _rows_needed(metric: Metric, found: Judged, limit: Limit, n_rows: int) -> int | None:
    """Rows with which this value would pass."""
    if math.isnan(found.value):
        return None
    distance = _distance(found.value, limit)
    if found.no_variation:
        return rows_without_a_miss(distance / (metric.highest - metric.lowest), TWO_SIDED, found.telling)
    return rows_needed(n_rows, found.error, distance, TWO_SIDED)


def _why(found, limit, needed):
    if _distance(found.value, limit) < 0:
        return " The value itself is on the wrong side."
    if needed is None:
        return " These rows cannot tell; the value is at the limit, or there are too few rows to say."
    return needed_text(needed, "this value")


def check_better_than_constant(given: GateInput) -> Iterator[GateLine]:
    """Metrics against the best constant, which here knows the test rows' own target: it has the advantage."""
    for name in given.thresholds.better_than_constant:
        metric, rows = METRICS[name], given.rows
        constant = constant_predictions(metric, rows.truth, len(rows), rows.said)
        found = improvement(metric, rows, rows.said, constant)
        passed = found.low is not None and found.low > 0
        needed = rows_needed(len(rows), found.error, found.value, ONE_SIDED)
        value = None if math.isnan(found.value) else found.value
        sentence = (
            f"{metric.label} is better than that of the best constant prediction by {format_number(value)} "
            f"({interval_text(found.low, found.high, '95 % bounds')}, {len(rows)} rows); asked for: more "
            f"than 0."
        )
        if not passed:
            sentence += needed_text(needed, "this difference")
        yield _line(name, passed, sentence, found, 0.0, len(rows), needed)
