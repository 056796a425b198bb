"""How the columns of a made-up table cause its target: effects, interactions, and noise by a known amount."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .columns import DrawnColumn, decimals_of, standardised

if TYPE_CHECKING:
    from .use_case import UseCase

FADING = 0.84  # weight of a feature, of that of the one before it
UNKNOWN = 0.3  # weight of an effect of which nothing is known
PAIRS = ((0, 1, 0.35), (2, 3, -0.3), (0, 4, 0.25))  # features whose product counts, and how much
SOLVING = 25  # halvings of an interval


def score_of(columns: list[DrawnColumn], rng: Any) -> np.ndarray:
    """Return what all columns together say, standardised, shape (n_rows,). rng : of the use case's world."""
    total = sum(FADING**k * _effect(column, rng) for k, column in enumerate(columns))
    first = [column.position for column in columns]
    for a, b, weight in PAIRS:
        total = total + weight * first[a] * first[b]
    return standardised(total + 0.5 * ((first[0] > 0.8) & (first[2] > 0)))


def class_scores(columns: list[DrawnColumn], n_classes: int, rng: Any) -> np.ndarray:
    """Return a score of each class without an order, shape (n_rows, n_classes)."""
    scores = np.zeros((len(columns[0].position), n_classes))
    for k, column in enumerate(columns):
        weight = FADING**k * {"none": 0.0, "unknown": UNKNOWN}.get(column.feature.effect, 1.0)
        if column.feature.kind == "text":
            scores += 1.2 * np.eye(n_classes)[column.codes]
        elif column.codes is not None:
            levels = rng.standard_normal((column.codes.max() + 1, n_classes))
            scores += weight * levels[column.codes]
        else:
            rising, bent = rng.standard_normal((2, n_classes))
            scores += weight * (np.outer(column.position, rising) + 0.5 * np.outer(_bent(column), bent))
    scores += 0.4 * np.outer(columns[0].position * columns[1].position, rng.standard_normal(n_classes))
    return scores / scores.std()


def draw_classes(scores: np.ndarray, shares: np.ndarray, ceiling: float, rng: Any) -> np.ndarray:
    """Return the position of each row's class.

    scores : shape (n_rows, n_classes). shares : of the classes. ceiling : weighted one-against-rest ROC AUC
    of the true probabilities, which no model can surpass but by chance.
    """
    low, high = 0.0, 20.0
    for _ in range(SOLVING):
        strength = (low + high) / 2
        chances = _with_shares(strength * scores, shares)
        low, high = (strength, high) if expected_auc(chances) < ceiling else (low, strength)
    cumulated = np.cumsum(chances, axis=1)
    drawn = (rng.random((len(scores), 1)) > cumulated).sum(axis=1)
    return np.minimum(drawn, len(shares) - 1)


def expected_auc(chances: np.ndarray) -> float:
    """ROC AUC that true probabilities have on average, one class against the rest, weighted by class."""
    areas, weights = [], chances.mean(axis=0)
    for column in chances.T:
        order = np.argsort(column)
        positive, negative = column[order], 1 - column[order]
        below = np.cumsum(negative) - negative / 2
        areas.append((positive * below).sum() / (positive.sum() * negative.sum()))
    return float(np.average(areas, weights=weights))


def _with_shares(scores, shares):
    """Probabilities of the classes, shifted until their means are the shares."""
    shift = np.log(shares)
    for _ in range(12):
        powers = np.exp(np.clip(scores + shift, -500, 500) - (scores + shift).max(axis=1, keepdims=True))
        chances = powers / powers.sum(axis=1, keepdims=True)
        shift = shift + np.log(shares / np.maximum(chances.mean(axis=0), 1e-12))
    return chances


def draw_numbers(score: np.ndarray, uneven: np.ndarray, case: UseCase, rng: Any) -> np.ndarray:
    """Return numbers of the target's range, of whose variance the score explains the ceiling.

    uneven : standardised values with which the noise grows, shape (n_rows,).
    """
    low, high = case.target.range or (0.0, 1.0)
    logarithmic = case.target.shape == "lognormal"
    ends = np.log([low, high]) if logarithmic else np.array([low, high])
    middle, spread = ends[0] + 0.45 * (ends[1] - ends[0]), (ends[1] - ends[0]) / 5.5
    noise = np.clip(1 + 0.3 * uneven, 0.4, 2.0)
    noise = noise / np.sqrt(np.mean(noise**2))
    share = _share_for(case.synthetic_ceiling, score, noise, spread, logarithmic)
    place = middle + spread * (np.sqrt(share) * score + np.sqrt(1 - share) * noise * _normal(rng, len(score)))
    values = np.exp(place) if logarithmic else place
    below, above = (low / 2, high * 2) if logarithmic else (low, high)
    return np.round(np.clip(values, below, above), decimals_of((low, high), whole=case.target.whole))


def _share_for(ceiling, score, noise, spread, logarithmic):
    """Share of the latent variance that makes R2 of the true mean the ceiling."""
    if not logarithmic:
        return ceiling
    low, high = 0.0, 1.0
    for _ in range(SOLVING):
        share = (low + high) / 2
        variance = (1 - share) * (spread * noise) ** 2
        mean = np.exp(spread * np.sqrt(share) * score + variance / 2)
        within = np.mean(mean**2 * np.expm1(variance))
        low, high = (share, high) if mean.var() / (mean.var() + within) < ceiling else (low, share)
    return share


def _effect(column, rng):
    """What one column says, standardised: by the direction that the use case declares."""
    effect, sign = column.feature.effect, rng.choice([-1.0, 1.0])
    levels = rng.standard_normal(1 if column.codes is None else column.codes.max() + 1)
    if column.feature.kind == "text":
        return 1.2 * column.position
    by_level = standardised(levels[column.codes]) if column.codes is not None else sign * _bent(column)
    return {
        "up": column.position,
        "down": -column.position,
        "curved": sign * _bent(column),
        "mixed": by_level,
        "unknown": UNKNOWN * by_level,
        "none": 0.0 * column.position,
    }[effect]


def _bent(column):
    """Is a value far from the middle, on either side?"""
    return standardised(np.abs(column.position))


def _normal(rng, n):
    return rng.standard_normal(n)
