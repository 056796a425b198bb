"""The comparison of phase 1 as lines of text, for terminals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...reports.numbers import format_mean, format_number
from .results import ranked

if TYPE_CHECKING:
    from .phase import TrainingPhase


def leaderboard_text(phase: TrainingPhase) -> str:
    """Return a line for each row, best first: mean over the folds with its spread and 95 % interval."""
    metric, rows = phase.session.metric, ranked(phase.every_result, phase.session.metric)
    width = max((len(row.label) for row in rows), default=0)
    lines = [f"Leaderboard (cv {metric.name}, {'higher' if metric.greater_is_better else 'lower'} is better)"]
    for row in rows:
        mean, low, high = (row.cv(metric.name, part) for part in ("mean", "low", "high"))
        if row.status != "ok" or mean is None:
            lines.append(f"  {row.label:{width}}  {row.status}: {row.reason or 'no value'}")
            continue
        interval = "" if low is None else f"  95 %: {format_number(low)} to {format_number(high)}"
        note = f"  ({row.note})" if row.note else ""
        lines.append(
            f"  {row.label:{width}}  {format_mean(mean, row.cv(metric.name, 'std'))}{interval}{note}"
        )
    return "\n".join(lines)
