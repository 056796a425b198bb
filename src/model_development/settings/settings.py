"""Everything a user may set, checked as one model."""

from collections.abc import Sequence
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from ..errors import SettingsError, did_you_mean
from ..tasks.table import AUTO, TASKS
from .decisions import BusinessSettings, DecisionSettings
from .splits import SPLITS

SETTINGS_KEY = "epoch_005_settings"
LISTS = ("id_columns", "drop_columns", "categorical_columns", "fairness_columns")  # name columns
VALUE_COLUMNS = ("decisions.amount_column", "business.amount_column", "business.reference_column")
MAY_BE_FEATURES = ("time_column", "categorical_columns", "fairness_columns", *VALUE_COLUMNS)  # settings
MAX_SECONDS = 10**8  # three years; timers take no infinity
NO_STEPS, ALL_STEPS = "off", "auto"  # of the setting `features`


class Settings(BaseModel):
    """Everything a user may set, under `epoch_005_settings`; the defaults stand here and only here."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    problem_type: str = AUTO  # or a row of the table of tasks
    positive_class: str | int | float | bool | None = None  # None: see tasks/task.py
    primary_metric: str | None = None  # None: f1_score for classification, rmse for regression
    own_metrics: dict[
        str, str
    ] = {}  # {name: "file.py:function" beside the context, or a scikit-learn scorer}
    missing_labels: list[str] | None = None  # words in the target that are no class; None: found out
    split: Literal["stratified", "time", "group", "column"] = "stratified"
    time_column: str | None = None
    group_column: str | None = None
    split_column: str | None = None  # holds the words train, validation, test
    test_data_path: str | None = None  # the user's own test rows; a relative path counts from the context
    thresholds: str | None = None  # file of what the gate asks; a relative path counts from the context
    id_columns: list[str] = []
    drop_columns: list[str] = []  # are left out: known only afterwards, or of no use
    categorical_columns: list[str] = []  # hold codes, although they look like numbers
    fairness_columns: list[str] = []  # groups of people, features or not, that phase 3 compares
    accept: list[str] = []  # checks of the data whose errors shall not stop the run
    resume: bool = True  # keep what an earlier run has done with the same rows, settings and versions
    share_rows: bool = False  # may rows of the table go to MLflow, as input example and in the profile?
    profile: bool = True  # describe the table as HTML before training
    cv_folds: int = Field(5, ge=2, le=50)
    seed: int = Field(42, ge=0, le=2**32 - 1)
    time_budget_s: float | None = Field(None, gt=0, le=MAX_SECONDS)
    model_time_limit_s: float | None = Field(None, gt=0, le=MAX_SECONDS)  # for each model of phase 1
    n_jobs: int | None = Field(None, ge=-1)  # cores to use; None or -1: all
    device: Literal["auto", "cpu", "cuda"] = "auto"
    engine: str = "local"  # a row of the table of engines
    ensemble: Literal["auto", "always", "never"] = "auto"  # auto: handed over where it is better by a test
    features: Literal["off", "auto"] | list[str] = "off"  # or names of feature steps, which are tried
    decisions: DecisionSettings | None = None
    business: BusinessSettings | None = None

    @field_validator("problem_type")
    @classmethod
    def _known_task(cls, value: str) -> str:
        known = (AUTO, *TASKS)
        if value not in known:
            raise ValueError(f"allowed are {', '.join(known)}.{did_you_mean(value, known)}")
        return value

    @field_validator("features", mode="before")
    @classmethod
    def _steps(cls, value: Any) -> Any:
        """Take a list, or one text with commas, whose names are looked up where the steps are known."""
        if isinstance(value, str):
            names = [name.strip() for name in value.split(",") if name.strip()]
            value = names[0] if len(names) == 1 and names[0] in (NO_STEPS, ALL_STEPS) else names
        if isinstance(value, list) and all(isinstance(name, str) for name in value):
            return value or NO_STEPS
        if value in (NO_STEPS, ALL_STEPS):
            return value
        raise ValueError(f"must be {NO_STEPS!r}, {ALL_STEPS!r}, or a list of names of feature steps")

    @field_validator("n_jobs")
    @classmethod
    def _no_zero_jobs(cls, value: int | None) -> int | None:
        if value == 0:
            raise ValueError("use -1 for all cores, or a number of cores")
        return value

    @model_validator(mode="after")
    def _split_has_its_column(self) -> "Settings":
        needed = SPLITS[self.split].column
        if needed and getattr(self, needed) is None:
            raise ValueError(f"split {self.split!r} needs `{needed}`")
        return self

    @property
    def parts_of_the_user(self) -> tuple[str, ...]:
        """The held-out parts whose rows the user has chosen."""
        own_test = ("test",) if self.test_data_path else ()
        return ("validation", "test") if SPLITS[self.split].is_given else own_test

    def named_columns(self, feature_names: Sequence[str] = ()) -> list[str]:
        """Columns that steer the split, identify a row or are to be left out, and so are no features.

        feature_names : columns that are features by name. Of a split by time they may hold the group column:
            the groups whose past is known are those that are predicted.
        """
        may_be = {*MAY_BE_FEATURES}
        if SPLITS[self.split].is_in_time and self.group_column in feature_names:
            may_be.add("group_column")
        return [name for setting, name in self.columns_by_setting() if setting not in may_be]

    def columns_by_setting(self) -> list[tuple[str, str]]:
        """(setting, column) of every column that a setting names."""
        one_each = ("time_column", "group_column", "split_column")
        named = [(setting, getattr(self, setting)) for setting in one_each]
        named += [(setting, name) for setting in LISTS for name in getattr(self, setting)]
        named += [(setting, self._within(setting)) for setting in VALUE_COLUMNS]
        return [(setting, name) for setting, name in named if name is not None]

    def value_columns(self) -> list[str]:
        """Columns that say what rows are worth; decisions and business figures need them of all rows."""
        named = [name for setting, name in self.columns_by_setting() if setting in VALUE_COLUMNS]
        return list(dict.fromkeys(named))

    def _within(self, setting: str) -> Any:
        section, key = setting.split(".")
        return getattr(getattr(self, section), key, None)


def describe_problems(error: ValidationError, model: type[BaseModel], where: str) -> str:
    """Turn a pydantic ValidationError of a model into one message that names every problem."""
    problems = []
    for item in error.errors():
        name, known = _place(model, item["loc"])
        if item["type"] == "extra_forbidden":
            hint = did_you_mean(name.rpartition(".")[2], known)
            problems.append(f"`{name}` is unknown.{hint} Known: {', '.join(known)}")
            continue
        message = item["msg"].removeprefix("Value error, ")
        problems.append(f"`{name}`: {message}" if name else message)
        if name and not isinstance(item["input"], dict):
            problems[-1] += f" (got {item['input']!r})"
    return f"{where}: " + "; ".join(dict.fromkeys(problems)) + "."


def problems_error(error: ValidationError, model: type[BaseModel], where: str) -> SettingsError:
    """Return the SettingsError of a pydantic ValidationError of a model; `allowed` for unknown names."""
    unknown = [_place(model, item["loc"])[1] for item in error.errors() if item["type"] == "extra_forbidden"]
    names = ", ".join(dict.fromkeys(_place(model, item["loc"])[0] for item in error.errors()))
    message = describe_problems(error, model, where)
    return SettingsError(
        message,
        what=message.removeprefix(f"{where}: "),
        where=f"{where}: {names}",
        allowed=unknown[0] if unknown else None,
    )


def _place(model: type[BaseModel], path: Sequence[int | str]) -> tuple[str, list[str]]:
    """(name of a setting, with the settings that it stands in, the settings known there)."""
    names: list[str] = []
    is_key = False  # of a dict, or a position in a list: the model stays
    for part in path:
        names.append(str(part))
        if is_key:
            is_key = False
            continue
        field = model.model_fields.get(names[-1])
        kinds = [] if field is None else [field.annotation, *get_args(field.annotation)]
        inner = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
        if not inner or field is None:
            break
        is_key = get_origin(field.annotation) in (dict, list)
        if len(names) < len(path):
            model = inner[0]
    return ".".join(names), list(model.model_fields)


def require_seconds(name: str, seconds: float | None) -> None:
    """Raise SettingsError where a time is no number of seconds that a timer takes; None is no limit."""
    if seconds is not None and not 0 < seconds <= MAX_SECONDS:
        raise SettingsError(f"{name} must be a number of seconds above 0, at most 1e8, not {seconds:g}.")


def make_settings(values: dict[str, Any], where: str) -> Settings:
    """Validate a dict of settings. Raises SettingsError that names all problems in one go."""
    if not isinstance(values, dict):
        raise SettingsError(f"{where} must be an object of settings, not {values!r}.")
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise problems_error(error, Settings, where) from None
