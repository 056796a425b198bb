"""Which models are evaluated on the test rows: the final one, and those that it is to be compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...errors import ArtifactsError
from ...storage import files as artifacts
from ...storage.fingerprint import fitted_fingerprint
from ...storage.model_file import REFIT_OF, read_model_file

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


def evaluated_folder(folder: Path) -> Path:
    """Where the model is that phase 2 handed over, also once one fitted on all rows has taken its place.

    folder : of this epoch's files. Raises ArtifactsError where it is not there any more.
    """
    handed_over, kept = folder / artifacts.TUNED_MODEL_FOLDER, folder / artifacts.EVALUATED_MODEL_FOLDER
    refit_of = read_model_file(handed_over).get(REFIT_OF)
    if refit_of is None:
        return handed_over
    if kept.is_dir() and fitted_fingerprint(read_model_file(kept)) == refit_of:
        return kept
    raise ArtifactsError(
        f"{handed_over} was fitted on all rows, test rows too, so that they cannot say what it is worth, and "
        f"the model that was evaluated is not in {kept} any more. To put it back, run model-development tune "
        "as it was run, with the same flags."
    )


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
        evaluated_folder(training.folder),
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
