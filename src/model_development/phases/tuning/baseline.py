"""best_model_info.json: what phase 1 hands to phase 2, as one checked model."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, ValidationError

from ...errors import ArtifactsError, TemplateError
from ...fitting.final_fit import SLOWER
from ...models.table import MODELS
from ...storage.files import ALL_MODELS_METRICS, BEST_MODEL_INFO, MODELS_FOLDER, SCHEMA_VERSION, read_json
from ...storage.model_file import read_model_file

SECOND_TIME = 0.5  # share of the first fit that a second one takes
SAME_DATA = ("project", "target_variable", "data_fingerprint", "split_fingerprint", "feature_names")

if TYPE_CHECKING:  # what follows from tables is beyond a type checker
    Version: TypeAlias = int
    Tunable: TypeAlias = str
else:
    Version = Literal[SCHEMA_VERSION]
    Tunable = Literal[tuple(name for name, spec in MODELS.items() if not spec.is_dummy)]


class BestModelInfo(BaseModel):
    """The keys that phase 2 reads; the file holds more, for people."""

    model_config = ConfigDict(extra="ignore", frozen=True, protected_namespaces=())

    schema_version: Version
    project: str
    target_variable: str
    data_fingerprint: str
    split_fingerprint: str
    feature_names: list[str]
    settings: dict[str, Any]
    settings_in_file: dict[str, Any]
    best_model_name: Tunable
    params: dict[str, Any]
    cv_mean: float
    cv_std: float | None
    validation_value: float | None
    metrics: dict[str, float | None]

    def changes(self, described: Mapping[str, Any]) -> list[str]:
        """Names of what identifies the data and is otherwise in `described`, a Session.describe()."""
        return [key for key in SAME_DATA if described[key] != getattr(self, key)]


@dataclass(frozen=True)
class Baseline:
    """What phase 1 measured of the model that is to be tuned.

    folds, fold_scores : numbers of the folds, and the primary metric on each. is_complete : all folds and
        rows were used, so that a search on them can be compared with it. share_of_rows : that were fitted.
    stopped_at, learning_rates : how long it was fitted, None where it does not stop early.
    fold_fit_s : seconds of the fit of a fold. measuring_s : of measuring and saving, beside the final fit.
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

    @property
    def fit_all_rows_s(self) -> float:
        """About how long such a model takes to be fitted on training and validation rows."""
        return SLOWER * (self.metrics["training_time"] or 0.0) / self.share_of_rows

    @property
    def final_fit_s(self) -> float:
        """About how long it takes to be fitted, measured, and fitted with the validation rows too.

        The second time is sooner: phase 1 has measured the first one while others had the cores.
        """
        return (1 + SECOND_TIME) * self.fit_all_rows_s + self.measuring_s


def read_baseline(folder: Path | str, name: str, metric_name: str) -> Baseline:
    """Return the Baseline of a model out of phase 1's comparison.

    Raises ArtifactsError when the file is damaged, or the model was not trained.
    """
    path = Path(folder) / ALL_MODELS_METRICS
    content = read_json(path, produced_by="model_training.ipynb")
    models = content.get("models", {})
    trained = [known for known, row in models.items() if row.get("status") == "ok"]
    if name not in trained:
        why = models.get(name, {}).get("reason") or "it was not asked for"
        raise ArtifactsError(
            f"Phase 1 has not trained {name} ({why}), so there is nothing to compare its tuning with. "
            f"Trained: {', '.join(trained)}."
        )
    row = models[name]
    try:
        return Baseline(
            name=name,
            params=row["params"],
            cv_mean=row["cv"][metric_name]["mean"],
            cv_std=row["cv"][metric_name]["std"],
            folds=row["folds"],
            fold_scores=row["fold_scores"][metric_name],
            validation_value=row["metrics"][metric_name],
            metrics=row["metrics"],
            model_path=str(Path(folder) / MODELS_FOLDER / name),
            is_complete=row["is_complete"],
            training_summary_run_id=content["training_summary_run_id"],
            share_of_rows=row["share_of_rows"],
            stopped_at=row["stopped_at"],
            learning_rates=row["learning_rates"],
            fold_fit_s=max(row["cv"]["training_time"]["mean"], 1e-3),
            measuring_s=row["measuring_s"],
        )
    except (KeyError, TypeError) as error:
        raise ArtifactsError(f"{path} is damaged ({error}). Run model_training.ipynb again.") from error


def read_best_model(folder: Path | str, *, produced_by: str) -> BestModelInfo:
    """Read the file in the artifacts folder and the model folder that it names.

    Raises ArtifactsError, with the command `produced_by` that writes it anew, when it is missing,
    damaged, or does not fit its model.
    """
    path = Path(folder) / BEST_MODEL_INFO
    content = read_json(path, produced_by=produced_by)
    try:
        info = BestModelInfo.model_validate(content)
        model_path = Path(folder) / MODELS_FOLDER / info.best_model_name  # wherever it was when it was saved
        if read_model_file(model_path).get("model_name") != info.best_model_name:
            raise ArtifactsError(f"{model_path} holds another model than {info.best_model_name}.")
    except ValidationError as error:
        wrong = "; ".join(f"`{'.'.join(map(str, e['loc']))}`: {e['msg']}" for e in error.errors())
        raise ArtifactsError(f"{path} cannot be used: {wrong}. Write it anew with: {produced_by}") from None
    except TemplateError as error:
        raise ArtifactsError(f"{path} cannot be used: {error} Write it anew with: {produced_by}") from None
    return info
