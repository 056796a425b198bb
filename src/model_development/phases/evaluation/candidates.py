"""Which models are evaluated on the test rows: the final one, and those that it is to be compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...storage import files as artifacts

if TYPE_CHECKING:
    from pathlib import Path

    from ...storage.tuned_model import TunedModel
    from ..training_result import TrainedModel, TrainingResult

FINAL, BASELINE, RUNNER_UP, DUMMY = "final", "baseline", "runner_up", "dummy"
TITLES = {
    FINAL: "final model",
    BASELINE: "tuned model, as phase 1 fitted it",
    RUNNER_UP: "runner-up of phase 1",
    DUMMY: "dummy baseline",
}


@dataclass(frozen=True)
class Candidate:
    """A model that is evaluated.

    role : see TITLES. folder : where it is saved. fitted_on : in words. cv : {metric: {"mean", "low",
    "high"}} on the folds. validation : {metric: value}, as fitted on the training rows alone.
    """

    role: str
    name: str
    params: Mapping[str, Any]
    folder: Path
    fitted_on: str
    cv: Mapping[str, Mapping[str, float | None]]
    validation: Mapping[str, float | None]


def find_candidates(training: TrainingResult, tuned: TunedModel) -> list[Candidate]:
    """Return the models to evaluate, the final one first; one that was not trained is left out."""
    baseline, final = training.trained(tuned.model_name), tuned.handed_over()
    others = [model for model in training.ranked if model.is_ok and model.name != tuned.model_name]
    models = [model for model in others if not model.is_dummy]
    dummies = [model for model in others if model.is_dummy]
    on_folds = {} if tuned.improved else baseline.cv
    handed_over = Candidate(
        FINAL,
        final.model_name,
        final.best_params,
        training.folder / artifacts.TUNED_MODEL_FOLDER,
        final.fitted_on,
        tuned.ensemble["cv"] if tuned.ensemble else on_folds,
        final.metrics,
    )
    found = [(BASELINE, baseline), *((RUNNER_UP, m) for m in models[:1]), *((DUMMY, m) for m in dummies[:1])]
    return [handed_over, *(_of_phase_1(role, model) for role, model in found if model.folder.is_dir())]


def _of_phase_1(role: str, model: TrainedModel) -> Candidate:
    share = model.share_of_rows
    fitted_on = "training rows" if share == 1 else f"{share:.0%} of the training rows"
    return Candidate(role, model.name, model.params, model.folder, fitted_on, model.cv, model.metrics)
