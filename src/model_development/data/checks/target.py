"""The target: what is missing, rare or extreme in it."""

import numpy as np
import pandas as pd

from .subject import ERROR, INFO, WARNING, Finding

RARE_SHARE = 0.05  # share of the rarest class below which accuracy says little
HEAVY_TAIL = 10.0  # excess kurtosis; 0 for the normal distribution, 6 for the exponential


def missing_target(subject):
    """Rows without a target, which are left out."""
    if subject.n_without_target:
        yield Finding(
            INFO,
            (subject.task.target,),
            f"{subject.n_without_target} rows have no target and are left out.",
            "If it is missing for a reason that goes with its value, the model will not know those cases.",
        )


def rare_classes(subject):
    """Classes with fewer rows than folds, validation and test need."""
    if subject.rare_classes:
        listed = ", ".join(f"{label!r} ({count})" for label, count in list(subject.rare_classes.items())[:10])
        needed = subject.settings.cv_folds + 2
        is_count = all(not isinstance(label, str | bool) for label in subject.rare_classes)
        instead = "set `problem_type` to 'regression' if the target is a quantity, " if is_count else ""
        yield Finding(
            ERROR,
            (subject.task.target,),
            f"Classes with too few rows: {listed}. {subject.settings.cv_folds} folds, validation and test "
            f"need {needed} of each.",
            f"Lower `cv_folds`, {instead}merge these classes, or accept `rare_classes`, which leaves "
            "their rows out.",
        )


def class_imbalance(subject):
    """A class that is so rare that accuracy says little."""
    shares = pd.Series(subject.y, dtype=object).value_counts(normalize=True)
    rarest, share = shares.index.tolist()[-1], shares.iloc[-1]
    if share < min(RARE_SHARE, 0.5 / len(shares)):
        yield Finding(
            WARNING,
            (subject.task.target,),
            f"Class {rarest!r} has {share:.2%} of the rows: accuracy says little of it.",
            "Judge by `f1_score` or `roc_auc`, and look at the spread over the folds.",
        )


def heavy_tails(subject):
    """A numeric target with a few values far from all others."""
    deviations = subject.target - subject.target.mean()
    kurtosis = np.mean(deviations**4) / np.mean(deviations**2) ** 2 - 3
    if kurtosis > HEAVY_TAIL:
        largest = np.sort(deviations**2)[-max(1, len(deviations) // 100) :].sum() / np.sum(deviations**2)
        yield Finding(
            WARNING,
            (subject.task.target,),
            f"Excess kurtosis {kurtosis:.0f}: the most extreme 1 % of the rows hold {largest:.0%} of its "
            "variance, and a squared error is mostly about them.",
            "Judge by `mae`, or predict its logarithm if it is positive.",
        )


def changed_table(subject):
    """The table is not the one of the run before."""
    if subject.changes:
        yield Finding(
            WARNING,
            (),
            subject.changes,
            "Rows are assigned anew; results of earlier runs were measured on other rows.",
        )
