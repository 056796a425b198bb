"""What is to be said of the model that came out best, beside its score.

Adding a check is one function and one row of MODEL_CHECKS; report, files and summary say what it says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...reports.numbers import format_number
from .paired import intervals_apart
from .results import against_dummy, beats_dummy
from .too_good import too_good_sentence

if TYPE_CHECKING:
    from ...data.checks.check_input import Finding
    from ...metrics.table import Metric
    from .results import ModelResult

DUMMY_SENTENCES = {
    True: "It beats the dummy baseline, the best constant for {metric} (paired test, p = {p:.2g}).",
    False: "WARNING: it is not significantly better than the dummy baseline, the best constant for {metric} "
    "(paired test, p = {p:.2g}): that anything was learnt is not shown.",
    None: "WARNING: whether it beats the dummy baseline is not known: {reason}.{intervals}",
}
INTERVAL_SENTENCES = {
    True: " Its 95 % interval lies on the better side of the dummy baseline's.",
    False: " Its 95 % interval overlaps with the dummy baseline's.",
    None: "",
}


@dataclass(frozen=True)
class CheckedModel:
    """What a check sees. best : the model in question. results : of every model. findings : in the data."""

    best: ModelResult
    results: Sequence[ModelResult]
    metric: Metric
    findings: Sequence[Finding] = ()

    @property
    def dummy(self) -> ModelResult | None:
        """The dummy baseline, where it was trained."""
        return next((r for r in self.results if r.is_dummy and r.status == "ok"), None)


def dummy_sentence(checked: CheckedModel) -> str:
    """Say whether the model is better than the dummy baseline, and how that was found."""
    about = checked.best, checked.results, checked.metric
    test = against_dummy(*about)
    apart = intervals_apart(checked.best, checked.dummy, checked.metric) if checked.dummy else None
    return DUMMY_SENTENCES[beats_dummy(*about)].format(
        metric=checked.metric.name, p=test.p, reason=test.reason, intervals=INTERVAL_SENTENCES[apart]
    )


def overfitting_sentence(checked: CheckedModel) -> str | None:
    """Say what the model has on rows that it was fitted on, to be held against its score on others."""
    value = checked.best.measured["train_metrics"][checked.metric.name]
    return f"On rows that it was fitted on it has {format_number(value)}."


MODEL_CHECKS = {  # name: its function of a CheckedModel; one that returns None has nothing to say
    "worse_than_dummy": dummy_sentence,
    "too_good_to_be_true": too_good_sentence,
    "overfitting": overfitting_sentence,
}


def check_model(checked: CheckedModel) -> list[str]:
    """Return what the checks have to say, in the order of their table."""
    said = [check(checked) for check in MODEL_CHECKS.values()]
    return [sentence for sentence in said if sentence]
