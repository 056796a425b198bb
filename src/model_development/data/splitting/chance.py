"""Could chance have made rows equal?"""

import numpy as np

UNLIKE_CHANCE = 100  # times as many as chance makes; tables of few or related values have up to 55
TELLS_APART = 0.9  # a column in which more pairs of rows agree says nothing either way
ALL_DIFFERENT = 0.99  # share of different values that makes a column name its rows


def explains_pairs(codes: np.ndarray, n_equal: float, n_close: float) -> bool:
    """Does one column explain that rows are equal?

    codes : the values of the column among different rows, as whole numbers from 0.
    n_equal : pairs of rows that agree in all columns. n_close : pairs that differ in this column alone.

    If two rows agree in all columns but one, chance makes them agree in that one too in a share p of
    the cases, p being how often any two values of it agree. So n pairs of rows that differ in this
    column alone let expect n p / (1 - p) equal pairs. Duplicates have no such company.
    """
    p = ((np.bincount(codes) / len(codes)) ** 2).sum()
    return bool(p <= TELLS_APART and n_equal <= UNLIKE_CHANCE * n_close * p / (1 - p))
