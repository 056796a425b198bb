"""Features that hold the answer: the target itself, what determines it, or very nearly."""

from collections.abc import Iterator

import numpy as np

from ...settings.splits import SPLITS
from .check_input import ERROR, WARNING, CheckInput, Finding
from .constant import MIN_MISSED, best_constant, explains_enough, is_missed

EXACT = 1e-3  # largest residual, in standard deviations of the target, that rounding explains
MIN_MIXED = 10  # levels that would mix target values if a column had nothing to do with the target
NEARLY_PERFECT = 0.99  # share of a constant's error that one column takes away: an error
SUSPICIOUS = 0.95  # the same: a warning
SCREENING_ROWS, FULL_ROWS = 2_000, 20_000
SCREENING_SHARE = 0.8  # what a column must reach on the screening rows to be looked at closely
NEIGHBOURS_SHARE = 0.2  # the same, of a guess from the next smaller value
MOST_ROWS = 0.99  # share of the rows that the best constant misses, in which a formula must hold
LOOKED_AT = 50  # rows that the best constant misses, of which a look at a part of the rows has so many
ADVICE = "Leave it out with `drop_columns`, unless it is really known when the prediction is made."


def target_copy(data: CheckInput) -> Iterator[Finding]:
    """A column that is the target: the same values, or one value of its own for each of the target's.

    Missing is one more value: every model sees it.
    """
    for name in data.used:
        levels, target = data.levels[name] + 1, data.target
        if not data.task.has_classes:
            same = name in data.numbers and is_linear_in(data.numbers[name], target)
            how = "it is a multiple of it plus a constant"
        else:
            same = _determines(levels, target) and _determines(target, levels)
            how = "each of its values goes with one class, and each class with one value"
            how += "; missing is one of them" if same and levels.min() == 0 else ""
        if same:
            yield Finding(ERROR, (name,), f"It is a copy of the target: {how}.", ADVICE)


def target_determined(data: CheckInput) -> Iterator[Finding]:
    """A column each of whose values goes with one value of the target only, more often than by chance."""
    target = data.target[data.rows_apart]
    shuffled, missed = np.random.default_rng(0).permutation(target), is_missed(target, best_constant(target))
    for name in data.used:
        if name in data.days or data.is_measured(name):
            continue  # a threshold may separate classes; single_feature is about that
        levels = data.levels[name][data.rows_apart]
        if _is_mixed(levels, target) or _share_repeated(levels, missed & (levels >= 0)) < 0.5:
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


def single_feature(data: CheckInput) -> Iterator[Finding]:
    """A column that predicts the target nearly perfectly on its own, on rows that were not fitted.

    A small decision tree on the column alone is cross-validated. What counts is the share of the
    constant's error that it takes away (1 - error / error of the most frequent class; for numbers
    R squared): unlike accuracy or ROC AUC it means the same for rare classes. A column of real
    tables that was known before the target hardly ever passes 0.95; 0.99 is a copy with some noise.
    Missing is a value. Dates are looked at as they are, and in the days between any two of them.
    """
    in_time = SPLITS[data.settings.split].is_in_time
    for name in data.used:
        if name != data.settings.time_column:
            share = _explained_fully(data, data.ordered(name))
            trends = in_time or (name in data.days and not _is_told_by_presence(data, name))
            yield from _single_finding((name,), "Alone it takes", share, trends)
    for pair, days in data.days_between.items():
        yield from _single_finding(pair, "The time between them takes", _explained_fully(data, days), in_time)


def _single_finding(names, what, share, trends):
    """trends : whether an honest column that follows time may say as much."""
    if share >= SUSPICIOUS:
        excuse = " What goes on in time, such as an earlier value of the target, may rightly do so."
        yield Finding(
            ERROR if share >= NEARLY_PERFECT and not trends else WARNING,
            names,
            f"{what} away {share:.1%} of the error of a guess that ignores the features "
            f"(cross-validated; {NEARLY_PERFECT:.0%} is an error, {SUSPICIOUS:.0%} a warning): it may "
            f"be known only afterwards.{excuse if trends else ''}",
            ADVICE,
        )


