"""Slices of the table in which the model is worse: found on out-of-fold rows, tested on the test rows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..metrics.row_losses import row_losses
from ..reports.failure_plots import slices_chart
from ..reports.numbers import format_number
from ..reports.section import Picture, Section
from ..statistics.differences import gap
from ..statistics.permutation import higher_inside
from ..statistics.uncertainty import SURE, holm
from ..statistics.units import n_units, sample_units
from .levels import codes_of, levels_of
from .slice_search import find_slices

if TYPE_CHECKING:
    from .evaluation_input import EvaluationInput

MIN_SHARE = 0.02  # of the rows that a slice has
MIN_OUT_OF_FOLD, MIN_TEST = 30, 10  # rows that it has there, or is to be expected to have
FEWEST_UNITS = 5  # on each side, for a test
MAX_SEARCHED, MAX_TESTED = 100_000, 20_000  # rows, drawn of more


def find_weak_slices(given: EvaluationInput) -> Section:
    """Return where the loss is higher than elsewhere, as far as the test rows show it, and slices.csv."""
    known, test = _sampled(given)
    loss_name, (losses, test_losses) = row_losses(
        given.metric, (known.truth, known.said), (test.truth, test.said)
    )
    share = max(MIN_SHARE, MIN_TEST / len(test), MIN_OUT_OF_FOLD / len(known))
    levels = levels_of(given, slice_columns(given))
    codes, test_codes = codes_of(levels, known), codes_of(levels, test)
    slices, n_looked_at = find_slices(levels, codes, losses, math.ceil(share * len(known)))
    found = pd.DataFrame(
        [_row(part, part.inside(codes), losses, part.inside(test_codes), test_losses) for part in slices]
    )
    said = [
        f"{n_looked_at} slices (a level of one column, or of two, with {share:.0%} of the rows or more) were "
        f"looked at on out-of-fold rows, by the {loss_name} of each row."
    ]
    if not slices:
        said.append("In none of them did it look higher than elsewhere, so there was nothing to test.")
        return Section(tuple(said), values={"n_slices": 0, "n_worse": 0})
    insides = [part.inside(test_codes) for part in slices]
    found = pd.concat([found, _tested(given, test, test_losses, insides)], axis=1)
    return _section(given, found, loss_name, said)


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


def _section(given, found, loss_name, said):
    label, worse = given.metric.label, found[found["is_worse"]]
    n_tested = int(found["p"].notna().sum())
    said.append(
        f"Of the {len(found)} that looked worst {n_tested} have test rows enough and were tested on them. In "
        f"{len(worse)} the {loss_name} is higher than in the other rows (one-sided permutation test, Holm's "
        f"correction, p < {SURE})."
    )
    claims = [_claim(row, label, loss_name) for row in worse.to_dict("records")]
    if len(worse) < n_tested:
        said.append(
            "Of the others these rows do not say whether they are worse, which is no proof that they are not."
        )
    if given.test.groups is not None:
        said.append("Rows of one group depend on each other: whole groups were exchanged and drawn.")
    if len(given.test) > MAX_TESTED or len(given.out_of_fold) > MAX_SEARCHED:
        said.append(
            f"Rows were drawn: {MAX_SEARCHED:,} out-of-fold rows at most, and {MAX_TESTED:,} test rows."
        )
    alt = f"{len(worse)} of {n_tested} tested slices have a higher {loss_name} than the other test rows."
    chart = slices_chart(found, label)
    pictures = {} if chart is None else {f"{label} inside each slice less that outside": Picture(chart, alt)}
    shown = ["slice", "n_test", "metric_in", "metric_out", "gap", "gap_low", "gap_high", "p_holm", "is_worse"]
    return Section(
        sentences=(*said, *claims),
        tables={"Slices that looked worst, tested on the test rows": found[shown]},
        pictures=pictures,
        warnings=tuple(claims[:3]),
        files={"slices.csv": found},
        values={"n_slices": len(found), "n_tested": n_tested, "n_worse": len(worse), "loss": loss_name},
    )


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
