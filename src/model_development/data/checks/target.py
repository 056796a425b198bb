"""The target: what is missing, rare or extreme in it."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from ...tasks.table import AUTO
from .check_input import ERROR, INFO, WARNING, CheckInput, Finding

RARE_SHARE = 0.05  # share of the rarest class below which accuracy says little
HEAVY_TAIL = 10.0  # excess kurtosis; 0 for the normal distribution, 6 for the exponential


def missing_target(data: CheckInput) -> Iterator[Finding]:
    """Rows without a target, which are left out."""
    if data.n_without_target:
        yield Finding(
            INFO,
            (data.task.target,),
            f"{data.n_without_target} rows have no target and are left out.",
            "If it is missing for a reason that goes with its value, the model will not know those cases.",
        )


def numbers_as_classes(data: CheckInput) -> Iterator[Finding]:
    """A target of a few whole numbers, which nobody has called classes."""
    classes = data.task.classes
    are_numbers = all(not isinstance(label, str | bool) for label in classes)
    if data.settings.problem_type == AUTO and len(classes) > 2 and are_numbers:
        yield Finding(
            INFO,
            (data.task.target,),
            f"Its {len(classes)} different whole numbers are taken as classes without an order.",
            "If they count or rate something, set `problem_type` to 'regression'.",
        )


def rare_classes(data: CheckInput) -> Iterator[Finding]:
    """Classes with fewer rows than folds, validation and test need."""
    if data.rare_classes:
        listed = ", ".join(f"{label!r} ({count})" for label, count in list(data.rare_classes.items())[:10])
        needed = data.settings.cv_folds + 2
        is_count = all(not isinstance(label, str | bool) for label in data.rare_classes)
        instead = "set `problem_type` to 'regression' if the target is a quantity, " if is_count else ""
        yield Finding(
            ERROR,
            (data.task.target,),
            f"Classes with too few rows: {listed}. {data.settings.cv_folds} folds, validation and test "
            f"need {needed} of each.",
            f"Lower `cv_folds`, {instead}merge these classes, or accept `rare_classes`, which leaves "
            "their rows out.",
        )


def class_imbalance(data: CheckInput) -> Iterator[Finding]:
    """A class that is so rare that accuracy says little."""
    shares = pd.Series(data.y, dtype=object).value_counts(normalize=True)
    rarest, share = shares.index.tolist()[-1], shares.iloc[-1]
    if share < min(RARE_SHARE, 0.5 / len(shares)):
        yield Finding(
            WARNING,
            (data.task.target,),
            f"Class {rarest!r} has {share:.2%} of the rows: accuracy says little of it.",
            "Judge by `f1_score` or `roc_auc`, and look at the spread over the folds.",
        )


def heavy_tails(data: CheckInput) -> Iterator[Finding]:
    """A numeric target with a few values far from all others."""
    deviations = data.target - data.target.mean()
    kurtosis = np.mean(deviations**4) / np.mean(deviations**2) ** 2 - 3
    if kurtosis > HEAVY_TAIL:
        largest = np.sort(deviations**2)[-max(1, len(deviations) // 100) :].sum() / np.sum(deviations**2)
        yield Finding(
            WARNING,
            (data.task.target,),
            f"Excess kurtosis {kurtosis:.0f}: the most extreme 1 % of the rows hold {largest:.0%} of its "
            "variance, and a squared error is mostly about them.",
            "Judge by `mae`. Or, if it is positive, predict its logarithm: a column of its own as target, "
            "and this one in `drop_columns`.",
        )


def changed_table(data: CheckInput) -> Iterator[Finding]:
    """The table is not the one of the run before."""
    if data.changes:
        yield Finding(
            WARNING,
            (),
            data.changes,
            "Rows are assigned anew; results of earlier runs were measured on other rows.",
        )
