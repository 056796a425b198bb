"""What phase 1 leaves for the phases after it: the comparison of all models, and the best of them.

`read_training_result` alone reads `all_models_metrics.json` and `best_model_info.json`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator

from ..errors import ArtifactsError
from ..metrics.own import metric_of
from ..metrics.table import COSTS, Metric
from ..models.table import MODELS
from ..storage.files import (
    ALL_MODELS_METRICS,
    BEST_MODEL_INFO,
    MODELS_FOLDER,
    OOF_FOLDER,
    SCHEMA_VERSION,
    read_json,
)
from ..storage.typed import typed

NOTEBOOK = "model_training.ipynb"
SAME_DATA = ("project", "target_variable", "data_fingerprint", "split_fingerprint", "feature_names")

if TYPE_CHECKING:  # what follows from a constant is beyond a type checker
    Version: TypeAlias = int
else:
    Version = Literal[SCHEMA_VERSION]


def _tunable(name):
    if name not in MODELS or MODELS[name].is_dummy:
        raise ValueError(f"{name!r} is no model that can be tuned")
    return name


def _or(default):
    """What was not trained has null in the file; here it has the default."""
    return BeforeValidator(lambda value: default if value is None else value)


Tunable: TypeAlias = Annotated[str, AfterValidator(_tunable)]
Number: TypeAlias = Annotated[float, _or(0.0)]
Flag: TypeAlias = Annotated[bool, _or(False)]
FoldNumbers: TypeAlias = Annotated[list[int], _or([])]
Params: TypeAlias = Annotated[dict[str, Any], _or({})]
Values: TypeAlias = Annotated[dict[str, float | None], _or({})]
Statistics: TypeAlias = Annotated[dict[str, dict[str, float | None]], _or({})]
FoldScores: TypeAlias = Annotated[dict[str, list[float | None]], _or({})]


@dataclass(frozen=True, kw_only=True)
class TrainedModel:
    """A row of the comparison: a model that was trained, or the reason why it was not.

    status : "ok", "failed" or "skipped"; of the last two measurements are empty, and 0.
    note : what was given up.
    metrics : on the validation rows, costs among them. train_metrics : on rows that were fitted.
    estimator_params : all of the fitted estimator, `params` those that were set.
    cv : {metric: {"mean", "std", "low", "high"}} over the folds. folds : numbers of these; fold_scores :
    {metric: [value on each]}. missing_metrics : {metric: why it has no value}.
    share_of_rows : of the training rows, that were fitted. is_complete : were all folds and rows used?
    stopped_at, learning_rates : how long it was fitted, None where it does not stop early.
    measuring_s : seconds of measuring and saving, beside the final fit. key : of the work, see `result_key`.
    folder, oof_path : where fitted model is, and what models of its parameters said of rows left out.
    """

    name: str
    folder: Path
    oof_path: Path
    framework: str
    status: Literal["ok", "failed", "skipped"]
    reason: str
    note: str
    recommended: bool
    is_complete: Flag
    params: dict[str, Any]
    estimator_params: Params
    metrics: Values
    train_metrics: Values
    cv: Statistics
    folds: FoldNumbers
    fold_scores: FoldScores
    missing_metrics: dict[str, str]
    share_of_rows: Number
    stopped_at: int | None
    learning_rates: list[float] | None
    measuring_s: Number
    run_id: str | None
    model_uri: str | None
    key: str = ""

    def __repr__(self) -> str:
        return f"TrainedModel({self.name}: {self.status}{f', {self.reason}' if self.reason else ''})"

    @property
    def is_ok(self) -> bool:
        return self.status == "ok"

    @property
    def is_dummy(self) -> bool:
        return MODELS[self.name].is_dummy

    @property
    def costs(self) -> dict[str, float | None]:
        """{cost: its value}: times, size, whether a GPU was used."""
        return {name: self.metrics.get(name) for name in COSTS}

    def mean(self, metric_name: str) -> float | None:
        """The metric's mean over the folds; None where it has no value."""
        return self.cv.get(metric_name, {}).get("mean")

    def std(self, metric_name: str) -> float | None:
        """The metric's standard deviation over the folds; None where it has none."""
        return self.cv.get(metric_name, {}).get("std")


