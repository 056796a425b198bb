"""Curves of an order of rows by score, with pointwise bands by bootstrap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...statistics.resampling import FEWEST_GROUPS, draw_weights
from ...statistics.units import unit_codes

N_RESAMPLES = 400
AT_ONCE = 2_000_000  # weights held at once
GRID = np.linspace(0, 1, 101)
TAILS = (0.025, 0.975)


@dataclass(frozen=True)
class Curve:
    """y over x with a 95 % band, all of shape (n_points,); low and high are None where there is no band."""

    x: np.ndarray
    y: np.ndarray
    low: np.ndarray | None
    high: np.ndarray | None


def rank_curves(
    is_positive: np.ndarray, scores: np.ndarray, groups: np.ndarray | None, seed: int
) -> dict[str, Curve]:
    """Return the curves `roc`, `precision` (over recall), `gain` and `lift` (over the share of rows taken).

    is_positive, scores : shape (n_rows,), with positive rows and others among them. Rows of equal score are
    taken together; within them a curve is straight, as it is on average over their orders. Bands hold a point
    of the curve in 95 % of samples, not the whole curve; there is none for fewer than 5 groups.
    Source: percentile bootstrap, Efron and Tibshirani (1993), An Introduction to the Bootstrap, ch. 13.
    """
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.r_[np.diff(scores[order]) != 0, True])
    hits = is_positive[order]
    said = _curves(np.ones(len(order)), hits, ends)
    in_order = None if groups is None else groups[order]
    if groups is not None and len(np.unique(groups)) < FEWEST_GROUPS:
        return {name: Curve(GRID, y, None, None) for name, y in said.items()}
    rng, codes = np.random.default_rng(seed), unit_codes(in_order)
    drawn: dict[str, list[np.ndarray]] = {name: [] for name in said}
    size = max(1, min(N_RESAMPLES, AT_ONCE // len(order)))
    for start in range(0, N_RESAMPLES, size):
        for weights in draw_weights(rng, min(size, N_RESAMPLES - start), len(order), codes):
            for name, y in _curves(weights, hits, ends).items():
                drawn[name].append(y)
    with np.errstate(invalid="ignore"):
        bands = {name: np.nanquantile(rows, TAILS, axis=0) for name, rows in drawn.items()}
    return {name: Curve(GRID, y, bands[name][0], bands[name][1]) for name, y in said.items()}


def _curves(weights, hits, ends):
    """Each curve on GRID, of rows from the highest score to the lowest; NaN where a draw has one class."""
    positive = np.r_[0.0, np.cumsum(weights * hits)[ends]]
    total = np.r_[0.0, np.cumsum(weights)[ends]]
    negative = total - positive
    if positive[-1] == 0 or negative[-1] == 0:
        return {name: np.full(len(GRID), np.nan) for name in ("roc", "precision", "gain", "lift")}
    gain = np.interp(GRID, total / total[-1], positive / positive[-1])
    reached = np.maximum(GRID * positive[-1] - 1e-9, 1e-9)  # at recall 0 what the first found has
    found = np.searchsorted(positive, reached)
    return {
        "roc": np.interp(GRID, negative / negative[-1], positive / positive[-1]),
        "precision": positive[found] / np.maximum(total[found], 1e-9),
        "gain": gain,
        "lift": np.r_[gain[1] / GRID[1], gain[1:] / GRID[1:]],
    }
