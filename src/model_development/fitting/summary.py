"""From the scores of single folds to what is said of a candidate."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from .measured import Measured


def summarize(folds: Iterable[tuple[Mapping[str, float | None], Mapping[str, str], float]]) -> Measured:
    """Join the (values, reasons, seconds of fit) of each fold.

    Returns dict of `fold_scores` ({metric: [value per fold]}), `fold_seconds`, `cv` ({metric:
    {"mean", "std"}}, None where a fold has no value) and `cv_reasons`.
    """
    values, reasons, seconds = zip(*folds, strict=True)
    by_metric = {name: [scores[name] for scores in values] for name in values[0]}
    why = {name: reason for missing in reasons for name, reason in missing.items()}
    return _with_means({"fold_scores": by_metric, "fold_seconds": list(seconds), "cv_reasons": why})


def join_folds(parts: Sequence[Measured]) -> Measured:
    """Join what `summarize` said of some folds with what it said of others.

    parts : dicts of `summarize`, each with `folds`, the numbers of its folds, and the costs of
        `combinations.try_combinations`.

    >>> costs = {"fit_cost_s": 0.1, "alone_cost_s": 0.3, "n_sharing": 3}
    >>> one = summarize([({"rmse": 2.0}, {}, 0.1)]) | costs | {"folds": [1]}
    >>> two = summarize([({"rmse": 4.0}, {}, 0.1)]) | costs | {"folds": [0]}
    >>> joined = join_folds([one, two])
    >>> joined["fold_scores"], joined["cv"]["rmse"]["mean"], joined["folds"]
    ({'rmse': [4.0, 2.0]}, 3.0, [0, 1])
    """
    if len(parts) == 1:
        return parts[0]
    numbers = [number for part in parts for number in part["folds"]]
    order = np.argsort(numbers)

    def in_order(values):
        return [values[position] for position in order]

    scores = {
        name: in_order([score for part in parts for score in part["fold_scores"][name]])
        for name in parts[0]["fold_scores"]
    }
    joined = {
        "fold_scores": scores,
        "fold_seconds": in_order([seconds for part in parts for seconds in part["fold_seconds"]]),
        "cv_reasons": {name: why for part in parts for name, why in part["cv_reasons"].items()},
        "folds": in_order(numbers),
        "fit_cost_s": sum(part["fit_cost_s"] for part in parts),
        "alone_cost_s": sum(part["alone_cost_s"] for part in parts),
        "n_sharing": max(part["n_sharing"] for part in parts),
    }
    return _with_means(joined)


def split_folds(summary: Measured) -> list[Measured]:
    """Say of each fold by itself what `summarize` said of several, as parts for `join_folds`.

    summary : dict of `summarize`, with `folds`. Each fold counts as a fit that no other shares.

    >>> summary = summarize([({"rmse": 2.0}, {}, 0.1), ({"rmse": 4.0}, {}, 0.2)]) | {"folds": [0, 1]}
    >>> one, two = split_folds(summary)
    >>> two["fold_scores"], two["folds"], two["fit_cost_s"]
    ({'rmse': [4.0]}, [1], 0.2)
    """
    parts = []
    for position, number in enumerate(summary["folds"]):
        values = {name: scores[position] for name, scores in summary["fold_scores"].items()}
        reasons = {name: why for name, why in summary["cv_reasons"].items() if values.get(name) is None}
        seconds = summary["fold_seconds"][position]
        part = summarize([(values, reasons, seconds)])
        part.update({"fit_cost_s": seconds, "alone_cost_s": seconds, "n_sharing": 1, "folds": [number]})
        parts.append(part)
    return parts


def with_intervals(
    cv: Mapping[str, dict[str, float | None]], intervals: Mapping[str, tuple[float, float] | None]
) -> dict[str, dict[str, float | None]]:
    """Return {metric: its statistics} with `low` and `high` of {metric: (low, high) or None}.

    >>> with_intervals({"mae": {"mean": 0.2, "std": None}}, {"mae": (0.1, 0.3)})
    {'mae': {'mean': 0.2, 'std': None, 'low': 0.1, 'high': 0.3}}
    """
    joined = dict(cv)
    for name, interval in intervals.items():
        low, high = interval if interval and cv[name]["mean"] is not None else (None, None)
        joined[name] = cv[name] | {"low": low, "high": high}
    return joined


def _with_means(summary):
    cv = {name: _mean_and_std(values) for name, values in summary["fold_scores"].items()}
    return summary | {"cv": cv | {"training_time": _mean_and_std(summary["fold_seconds"])}}


def _mean_and_std(values):
    if any(value is None for value in values):
        return {"mean": None, "std": None}
    return {"mean": float(np.mean(values)), "std": float(np.std(values, ddof=1)) if len(values) > 1 else None}
