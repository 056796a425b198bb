"""Columns that give the target together, by arithmetic."""

import warnings
from collections.abc import Iterator

import numpy as np

from .check_input import ERROR, CheckInput, Finding, listed
from .constant import best_constant, explains_enough, is_missed
from .leakage import EXACT, MOST_ROWS, is_linear_in

ROUNDED = 0.05  # steps of the target, in its standard deviations, that count as rounding of a number
CELLS = 50_000  # rows x columns on which pairs of columns are tried before all rows are
MOST_CELLS = 10_000_000  # rows x columns, of which a weighted sum is found: it takes their third power
SCREENING_ROWS = 0.9  # share of the constant's misses that a pair must explain on those few rows
LOOKS = 5  # of two rows each, for which most pairs of columns are given up
SYMMETRIC = ("sum", "difference", "product")  # but for the sign, which the constant takes
OPERATIONS = {
    "sum": np.add,
    "difference": np.subtract,
    "product": np.multiply,
    "ratio": np.divide,
}


def target_formula(data: CheckInput) -> Iterator[Finding]:
    """Columns that give the target together: two by sum, difference, product or ratio, times a constant.

    More than two by a weighted sum. Dates count in days. Rounding of the target is allowed for. What counts
    are the rows that the best constant misses: a target that is mostly 0 is "nothing times anything".
    """
    numbers = _varying_numbers(data)
    tolerance = _tolerance(data.target)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", RuntimeWarning
        )  # columns of which nothing is left to take a median of
        pairs = list(_exact_pairs(numbers, data.target, tolerance))
    yield from (_pair_finding(*pair) for pair in pairs)
    if not pairs:
        yield from _exact_sum(numbers, data.target, tolerance)


def _tolerance(target):
    """How far a formula may be off: what rounding of the target explains."""
    gaps = np.diff(np.unique(target))
    unit = gaps.min() if len(gaps) else 0.0
    finest = EXACT * np.std(target)
    return max(finest, 0.51 * unit) if unit <= ROUNDED * np.std(target) else finest


def _varying_numbers(data):
    """Columns of numbers that vary and are no copy of the target by themselves."""
    return {
        name: values
        for name, values in (data.numbers | data.days).items()
        if np.isfinite(values).sum() >= 10
        and np.ptp(values[np.isfinite(values)]) > 0
        and not is_linear_in(values, data.target)
    }


