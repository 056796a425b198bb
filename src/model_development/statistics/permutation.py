"""Are losses higher within a set of rows than outside? Tests that hold for losses of any distribution."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

N_PERMUTATIONS = 2000
NUMBERS_AT_ONCE = 2_000_000
FEWEST_OF_A_SIZE = 8  # groups among which means are exchanged


def higher_inside(
    losses: np.ndarray, insides: np.ndarray, seed: int, groups: np.ndarray | None = None
) -> np.ndarray:
    """Return the one-sided p-value of "the mean loss inside is higher than outside" for each set of rows.

    losses : shape (n_rows,). insides : bool, shape (n_sets, n_rows). groups : whole numbers, shape (n_rows,),
    or None.

    Losses are exchanged among the rows; with given sizes the mean inside says all that the difference to
    outside does. This is exact for any distribution of losses and any size of a set. Of groups, the means
    are exchanged among groups of about the same size, and what is left among the rows of each.
    Source: Good (2005), Permutation, Parametric and Bootstrap Tests of Hypotheses, ch. 3.
    """
    observed = _means(losses[None], insides)[0]
    margin = 1e-9 * np.abs(losses).max(initial=0.0)  # equal sums may differ by rounding
    reached = np.zeros(len(insides))
    for drawn in _exchanged(losses, insides, seed, groups):
        reached += (drawn >= observed - margin).sum(axis=0)
    return (1 + reached) / (1 + N_PERMUTATIONS)


def higher_in_many(
    losses: np.ndarray, insides: np.ndarray, seed: int, groups: np.ndarray | None = None
) -> np.ndarray:
    """Return p-values as `higher_inside` does, adjusted for the number of sets, however many they are.

    The family-wise error is held by the largest standardised mean of each exchange, which knows how much the
    sets overlap. Source: Westfall and Young (1993), Resampling-Based Multiple Testing, ch. 2.
    """
    drawn = np.concatenate(list(_exchanged(losses, insides, seed, groups)))
    center, spread = drawn.mean(axis=0), drawn.std(axis=0)
    spread[spread <= 1e-12 * np.abs(center)] = np.inf  # a set of all rows, or losses that are all equal
    largest = ((drawn - center) / spread).max(axis=1)
    observed = (_means(losses[None], insides)[0] - center) / spread
    return (1 + (largest[:, None] >= observed - 1e-9).sum(axis=0)) / (1 + len(drawn))


def _means(losses, insides):
    """Mean within each set, shape (n_exchanges, n_sets)."""
    return losses @ insides.T.astype(float) / insides.sum(axis=1)


def _exchanged(
    losses: np.ndarray, insides: np.ndarray, seed: int, groups: np.ndarray | None
) -> Iterator[np.ndarray]:
    """Means within the sets after each exchange, a block of exchanges at a time."""
    rng, size = np.random.default_rng(seed), max(1, NUMBERS_AT_ONCE // len(losses))
    exchange = _of_rows if groups is None else _of_groups(groups, insides)
    for start in range(0, N_PERMUTATIONS, size):
        n_exchanges = min(size, N_PERMUTATIONS - start)
        yield _means(exchange(losses, n_exchanges, rng), insides)


def _of_rows(losses, n_exchanges, rng):
    return rng.permuted(np.tile(losses, (n_exchanges, 1)), axis=1)


def _of_groups(groups, insides):
    """How losses of groups are exchanged; rows within a group only where a set cuts one."""
    codes, sizes = np.unique(groups, return_inverse=True, return_counts=True)[1:]
    classes, rows = _size_classes(sizes), np.argsort(codes, kind="stable")
    by_class = np.argsort(classes, kind="stable")
    within = np.array([np.bincount(codes, inside) for inside in insides.astype(float)])
    are_cut = ((within > 0) & (within < sizes)).any()

    def exchange(losses, n_exchanges, rng):
        means = np.bincount(codes, losses) / sizes
        rest = losses - means[codes]
        exchanged = np.empty((n_exchanges, len(losses)))
        for k in range(n_exchanges):
            others = means.copy()
            others[by_class] = means[np.lexsort((rng.random(len(sizes)), classes))]
            exchanged[k] = others[codes]
            if are_cut:
                exchanged[k, rows] += rest[np.lexsort((rng.random(len(losses)), codes))]
            else:
                exchanged[k] += rest
        return exchanged

    return exchange


def _size_classes(sizes):
    """Groups whose sizes differ by a factor of two at most, together with the next where they are few."""
    classes = np.floor(np.log2(sizes)).astype(int)
    kept, begun, n_begun = np.empty_like(classes), 0, 0
    for value in np.unique(classes):
        if n_begun >= FEWEST_OF_A_SIZE:
            begun, n_begun = begun + 1, 0
        kept[classes == value] = begun
        n_begun += int((classes == value).sum())
    if begun and n_begun < FEWEST_OF_A_SIZE:
        kept[kept == begun] = begun - 1
    return kept
