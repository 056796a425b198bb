"""Slices of the table in which the model is worse: found on out-of-fold rows, tested on the test rows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...metrics.row_losses import row_losses
from ...reports.failure_plots import slices_chart
from ...reports.numbers import format_number
from ...reports.section import Picture, Section
from ...statistics.differences import gap
from ...statistics.permutation import higher_inside
from ...statistics.uncertainty import SURE, holm
from ...statistics.units import n_units, sample_units
from .levels import codes_of, levels_of
from .slice_search import MAX_COLUMNS, find_slices

if TYPE_CHECKING:
    from ..evaluation_input import EvaluationInput

MIN_SHARE = 0.02  # of the rows that a slice has
MIN_OUT_OF_FOLD, MIN_TEST = 30, 10  # rows that it has there, or is to be expected to have
FEWEST_UNITS = 5  # on each side, for a test
MAX_SEARCHED, MAX_TESTED = 100_000, 20_000  # rows, drawn of more


@dataclass(frozen=True)
class WeakSlices:
    """table : one row for each slice that looked worst, as in slices.csv; no row where there is none.

    loss : what was compared. n_looked_at : slices, of at least min_share of the out-of-fold rows each.
    """

    table: pd.DataFrame
    loss: str
    n_looked_at: int
    min_share: float


def find_weak_slices(given: EvaluationInput) -> Section:
    """Return where the loss is higher than elsewhere, as far as the test rows show it, and slices.csv."""
    tested = search_and_test(given)
    looked_at = (
        f"{tested.n_looked_at} slices (a level of one column, or of two, with {tested.min_share:.0%} of the "
        f"rows or more) were looked at on out-of-fold rows, by the {tested.loss} of each row."
    )
    if len(slice_columns(given)) > MAX_COLUMNS:
        looked_at += f" Pairs are those of the {MAX_COLUMNS} columns that looked worst by themselves."
    if not len(tested.table):
        nothing = "In none of them did it look higher than elsewhere, so there was nothing to test."
        return Section((looked_at, nothing), values={"n_slices": 0, "n_worse": 0})
    return _section(given, tested.table, tested.loss, looked_at)


def search_and_test(given: EvaluationInput) -> WeakSlices:
    """Find the slices that look worst on the out-of-fold rows, and test them on the test rows."""
    known, test = _sampled(given)
    loss_name, (losses, test_losses) = row_losses(
        given.metric, (known.truth, known.said), (test.truth, test.said)
    )
    share = max(MIN_SHARE, MIN_TEST / len(test), MIN_OUT_OF_FOLD / len(known))
    levels = levels_of(given, slice_columns(given))
    codes, test_codes = codes_of(levels, known), codes_of(levels, test)
    slices, n_looked_at = find_slices(levels, codes, losses, math.ceil(share * len(known)))
    if not slices:
        return WeakSlices(pd.DataFrame(), loss_name, n_looked_at, share)
    insides = [part.inside(test_codes) for part in slices]
    rows = [
        _row(part, part.inside(codes), losses, inside, test_losses)
        for part, inside in zip(slices, insides, strict=True)
    ]
    table = pd.concat([pd.DataFrame(rows), _tested(given, test, test_losses, insides)], axis=1)
    return WeakSlices(table, loss_name, n_looked_at, share)


def slice_columns(given: EvaluationInput) -> list[str]:
    """Features, and the columns that fairness is asked for."""
    others = [name for name in given.settings.fairness_columns if name in given.test.others]
    return list(dict.fromkeys([*given.columns, *others]))


def _sampled(given):
    parts = ((given.out_of_fold, MAX_SEARCHED), (given.test, MAX_TESTED))
    return [rows.take(sample_units(len(rows), most, given.seed, rows.groups)) for rows, most in parts]


def _row(part, inside, losses, test_inside, test_losses):
    row = {"slice": part.label, "columns": part.columns}
    for name, rows, values in (("out_of_fold", inside, losses), ("test", test_inside, test_losses)):
        row |= {f"n_{name}": int(rows.sum()), f"share_{name}": rows.mean()}
        for side, chosen in (("in", values[rows]), ("out", values[~rows])):
            row[f"loss_{side}_{name}"] = chosen.mean() if len(chosen) else math.nan
    return row


def _tested(given, test, losses, insides):
    """p of "the loss is higher inside", Holm's p, and the gap of the primary metric, of each slice."""
    groups = test.groups
    units = [
        [n_units(side.sum(), None if groups is None else groups[side]) for side in (inside, ~inside)]
        for inside in insides
    ]
    testable = np.array([min(pair) >= FEWEST_UNITS for pair in units])
    p = np.full(len(insides), math.nan)
    adjusted = p.copy()
    if testable.any():
        p[testable] = higher_inside(losses, np.array(insides)[testable], given.seed, groups)
        adjusted[testable] = holm(p[testable])
    gaps = [
        gap(given.metric, test.truth, test.said, inside, given.seed, groups) if can else None
        for inside, can in zip(insides, testable, strict=True)
    ]
    ends = [(math.nan, math.nan) if one is None or one.interval is None else one.interval for one in gaps]
    return pd.DataFrame(
        {
            "p": p,
            "p_holm": adjusted,
            "is_worse": adjusted < SURE,
            "metric_in": [math.nan if one is None else one.inside for one in gaps],
            "metric_out": [math.nan if one is None else one.outside for one in gaps],
            "gap": [math.nan if one is None else one.difference for one in gaps],
            "gap_low": [low for low, _ in ends],
            "gap_high": [high for _, high in ends],
        }
    )