def _is_told_by_presence(data, name):
    """Does it say enough that a value is there at all?"""
    return _explained_fully(data, (data.levels[name] >= 0).astype(float)) >= SUSPICIOUS


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


def _share_repeated(levels, rows):
    """Share of some rows, none of them missing, whose level occurs more than once among all."""
    counts = np.bincount(levels[levels >= 0], minlength=1)
    return (counts[levels[rows]] > 1).mean() if rows.sum() >= MIN_MISSED else 0.0


def is_linear_in(numbers: np.ndarray, target: np.ndarray) -> bool:
    """Is the target a multiple of the column plus a constant? A few rows mostly tell."""
    known = np.flatnonzero(np.isfinite(numbers))
    if len(known) < max(10, 0.5 * len(numbers)) or np.ptp(numbers[known]) == 0:
        return False
    few = known[:: -(-len(known) // SCREENING_ROWS)]
    tolerance = EXACT * np.std(target[known])
    missed = is_missed(target, best_constant(target[known], tolerance), tolerance)
    if missed[few].sum() >= LOOKED_AT and not _is_line(
        numbers, target, few, missed, tolerance, SCREENING_SHARE
    ):
        return False
    return _is_line(numbers, target, known, missed, tolerance, MOST_ROWS)


def _is_line(numbers, target, rows, missed, tolerance, share):
    """Does the best line give the target in such a share of the rows that the best constant misses?"""
    matrix = np.column_stack([numbers[rows], np.ones(len(rows))])
    coefficients = np.linalg.lstsq(matrix, target[rows], rcond=None)[0]
    wrong = np.abs(matrix @ coefficients - target[rows]) > tolerance
    return bool(explains_enough(wrong, missed[rows], share))


def _explained_fully(data, values):
    """Share of a constant's error that a column's values take away; few rows mostly tell that it is small."""
    if values.min() == values.max() or not _neighbours_agree(data, values):
        return 0.0
    share = _explained(data, values, SCREENING_ROWS)
    all_seen = len(data.y) <= SCREENING_ROWS or share < SCREENING_SHARE
    return share if all_seen else _explained(data, values, FULL_ROWS)


def _neighbours_agree(data, values):
    """Says the row of the next smaller value something of a row's target? It costs a sort, and no tree.

    The error of a guess from the nearest neighbour is at most twice the least that is possible (Cover and
    Hart, 1967; Cover, 1968, for numbers): a column that takes away SCREENING_SHARE leaves 0.6 to it.
    """
    rows = _rows_looked_at(data, SCREENING_ROWS)
    if len(rows) < 2:
        return False
    in_order = data.target[rows[np.argsort(values[rows], kind="stable")]]
    return data.task.explained(in_order[:-1], in_order[1:]) >= NEIGHBOURS_SHARE


def _rows_looked_at(data, n_rows):
    """Positions of so many rows in any order; of more where the constant misses few of them."""
    missed = data.missed_by_constant
    n_rows = max(n_rows, min(10 * n_rows, round(LOOKED_AT * len(missed) / max(1, missed.sum()))))
    return data.rows_shuffled[:n_rows]


def _explained(data, values, n_rows):
    """Share of a constant's error that a tree on one column's values takes away, cross-validated.

    Where the constant misses few rows, more are looked at, and smaller leaves hold them.
    """
    from sklearn.model_selection import KFold

    rows = _rows_looked_at(data, n_rows)
    n_missed = int(data.missed_by_constant[rows].sum())
    if n_missed < MIN_MISSED:
        return 0.0
    column, target = values[rows, None], data.target[rows]
    tree = data.task.small_tree(max(2, min(len(rows) // 1000, n_missed // 10)))
    predicted = np.empty(len(rows))
    for fit, score in KFold(3).split(rows):
        predicted[score] = tree.fit(column[fit], target[fit]).predict(column[score])
    return data.task.explained(predicted, target)
