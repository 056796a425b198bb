"""Rules for decisions about groups: the four-fifths rule, and the equalized odds difference."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np

from ...reports.numbers import format_number
from ...statistics.estimates import difference, ratio
from ...statistics.resampling import LEVEL
from .fairness_groups import Measure, Partition

SELECTION, TRUE_POSITIVES, FALSE_POSITIVES = "selection rate", "true positive rate", "false positive rate"
FOUR_FIFTHS = 0.8
RATIO, ODDS = "selection rate, ratio to the highest", "equalized odds difference"
VERDICTS = NOT_MET, OPEN, MET, NONE = "not met", "cannot be told with these rows", "met", ""


def judge(partition: Partition, measures: Sequence[Measure], groups: np.ndarray | None) -> list[dict]:
    """Return rows of fairness.csv: the ratio of each group with its verdict, and the difference of odds.

    Groups with too few rows take no part. groups : of the test rows, whole numbers, or None.
    """
    if len(partition.judged) < 2:
        return []
    by_name = {measure.name: measure for measure in measures}
    odds = [by_name[TRUE_POSITIVES], by_name[FALSE_POSITIVES]]
    return [
        *_four_fifths(partition, by_name[SELECTION], groups),
        *_equalized_odds(partition, odds, groups),
    ]


def sentence(row: dict) -> str:
    """Say what a row of `judge` says."""
    ends = f"95 % interval {format_number(row['low'])} to {format_number(row['high'])}"
    if row["measure"] == ODDS:
        return f"By {row['columns']} the {ODDS} is {format_number(row['value'])} ({ends})."
    return (
        f"Four-fifths rule by {row['columns']}: {row['verdict']}. The selection rate where {row['group']} is "
        f"{format_number(row['value'])} of the highest one ({ends})."
    )


def _four_fifths(partition, selection, groups):
    """Each group against that of the highest rate; which that is was chosen, so that all pairs are counted.

    Source: Uniform Guidelines on Employee Selection Procedures (1978), 29 CFR 1607.4 D.
    """
    judged = partition.judged
    level = 1 - (1 - LEVEL) / math.comb(len(judged), 2)
    rates = [selection.of(group.rows, groups, level) for group in judged]
    highest = max(range(len(judged)), key=lambda k: rates[k].value)
    if not rates[highest].value > 0:
        return
    for k, group in enumerate(judged):
        if k == highest:
            continue
        low, high = ratio(rates[k], rates[highest])
        verdict = MET if low >= FOUR_FIFTHS else NOT_MET if high < FOUR_FIFTHS else OPEN
        value = rates[k].value / rates[highest].value
        yield _row(partition, group.label, len(group.rows), RATIO, (value, low, high), verdict)


def _equalized_odds(partition, measures, groups):
    """The largest difference of a rate between two groups, with an interval for the largest true one.

    All differences lie in their intervals at once (Bonferroni), so the largest lies between the largest ends.
    Source: Hardt, Price and Srebro (2016), Equality of Opportunity in Supervised Learning, NeurIPS.
    """
    pairs = list(combinations(partition.judged, 2))
    level = 1 - (1 - LEVEL) / (len(pairs) * len(measures))
    found = []
    for measure in measures:
        rates = {group.label: measure.of(group.rows, groups, level) for group in partition.judged}
        for a, b in combinations([rate for rate in rates.values() if rate.n], 2):
            low, high = difference(a, b)
            found.append((abs(a.value - b.value), max(0.0, low, -high), min(1.0, max(abs(low), abs(high)))))
    if found:
        ends = tuple(np.max(found, axis=0).tolist())
        n_rows = sum(len(group.rows) for group in partition.judged)
        yield _row(partition, "(largest of all pairs)", n_rows, ODDS, ends, NONE)


def _row(partition, label, n_rows, measure, numbers, verdict):
    row = {"columns": partition.name, "group": label, "n_rows": n_rows, "is_judged": True, "measure": measure}
    return (
        row
        | {"class": "", "n": n_rows}
        | dict(zip(("value", "low", "high"), numbers, strict=True))
        | {"verdict": verdict}
    )


def _rank(row):
    return VERDICTS.index(row["verdict"]), row["value"]


def worst_of_each(rows: Sequence[dict]) -> list[dict]:
    """Of each partition the ratio with the worst verdict, of these the lowest, and the odds."""
    worst: dict[tuple[str, str], dict] = {}
    for row in rows:
        key = (row["columns"], row["measure"])
        if key not in worst or _rank(row) < _rank(worst[key]):
            worst[key] = row
    return list(worst.values())
