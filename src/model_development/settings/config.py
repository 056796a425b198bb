"""A YAML file that says what a context file and flags say: which rows, settings, models, and which search.

One model of settings serves both: `settings` here is `epoch_005_settings` there.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from ..errors import SettingsError
from .settings import MAX_SECONDS, Settings, problems_error
from .yaml_text import read_yaml

STRICT = ConfigDict(extra="forbid", frozen=True, strict=True)
SCHEMA_FILE = "model_config.schema.json"


class ModelEntry(BaseModel):
    """A model with parameters in place of its baseline's."""

    model_config = STRICT

    name: str = Field(description="a row of the table of models")
    params: dict[str, Any] = Field({}, description="in place of the baseline's, all others stay")


class TuningConfig(BaseModel):
    """What phase 2 is asked for; as the flags of `model-development tune`."""

    model_config = STRICT

    model: str | None = Field(None, description="the model to tune; default: the best of phase 1")
    strategy: str = Field("auto", description="auto, grid, random, bayesian or halving")
    n_trials: int | Literal["all"] | None = Field(None, description="combinations to try, or all")
    timeout_s: float | None = Field(None, gt=0, le=MAX_SECONDS, description="seconds, from start to end")
    grid: str | None = Field(None, description="YAML or JSON file of values or ranges")
    second: str | None = Field(None, description="latency, size or a metric: a second value beside the score")

    def options(self, folder: Path) -> dict[str, Any]:
        """Return what `tune_best_model` takes. folder : from which the path of `grid` counts."""
        return self.model_dump() | {"grid": self.grid and str((folder / self.grid).resolve())}


class RunConfig(BaseModel):
    """A context file by name, or project, data and target in its place; settings, models, search."""

    model_config = STRICT

    context: str | None = Field(None, description="context file; a relative path counts from this file")
    project: str | None = Field(None, pattern=r"^[^/:.\s][^/:]*$", description="names the MLflow experiment")
    data: str | None = Field(None, description="the table: a path from this file, or a URI")
    target: str | None = Field(None, description="the column to predict")
    folder: str | None = Field(
        None, description="where the context file of `project` is written; default: a folder of its name"
    )
    settings: Settings = Field(
        default_factory=lambda: Settings.model_validate({}),
        description="as epoch_005_settings of a context file",
    )
    models: list[str | ModelEntry] | None = Field(None, description="default: all that suit the target")
    tuning: TuningConfig = Field(default_factory=lambda: TuningConfig.model_validate({}))

    @field_validator("models", mode="before")
    @classmethod
    def _names(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = [name.strip() for name in value.split(",") if name.strip()]
        return None if value in ([], ["all"]) else value

    @model_validator(mode="after")
    def _one_origin(self) -> RunConfig:
        own = {"project": self.project, "data": self.data, "target": self.target}
        missing = [name for name, value in own.items() if value is None]
        if self.context is None and missing:
            raise ValueError(
                "name a `context` file, or give `project`, `data` and `target`; "
                f"missing: {', '.join(missing)}"
            )
        if self.context is not None and len(missing) < len(own):
            raise ValueError("`context` says project, data and target: keep it, or keep these")
        return self

    @property
    def entries(self) -> list[ModelEntry] | None:
        """The models, each with its parameters; None for all that suit the target."""
        if self.models is None:
            return None
        return [
            ModelEntry.model_validate({"name": row}) if isinstance(row, str) else row for row in self.models
        ]


def read_config(path: Path) -> tuple[RunConfig, dict[str, Any]]:
    """Return (the checked content of a config file, its `settings` as they are written).

    Raises SettingsError that names every problem.
    """
    content = read_yaml(path)
    try:
        return RunConfig.model_validate(content), dict(content.get("settings") or {})
    except ValidationError as error:
        raise problems_error(error, RunConfig, str(path)) from None


def config_schema() -> str:
    """Return the JSON Schema of a config file as text, for editors."""
    schema = RunConfig.model_json_schema()
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema, indent=2) + "\n"


def require_no_params(config: RunConfig, where: Path) -> list[str] | None:
    """Return the names of the models, for training baselines. Raises SettingsError where one has `params`."""
    entries = config.entries
    if any(entry.params for entry in entries or []):
        raise SettingsError(
            f"{where}: `models` has `params`, and training compares baselines. Compare parameters with "
            "model-development compare --config FILE, or search them with `tuning`.",
            what="`models` has `params`",
            where=where,
            do="model-development compare --config FILE",
        )
    return None if entries is None else [entry.name for entry in entries]


if __name__ == "__main__":
    print(config_schema(), end="")
