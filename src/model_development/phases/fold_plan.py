"""Which models get the time that is left, and for how many folds: a plan out of fits of known length."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..statistics.uncertainty import FEWEST_FOLDS

# With twice the cores. Of 12,000 rows: boosting 1.2 to 1.6, forests 2, networks 0.8 to 1.3.
FASTER = 1.2


@dataclass(frozen=True)
class Unfinished:
    """A model that lacks folds.

    n_done : folds that it has, of n_folds. fold_s : seconds of one more. start_s : of its worker, until it
    can begin. before_s : of what must come before the first of them, such as a fit of all rows.
    """

    name: str
    n_done: int
    n_folds: int
    fold_s: float
    start_s: float = 0.0
    before_s: float = 0.0

    def seconds(self, n_folds: int) -> float:
        """What it takes to come to so many folds; nothing where it has them."""
        more = n_folds - self.n_done
        return self.start_s + self.before_s + more * self.fold_s if more > 0 else 0.0


def plan_folds(models: Sequence[Unfinished], seconds: float, n_lanes: int = 1) -> dict[str, int]:
    """Return {model: folds that it shall come to} of those that get more, what takes longest first.

    models : the most promising first. seconds : that are left. n_lanes : models that are fitted side by side.

    Each model in turn comes to the three folds without which neither a paired test nor an ensemble can use
    it; from there on all grow evenly. Whatever fits is planned: no model lacks a fold that could be added.

    >>> models = [Unfinished("a", 1, 5, 10.0), Unfinished("b", 1, 5, 10.0)]
    >>> plan_folds(models, 30.0), plan_folds(models, 50.0)
    ({'a': 3, 'b': 2}, {'a': 4, 'b': 3})
    """
    wanted = {model.name: model.n_done for model in models}
    while (more := _one_more(models, wanted, seconds, n_lanes)) is not None:
        wanted = more
    lengths = _lengths(models, wanted)
    return {name: wanted[name] for name in sorted(lengths, key=lambda name: -lengths[name]) if lengths[name]}


def longest_lane(lengths: Mapping[str, float], n_lanes: int) -> float:
    """Seconds until work of these lengths is done where the longest is begun first."""
    lanes = [0.0] * n_lanes
    for length in sorted(lengths.values(), reverse=True):
        lanes[lanes.index(min(lanes))] += length
    return max(lanes)


def seconds_of_fits(lengths: Mapping[str, float], n_lanes: int) -> float:
    """Seconds until fits are done that share the cores: a few of them have several each.

    lengths : {model: seconds on one core}. n_lanes : cores.
    """
    threads = n_lanes // max(1, len(lengths))
    return longest_lane(lengths, n_lanes) / FASTER ** math.log2(max(1, threads))


def _one_more(models, wanted, seconds, n_lanes):
    """`wanted` with a fold more for the neediest model for which there is time; None where there is none."""
    lacking = [model for model in models if wanted[model.name] < model.n_folds]
    for model in sorted(lacking, key=lambda model: max(wanted[model.name], FEWEST_FOLDS - 1)):
        more = wanted | {model.name: wanted[model.name] + 1}
        if longest_lane(_lengths(models, more), n_lanes) <= seconds:
            return more
    return None


def _lengths(models, wanted):
    return {model.name: model.seconds(wanted[model.name]) for model in models}
