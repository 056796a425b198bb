"""The thresholds file: everything that a model may be asked to keep, checked as one model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ..errors import SettingsError
from ..settings.settings import describe_problems

if TYPE_CHECKING:
    from collections.abc import Mapping

Judged = Literal["interval", "estimate"]
SAFE = "none was given: the model test suite, and better than the best constant prediction"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Limit(_Part):
    """A value is at least, or at most. judge_by : the file's where None."""

    at_least: float | None = None
    at_most: float | None = None
    judge_by: Judged | None = None

    @model_validator(mode="after")
    def _one_side(self) -> Limit:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("give either `at_least` or `at_most`")
        return self

    @property
    def bound(self) -> float:
        """The number that is not to be crossed."""
        return float(self.at_least if self.at_least is not None else self.at_most or 0.0)

    @property
    def is_floor(self) -> bool:
        return self.at_least is not None


class Margin(_Part):
    """How much worse than the champion a metric may be: in its own unit, or in percent of the champion's."""

    margin: float | None = Field(None, ge=0)
    margin_pct: float | None = Field(None, ge=0)

    @model_validator(mode="after")
    def _one_margin(self) -> Margin:
        if (self.margin is None) == (self.margin_pct is None):
            raise ValueError("give either `margin` or `margin_pct`")
        return self

    def in_unit(self, champion_value: float) -> float:
        """The margin in the unit of the metric. champion_value : on the same rows."""
        if self.margin is not None:
            return self.margin
        return (self.margin_pct or 0.0) / 100 * abs(champion_value)


class Latency(_Part):
    """Milliseconds that a prediction may take in this process, medians over repeats."""

    one_row_ms: float | None = Field(None, gt=0)
    batch_ms: float | None = Field(None, gt=0)
    batch_rows: int = Field(1000, ge=2, le=100_000)


class Columns(_Part):
    """Shares of the values of each column of the test data, at most."""

    unreadable_at_most: float | None = Field(None, ge=0, le=1)  # no number or date where one is expected
    unseen_at_most: float | None = Field(None, ge=0, le=1)  # categories that no training row has
    missing_at_most: float | None = Field(None, ge=0, le=1)
    no_other_columns: bool = False  # beside those of the model and the target


class Slice(_Part):
    """A metric in each level of a column; levels with fewer rows than `min_rows` are listed, not judged."""

    column: str
    metric: str
    at_least: float | None = None
    at_most: float | None = None
    judge_by: Judged | None = None
    min_rows: int = Field(30, ge=2)

    @model_validator(mode="after")
    def _has_limit(self) -> Slice:
        Limit(at_least=self.at_least, at_most=self.at_most)
        return self

    @property
    def limit(self) -> Limit:
        return Limit(at_least=self.at_least, at_most=self.at_most, judge_by=self.judge_by)


class Fairness(_Part):
    """Rules for decisions about the groups that a column makes; two classes only."""

    column: str
    selection_ratio_at_least: float | None = Field(None, gt=0, le=1)  # 0.8 is the four-fifths rule
    equalized_odds_at_most: float | None = Field(None, ge=0, le=1)
    judge_by: Judged | None = None

    @model_validator(mode="after")
    def _asks_something(self) -> Fairness:
        if self.selection_ratio_at_least is None and self.equalized_odds_at_most is None:
            raise ValueError("give `selection_ratio_at_least`, `equalized_odds_at_most` or both")
        return self


class Invariance(_Part):
    """Other values of a column change a probability, or a number, by at most so much."""

    column: str
    at_most: float = Field(ge=0)
    rows_at_most: float = Field(0.0, ge=0, lt=1)  # share of the rows that may break it


class Direction(_Part):
    """Raising a column may not lower (or raise) the score.

    score : the probability of `label` (default: the positive class), or the number that is predicted.
    """

    column: str
    raising: Literal["may_not_lower", "may_not_raise"]
    label: str | int | float | bool | None = None
    tolerance: float = Field(1e-6, ge=0)
    rows_at_most: float = Field(0.0, ge=0, lt=1)


class Thresholds(_Part):
    """Everything that a thresholds file may ask; what is left out is not asked."""

    judge_by: Judged = "interval"
    labels: Literal["model", "policy"] = (
        "model"  # of metrics of labels: the model's, or its decision policy's
    )
    positive_class: str | int | float | bool | None = None  # None: the context's, the policy's, or found out
    metrics: dict[str, Limit] = {}
    better_than_constant: list[str] = []  # metrics
    champion: dict[str, Margin] = {}
    latency: Latency | None = None
    size_mb: float | None = Field(None, gt=0)
    memory_mb: float | None = Field(None, gt=0)  # of a process that loads the model and predicts
    columns: Columns | None = None
    slices: list[Slice] = []
    fairness: list[Fairness] = []
    test_suite: bool = True
    skip_tests: list[str] = []
    invariances: list[Invariance] = []
    directions: list[Direction] = []


def read_thresholds(path: Path | str) -> Thresholds:
    """Return the thresholds of a YAML or JSON file.

    Raises SettingsError that names the file and every problem, with the nearest known name.
    """
    import yaml

    path = Path(path).expanduser()
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise SettingsError(
            f"There is no thresholds file {path}. config/thresholds.yaml of the template is an example."
        ) from None
    except (OSError, ValueError) as error:
        raise SettingsError(f"The thresholds file {path} cannot be read: {error}.") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise SettingsError(f"{path} is not valid YAML: {' '.join(str(error).split())}.") from None
    return make_thresholds({} if content is None else content, path.name)


def make_thresholds(content: Mapping[str, Any] | Any, where: str) -> Thresholds:
    """Check what a thresholds file holds. Raises SettingsError that names every problem."""
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise SettingsError(f"{where} must hold names and values, not {str(content)[:60]!r}.")
    try:
        return Thresholds.model_validate(content)
    except ValidationError as error:
        raise SettingsError(describe_problems(error, Thresholds, where)) from None


def safe_thresholds(metric: str) -> Thresholds:
    """What is asked where no file is given: nothing but that the model is safe to use, and of use at all.

    metric : the primary one.
    """
    return Thresholds.model_validate({"better_than_constant": [metric]})