def _section(given, found, loss_name, looked_at):
    label, worse = given.metric.label, found[found["is_worse"]]
    n_tested = int(found["p"].notna().sum())
    claims = [_claim(row, label, loss_name) for row in worse.to_dict("records")]
    alt = f"{len(worse)} of {n_tested} tested slices have a higher {loss_name} than the other test rows."
    chart = slices_chart(found, label)
    pictures = {} if chart is None else {f"{label} inside each slice less that outside": Picture(chart, alt)}
    shown = ["slice", "n_test", "metric_in", "metric_out", "gap", "gap_low", "gap_high", "p_holm", "is_worse"]
    return Section(
        sentences=(looked_at, *_sentences(given, found, worse, loss_name), *claims),
        tables={"Slices that looked worst, tested on the test rows": found[shown]},
        pictures=pictures,
        warnings=tuple(claims[k] for k in np.flatnonzero(_is_worse_by_metric(given, worse))[:3]),
        files={"slices.csv": found},
        values={"n_slices": len(found), "n_tested": n_tested, "n_worse": len(worse), "loss": loss_name},
    )


def _is_worse_by_metric(given, found):
    """A higher loss is no news for the first page where the primary metric is not worse there."""
    return (found["gap"].isna() | ((found["gap"] < 0) == given.metric.greater_is_better)).to_numpy()


def _sentences(given, found, worse, loss_name):
    n_tested = int(found["p"].notna().sum())
    yield (
        f"Of the {len(found)} that looked worst {n_tested} have test rows enough and were tested on them. In "
        f"{len(worse)} the {loss_name} is higher than in the other rows (one-sided permutation test, Holm's "
        f"correction, p < {SURE})."
    )
    if len(worse) < n_tested:
        yield "Of the others these rows do not say whether they are worse; that is no proof of the contrary."
    if given.test.groups is not None:
        yield "Rows of one group depend on each other: whole groups were exchanged and drawn."
    if len(given.test) > MAX_TESTED or len(given.out_of_fold) > MAX_SEARCHED:
        yield f"Rows were drawn: {MAX_SEARCHED:,} out-of-fold rows at most, and {MAX_TESTED:,} test rows."


def _claim(row, label, loss_name):
    text = (
        f"Where {row['slice']} ({row['n_test']} test rows, {row['share_test']:.0%}), the {loss_name} is "
        f"{format_number(row['loss_in_test'])} on average, elsewhere {format_number(row['loss_out_test'])}"
    )
    if not math.isfinite(row["gap"]):
        return f"{text}."
    text += f"; {label} is {format_number(row['metric_in'])} against {format_number(row['metric_out'])}"
    if not math.isfinite(row["gap_low"]):
        return f"{text}."
    ends = f"{format_number(row['gap_low'])} to {format_number(row['gap_high'])}"
    return f"{text} (difference {format_number(row['gap'])}, 95 % interval {ends})."
