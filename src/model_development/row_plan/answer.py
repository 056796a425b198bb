"""What a served model says of one row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Label = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Answer:
    """One row's answer, of plain Python values that JSON has.

    prediction : label as it stood in the target column, or a number. probabilities : {label as text:
    probability} of a model of classes. interval : lower and upper end of a prediction interval of a model of
    numbers, where it carries one. decision : label that the decision policy decides for; None without one.
    warnings : sentences about unseen categories, numbers out of the range of the training rows, values that
    cannot be read, columns that are missing.
    """

    prediction: Label
    probabilities: Mapping[str, float] | None = None
    interval: tuple[float, float] | None = None
    decision: Label | None = None
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As the service's JSON has it: what the model does not have is left out."""
        found: dict[str, Any] = {"prediction": self.prediction}
        if self.probabilities is not None:
            found["probabilities"] = dict(self.probabilities)
        if self.interval is not None:
            found["interval"] = list(self.interval)
        if self.decision is not None:
            found["decision"] = self.decision
        found["warnings"] = list(self.warnings)
        return found