@dataclass(frozen=True, kw_only=True)
class BestModel:
    """The model that phase 2 starts from, with what identifies its rows and the settings of phase 1."""

    schema_version: Version
    project: str
    target_variable: str
    data_fingerprint: str
    split_fingerprint: str
    feature_names: list[str]
    settings: dict[str, Any]
    settings_in_file: dict[str, Any]
    training_summary_run_id: str
    best_model_name: Tunable
    params: dict[str, Any]
    cv_mean: float
    cv_std: float | None
    validation_value: float | None
    metrics: dict[str, float | None]

    def changes(self, described: Mapping[str, Any]) -> list[str]:
        """Names of what identifies the data and is otherwise in `described`, a Session.describe()."""
        return [key for key in SAME_DATA if described[key] != getattr(self, key)]


@dataclass(frozen=True, kw_only=True)
class TrainingResult:
    """A finished phase 1.

    metric : the primary metric. ranking : names of all models, best first. models : {name: TrainedModel}.
    conclusions : sentences. beats_dummy : None where that was not tested.
    """

    folder: Path
    metric: Metric
    best: BestModel
    models: dict[str, TrainedModel]
    ranking: list[str]
    conclusions: list[str]
    beats_dummy: bool | None
    training_summary_run_id: str

    @property
    def ranked(self) -> list[TrainedModel]:
        """Every model, best first."""
        return [self.models[name] for name in self.ranking]

    def trained(self, name: str) -> TrainedModel:
        """Return a model that was trained. Raises ArtifactsError, with the reason, where it was not."""
        model = self.models.get(name)
        if model is not None and model.is_ok:
            return model
        why = model.reason if model is not None and model.reason else "it was not asked for"
        others = ", ".join(known for known, row in self.models.items() if row.is_ok)
        raise ArtifactsError(
            f"Phase 1 has not trained {name} ({why}), so there is nothing to compare its tuning with. "
            f"Trained: {others}."
        )


def read_training_result(folder: Path, *, produced_by: str = NOTEBOOK) -> TrainingResult:
    """Return what phase 1 has left in an artifacts folder.

    Raises ArtifactsError, with the command `produced_by` that writes it anew, where a file is missing or
    damaged.
    """
    best = _best_model(folder / BEST_MODEL_INFO, produced_by)
    path = folder / ALL_MODELS_METRICS
    content = read_json(path, produced_by=produced_by)
    if content.get("training_summary_run_id", best.training_summary_run_id) != best.training_summary_run_id:
        raise ArtifactsError(
            f"{path.name} and {BEST_MODEL_INFO} in {folder} are of two runs of phase 1, the second of which "
            f"was ended while it wrote them. Run it again, which finds what is trained: {produced_by}"
        )
    try:
        models = {name: _trained_model(folder, name, row) for name, row in content["models"].items()}
        result = TrainingResult(
            folder=folder,
            metric=metric_of(content),
            best=best,
            models=models,
            ranking=[models[name].name for name in content["ranking"]],
            conclusions=list(content["conclusions"]),
            beats_dummy=content["beats_dummy"],
            training_summary_run_id=content["training_summary_run_id"],
        )
        _require_scores(result)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ArtifactsError(f"{path} is damaged ({error}). Run {NOTEBOOK} again.") from None
    return result


def _best_model(path, produced_by):
    content = read_json(path, produced_by=produced_by)
    try:
        return typed(BestModel, content)
    except ValueError as error:
        raise ArtifactsError(f"{path} cannot be used: {error}. Write it anew with: {produced_by}") from None


def _trained_model(folder, name, row):
    places = {"folder": folder / MODELS_FOLDER / name, "oof_path": folder / OOF_FOLDER / f"{name}.parquet"}
    return typed(TrainedModel, {**row, "name": name, **places})


def _require_scores(result):
    """KeyError where a model that was trained has not been measured by the primary metric."""
    for model in result.models.values():
        if model.is_ok:
            for values in (model.cv, model.fold_scores, model.metrics):
                values[result.metric.name]
