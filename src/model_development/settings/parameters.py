"""The notebook's parameters: known names, checked types; papermill itself would take anything."""

import ast
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from ..errors import SettingsError, did_you_mean
from .settings import problems_error

INJECTED_MARK = "# Parameters"  # first line of the cell that papermill injects


class TrainingParameters(BaseModel):
    """What the cell tagged `parameters` of model_training.ipynb holds."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    context_path: str | None = None
    primary_metric: str | None = None
    models: list[str] | None = None  # None: all that suit the task
    seed: int | None = Field(None, ge=0, le=2**32 - 1)
    time_budget_s: float | None = Field(None, gt=0)
    resume: bool | None = None

    @field_validator("context_path", "primary_metric", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return None if value == "" else value

    @field_validator("models", mode="before")
    @classmethod
    def _names(cls, value: Any) -> Any:
        """Take a list, or one text with commas: papermill's -p can give nothing but text."""
        if isinstance(value, str):
            value = [name.strip() for name in value.split(",") if name.strip()]
        if value in ([], ["all"]):
            return None
        return value


class EvaluationParameters(BaseModel):
    """What the cell tagged `parameters` of model_evaluation.ipynb holds."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    context_path: str | None = None
    refit_all: bool = False

    @field_validator("context_path", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return None if value == "" else value


Parameters = TypeVar("Parameters", bound=BaseModel)


def parse_parameters(namespace: Mapping[str, Any], kind: type[Parameters]) -> Parameters:
    """Return the parameters in the names of a running notebook, its `globals()`, as `kind`.

    Raises SettingsError that names every unknown or ill-typed one, and lists the known.
    """
    known = list(kind.model_fields)
    unknown = [name for name in _injected_names(namespace) if name not in known]
    if unknown:
        hints = "; ".join(f"`{name}` is unknown.{did_you_mean(name, known)}" for name in unknown)
        raise SettingsError(f"Notebook parameters: {hints} Known: {', '.join(known)}.")
    values = {name: namespace[name] for name in known if name in namespace}
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise problems_error(error, kind, "Notebook parameters") from None


def _injected_names(namespace: Mapping[str, Any]) -> list[str]:
    """Names assigned in the cell that papermill injected; IPython keeps the cells' text in `In`."""
    names = []
    for source in namespace.get("In", []):
        if source.startswith(INJECTED_MARK):
            for statement in ast.parse(source).body:
                targets = getattr(statement, "targets", [])
                names += [target.id for target in targets if isinstance(target, ast.Name)]
    return list(dict.fromkeys(names))
