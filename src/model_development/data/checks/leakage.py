"""Features that hold the answer: the target itself, what determines it, or very nearly."""

import numpy as np

from .subject import ERROR, WARNING, Finding, listed

EXACT = 1e-3  # largest residual, in standard deviations of the target, that rounding explains
MIN_MIXED = 10  # levels that would mix target values if a column had nothing to do with the target
NEARLY_PERFECT = 0.99  # share of the floor's error that one column takes away: an error
SUSPICIOUS = 0.95  # the same: a warning
SCREENING_ROWS, FULL_ROWS = 2_000, 20_000
SCREENING_SHARE = 0.8  # what a column must reach on the screening rows to be looked at closely
MOST_ROWS = 0.99  # share of rows in which a formula must hold
CELLS = 50_000  # rows x columns on which pairs of columns are tried before all rows are
SYMMETRIC = ("sum", "product")
OPERATIONS = {
    "sum": np.add,
    "difference": np.subtract,
    "product": np.multiply,
    "ratio": np.divide,
}
ADVICE = "Leave it out with `feature_names`, unless it is really known when the prediction is made."


def target_copy(subject):
    """A column that is the target: the same values, or one value of its own for each of the target's."""
    for name in subject.X.columns:
        levels, target = subject.levels[name], subject.target
        if subject.task.family == "regression":
            same = name in subject.numbers and _is_linear_in(subject.numbers[name], target)
            how = "it is a multiple of it plus a constant"
        else:
            same = _determines(levels, target) and _determines(target, levels)
            how = "each of its values goes with one class, and each class with one value"
        if same:
            yield Finding(ERROR, (name,), f"It is a copy of the target: {how}.", ADVICE)


def target_determined(subject):
    """A column each of whose values goes with one value of the target only, more often than by chance."""
    target = subject.target[subject.distinct]
    shuffled = np.random.default_rng(0).permutation(target)
    for name in subject.X.columns:
        levels = subject.levels[name][subject.distinct]
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


def target_formula(subject):
    """Columns that give the target together: two by sum, difference, product or ratio; more by sum."""
    numbers = _varying_numbers(subject)
    pairs = [_pair_finding(a, b, operation) for a, b, operation in _exact_pairs(numbers, subject.target)]
    yield from pairs
    if not pairs:
        yield from _exact_sum(numbers, subject.target)


