"""A second try for boosting that was still learning in its last round: larger trees, which learn faster.

A baseline that early stopping does not stop is too small for its table. It is tried again within a time
budget alone: without one, the search of phase 2 comes to larger trees by itself.
"""

from __future__ import annotations

import time
from collections.abc import Container
from dataclasses import replace
from typing import TYPE_CHECKING

from ...execution.protocol import Call
from ...fitting.budget import KNOWN
from ...models.table import get_model
from ...statistics.uncertainty import FEWEST_FOLDS
from .results import can_be_chosen, ranked
from .time_left import unfinished

if TYPE_CHECKING:
    from ...models.spec import ModelSpec
    from .phase import TrainingPhase

STILL_LEARNING = 0.98  # of the rounds that it may have at most
OF_FIRST_TRY = 0.75  # of its time, which is more than such trees were measured to take: 0.5 to 0.65
TOO_LITTLE = 1.0, FEWEST_FOLDS - 1  # share of the rows, and folds, which are no comparison


def next_larger(phase: TrainingPhase, among: Container[str], deadline: float) -> ModelSpec | None:
    """The best model of `among` that was still learning, and has time for three folds more.

    deadline : time.monotonic() until which it must be done.
    """
    results = [r for r in phase.all_results if r.name in among and _is_too_small(phase, r)]
    seconds = (deadline - time.monotonic()) * KNOWN
    return next(
        (get_model(r.name) for r in ranked(results, phase.session.metric) if _seconds(r) < seconds), None
    )


def as_second_try(call: Call) -> Call:
    """A call of larger trees: of all rows and enough folds for a comparison, or not at all."""
    return replace(call, arguments=call.arguments | {"known": TOO_LITTLE}, largest_share=1.0)


def _is_too_small(phase, result):
    """Was a baseline of all rows still learning, with folds to compare, and is it its model's only row?"""
    spec = get_model(result.name)
    if not spec.larger or not can_be_chosen(result, phase.session.metric):
        return False
    if result.measured["share_of_rows"] < 1 or len(result.measured["folds"]) < FEWEST_FOLDS:
        return False
    if [row.label for row in phase.every_result if row.name == spec.name] != [spec.name]:
        return False
    return result.measured["stopped_at"] >= STILL_LEARNING * result.params["n_estimators"]


def _seconds(result):
    """Expected of three folds and the fit of all rows, by what the first try took."""
    model = replace(unfinished(result, FEWEST_FOLDS, 0.0), n_done=0)
    return OF_FIRST_TRY * (model.seconds(FEWEST_FOLDS) + (result.metric("training_time") or 0.0))
