"""Names and safe writing of every file: whole or not at all, strict JSON, a schema version."""

from __future__ import annotations

import json
import math
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ArtifactsError

if TYPE_CHECKING:
    from ..settings.context import Context

EPOCH_FOLDER = "epoch005-model-development"
SCHEMA_VERSION = 1

PROBLEM_DEFINITION = "problem_definition.json"  # of a project, beside its context
PROBLEM_DEFINITION_PAGE = "problem_definition.md"
DATA_CHECKS = "data_checks.json"
DATA_PROFILE = "data_profile.html"
PROGRESS = "progress.jsonl"
ROW_ASSIGNMENT = "row_assignment.parquet"
ALL_MODELS_METRICS = "all_models_metrics.json"
MODEL_COMPARISON = "model_comparison_summary.csv"
COMPARISON_CHART = "all_models_comparison.png"
PREDICTIONS_CHART = "all_models_predictions.png"
HISTORY_CHART = "training_curves.png"
LATENCY_CHART = "quality_against_latency.png"
COEFFICIENTS = "coefficients.csv"
BEST_MODEL_INFO = "best_model_info.json"
EXECUTED_NOTEBOOK = "model_training.ipynb"
EXECUTED_NOTEBOOK_HTML = "model_training.html"
ALL_TUNING_RESULTS = "all_tuning_results.json"
ALL_TUNING_RESULTS_CSV = "all_tuning_results.csv"
PARAMETER_IMPACT_CHART = "tuning_parameter_impact.png"
TOP_MODELS_CHART = "top_10_models.png"
TUNING_HISTORY_CHART = "tuning_history.png"
TRADE_OFF_CHART = "tuning_trade_off.png"
PARALLEL_CHART = "tuning_parallel_coordinates.png"
TUNED_MODEL_INFO = "tuned_model_info.json"
ENSEMBLE = "ensemble.json"
ENSEMBLE_OOF = "ensemble_out_of_fold.parquet"
TUNING_SUMMARY = "tuning_summary_report.json"
EVALUATION_METRICS = "evaluation_metrics.json"
TEST_SET_ACCESS = "test_set_access.jsonl"
TEST_PREDICTIONS = "test_predictions.parquet"
EVALUATION_REPORT = "evaluation_report.html"
MODEL_CARD = "model_card.md"
EVALUATION_NOTEBOOK = "model_evaluation.ipynb"
EVALUATION_NOTEBOOK_HTML = "model_evaluation.html"
EVALUATION_COMPARISON = "evaluation_comparison.csv"
VALIDATION_REPORT = "validation_report.json"
VALIDATION_REPORT_HTML = "validation_report.html"
VALIDATIONS_FOLDER = "validations"  # the latest report of each model, by its fingerprint
PROMOTION_LOG = "promotion_log.jsonl"
HANDOFF = "handoff.yaml"
DATA_CONTRACT = "data_contract.yaml"
FEATURE_REPORT = "feature_report.json"
SUCCESS_CRITERIA = "success_criteria.json"
STAGE_REPORT = "stage_report.json"
ASSISTANT_LOG = "assistant_log.jsonl"  # what assistants were allowed to do, and why
REGISTRY_ENTRY = "model_registry_entry.json"
NOTEBOOKS_FOLDER = "notebooks"  # stand-alone, one for each model
FINAL_OOF = "final_model"  # out-of-fold predictions of the parameters that were handed over
MODELS_FOLDER = "models"
CHECKPOINTS_FOLDER = "checkpoints"
NEW_FOLDER = "new_"  # begins the name of a folder in the checkpoints: models that are being trained
FOLDS_FOLDER = "folds"  # in the checkpoints: the finished folds of models that are being trained
OOF_FOLDER = "out_of_fold"
TUNED_MODEL_FOLDER = "tuned_model"
EVALUATED_MODEL_FOLDER = (
    "evaluated_model"  # what the figures are of, where one fitted on all rows took its place
)
MODEL_FILE = "model.json"  # of every model folder: what the model is
DECISION_POLICY = "decision_policy.json"
MONITORING_REPORT = "monitoring_report.html"
MONITORING_REPORT_JSON = "monitoring_report.json"
MONITORING_HISTORY = "monitoring_history.jsonl"  # one line for each run of monitoring
MONITORING_METRICS = "model_monitoring.prom"  # for the node exporter's collector of text files
RETRAINING_TABLE = "retraining_table.csv"  # beside the context, with a context of its own
RETRAINING_CONTEXT = "pipeline_context.retraining.json"
PACKAGE_FOLDER = "model_package"  # what a service takes; the names below stand in it
PACKAGE_SUMS = "SHA256SUMS"
ROW_PLAN = "row_plan.json"  # beside a model, where its plan can stand alone
PACKAGE_MODEL = "model"
PACKAGE_CONFIG = "model/config.json"
PACKAGE_METADATA = "model/metadata.json"
PACKAGE_METRICS = "model/metrics.json"
PACKAGE_FEATURES = "model/feature_names.json"
PACKAGE_REFERENCE = "monitoring/reference.json"
PACKAGE_BACKGROUND = "model/explanation_background.json"
PACKAGE_CHECKLIST = "checklist.json"
PACKAGE_CHECKLIST_TEXT = "checklist.md"