def single_feature(subject):
    """A column that predicts the target nearly perfectly on its own, on rows that were not fitted.

    A small decision tree on the column alone is cross-validated. What counts is the share of the
    floor's error that it takes away (1 - error / error of the most frequent class; for numbers
    R squared): unlike accuracy or ROC AUC it means the same for rare classes. A column of real
    tables that was known before the target hardly ever passes 0.95; 0.99 is a copy with some noise.
    """
    for name in subject.X.columns:
        if subject.levels[name].max() < 1:
            continue
        share = _explained(subject, name, SCREENING_ROWS)
        if share >= SCREENING_SHARE and len(subject.y) > SCREENING_ROWS:
            share = _explained(subject, name, FULL_ROWS)
        if share >= SUSPICIOUS:
            verdict = ERROR if share >= NEARLY_PERFECT else WARNING
            limit = NEARLY_PERFECT if verdict == ERROR else SUSPICIOUS
            yield Finding(
                verdict,
                (name,),
                f"Alone it takes away {share:.1%} of the error of a guess that ignores the features "
                f"(cross-validated; more than {limit:.0%} is {verdict}): it may be known only afterwards.",
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


def _is_linear_in(numbers, target):
    """Is the target a multiple of the column plus a constant?"""
    known = np.isfinite(numbers)
    if known.sum() < max(10, 0.5 * len(numbers)) or np.ptp(numbers[known]) == 0:
        return False
    return _fits_exactly(np.column_stack([numbers, np.ones(len(numbers))])[known], target[known])


def _fits_exactly(matrix, target):
    coefficients = np.linalg.lstsq(matrix, target, rcond=None)[0]
    return _is_exact(matrix @ coefficients, target)


def _is_exact(values, target):
    scale = np.std(target)
    return bool(scale > 0 and np.mean(np.abs(values - target) <= EXACT * scale) >= MOST_ROWS)


def _varying_numbers(subject):
    """Columns of numbers that vary and are no copy of the target by themselves."""
    return {
        name: values
        for name, values in subject.numbers.items()
        if np.isfinite(values).sum() >= 10
        and np.ptp(values[np.isfinite(values)]) > 0
        and not _is_linear_in(values, subject.target)
    }


def _exact_pairs(numbers, target):
    """Yield (column, column, operation) of every pair that gives the target.

    Each column is tried with all others at once on a few rows; what fits there, on all rows.
    """
    names = list(numbers)
    n_rows = int(np.clip(CELLS // max(1, len(names)), 20, 500))
    rows = np.random.default_rng(0).permutation(len(target))[:n_rows]
    matrix = np.column_stack([values[rows] for values in numbers.values()]) if names else np.empty((0, 0))
    for operation, function in OPERATIONS.items():
        for i, name in enumerate(names):
            others = slice(i + 1, None) if operation in SYMMETRIC else slice(None)
            fits = _gives(function, matrix[:, i : i + 1], matrix[:, others], target[rows])
            for other in np.array(names, dtype=object)[others][fits]:
                pair = numbers[name][:, None], numbers[other][:, None]
                if other != name and _gives(function, *pair, target).all():
                    yield name, other, operation


def _gives(function, a, b, target):
    """For each column of b: does function(a, column) give the target wherever it is a number?"""
    with np.errstate(all="ignore"):
        values = function(a, b)
    known = np.isfinite(values)
    exact = known & (np.abs(values - target[:, None]) <= EXACT * np.std(target))
    enough = known.sum(axis=0) >= max(10, 0.5 * len(target))
    return enough & (exact.sum(axis=0) >= MOST_ROWS * known.sum(axis=0))


def _pair_finding(a, b, operation):
    return Finding(
        ERROR,
        (a, b),
        f"Their {operation} is the target.",
        "Leave both out with `feature_names`: each is a part of what is to be predicted.",
    )


def _exact_sum(numbers, target):
    """Three columns or more whose weighted sum is the target, in the rows that have all of them."""
    if len(numbers) < 3:
        return
    names, matrix = list(numbers), np.column_stack(list(numbers.values()))
    known = np.flatnonzero(np.isfinite(matrix).all(axis=1))
    known = np.random.default_rng(0).permutation(known)[: max(500, 20 * len(names))]
    if len(known) < 3 * len(names):
        return
    matrix, target = matrix[known], target[known]
    scaled = (matrix - matrix.mean(axis=0)) / np.where(matrix.std(axis=0) > 0, matrix.std(axis=0), 1)
    centred = target - target.mean()
    coefficients = np.linalg.lstsq(scaled, centred, rcond=None)[0]
    if _is_exact(scaled @ coefficients, centred):
        parts = [n for n, c in zip(names, coefficients, strict=True) if abs(c) > EXACT * np.std(target)]
        yield Finding(
            ERROR,
            tuple(parts),
            f"A weighted sum of {listed(parts)} is the target.",
            "Leave out with `feature_names` what is a part of the target.",
        )


def _explained(subject, name, n_rows):
    """Share of the floor's error that a tree on this column alone takes away, cross-validated."""
    from sklearn.model_selection import KFold
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    rows = np.random.default_rng(0).permutation(len(subject.y))[:n_rows]
    column, target = subject.levels[name][rows].astype(float)[:, None], subject.target[rows]
    regression = subject.task.family == "regression"
    tree = (DecisionTreeRegressor if regression else DecisionTreeClassifier)(
        min_samples_leaf=max(2, len(rows) // 1000), random_state=0
    )
    predicted = np.empty(len(rows))
    for fit, score in KFold(3).split(rows):
        predicted[score] = tree.fit(column[fit], target[fit]).predict(column[score])
    if regression:
        error, floor = np.mean((predicted - target) ** 2), np.var(target)
    else:
        most_frequent = np.unique(target, return_counts=True)[1].max()
        error, floor = np.mean(predicted != target), 1 - most_frequent / len(rows)
    return 1 - error / floor if floor > 0 else 0.0