def _exact_pairs(numbers, target, tolerance):
    """Yield (column, column, operation) of every pair that gives the target.

    Each column is tried with all others at once on a few rows; what fits there, on all rows.
    """
    names = list(numbers)
    missed = is_missed(target, best_constant(target, tolerance), tolerance)
    n_rows = int(np.clip(CELLS // max(1, len(names)), 20, 500))
    rows = _some_of_both(missed, n_rows)
    matrix = np.column_stack([values[rows] for values in numbers.values()]) if names else np.empty((0, 0))
    few, all_rows = (target[rows], missed[rows], tolerance), (target, missed, tolerance)
    first = np.flatnonzero(missed[rows])[: 2 * LOOKS]
    for operation, function in OPERATIONS.items():
        for i, name in enumerate(names):
            others = np.arange(i + 1 if operation in SYMMETRIC else 0, len(names))
            column = matrix[:, i : i + 1]
            others = others[_may_give(function, column, matrix[:, others], target[rows], first, tolerance)]
            if not len(others):
                continue
            fits = _gives(function, column, matrix[:, others], *few, SCREENING_ROWS)
            for other in np.array(names, dtype=object)[others[fits]]:
                pair = numbers[name][:, None], numbers[other][:, None]
                if other != name and _gives(function, *pair, *all_rows, MOST_ROWS).all():
                    yield name, other, operation


def _some_of_both(missed, n_rows):
    """So many rows, half of them such as the constant misses, as far as there are."""
    order = np.random.default_rng(0).permutation(len(missed))
    first = order[missed[order]][: n_rows // 2]
    others = order[~np.isin(order, first)]
    return np.concatenate([first, others[: n_rows - len(first)]])


def _may_give(function, a, b, target, first, tolerance):
    """For each column of b: may it give the target, by a look at a few rows? Two of them tell the constant.

    first : rows that the best constant misses. Of a formula that holds in MOST_ROWS of the rows, more than
    one look is off in 0.4 % of all cases.
    """
    with np.errstate(all="ignore"):
        values = function(a, b)
        enough = _is_enough(np.isfinite(values))
        if len(first) < 2 * LOOKS:
            return enough
        (left, right), (t, u) = ((part[first[::2]], part[first[1::2]]) for part in (values, target[:, None]))
        off = np.abs(t * right - u * left) > tolerance * (np.abs(left) + np.abs(right)) * (1 + 1e-9)
        off |= (left == 0) & (np.abs(t) > tolerance) | (right == 0) & (np.abs(u) > tolerance)
    return enough & ((off & np.isfinite(left) & np.isfinite(right)).sum(axis=0) <= 1)


def _is_enough(finite):
    """Do so many rows have a number, shape (n_rows, n_columns), that a formula says something?"""
    return finite.sum(axis=0) >= max(10, 0.5 * len(finite))


def _gives(function, a, b, target, missed, tolerance, share):
    """For each column of b: is the target a constant times function(a, column), where that is a number?

    missed : the rows that the best constant misses; so large a share of them must be explained.
    """
    with np.errstate(all="ignore"):
        values = function(a, b)
        finite = np.isfinite(values)
        factors = np.nanmedian(np.where(finite & (values != 0), target[:, None] / values, np.nan), axis=0)
        if missed.any():  # of a target that is mostly 0, the rows that are 0 because a part of it is
            on_missed = np.where(finite & (values != 0), target[:, None] / values, np.nan)[missed]
            factors = np.where(factors == 0, np.nanmedian(on_missed, axis=0), factors)
        exact = finite & (np.abs(factors * values - target[:, None]) <= tolerance)
    return _is_enough(finite) & explains_enough(~exact & finite, finite & missed[:, None], share)


def _pair_finding(a, b, operation):
    return Finding(
        ERROR,
        (a, b),
        f"Their {operation} is the target, or a constant times the target.",
        "Leave both out with `drop_columns`: each is a part of what is to be predicted.",
    )


def _exact_sum(numbers, target, tolerance):
    """Columns whose weighted sum is the target, in the rows that have all of them; not of very many."""
    if len(numbers) < 2:
        return
    names = list(numbers)
    known = np.flatnonzero(np.logical_and.reduce([np.isfinite(values) for values in numbers.values()]))
    n_rows = min(max(500, 20 * len(names)), MOST_CELLS // len(names))
    known = np.random.default_rng(0).permutation(known)[:n_rows]
    if len(known) < 3 * len(names):
        return
    matrix, target = np.column_stack([values[known] for values in numbers.values()]), target[known]
    with np.errstate(over="ignore"):
        scale = matrix.std(axis=0)
        scaled = (matrix - matrix.mean(axis=0)) / np.where(scale > 0, scale, 1)
    if not np.isfinite(scaled).all():
        return
    centred = target - target.mean()
    coefficients = np.linalg.lstsq(scaled, centred, rcond=None)[0]
    missed = is_missed(target, best_constant(target, tolerance), tolerance)
    parts = [n for n, c in zip(names, coefficients, strict=True) if abs(c) > ROUNDED * np.std(target)]
    if parts and explains_enough(np.abs(scaled @ coefficients - centred) > tolerance, missed, MOST_ROWS):
        yield Finding(
            ERROR,
            tuple(parts),
            f"A weighted sum of {listed(parts)} is the target.",
            "Leave out with `drop_columns` what is a part of the target.",
        )
