"""Which combinations of parameters to try, and in which order."""

import itertools
import random


def grid(search_space):
    """Return every combination of the lists in `search_space`, each a dict.

    >>> grid({"a": [1, 2], "b": ["x"]})
    [{'a': 1, 'b': 'x'}, {'a': 2, 'b': 'x'}]
    """
    if not search_space:
        return []
    values = itertools.product(*search_space.values())
    return [dict(zip(search_space, combination, strict=True)) for combination in values]


def choose(search_space, n_trials=None, seed=42):
    """Return the whole grid in a seeded order, or a random subset of `n_trials` of it.

    The order is random even for the whole grid, so that a search stopped by the clock has seen
    a fair sample of it.

    >>> len(choose({"a": [1, 2, 3], "b": [1, 2]}, n_trials=4))
    4
    """
    combinations = grid(search_space)
    random.Random(seed).shuffle(combinations)
    return combinations if n_trials is None else combinations[:n_trials]