def plain(value: Any) -> Any:
    """Turn numpy values, paths and tuples into what JSON has; NaN and infinities become None.

    >>> plain({"a": np.float64("nan"), "b": (np.int64(1), True)})
    {'a': None, 'b': [1, True]}
    """
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)


def to_json(payload: Mapping[str, Any]) -> str:
    """Return strict, readable JSON text of a dict, led by its `schema_version`."""
    content = {"schema_version": SCHEMA_VERSION} | plain(payload)
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


@contextmanager
def replacing(path: Path | str) -> Iterator[Path]:
    """Yield a temporary path beside `path`; it takes the place of `path` when the block succeeds.

    Readers see the old file or the new one, never a half of either, even after a power cut.
    """
    path = Path(path).resolve()
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}.", suffix=path.suffix)
    os.close(handle)
    try:
        yield Path(temporary)
        with open(temporary, "rb+") as written:
            os.fsync(written.fileno())
        os.chmod(temporary, path.stat().st_mode & 0o777 if path.exists() else 0o644)
        os.replace(temporary, path)
    finally:
        Path(temporary).unlink(missing_ok=True)


def write_text(path: Path | str, text: str) -> None:
    """Write `text` as UTF-8, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


@contextmanager
def replacing_folder(path: Path | str) -> Iterator[Path]:
    """Like `replacing`, for a folder: yields an empty folder that becomes `path` on success."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    try:
        yield temporary
        os.chmod(temporary, 0o755)
        replace_folder(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def replace_folder(new: Path, path: Path) -> None:
    """Let a folder take the place of another, on the same file system."""
    old = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    try:
        if path.exists():
            os.replace(path, old / path.name)
        os.replace(new, path)
    except OSError:
        if not path.exists() and (old / path.name).exists():
            os.replace(old / path.name, path)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def epoch_folder(context: Context) -> Path:
    """Where the files of a context are."""
    return context.artifacts_root / EPOCH_FOLDER


def open_artifacts_folder(root: Path | str) -> Path:
    """Create `root`/epoch005-model-development and return it.

    Raises ArtifactsError when it cannot be written, before any training has been paid for.
    """
    folder = Path(root) / EPOCH_FOLDER
    try:
        for name in (MODELS_FOLDER, OOF_FOLDER):
            (folder / name).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ArtifactsError(
            f"The artifacts folder {folder} cannot be written ({error.strerror or error}). "
            "Make it writable, or set ARTIFACTS_DIR to a folder that is."
        ) from error
    return folder


def read_json(path: Path | str, *, produced_by: str) -> dict[str, Any]:
    """Return the dict in the JSON file `path`.

    Raises ArtifactsError when the file is missing (the message names the command `produced_by`
    that writes it) or holds anything but a JSON object.
    """
    path = Path(path)
    if not path.is_file():
        raise ArtifactsError(
            f"{path} does not exist. Run this first: {produced_by}",
            what="the file does not exist",
            where=path,
            do=produced_by,
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ArtifactsError(
            f"{path} is not valid JSON ({error}). Write it anew with: {produced_by}"
        ) from error
    if not isinstance(content, dict):
        raise ArtifactsError(f"{path} holds no JSON object. Write it anew with: {produced_by}")
    return content
