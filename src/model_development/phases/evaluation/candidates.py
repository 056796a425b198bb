"""Which models are evaluated on the test rows: the final one, and those that it is to be compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...errors import ArtifactsError
from ...models.table import MODELS
from ...storage import files as artifacts
from ...storage.checkpoints import fingerprint
from ...storage.files import read_json
from ...storage.model_extras import MODEL_EXTRAS
from ...storage.model_file import read_model_file

if TYPE_CHECKING:
    from pathlib import Path

TUNE = "tune_best_model.py"
FINAL, BASELINE, RUNNER_UP, DUMMY = "final", "baseline", "runner_up", "dummy"
TITLES = {
    FINAL: "final model",
    BASELINE: "baseline of the same model",
    RUNNER_UP: "runner-up of phase 1",
    DUMMY: "dummy baseline",
}


@dataclass(frozen=True)
class Candidate:
    """A model that is evaluated.

    role : see TITLES. folder : where it is saved. fitted_on : in words. cv : {metric: {"mean", "low", "high"}}
    on the folds. validation : {metric: value}, as fitted on the training rows alone.
    """

    role: str
    name: str
    params: Mapping[str, Any]
    folder: Path
    fitted_on: str
    cv: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)
    validation: Mapping[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True)
class FinalModelInfo:
    """tuned_model_info.json: what phase 2 handed over.

    fingerprint : of the files of the model. stopped_at, learning_rates : how long it was fitted.
    """

    name: str
    params: dict[str, Any]
    improved: bool
    verdict: str
    fitted_on: str
    metrics: dict[str, float | None]
    parent_run_id: str
    fingerprint: str
    packages: dict[str, str]
    stopped_at: int | None = None
    learning_rates: list[float] | None = None


def read_final_model(folder: Path) -> FinalModelInfo:
    """Return what phase 2 handed over in an artifacts folder.

    Raises ArtifactsError where phase 2 has not been run, or its files are damaged.
    """
    path = folder / artifacts.TUNED_MODEL_INFO
    content = read_json(path, produced_by=TUNE)
    model = read_model_file(folder / artifacts.TUNED_MODEL_FOLDER)
    try:
        return FinalModelInfo(
            name=content["model_name"],
            params=content["best_params"],
            improved=content["improved"],
            verdict=content["verdict"],
            fitted_on=content["fitted_on"],
            metrics=content["metrics"],
            parent_run_id=content["tuning_parent_run_id"],
            fingerprint=fingerprint_of(model),
            packages=model["packages"],
            stopped_at=content.get("stopped_at"),
            learning_rates=content.get("learning_rates"),
        )
    except KeyError as error:
        raise ArtifactsError(f"{path} is damaged (no {error}). Run phase 2 again: {TUNE}") from error


def fingerprint_of(model_file: Mapping[str, Any]) -> str:
    """What tells a fitted model from others, whatever goes with its outputs: see storage/model_extras.py."""
    fitted = {name: digest for name, digest in model_file["files"].items() if name not in MODEL_EXTRAS}
    return fingerprint({"files": fitted, "params": model_file["params"], "name": model_file["model_name"]})


def find_candidates(folder: Path, final: FinalModelInfo) -> list[Candidate]:
    """Return the models to evaluate, the final one first; one that is missing is left out.

    Raises ArtifactsError where the comparison of phase 1 is missing or damaged.
    """
    path = folder / artifacts.ALL_MODELS_METRICS
    content = read_json(path, produced_by="model_training.ipynb")
    try:
        models, ranking = content["models"], content["ranking"]
        others = [name for name in ranking if name != final.name and models[name]["status"] == "ok"]
        baseline = models[final.name]
    except KeyError as error:
        raise ArtifactsError(f"{path} is damaged (no {error}). Run model_training.ipynb again.") from error
    runner_up = next((name for name in others if not MODELS[name].is_dummy), None)
    dummy = next((name for name in others if MODELS[name].is_dummy), None)
    tuned = Candidate(
        FINAL,
        final.name,
        final.params,
        folder / artifacts.TUNED_MODEL_FOLDER,
        final.fitted_on,
        {} if final.improved else baseline["cv"] or {},
        final.metrics,
    )
    roles = {BASELINE: final.name, RUNNER_UP: runner_up, DUMMY: dummy}
    found = [_of_phase_1(folder, role, name, models[name]) for role, name in roles.items() if name]
    return [tuned, *(candidate for candidate in found if candidate is not None)]


def _of_phase_1(folder, role, name, row):
    place = folder / artifacts.MODELS_FOLDER / name
    if row["status"] != "ok" or not place.is_dir():
        return None
    share = row.get("share_of_rows") or 1.0
    fitted_on = "training rows" if share == 1 else f"{share:.0%} of the training rows"
    return Candidate(role, name, row["params"], place, fitted_on, row["cv"], row["metrics"])
