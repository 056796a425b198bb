"""Does a feature step earn its place? A model with it against the same without it, on the same folds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...features.preprocessors import PREPROCESSORS
from ...features.steps.in_params import steps_in
from ...models.table import MODELS
from ...statistics.uncertainty import FEWEST_FOLDS, SURE, n_folds, one_sided
from .paired import paired_test
from .results import ModelResult, can_be_chosen, ranked

if TYPE_CHECKING:
    from ...metrics.table import Metric


@dataclass(frozen=True)
class StepTrial:
    """What came of one step for one family of models.

    on : steps that were kept before it, on top of which it was tried. gain : of the primary metric, mean over
    the folds, positive where it is better; low, high : its 95 % interval. p : one-sided, of "better", times
    the number of steps that the family tries (Bonferroni). All four are None where nothing was tested.
    seconds : it took. why : in words.
    """

    step: str
    on: tuple[str, ...]
    why: str
    is_kept: bool = False
    gain: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    seconds: float | None = None


@dataclass
class FamilyTrials:
    """The steps of one family of models: linear ones, trees, or networks.

    base : the best model of the family; best : the same with the steps that were kept. waiting : steps that
    are still to be tried. n_steps : how many there were, for which p-values are corrected. note : why none is
    tried. row : of the comparison, with the steps that were kept, once it is trained. made : see
    `describe_made_features`.
    """

    family: str
    base: ModelResult
    best: ModelResult
    waiting: list[str]
    n_steps: int
    note: str = ""
    trials: list[StepTrial] = field(default_factory=list)
    row: ModelResult | None = None
    made: list[dict[str, Any]] = field(default_factory=list)

    @property
    def kept(self) -> tuple[str, ...]:
        return steps_in(self.best.params)

    def give_up(self, why: str) -> None:
        """Try none of those that are waiting."""
        self.trials += [StepTrial(step, self.kept, why) for step in self.waiting]
        self.waiting = []


def open_families(rows: Iterable[ModelResult], steps: Sequence[str], metric: Metric) -> list[FamilyTrials]:
    """Return the families of models that were trained, each with its best model, in the order of MODELS.

    rows : of the comparison; those with steps of their own take no part.
    """
    best: dict[str, ModelResult] = {}
    for row in ranked([row for row in rows if can_be_chosen(row, metric)], metric):
        family = PREPROCESSORS[MODELS[row.name].features].model_family
        if family is not None and not steps_in(row.params):
            best.setdefault(family, row)
    return [_opened(family, best[family], steps) for family in _in_table_order(best)]


def _in_table_order(families):
    order = [PREPROCESSORS[spec.features].model_family for spec in MODELS.values()]
    return sorted(families, key=order.index)


def _opened(family, base, steps):
    folds, note = base.measured["folds"], ""
    if len(folds) < FEWEST_FOLDS:
        note = f"no step was tried: a paired test needs {FEWEST_FOLDS} folds, not {n_folds(len(folds))}"
    elif base.measured["share_of_rows"] < 1:
        note = f"no step was tried: there was no time to train {base.label} on all rows"
    return FamilyTrials(family, base, base, [] if note else list(steps), len(steps), note)


def judge(
    step: str, tried: ModelResult, without: ModelResult, metric: Metric, n_steps: int, seconds: float
) -> StepTrial:
    """Return the StepTrial of a model with a step against the same model without it.

    n_steps : that the family tries. The step is kept where the one-sided p-value of the paired test over the
    folds that both have, times n_steps, is below 0.05.
    """
    on = steps_in(without.params)
    if tried.cv(metric.name) is None:
        why = tried.measured.get("cv_reasons", {}).get(metric.name, "it has no value")
        return StepTrial(step, on, f"{metric.name} is not defined: {why}", seconds=seconds)
    test = paired_test(tried, without, metric)
    if test.p is None or test.difference is None or test.low is None or test.high is None:
        return StepTrial(step, on, test.reason, seconds=seconds)
    p = min(1.0, n_steps * one_sided(test.difference, test.p, metric.greater_is_better))
    sign = 1.0 if metric.greater_is_better else -1.0
    low, high = sorted((sign * test.low, sign * test.high))
    gain, is_kept = sign * test.difference, p < SURE
    why = "better by more than chance explains" if is_kept else "no gain"
    if gain > 0 and not is_kept:
        why = "not significantly better"
    return StepTrial(step, on, why, is_kept, gain, low, high, p, seconds)
