"""Monitor: the metric within each level of small categories, on labelled rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..reports.numbers import format_number
from ..reports.section import Section
from ..statistics.differences import gap
from ..statistics.uncertainty import holm
from ..statistics.units import sample_units
from .column_values import as_values
from .monitor import MonitorResult
from .performance import FEWEST_LABELLED

if TYPE_CHECKING:
    from .monitor_input import MonitorInput

MOST_LEVELS = 12  # of a category that is looked at
FEWEST_INSIDE = 30  # labelled rows of a level, and as many outside
MOST_SLICES = 24  # the largest ones
MOST_ROWS = 10_000
Z95 = 1.96
SURE_OF_SLICES = 0.01  # p-value, corrected: windows come again and again


def watch_slices(given: MonitorInput) -> MonitorResult | None:
    """Compare the primary metric inside each level with all other labelled rows.

    None without labels or inputs. It raises no alarm: a slice may have been as hard when the model was made.
    """
    labelled = given.labelled
    if labelled is None or labelled.rows.X is None or len(labelled) < FEWEST_LABELLED:
        return None
    some = labelled.take(sample_units(len(labelled), MOST_ROWS, given.seed, labelled.groups))
    assert some.rows.X is not None
    slices = _levels(given, some.rows.X)
    if not slices:
        return None
    rows = []
    for name, inside in slices.items():
        found = gap(given.metric, some.truth, some.rows.said, inside, given.seed, some.groups)
        low, high = found.interval or (np.nan, np.nan)
        rows.append((name, int(inside.sum()), found.inside, found.outside, found.difference, low, high))
    columns = ["slice", "n", "metric inside", "outside", "difference", "low", "high"]
    table = pd.DataFrame(rows, columns=columns)
    table["is_worse"] = _are_worse(given, table)
    table = table.sort_values(["is_worse", "n"], ascending=False, ignore_index=True)
    section = Section(
        tuple(_sentences(given, table)),
        tables={
            f"{given.metric.label} in levels of small categories": table.rename(
                columns={"is_worse": "is worse"}
            )
        },
        values={"n_slices": len(table), "worse": table.loc[table["is_worse"], "slice"].tolist()},
    )
    return MonitorResult(section)


def _levels(given, X):
    """{slice in words: bool}, the largest slices first."""
    found = {}
    for column in given.schema.columns:
        known = given.reference.column(column.name)
        if known is None or column.name not in X or not 2 <= len(known.levels or ()) <= MOST_LEVELS:
            continue
        values = as_values(column, X[column.name])
        for level in known.levels or ():
            inside = values == level
            if FEWEST_INSIDE <= inside.sum() <= len(inside) - FEWEST_INSIDE:
                found[f"{column.name} = {level}"] = inside
    largest = sorted(found, key=lambda name: -found[name].sum())[:MOST_SLICES]
    return {name: found[name] for name in largest}


def _are_worse(given, table):
    """By the interval of the difference, corrected for the number of slices with Holm's method."""
    from scipy.stats import norm

    sign = -1 if given.metric.greater_is_better else 1
    error = (table["high"] - table["low"]).to_numpy() / (2 * Z95)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = norm.sf(sign * table["difference"].to_numpy() / error)
    known, worse = np.isfinite(p), np.zeros(len(p), dtype=bool)
    if known.any():
        worse[known] = np.asarray(holm(p[known])) < SURE_OF_SLICES
    return worse


def _sentences(given, table):
    worse = table[table["is_worse"]]
    yield (
        f"{len(table)} levels with {FEWEST_INSIDE} labelled rows or more were compared with all other rows; "
        f"in {len(worse) or 'none'} {given.metric.label} is worse (Holm's correction, p < {SURE_OF_SLICES})."
    )
    for row in worse.to_dict("records"):
        yield (
            f"Where {row['slice']} ({row['n']} rows) it is {format_number(row['metric inside'])}, elsewhere "
            f"{format_number(row['outside'])}."
        )
    if len(worse):
        yield "That is no alarm: these rows may have been as hard when the model was made."
