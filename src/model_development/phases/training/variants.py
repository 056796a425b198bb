"""A model with several sets of parameters: each has its row, and the best of them is kept on disk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from .results import ModelResult, can_be_chosen, ranked

if TYPE_CHECKING:
    from ...metrics.table import Metric
    from .phase import TrainingPhase


def best_of_each(rows: Iterable[ModelResult], metric: Metric) -> dict[str, ModelResult]:
    """Return {model: the best of its rows}; what was trained goes before what was not."""
    of_each: dict[str, list[ModelResult]] = {}
    for row in rows:
        of_each.setdefault(row.name, []).append(row)
    return {name: _best(group, metric) for name, group in of_each.items()}


def _best(rows, metric):
    trained = [row for row in rows if row.status == "ok"]
    scored = [row for row in trained if can_be_chosen(row, metric)]
    return ranked(scored, metric)[0] if scored else (trained or rows)[-1]


def keep_best_of(phase: TrainingPhase, name: str) -> None:
    """Let files of a model be those of the best of its rows; one whose files are gone is no row any more."""
    record = phase.session.record
    trained = [row for row in phase.every_result if row.name == name and row.status == "ok"]
    if len(trained) < 2:
        return
    best = phase.results[name]
    if record.checkpoints.key(name) != best.key:
        record.restore(name, best.key)
    if record.checkpoints.key(name) != best.key:
        for row in trained:
            if row.key != record.checkpoints.key(name):
                del phase.rows[row.label]


def names_of(models: Sequence[str] | str | None) -> list[str] | None:
    """Return names of models of a list, or of one text with commas; None for all.

    >>> names_of("xgboost_baseline, pytorch_nn")
    ['xgboost_baseline', 'pytorch_nn']
    """
    if isinstance(models, str):
        models = [name.strip() for name in models.split(",") if name.strip()]
    return None if models is None or list(models) in ([], ["all"]) else list(models)
