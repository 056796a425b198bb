"""What workers give back of a model, key by key; which of them there are depends on the work."""

from __future__ import annotations

from typing import Any, TypedDict


class Measured(TypedDict, total=False):
    """What is known of a model, or of a combination of its parameters.

    Of its folds, see `summary.summarize`: fold_scores : {metric: [value per fold, None where there is none]}.
    cv : {metric: {"mean", "std", "low", "high"}}. folds : numbers of these folds. n_reused : how many of them
    an earlier run had finished. fold_cost_s : seconds of one, with preprocessing and scoring;
    cost_exponent : by which they grow with rows. test_share, n_scored : see `corrected_t_test` and
    `Metric.resolution`.

    Of a search, see `combinations.try_combinations`: share : of the rows that a fold fits.
    fit_cost_s : seconds of fits, shared ones in part; alone_cost_s : of fits of its own. n_sharing :
    combinations that shared them.

    Of all training rows, see `measure.fit_and_measure`: metrics : on the validation rows, and costs.
    train_metrics : on rows that were fitted. reasons : why a metric is missing.

    Of the training, see `train_candidate`: usage : {name: [value per sample]} of the machine. note : what was
    given up. Of the hand-over, see `final_fit.fit_final`: improvement_95.
    """

    fold_scores: dict[str, list[Any]]
    fold_seconds: list[float]
    fold_cost_s: float
    cost_exponent: float
    cv: dict[str, dict[str, float | None]]
    cv_reasons: dict[str, str]
    folds: list[int]
    n_reused: int
    test_share: float
    n_scored: float

    share: float
    fit_cost_s: float
    alone_cost_s: float
    n_sharing: int

    metrics: dict[str, float | None]
    train_metrics: dict[str, float | None]
    reasons: dict[str, str]
    inference_batch_size: int
    estimator_params: dict[str, str | int | float | bool | None]
    history: dict[str, list[float]]
    stopped_at: int | None
    coefficients: dict[str, list[Any]] | None
    measuring_s: float

    usage: dict[str, list[float]]
    note: str
    share_of_rows: float
    is_complete: bool
    time_budget_s: float | None

    improvement_95: tuple[float, float] | None
