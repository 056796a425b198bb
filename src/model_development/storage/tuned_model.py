"""tuned_model_info.json: what phase 2 has handed over."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import ArtifactsError
from .files import TUNED_MODEL_INFO, read_json, to_json, write_text
from .typed import typed

SCRIPT = "tune_best_model.py"


@dataclass(frozen=True, kw_only=True)
class TunedModel:
    """What phase 2 says of the model that it has handed over.

    best_params : of what is handed over, which are the baseline's where it was not improved.
    baseline_metric_value, final_metric_value, improvement_pct, improvement_pct_low, improvement_pct_high,
    metrics : on the validation rows, the percentages positive when better; None where undefined.
    baseline_cv_mean, final_cv_mean : means over the folds. difference_on_folds : see
    `selection.difference_on_folds`. fitted_on : the rows that the model was fitted on, in words.
    stopped_at, learning_rates : how long it was fitted, None where it does not stop early.
    ensemble : what ensemble.json says, where an ensemble was handed over in the place of all this.
    """

    model_name: str
    tuning_parent_run_id: str
    mlflow_experiment_id: str
    data_fingerprint: str
    split_fingerprint: str
    primary_metric: str
    greater_is_better: bool
    best_params: dict[str, Any]
    baseline_params: dict[str, Any]
    improved: bool
    verdict: str
    baseline_metric_value: float | None
    final_metric_value: float | None
    improvement_pct: float | None
    improvement_pct_low: float | None
    improvement_pct_high: float | None
    difference_on_folds: dict[str, Any] | None
    baseline_cv_mean: float | None
    final_cv_mean: float | None
    metrics: dict[str, float | None]
    fitted_on: str
    model_path: str
    stopped_at: int | None = None
    learning_rates: list[float] | None = None
    ensemble: dict[str, Any] | None = None

    def handed_over(self) -> "TunedModel":
        """Return the same with name, parameters and figures of the ensemble, where one was handed over."""
        if not self.ensemble:
            return self
        return replace(
            self,
            model_name=self.ensemble["name"],
            best_params={"weights": self.ensemble["weights"]},
            metrics=self.ensemble["metrics"],
            fitted_on=self.ensemble["fitted_on"],
        )


def read_tuned_model(folder: Path) -> TunedModel:
    """Return what phase 2 has handed over, as an artifacts folder has it.

    Raises ArtifactsError where the file is missing or damaged.
    """
    path = folder / TUNED_MODEL_INFO
    content = read_json(path, produced_by=SCRIPT)
    try:
        return typed(TunedModel, content)
    except ValueError as error:
        raise ArtifactsError(f"{path} is damaged ({error}). Run {SCRIPT} again.") from None


def name_model_path(folder: Path, model_path: str) -> None:
    """Let the file name the place of the model; all else in it stays. Raises ArtifactsError as above."""
    path = folder / TUNED_MODEL_INFO
    write_text(path, to_json(read_json(path, produced_by=SCRIPT) | {"model_path": model_path}))
