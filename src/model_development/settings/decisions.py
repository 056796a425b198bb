"""What a user may set on decisions and on their value: `decisions` and `business`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ..errors import SettingsError

if TYPE_CHECKING:
    from ..tasks.base import Task

CONSTRAINTS = ("min_precision", "min_recall", "max_positive_rate")
STRICT = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Costs(BaseModel):
    """What each outcome of one row costs, all in one unit; what is earned by a hit is cost of a miss."""

    model_config = STRICT

    false_positive: float = Field(ge=0)
    false_negative: float | None = Field(None, ge=0)  # None where an amount column says it
    true_positive: float = Field(0.0, ge=0)
    true_negative: float = Field(0.0, ge=0)

    @model_validator(mode="after")
    def _errors_cost_more(self) -> Costs:
        if self.false_positive <= self.true_negative:
            raise ValueError("`false_positive` must cost more than `true_negative`")
        if self.false_negative is not None and self.false_negative <= self.true_positive:
            raise ValueError("`false_negative` must cost more than `true_positive`")
        return self


class DecisionSettings(BaseModel):
    """How probabilities become decisions, in one of the ways; none of them: by label."""

    model_config = STRICT

    threshold_metric: str | None = None  # the threshold at which it is best
    min_precision: float | None = Field(None, gt=0, le=1)  # these three hold alone or together
    min_recall: float | None = Field(None, gt=0, le=1)
    max_positive_rate: float | None = Field(None, gt=0, le=1)
    costs: Costs | None = None
    amount_column: str | None = None  # a missed positive costs `amount_share` of what stands there
    amount_share: float = Field(1.0, gt=0)

    @property
    def constraints(self) -> dict[str, float]:
        """{name: value} of the constraints that are asked for."""
        return {name: getattr(self, name) for name in CONSTRAINTS if getattr(self, name) is not None}

    @property
    def is_asked(self) -> bool:
        """Is there anything to choose?"""
        return bool(self._ways())

    def _ways(self) -> list[str]:
        named = {"threshold_metric": self.threshold_metric, "costs": self.costs}
        constraints = [" with ".join(self.constraints)] if self.constraints else []
        return [name for name, value in named.items() if value is not None] + constraints

    @model_validator(mode="after")
    def _one_way(self) -> DecisionSettings:
        ways = self._ways()
        if len(ways) > 1:
            raise ValueError(
                f"{' and '.join(f'`{way}`' for way in ways)} each choose a threshold: keep one of them"
            )
        if self.amount_column is not None and self.costs is None:
            raise ValueError("`amount_column` needs `costs` with `false_positive`, what a false alarm costs")
        if self.costs is not None and (self.amount_column is None) == (self.costs.false_negative is None):
            raise ValueError(
                "say what a missed positive costs in one way: `costs.false_negative`, or `amount_column`"
            )
        return self


class BusinessSettings(BaseModel):
    """What decisions or predicted numbers are worth, in the user's unit of money."""

    model_config = STRICT

    amount_column: str | None = None  # what a positive row is about, such as the sum of a payment
    recovered_share: float = Field(1.0, gt=0, le=1)  # of the amount of a positive row that is called
    false_alarm_cost: float = Field(0.0, ge=0)  # of each row called by mistake
    review_cost: float = Field(0.0, ge=0)  # of each row called
    missed_cost: float = Field(0.0, ge=0)  # of each positive row not called, beside its amount
    revenue_per_true_positive: float = Field(0.0, ge=0)
    over_cost: float = Field(1.0, ge=0)  # of each unit of the target that is predicted too much
    under_cost: float = Field(1.0, ge=0)  # of each unit too little
    reference_column: str | None = None  # rises and falls count from here, such as the price of today
    kpi_file: str | None = None  # Python file beside the context: each public function is a figure

    def given(self) -> list[str]:
        """Names of the settings that are not at their defaults."""
        fields = type(self).model_fields
        return [name for name, field in fields.items() if getattr(self, name) != field.default]

    @property
    def asks_for_figures(self) -> bool:
        """Is anything set beside the file of the user's own?"""
        return bool(set(self.given()) - set(OF_ANY_TARGET))


OF_NUMBERS = ("over_cost", "under_cost", "reference_column")
OF_ANY_TARGET = ("kpi_file",)


def require_suitable(settings: Any, task: Task) -> None:
    """Raise SettingsError where `decisions` or `business` ask what this kind of target cannot have."""
    decisions, business = settings.decisions, settings.business
    if decisions is not None and decisions.is_asked and task.positive_class is None:
        raise SettingsError(
            f"`decisions` is about a target with two classes, but {task.target!r} is a problem of kind "
            f"{task.kind!r}. Take `decisions` out, or set `problem_type` and `target_variable` right."
        )
    for name in business.given() if business is not None else ():
        is_for = "numbers" if name in OF_NUMBERS else "two classes"
        suits = not task.has_classes if name in OF_NUMBERS else task.positive_class is not None
        if name not in OF_ANY_TARGET and not suits:
            raise SettingsError(
                f"`business.{name}` is about a target of {is_for}, but {task.target!r} is a problem of kind "
                f"{task.kind!r}. Take it out."
            )
