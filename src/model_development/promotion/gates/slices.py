"""Gates of parts of the rows: a metric in each level of a column, and rules of fairness."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from ...errors import SettingsError
from ...evaluation.failures.fairness_groups import Measure, partitions_of
from ...evaluation.failures.fairness_rules import (
    FALSE_POSITIVES,
    ODDS,
    SELECTION,
    TRUE_POSITIVES,
    judge,
    sentence,
)
from ...evaluation.failures.levels import codes_of, levels_of
from ...metrics.table import METRICS
from ...reports.numbers import format_number
from ..gate_line import GateLine, is_kept
from ..thresholds import Fairness, Limit, Slice
from .metrics import judged_line

if TYPE_CHECKING:
    from ..gate_input import GateInput

OTHERS = "any other"


def check_slices(given: GateInput) -> Iterator[GateLine]:
    """A metric in each level of a column that has rows enough; one line for each."""
    for asked in given.thresholds.slices:
        yield from _slice_lines(given, asked)


def _slice_lines(given: GateInput, asked: Slice) -> Iterator[GateLine]:
    evaluation = given.evaluation([])
    levels = levels_of(evaluation, [asked.column])
    if not levels:
        text = f"Column {asked.column!r} has one value alone in the test rows: there are no slices of it."
        yield GateLine(gate="", name=f"{asked.metric} by {asked.column}", passed=False, sentence=text)
        return
    codes, labels = codes_of(levels, given.rows)[asked.column], levels[0].labels
    judge_by = asked.judge_by or given.thresholds.judge_by
    for code in np.unique(codes).tolist():
        label = labels[code] if code >= 0 else f"{asked.column}: {OTHERS}"
        rows, name = given.rows.take(np.flatnonzero(codes == code)), f"{asked.metric} where {label}"
        if len(rows) < asked.min_rows:
            text = f"Where {label} there are {len(rows)} rows, fewer than {asked.min_rows}: not judged."
            yield GateLine(gate="", name=name, passed=True, sentence=text, rows=len(rows))
        else:
            yield judged_line(METRICS[asked.metric], rows, asked.limit, judge_by, name, f"rows where {label}")


def check_fairness(given: GateInput) -> Iterator[GateLine]:
    """The four-fifths rule and the difference of odds, as the evaluation report has them."""
    for asked in given.thresholds.fairness:
        yield from _fairness_lines(given, asked)


def _fairness_lines(given: GateInput, asked: Fairness) -> Iterator[GateLine]:
    partitions, _ = partitions_of(given.evaluation([asked.column]))
    judged = judge(partitions[0], _measures(given), given.rows.groups) if partitions else []
    judge_by = asked.judge_by or given.thresholds.judge_by
    by = "value" if judge_by == "estimate" else "low"
    ratio = min((row for row in judged if row["measure"] != ODDS), key=lambda row: row[by], default=None)
    odds = next((row for row in judged if row["measure"] == ODDS), None)
    if asked.selection_ratio_at_least is not None:
        limit = Limit(at_least=asked.selection_ratio_at_least)
        yield _fairness_line(f"selection ratio by {asked.column}", ratio, limit, judge_by)
    if asked.equalized_odds_at_most is not None:
        limit = Limit(at_most=asked.equalized_odds_at_most)
        yield _fairness_line(f"equalized odds by {asked.column}", odds, limit, judge_by)


def _measures(given):
    said, positive = given.rows.said, given.rows.said.positive
    if positive is None:
        raise SettingsError("`fairness` is for two classes; for others set `slices` on the same columns.")
    called, true = said.labels == positive, given.rows.truth == positive
    return [
        Measure(SELECTION, called, np.ones(len(true), dtype=bool)),
        Measure(TRUE_POSITIVES, called, true),
        Measure(FALSE_POSITIVES, called, ~true),
    ]


def _fairness_line(name: str, row: dict | None, limit: Limit, judge_by: str) -> GateLine:
    if row is None:
        text = "There are not two groups with rows enough and somebody selected: it cannot be judged."
        return GateLine(gate="", name=name, passed=False, sentence=text, threshold=limit.bound)
    side = "at least" if limit.is_floor else "at most"
    asked = f"Asked for: {side} {format_number(limit.bound)}, judged by the {judge_by}."
    return GateLine(
        gate="",
        name=name,
        passed=is_kept(row["value"], row["low"], row["high"], limit, judge_by),
        sentence=f"{sentence(row)} {asked}",
        value=row["value"],
        low=row["low"],
        high=row["high"],
        threshold=limit.bound,
        rows=row["n_rows"],
    )
