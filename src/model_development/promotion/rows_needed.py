"""How many rows a judgement needs, so that chance alone does not fail a model that is good enough."""

from __future__ import annotations

import math

POWER = 0.8  # with which a model that is good enough is to pass
MOST = 10**9  # rows, beyond which the number says nothing


def rows_needed(n_rows: int, error: float, distance: float, level: float) -> int | None:
    """Return the rows with which a bound lies on the right side in 80 % of the draws; None where none do.

    error : standard error of the value on `n_rows` rows. distance : of the value (or of an equal model) from
    what the bound must not cross, positive on the right side. level : one-sided, of the bound.
    Source: the normal approximation, Cohen (1988), Statistical Power Analysis, ch. 12.

    >>> rows_needed(500, 0.01, 0.01, 0.95)
    3092
    """
    from scipy.stats import norm

    if not (distance > 0 and error > 0 and math.isfinite(error)):
        return None
    times = ((norm.ppf(level) + norm.ppf(POWER)) * error / distance) ** 2
    needed = math.ceil(n_rows * times)
    return needed if needed <= MOST else None


def rows_without_a_miss(distance: float, level: float, telling: float = 1.0) -> int | None:
    """Return the rows among which none may differ for a share of `distance` to be excluded.

    telling : share of the rows that could differ.
    Source: Clopper and Pearson (1934), Biometrika 26(4), for a count of none.

    >>> rows_without_a_miss(0.01, 0.95)
    299
    """
    if not 0 < distance < 1:
        return None
    return math.ceil(math.log(1 - level) / math.log1p(-distance) / telling)


def needed_text(needed: int | None, what: str) -> str:
    """Say it, to follow on a sentence; "" where there is nothing to say.

    >>> needed_text(12345, "an equal model")
    ' With 12,345 rows an equal model would pass in 80 % of the draws.'
    """
    if needed is None:
        return ""
    return f" With {needed:,} rows {what} would pass in {100 * POWER:.0f} % of the draws."
