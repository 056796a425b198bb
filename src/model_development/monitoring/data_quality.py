"""Monitor: values that are missing, unreadable, unseen or out of range, more than is to be expected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..reports.section import Section
from ..statistics.proportions import lower_bound
from ..statistics.row_worth import row_worth
from ..statistics.shares import wilson_interval
from ..statistics.two_samples import NO_DIFFERENCE, Comparison, compare_levels, differ
from .column_values import Values, read_values
from .metrics import PROBLEM, Sample
from .monitor import FEWEST_ROWS, MonitorResult, too_small

if TYPE_CHECKING:
    from .monitor_input import MonitorInput
    from .reference import ColumnReference

CERTAINTY = 0.95  # one-sided, of the least that a share is larger than expected
MOST_SAID = 5


@dataclass(frozen=True)
class Problem:
    """One kind of problem.

    kinds : of columns that it is for. flags : (values, reference) -> bool of each row that counts, True where
    it has the problem. compare : (hits, rows, reference) -> Comparison with the training rows, hits and rows
    counted as independent ones.
    smallest : share beyond what is expected, from which on it matters.
    """

    name: str
    kinds: tuple[str, ...]
    flags: Callable[[Values, ColumnReference], np.ndarray]
    compare: Callable[[float, float, ColumnReference], Comparison]
    expected: Callable[[ColumnReference], float]
    smallest: float


def _missing(values: Values, known: ColumnReference) -> np.ndarray:
    return values.is_missing


def _unreadable(values: Values, known: ColumnReference) -> np.ndarray:
    return values.is_unreadable


def _unseen(values: Values, known: ColumnReference) -> np.ndarray:
    present = values.read[values.is_present]
    return ~pd.Index(present, dtype=object).isin(list(known.levels or {}))


def _outside(values: Values, known: ColumnReference) -> np.ndarray:
    present = values.read[values.is_present]
    if known.low is None or known.high is None:
        return np.ones(len(present), dtype=bool)
    return (present < known.low) | (present > known.high)


def _against_rows(part: Callable[[ColumnReference], tuple[int, int]]) -> Callable[..., Comparison]:
    """Compare a share with that of the training rows. part : reference -> (rows with the problem, rows)."""

    def compare(hits: float, n: float, known: ColumnReference) -> Comparison:
        known_hits, known_n = (count * known.row_worth for count in part(known))
        if not known_n or hits / n <= known_hits / known_n:
            return NO_DIFFERENCE
        return compare_levels([known_hits, known_n - known_hits], [hits, n - hits])

    return compare


def _against_range(hits: float, n: float, known: ColumnReference) -> Comparison:
    """Compare the share of values beyond the range of the training rows with that of values like these.

    How much lies beyond the least and the largest of few values is itself uncertain. As many new ones do as
    stand above the second largest, of whose rank among all of them the test is exact.
    Source: Gumbel and von Schelling (1950), The Distribution of the Number of Exceedances, Ann. Math. Stat.
    21(2).
    """
    from scipy.stats import hypergeom

    n_known = int(known.n_present * known.row_worth)
    if n_known < 2:
        return NO_DIFFERENCE
    n_hits, n_new, share = int(hits), round(n), _share_beyond(n_known)
    low = float(lower_bound(hits, n, CERTAINTY)) - share
    p = float(hypergeom.cdf(1, n_known + n_new, n_known, n_hits + 1)) if n_hits else 1.0
    return Comparison(max(0.0, hits / n - share), max(0.0, low), p)


def _missing_share(known: ColumnReference) -> float:
    return (known.n_missing - known.n_unreadable) / max(known.n, 1)


def _unreadable_share(known: ColumnReference) -> float:
    return known.n_unreadable / max(known.n, 1)


def _others_share(known: ColumnReference) -> float:
    return known.n_others / max(known.n_present, 1)


def _beyond_share(known: ColumnReference) -> float:
    """Of new values like the known ones, beyond all of these: each is as likely the least or the largest."""
    return _share_beyond(known.n_present)


def _share_beyond(n_known: int) -> float:
    return 2 / (n_known + 2)


PROBLEMS = (
    Problem(
        "missing",
        ("number", "date", "category", "text"),
        _missing,
        _against_rows(lambda known: (known.n_missing - known.n_unreadable, known.n)),
        _missing_share,
        0.05,
    ),
    Problem(
        "unreadable",
        ("number", "date"),
        _unreadable,
        _against_rows(lambda known: (known.n_unreadable, known.n)),
        _unreadable_share,
        0.01,
    ),
    Problem(
        "unseen",
        ("category",),
        _unseen,
        _against_rows(lambda known: (known.n_others, known.n_present)),
        _others_share,
        0.02,
    ),
    Problem("out of range", ("number",), _outside, _against_range, _beyond_share, 0.02),
)
WORDS = {
    "missing": "are missing",
    "unreadable": "cannot be read",
    "unseen": "are values that fewer than five training rows have",
    "out of range": "lie beyond the range of the training rows",
}


def watch_quality(given: MonitorInput) -> MonitorResult | None:
    """Compare each share of values with a problem with the training rows; None without recorded inputs."""
    if given.rows.X is None:
        return None
    if len(given.rows) < FEWEST_ROWS:
        return too_small(len(given.rows), FEWEST_ROWS, "rows")
    rows, compared, smallest = [], [], []
    absent = [name for name in given.schema.names() if name not in given.rows.X]
    for column in given.schema.columns:
        known = given.reference.column(column.name)
        if known is None or column.name in absent:
            continue
        values = read_values(column, given.rows.X[column.name])
        for problem in PROBLEMS:
            flags = problem.flags(values, known) if column.kind in problem.kinds else np.empty(0, dtype=bool)
            if len(flags):
                hits, n = int(np.sum(flags)), len(flags)
                worth = _worth(flags, values, given.groups)
                rows.append((column.name, problem.name, n, hits, hits / n, problem.expected(known), worth))
                compared.append(problem.compare(hits * worth, n * worth, known))
                smallest.append(problem.smallest)
    names = ["column", "problem", "n", "rows", "share", "expected", "worth"]
    found = pd.DataFrame(rows, columns=names)
    found["low"], found["high"] = _intervals(found)
    found = found.drop(columns="worth")
    found["p"] = [one.p for one in compared]
    found["is_more"] = differ(compared, smallest)
    return _result(given, found, absent)


def _worth(flags: np.ndarray, values: Values, groups: np.ndarray | None) -> float:
    """Of one row: flags are of all rows, or of those with a value."""
    if groups is None:
        return 1.0
    return row_worth(flags, groups if len(flags) == len(groups) else groups[values.is_present])


def _intervals(found):
    n_worth = found["n"] * found["worth"]
    ends = [wilson_interval(*pair) for pair in zip(found["share"], n_worth, strict=True)]
    return [low for low, _ in ends], [high for _, high in ends]


def _result(given, found, absent):
    worse = found[found["is_more"]]
    claims = [_claim(row) for row in worse.sort_values("share", ascending=False).to_dict("records")]
    claims = [
        f"The rows have no column {name!r}: the model takes it for missing." for name in absent
    ] + claims
    some = found[found["rows"] > 0].sort_values(["is_more", "share"], ascending=False, ignore_index=True)
    said = f"{len(found)} shares of {len(given.rows):,} rows were compared with the training rows."
    if not claims:
        said += " None is larger than these let expect."
    samples = tuple(
        Sample(PROBLEM, row["share"], (row["column"], row["problem"])) for row in found.to_dict("records")
    )
    section = Section(
        (said, *claims),
        tables={
            "Values with a problem (those that no row has are left out)": some.rename(
                columns={"is_more": "more than expected"}
            )
        },
        values={"n_compared": len(found), "n_more": len(worse), "absent": absent},
    )
    return MonitorResult(section, tuple(claims[:MOST_SAID]), samples)


def _claim(row):
    return (
        f"{row['share']:.1%} of the values of {row['column']!r} {WORDS[row['problem']]} (95 % interval "
        f"{row['low']:.1%} to {row['high']:.1%}); {row['expected']:.1%} were to be expected."
    )
