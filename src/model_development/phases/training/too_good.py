"""A score that is too good to be true, where the checks of the data have found nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...data.checks.leakage import SUSPICIOUS
from ...data.checks.table import SAYS_TARGET

if TYPE_CHECKING:
    from ...data.checks.check_input import Finding
    from .results import ModelResult

BEST_IS_ONE = ("accuracy", "r2_score")  # metrics of which a share of the best constant's error can be told
WHO_KNOWS = (*SAYS_TARGET, "sudden_gain")  # checks that name a column which says too much

SENTENCE = (
    "It takes away {share:.1%} of the error of the best constant (cv {metric} {value:.4g}), which few tables "
    "allow, and no check of the data tells why: see that each column is known when the prediction is made."
)


def too_good_sentence(best: ModelResult, results: Sequence[ModelResult], findings: Sequence[Finding]) -> str:
    """Say that a model is nearly perfect and that no check tells why; "" where it is not so.

    best, results : ModelResults. What counts is the share of the best constant's error that the best model
    takes away on the folds, as in `single_feature`.
    """
    dummy = next((r for r in results if r.is_dummy and r.status == "ok"), None)
    if dummy is None or any(found.check in WHO_KNOWS for found in findings):
        return ""
    for name in BEST_IS_ONE:
        ours, constant = best.cv(name), dummy.cv(name)
        if ours is not None and constant is not None and constant < 1:
            share = (ours - constant) / (1 - constant)
            if share >= SUSPICIOUS:
                return SENTENCE.format(share=share, metric=name, value=ours)
    return ""
