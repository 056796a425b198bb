"""The baseline of a search: what phase 1 measured of the model that is to be tuned."""

from dataclasses import dataclass
from typing import Any

from ...errors import ArtifactsError
from ...fitting.final_fit import SLOWER, seconds_of_refit
from ..training_result import TrainingResult

SECOND_TIME = 0.5  # share of the first fit that a second one takes


@dataclass(frozen=True)
class Baseline:
    """What phase 1 measured of the model that is to be tuned.

    folds, fold_scores : numbers of the folds, and the primary metric on each. is_complete : all folds and
        rows were used, so that a search on them can be compared with it. share_of_rows : that were fitted.
    stopped_at, learning_rates : how long it was fitted, None where it does not stop early.
    fold_fit_s : seconds of the fit of a fold. measuring_s : of measuring and saving, beside the final fit.
    ensemble_s : of the ensemble that is made after it, beside its members' fits; 0 where there is none.
    """

    name: str
    params: dict[str, Any]
    cv_mean: float
    cv_std: float | None
    folds: list[int]
    fold_scores: list[float]
    validation_value: float | None
    metrics: dict[str, float | None]
    model_path: str
    is_complete: bool
    training_summary_run_id: str
    share_of_rows: float = 1.0
    stopped_at: int | None = None
    learning_rates: list | None = None
    fold_fit_s: float = 1.0
    measuring_s: float = 0.0
    ensemble_s: float = 0.0

    @property
    def refit_s(self) -> float:
        """About how long it takes to be fitted with the validation rows too, as long as it was."""
        return seconds_of_refit(self.params, self.metrics["training_time"]) / self.share_of_rows

    @property
    def final_fit_s(self) -> float:
        """About how long it takes to be fitted, measured, and fitted with the validation rows too.

        The second time is sooner: phase 1 has measured the first one while others had the cores.
        """
        fit_s = SLOWER * (self.metrics["training_time"] or 0.0) / self.share_of_rows
        return fit_s + SECOND_TIME * self.refit_s + self.measuring_s


def baseline_of(training: TrainingResult, name: str) -> Baseline:
    """Return the Baseline of a model out of phase 1's comparison.

    Raises ArtifactsError where the model was not trained, or has no score on its folds.
    """
    model, metric_name = training.trained(name), training.metric.name
    mean, scores = model.mean(metric_name), model.fold_scores[metric_name]
    if mean is None:
        why = model.missing_metrics.get(metric_name, "the metric has no value")
        raise ArtifactsError(
            f"Phase 1 has no {metric_name} of {name} ({why}), so there is nothing to compare its tuning "
            f"with. Tune another model, or choose another `primary_metric` and run phase 1 again."
        )
    return Baseline(
        name=name,
        params=model.params,
        cv_mean=mean,
        cv_std=model.std(metric_name),
        folds=model.folds,
        fold_scores=[score for score in scores if score is not None],  # all of them, where there is a mean
        validation_value=model.metrics[metric_name],
        metrics=model.metrics,
        model_path=str(model.folder),
        is_complete=model.is_complete,
        training_summary_run_id=training.training_summary_run_id,
        share_of_rows=model.share_of_rows,
        stopped_at=model.stopped_at,
        learning_rates=model.learning_rates,
        fold_fit_s=max(model.mean("training_time") or 0.0, 1e-3),
        measuring_s=model.measuring_s,
    )
