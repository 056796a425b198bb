"""pipeline_context.json: what the epoch before hands over, the user's settings, what we hand on."""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from ..errors import ArtifactsError, ContextError, SettingsError, did_you_mean
from .artifacts import plain, write_text

REPOSITORY = Path(__file__).resolve().parents[3]
DEFAULT_CONTEXT = REPOSITORY / "pipeline_context.json"
SETTINGS_KEY = "epoch_005_settings"


class Settings(BaseModel):
    """Everything a user may set, under `epoch_005_settings`; the defaults stand here and only here."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    problem_type: Literal["auto", "binary", "multiclass", "regression"] = "auto"
    positive_class: str | int | float | bool | None = None  # None: see data/task.py
    primary_metric: str | None = None  # None: f1_score for classification, rmse for regression
    split: Literal["stratified", "time", "group", "column"] = "stratified"
    time_column: str | None = None
    group_column: str | None = None
    split_column: str | None = None  # holds the words train, validation, test
    id_columns: list[str] = []
    cv_folds: int = Field(5, ge=2, le=50)
    seed: int = Field(42, ge=0, le=2**32 - 1)
    time_budget_s: float | None = Field(None, gt=0)
    n_jobs: int | None = Field(None, ge=-1)  # cores to use; None or -1: all
    device: Literal["auto", "cpu", "cuda"] = "auto"

    @field_validator("n_jobs")
    @classmethod
    def _no_zero_jobs(cls, value):
        if value == 0:
            raise ValueError("use -1 for all cores, or a number of cores")
        return value

    @model_validator(mode="after")
    def _split_has_its_column(self):
        columns = {"time": "time_column", "group": "group_column", "column": "split_column"}
        needed = columns.get(self.split)
        if needed and getattr(self, needed) is None:
            raise ValueError(f"split {self.split!r} needs `{needed}`")
        return self

    def named_columns(self):
        """Columns that steer the split or identify a row, and so are no features."""
        steering = (self.group_column, self.split_column)
        return [*self.id_columns, *(name for name in steering if name is not None)]


@dataclass(frozen=True)
class Context:
    """One context file, checked: where it is, what it asks for, where results go."""

    path: Path
    project: str
    recommended: tuple[str, ...]
    feature_data: str  # absolute path or URI
    feature_names: tuple[str, ...] | None
    target: str
    settings: Settings
    artifacts_root: Path

    @property
    def experiment(self):
        return f"{self.project}_model"


def describe_problems(error, known, where):
    """Turn a pydantic ValidationError into one message that names every problem."""
    problems = []
    for item in error.errors():
        name = ".".join(str(part) for part in item["loc"][:1])
        if item["type"] == "extra_forbidden":
            problems.append(f"`{name}` is unknown.{did_you_mean(name, known)} Known: {', '.join(known)}")
        else:
            message = item["msg"].removeprefix("Value error, ")
            problems.append(f"`{name}`: {message}" if name else message)
            if name:
                problems[-1] += f" (got {item['input']!r})"
    return f"{where}: " + "; ".join(dict.fromkeys(problems)) + "."


def make_settings(values, where):
    """Validate a dict of settings. Raises SettingsError that names all problems in one go."""
    if not isinstance(values, dict):
        raise SettingsError(f"{where} must be an object of settings, not {values!r}.")
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsError(describe_problems(error, list(Settings.model_fields), where)) from None


def read_raw_context(path):
    """Return the context file as a dict. Raises ContextError when missing or not a JSON object."""
    path = Path(path)
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ContextError(
            f"There is no context file {path}. Run epoch 004 first, or give the path of another "
            "one (`context_path` in the notebook, `--context` for the script)."
        ) from None
    except OSError as error:
        raise ContextError(f"The context file {path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise ContextError(f"The context file {path} is not valid JSON: {error}.") from error
    if not isinstance(content, dict):
        raise ContextError(
            f"The context file {path} must hold a JSON object, not a {type(content).__name__}."
        )
    return content


def read_context(path=None, **overrides):
    """Read and check a context file.

    path : the file; the repository's own pipeline_context.json when None or empty.
    overrides : settings that take precedence over the file's; None means "not given".

    Raises ContextError or SettingsError, each with the file, the key and what to do.
    """
    path = Path(path or DEFAULT_CONTEXT).expanduser().resolve()
    content = read_raw_context(path)
    outputs = _section(content, "epoch_004_outputs", path)
    given = content.get(SETTINGS_KEY) or {}
    settings = make_settings(given, f"{path.name}, `{SETTINGS_KEY}`")
    overrides = {name: value for name, value in overrides.items() if value is not None}
    if overrides:
        settings = make_settings({**given, **overrides}, "Parameters")
    return Context(
        path=path,
        project=_project(content, path),
        recommended=_recommended(content),
        feature_data=_locate(_text(outputs, "feature_data_path", path), path.parent),
        feature_names=_feature_names(outputs, path),
        target=_text(outputs, "target_variable", path),
        settings=settings,
        artifacts_root=artifacts_root_of(path),
    )


def artifacts_root_of(path):
    """Return `ARTIFACTS_DIR` where set, else the folder `artifacts` beside the context file."""
    root = os.environ.get("ARTIFACTS_DIR")
    return Path(root).expanduser().resolve() if root else Path(path).parent / "artifacts"


def update_context(path, owned):
    """Merge the keys `owned` into the context file, atomically.

    The file is read again under a lock, so a key that another writer added meanwhile survives.
    """
    from filelock import FileLock, Timeout

    path = Path(path).resolve()
    try:
        with FileLock(f"{path}.lock", timeout=60):
            content = read_raw_context(path) | plain(owned)
            write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    except Timeout:
        raise ContextError(
            f"Another process has held {path.name}.lock for a minute. "
            "When none is running any more, delete that file and run again."
        ) from None
    except OSError as error:
        raise ArtifactsError(f"{path} cannot be written: {error.strerror or error}.") from error


def _section(content, name, path):
    section = content.get(name)
    if not isinstance(section, dict):
        raise ContextError(
            f"{path.name} has no object `{name}`. Found: {', '.join(content) or 'nothing'}. "
            "Run epoch 004 first, or add it by hand (README, 'Your own table')."
        )
    return section


def _text(outputs, key, path):
    value = outputs.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ContextError(
            f"{path.name} has no `epoch_004_outputs.{key}`. Found under `epoch_004_outputs`: "
            f"{', '.join(outputs) or 'nothing'}. Run epoch 004 first, or add the key as a text."
        )
    return value


def _project(content, path):
    project = content.get("project")
    if not isinstance(project, str) or not re.fullmatch(r"[^/:.\s][^/:]*", project):
        raise ContextError(
            f"{path.name}: `project` must be a name without '/' or ':' (for example 'credit_risk'), "
            f"not {project!r}. It names the MLflow experiment and the registered model."
        )
    return project


def _recommended(content):
    epoch_001 = content.get("epoch_001")
    names = epoch_001.get("recommended_algorithms") if isinstance(epoch_001, dict) else None
    return tuple(str(name) for name in names) if isinstance(names, list) else ()


def _feature_names(outputs, path):
    names = outputs.get("feature_names")
    if names is None:
        return None
    if not isinstance(names, list) or not names or not all(isinstance(n, str) for n in names):
        raise ContextError(
            f"{path.name}: `epoch_004_outputs.feature_names` must be a list of column names; "
            "leave it out to use every column."
        )
    return tuple(dict.fromkeys(names))


def _locate(location, folder):
    """Make a relative path absolute against the context's folder; leave URIs alone."""
    if re.match(r"^[A-Za-z][A-Za-z0-9+.-]+:", location):
        return location
    return str((folder / Path(location).expanduser()).resolve())
