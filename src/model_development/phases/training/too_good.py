"""A score that is too good to be true, where the checks of the data have found nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...data.checks.leakage import SUSPICIOUS
from ...data.checks.table import SAYS_TARGET

if TYPE_CHECKING:
    from .model_checks import CheckedModel

BEST_IS_ONE = ("accuracy", "r2_score")  # metrics of which a share of the best constant's error can be told
WHO_KNOWS = (*SAYS_TARGET, "sudden_gain")  # checks that name a column which says too much

SENTENCE = (
    "It takes away {share:.1%} of the error of the best constant (cv {metric} {value:.4g}), which few tables "
    "allow, and no check of the data tells why: see that each column is known when the prediction is made."
)


def too_good_sentence(checked: CheckedModel) -> str | None:
    """Say that the best model is nearly perfect and that no check of the data tells why; else None.

    What counts is the share of the best constant's error that it takes away on the folds, as in
    `single_feature`.
    """
    best, dummy = checked.best, checked.dummy
    if dummy is None or any(found.check in WHO_KNOWS for found in checked.findings):
        return None
    for name in BEST_IS_ONE:
        ours, constant = best.cv(name), dummy.cv(name)
        if ours is not None and constant is not None and constant < 1:
            share = (ours - constant) / (1 - constant)
            if share >= SUSPICIOUS:
                return SENTENCE.format(share=share, metric=name, value=ours)
    return None
