"""Monitor: values that are missing, unreadable, unseen or out of range, more than is to be expected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..reports.section import Section
from ..statistics.proportions import lower_bound
from ..statistics.shares import wilson_interval
from ..statistics.two_samples import Comparison, compare_levels, differ
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
    it has the problem. compare : (hits, rows, reference) -> Comparison with the training rows.
    smallest : share beyond what is expected, from which on it matters.
    """

    name: str
    kinds: tuple[str, ...]
    flags: Callable[[Values, ColumnReference], np.ndarray]
    compare: Callable[[int, int, ColumnReference], Comparison]
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

    def compare(hits: int, n: int, known: ColumnReference) -> Comparison:
        known_hits, known_n = part(known)
        if not known_n or hits / n <= known_hits / known_n:
            return Comparison(0.0, 0.0, 1.0)
        return compare_levels([known_hits, known_n - known_hits], [hits, n - hits])

    return compare


def _against(expected: Callable[[ColumnReference], float]) -> Callable[..., Comparison]:
    """Compare a share with a known one, by the exact test of a share."""

    def compare(hits: int, n: int, known: ColumnReference) -> Comparison:
        from scipy.stats import binomtest

        share = expected(known)
        low = float(lower_bound(hits, n, CERTAINTY)) - share
        p = float(binomtest(hits, n, share, alternative="greater").pvalue)
        return Comparison(max(0.0, hits / n - share), max(0.0, low), p)

    return compare


def _missing_share(known: ColumnReference) -> float:
    return (known.n_missing - known.n_unreadable) / max(known.n, 1)


def _unreadable_share(known: ColumnReference) -> float:
    return known.n_unreadable / max(known.n, 1)


def _others_share(known: ColumnReference) -> float:
    return known.n_others / max(known.n_present, 1)


def _beyond_share(known: ColumnReference) -> float:
    """Of new values like the known ones, beyond all of these: each is as likely the least or the largest."""
    return 2 / (known.n_present + 2)


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
    Problem("out of range", ("number",), _outside, _against(_beyond_share), _beyond_share, 0.02),
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
            flags = problem.flags(values, known) if column.kind in problem.kinds else ()
            if len(flags):
                hits, n = int(np.sum(flags)), len(flags)
                rows.append((column.name, problem.name, n, hits, hits / n, problem.expected(known)))
                compared.append(problem.compare(hits, n, known))
                smallest.append(problem.smallest)
    names = ["column", "problem", "n", "rows", "share", "expected"]
    found = pd.DataFrame(rows, columns=names)
    found["low"], found["high"] = _intervals(found)
    found["p"] = [one.p for one in compared]
    found["is_more"] = differ(compared, smallest)
    return _result(given, found, absent)


def _intervals(found):
    ends = [wilson_interval(*pair) for pair in zip(found["share"], found["n"], strict=True)]
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
