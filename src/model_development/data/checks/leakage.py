"""Features that hold the answer: the target itself, what determines it, or very nearly."""

import numpy as np

from .check_input import ERROR, WARNING, Finding

EXACT = 1e-3  # largest residual, in standard deviations of the target, that rounding explains
MIN_MIXED = 10  # levels that would mix target values if a column had nothing to do with the target
NEARLY_PERFECT = 0.99  # share of a constant's error that one column takes away: an error
SUSPICIOUS = 0.95  # the same: a warning
SCREENING_ROWS, FULL_ROWS = 2_000, 20_000
SCREENING_SHARE = 0.8  # what a column must reach on the screening rows to be looked at closely
MOST_ROWS = 0.99  # share of rows in which a formula must hold
ADVICE = "Leave it out with `feature_names`, unless it is really known when the prediction is made."


def target_copy(data):
    """A column that is the target: the same values, or one value of its own for each of the target's."""
    for name in data.X.columns:
        levels, target = data.levels[name], data.target
        if not data.task.has_classes:
            same = name in data.numbers and is_linear_in(data.numbers[name], target)
            how = "it is a multiple of it plus a constant"
        else:
            same = _determines(levels, target) and _determines(target, levels)
            how = "each of its values goes with one class, and each class with one value"
        if same:
            yield Finding(ERROR, (name,), f"It is a copy of the target: {how}.", ADVICE)


def target_determined(data):
    """A column each of whose values goes with one value of the target only, more often than by chance."""
    target = data.target[data.rows_apart]
    shuffled = np.random.default_rng(0).permutation(target)
    for name in data.X.columns:
        if name in data.days or data.is_measured(name):
            continue  # a threshold may separate classes; single_feature is about that
        levels = data.levels[name][data.rows_apart]
        if _is_mixed(levels, target) or _share_repeated(levels) < 0.5:
            continue
        n_levels = len(np.unique(levels[levels >= 0]))
        if n_levels > 1 and _n_mixed(levels, shuffled) >= min(MIN_MIXED, n_levels):
            yield Finding(
                ERROR,
                (name,),
                f"It determines the target: each of its {n_levels} values goes with one value of the "
                "target only.",
                ADVICE,
            )


def single_feature(data):
    """A column that predicts the target nearly perfectly on its own, on rows that were not fitted.

    A small decision tree on the column alone is cross-validated. What counts is the share of the
    constant's error that it takes away (1 - error / error of the most frequent class; for numbers
    R squared): unlike accuracy or ROC AUC it means the same for rare classes. A column of real
    tables that was known before the target hardly ever passes 0.95; 0.99 is a copy with some noise.
    """
    in_time = data.settings.split == "time"
    for name in data.X.columns:
        if data.levels[name].max() < 1 or name in data.days or name == data.settings.time_column:
            continue
        share = _explained(data, name, SCREENING_ROWS)
        if share >= SCREENING_SHARE and len(data.y) > SCREENING_ROWS:
            share = _explained(data, name, FULL_ROWS)
        if share >= SUSPICIOUS:
            sure = share >= NEARLY_PERFECT and not in_time
            excuse = " An earlier value of the target may rightly do so." if in_time else ""
            yield Finding(
                ERROR if sure else WARNING,
                (name,),
                f"Alone it takes away {share:.1%} of the error of a guess that ignores the features "
                f"(cross-validated; {NEARLY_PERFECT:.0%} is an error, {SUSPICIOUS:.0%} a warning): it may "
                f"be known only afterwards.{excuse}",
                ADVICE,
            )


def _determines(levels, target):
    """Does every row have a level, and each level one value of a target that varies?"""
    return not _is_mixed(levels, target) and levels.min() >= 0 and target.min() < target.max()


def _is_mixed(levels, target):
    """Does some level go with more than one value of the target? A few rows mostly tell."""
    few = slice(0, SCREENING_ROWS)
    return _n_mixed(levels[few], target[few]) > 0 or _n_mixed(levels, target) > 0


def _n_mixed(levels, target):
    """Number of levels that go with more than one value of the target; missing values aside."""
    levels, target = levels[levels >= 0], target[levels >= 0]
    low, high = np.full(levels.max(initial=0) + 1, np.inf), np.full(levels.max(initial=0) + 1, -np.inf)
    np.minimum.at(low, levels, target)
    np.maximum.at(high, levels, target)
    return int((low < high).sum())


def _share_repeated(levels):
    """Share of the rows whose level occurs more than once; missing values aside."""
    counts = np.bincount(levels[levels >= 0])
    return counts[counts > 1].sum() / max(1, counts.sum())


def is_linear_in(numbers, target):
    """Is the target a multiple of the column plus a constant? A few rows mostly tell."""
    known = np.flatnonzero(np.isfinite(numbers))
    if len(known) < max(10, 0.5 * len(numbers)) or np.ptp(numbers[known]) == 0:
        return False
    few = known[:: -(-len(known) // SCREENING_ROWS)]
    tries, tolerance = ((few, SCREENING_SHARE), (known, MOST_ROWS)), EXACT * np.std(target[known])
    return all(_share_fitted(numbers[rows], target[rows], tolerance) >= share for rows, share in tries)


def _share_fitted(numbers, target, tolerance):
    """Share of the rows in which the best line gives the target."""
    matrix = np.column_stack([numbers, np.ones(len(numbers))])
    coefficients = np.linalg.lstsq(matrix, target, rcond=None)[0]
    return np.mean(np.abs(matrix @ coefficients - target) <= tolerance)


def _explained(data, name, n_rows):
    """Share of a constant's error that a tree on this column alone takes away, cross-validated."""
    from sklearn.model_selection import KFold

    rows = np.random.default_rng(0).permutation(data.rows_apart)[:n_rows]
    column, target = data.levels[name][rows].astype(float)[:, None], data.target[rows]
    tree, predicted = data.task.small_tree(max(2, len(rows) // 1000)), np.empty(len(rows))
    for fit, score in KFold(3).split(rows):
        predicted[score] = tree.fit(column[fit], target[fit]).predict(column[score])
    return data.task.explained(predicted, target)
