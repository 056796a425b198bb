"""Which parameters of a search explain the scores of its combinations."""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .space import Space

MOST_EXPLAINED = 150  # combinations that importance is taken from: fANOVA takes their number squared
MOST_CATEGORIES = 8  # values without an order of which it looks at every subset

Results = Sequence[tuple[Mapping[str, Any], float]]


def importance(results: Results, space: Space, seed: int) -> dict[str, float]:
    """Return {parameter: share of the variance of the score that it explains}, largest first.

    results : list of (params, score). Fewer than 4, or scores that are all equal, say nothing: {}. Of more
        than MOST_EXPLAINED as many are taken, evenly from the best to the worst.

    Source: fANOVA, Hutter et al. (2014), An Efficient Approach for Assessing Hyperparameter Importance.
    """
    results = _evenly(results, MOST_EXPLAINED)
    scores = [score for _, score in results]
    mean = statistics.fmean(scores) if scores else 0.0
    spread = statistics.pstdev(scores) if scores else 0.0
    if len(results) < 4 or spread <= 1e-10 * abs(mean):
        return {}
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    tried = {name: _ordered([params.get(name) for params, _ in results]) for name in space}
    tried = {name: values for name, values in tried.items() if len(set(map(repr, values))) > 1}
    distributions = {name: _distribution_of_tried(values) for name, values in tried.items()}
    study = optuna.create_study(direction="maximize")
    for k, (_, score) in enumerate(results):
        chosen = {name: values[k] for name, values in tried.items()}
        value = (score - mean) / spread
        study.add_trial(optuna.create_trial(params=chosen, distributions=distributions, value=value))
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=seed)
    try:
        shares = optuna.importance.get_param_importances(study, evaluator=evaluator)
    except RuntimeError:  # its forest found nothing to split on
        return {}
    return {name: share for name, share in shares.items() if math.isfinite(share)}


def _evenly(results: Results, n: int) -> Results:
    """So many of (params, score), the best among them."""
    if len(results) <= n:
        return results
    ranked = sorted(results, key=lambda result: -result[1])
    return [ranked[k * len(ranked) // n] for k in range(n)]


def _ordered(values: Sequence[Any]) -> Sequence[Any]:
    """Numbers and few categories as they are; else the places of all: numbers by size, then what is none."""
    different = {repr(value): value for value in values}
    if _are_numbers(values) or len(different) <= MOST_CATEGORIES:
        return values
    numbers = [key for key, value in different.items() if _are_numbers([value])]
    numbers.sort(key=lambda key: different[key])
    places = {key: k for k, key in enumerate([*numbers, *(key for key in different if key not in numbers)])}
    return [places[repr(value)] for value in values]


def _are_numbers(values: Iterable[Any]) -> bool:
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def _distribution_of_tried(values: Sequence[Any]) -> Any:
    """Numbers as a range: fANOVA looks at every subset of the values that have no order."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    if _are_numbers(values):
        return FloatDistribution(min(values), max(values))
    return CategoricalDistribution(tuple(dict.fromkeys(values)))
