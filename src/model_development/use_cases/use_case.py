"""What a use case of the catalogue says, checked as one model."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ..settings.splits import SPLITS

STRICT = ConfigDict(extra="forbid", frozen=True)


class Feature(BaseModel):
    """One column of the table, as it is in practice.

    range : least and largest plausible value, in `unit`. skew : most values are near the least.
    levels : of a category; with `effect` up or down in the order of their effect, the last ones rare.
    pattern, n_levels : the same of codes, such as "lot_{:02d}". rate : share of true values of a flag.
    phrases : {class of the target: what its texts say}. missing : share of missing values.
    effect : what a larger value, a later level does to the target.
    """

    model_config = STRICT

    name: str
    kind: Literal["number", "category", "flag", "date", "text"]
    unit: str = ""
    range: tuple[float, float] | None = None
    whole: bool = False
    skew: bool = False
    levels: list[str] = []
    pattern: str = ""
    n_levels: int = Field(0, ge=0)
    rate: float | None = Field(None, gt=0, lt=1)
    phrases: dict[str, list[str]] = {}
    missing: float = Field(0.0, ge=0, lt=1)
    effect: Literal["up", "down", "curved", "mixed", "none", "unknown"] = "unknown"

    @property
    def all_levels(self) -> list[str]:
        """The levels of a category, those of a pattern written out."""
        return self.levels or [self.pattern.format(number) for number in range(1, self.n_levels + 1)]

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> Feature:
        needed = {
            "number": self.range is not None and self.range[0] < self.range[1],
            "category": len(self.all_levels) >= 2,
            "flag": self.rate is not None,
            "text": bool(self.phrases),
            "date": True,
        }
        if not needed[self.kind]:
            raise ValueError(f"a {self.kind} needs its range, levels, rate or phrases")
        return self


class Target(BaseModel):
    """What is predicted. rate : typical share of the positive class; classes : {class: typical share}.

    ordered : the classes go from less to more. range, shape, whole : typical values of a number, in `unit`.
    """

    model_config = STRICT

    name: str
    unit: str = ""
    positive: str | int | bool | None = None
    negative: str | int | bool | None = None
    rate: float | None = Field(None, gt=0, lt=1)
    classes: dict[str, float] = {}
    ordered: bool = False
    range: tuple[float, float] | None = None
    shape: Literal["normal", "lognormal"] = "normal"
    whole: bool = False


class Metric(BaseModel):
    """The metric that decides, and why."""

    model_config = STRICT

    name: str
    why: str


class Errors(BaseModel):
    """What the two kinds of error mean. ratio : cost of a missed positive (a number too low) in units of the
    other, to start a talk with; never a finding."""

    model_config = STRICT

    false_positive: str
    false_negative: str
    ratio: float = Field(gt=0)


class Split(BaseModel):
    """How rows are to be split. range : first and last day of a time column; rows_each : rows of a group."""

    model_config = STRICT

    kind: Literal["stratified", "time", "group"]
    why: str
    column: str | None = None
    range: tuple[date, date] | None = None
    rows_each: int = Field(1, ge=1)

    @model_validator(mode="after")
    def _has_its_column(self) -> Split:
        if self.kind != "stratified" and not self.column:
            raise ValueError(f"split {self.kind!r} needs a `column`")
        if self.kind == "time" and self.range is None:
            raise ValueError("split 'time' needs a `range` of two days")
        return self


class Gate(BaseModel):
    """Values of metrics on test rows without which a model is not worth a decision."""

    model_config = STRICT

    min: dict[str, float] = {}
    max: dict[str, float] = {}


class Monitoring(BaseModel):
    """When the truth is known, which columns to watch, and what calls for a person."""

    model_config = STRICT

    labels_after: str
    watch: list[str]
    alarm: str


class UseCase(BaseModel):
    """One row of the catalogue."""

    model_config = STRICT

    key: str
    department: str
    question: str
    problem_type: Literal["binary", "multiclass", "regression"]
    target: Target
    features: list[Feature] = Field(min_length=10, max_length=16)
    metric: Metric
    errors: Errors
    constraints: list[str] = Field(min_length=1)
    regulation: list[str] = Field(min_length=1)
    leaks: list[str] = Field(min_length=1)
    split: Split
    gate: Gate
    monitoring: Monitoring
    synthetic_ceiling: float = Field(gt=0, lt=1)

    @property
    def title(self) -> str:
        return self.key.replace("_", " ").capitalize()

    @property
    def class_shares(self) -> dict[Any, float]:
        """{class: typical share}, the positive class of two last; empty where the target is a number."""
        target = self.target
        if target.rate is not None:
            return {target.negative: 1 - target.rate, target.positive: target.rate}
        return dict(target.classes)

    def settings(self) -> dict[str, Any]:
        """Return the settings, `epoch_005_settings`, of a project of this use case."""
        split = self.split
        chosen: dict[str, Any] = {"problem_type": self.problem_type, "primary_metric": self.metric.name}
        if self.target.positive is not None:
            chosen["positive_class"] = self.target.positive
        if needed := SPLITS[split.kind].column:
            chosen |= {"split": split.kind, needed: split.column}
        codes = [f.name for f in self.features if f.levels and all(level.isdigit() for level in f.levels)]
        return chosen | ({"categorical_columns": codes} if codes else {})

    @model_validator(mode="after")
    def _target_suits_the_problem(self) -> UseCase:
        target = self.target
        suits = {
            "binary": None not in (target.positive, target.negative, target.rate),
            "multiclass": len(target.classes) >= 3 and abs(sum(target.classes.values()) - 1) < 1e-6,
            "regression": target.range is not None,
        }
        if not suits[self.problem_type]:
            raise ValueError(f"the target does not say what a {self.problem_type} problem needs")
        names = [feature.name for feature in self.features]
        if len(set(names) | {target.name, self.split.column}) != len(names) + 2:
            raise ValueError("target, split column and features need names of their own")
        unknown = set(self.monitoring.watch) - set(names)
        if unknown:
            raise ValueError(f"`monitoring.watch` names what is no feature: {', '.join(sorted(unknown))}")
        return self
