"""Does what is said to happen with 0.3 happen in three of ten rows? Reliability, its error, and a test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ...reports.calibration_plots import reliability_chart
from ...reports.numbers import as_records, format_interval, format_number
from ...reports.section import Picture, Section
from ...statistics.calibration import (
    brier_parts,
    calibration_error,
    calibration_p_value,
    error_when_calibrated,
    reliability_bins,
)
from ...statistics.shares import share_interval
from ...statistics.uncertainty import SURE, holm

if TYPE_CHECKING:
    from ..evaluation_input import EvaluationInput, ScoredRows

TOP_LABEL = "the most likely class"
MOST_PANELS = 3  # of the chart, beside the most likely class: those that are off most


def calibration(given: EvaluationInput) -> Section | None:
    """Reliability of the test rows' probabilities: of the positive class, or of each and the likeliest."""
    rows = given.test
    if not len(rows):
        return None
    watched = _watched(given, rows)
    table = pd.DataFrame(
        [
            _figures(name, happened, said, rows.groups, given.seed)
            for name, (happened, said) in watched.items()
        ]
    )
    table["p"] = _adjusted(table["p"])
    curves = {name: _curve(*pair, rows.groups) for name, pair in watched.items()}
    shown = _shown(table)
    first = table.iloc[0]
    alt = (
        f"Reliability of {first['probability of']}: calibration error {first['ECE']:.3f}, a calibrated model "
        f"would show {first['of a calibrated model']:.3f}."
    )
    chart = reliability_chart(
        {name: (curves[name], watched[name][1]) for name in shown}, "Said and happened, bins of equal size"
    )
    return Section(
        sentences=tuple(_sentences(table, rows)),
        tables={
            "Calibration": table,
            f"Reliability of {shown[0]}": curves[shown[0]],
        },
        pictures={"Reliability": Picture(chart, alt)},
        warnings=tuple(_warnings(table)),
        files={
            "reliability.csv": pd.concat(
                [curve.assign(**{"probability of": name}) for name, curve in curves.items()],
                ignore_index=True,
            )
        },
        values={"classes": as_records(table)},
    )


def _watched(given: EvaluationInput, rows: ScoredRows) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """{whose probability: (did it happen, what was said)}."""
    said = rows.said.by_class
    if rows.said.positive is not None:
        k = rows.said.positive
        return {f"{given.task.classes[k]}": (rows.truth == k, said[:, k])}
    top = said.argmax(axis=1)
    found = {TOP_LABEL: (rows.truth == top, said.max(axis=1))}
    for k, label in enumerate(given.task.classes):
        found[str(label) if str(label) != TOP_LABEL else f"{label} (class)"] = rows.truth == k, said[:, k]
    return found


def _figures(
    name: str, happened: np.ndarray, said: np.ndarray, groups: np.ndarray | None, seed: int
) -> dict[str, Any]:
    error = calibration_error(happened, said)
    expected, highest = error_when_calibrated(happened, said, seed, groups)
    interval = share_interval(happened, groups) or (None, None)
    return {
        "probability of": name,
        "rows": len(said),
        "said on average": float(said.mean()),
        "happened": float(happened.mean()),
        "happened low": interval[0],
        "happened high": interval[1],
        "ECE": error,
        "ECE less chance": max(0.0, error - expected),
        "of a calibrated model": expected,
        "95 % of calibrated below": highest,
        "Brier score": float(np.mean((said - happened) ** 2)),
        **brier_parts(happened, said),
        "p": calibration_p_value(happened, said, groups),
    }


def _curve(happened, said, groups):
    rows = []
    for inside in reliability_bins(said):
        low, high = share_interval(happened[inside], None if groups is None else groups[inside]) or (
            None,
            None,
        )
        shares: dict[str, Any] = {
            "said": float(said[inside].mean()),
            "happened": float(happened[inside].mean()),
        }
        rows.append({"rows": len(inside)} | shares | {"low": low, "high": high})
    return pd.DataFrame(rows)


def _adjusted(p_values):
    known = p_values.notna()
    adjusted = pd.Series(np.nan, p_values.index)
    adjusted[known] = holm(p_values[known].tolist())
    return adjusted


def _shown(table):
    """The first row, and of the others those with the highest error: in the order of the table."""
    others = table.iloc[1:].nlargest(MOST_PANELS, "ECE").index
    return table.loc[sorted([0, *others]), "probability of"].tolist()


def _sentences(table, rows):
    first = table.iloc[0]
    interval = None if pd.isna(first["happened low"]) else (first["happened low"], first["happened high"])
    yield (
        f"For {first['probability of']!r} the test rows were said {format_number(first['said on average'])} "
        f"on average, and it happened in {format_interval(first['happened'], interval)} of {len(rows):,} "
        "rows."
    )
    yield (
        f"The expected calibration error is {format_number(first['ECE'])}; perfectly calibrated "
        f"probabilities like these show {format_number(first['of a calibrated model'])} on average on so "
        f"many rows, and at most {format_number(first['95 % of calibrated below'])} in 95 % of samples "
        "(simulated; it has no interval of its own, since chance only ever adds to it)."
    )
    if pd.isna(first["p"]):
        yield "The rows are too few, or too sure, for a test of calibration."
    else:
        is_off = first["p"] < SURE
        claim = "contradict" if is_off else "do not contradict"
        yield (
            f"The rows {claim} calibrated probabilities (Spiegelhalter's test, p = "
            f"{format_number(first['p'])}"
            f"{', Holm' if len(table) > 1 else ''})."
        )
    if len(table) > 1:
        off = table.iloc[1:].query("p < @SURE")["probability of"].tolist()
        names = f": {', '.join(off)}" if off else ""
        yield f"Of {len(table) - 1} classes {len(off)} contradict calibrated probabilities{names}."
    is_metric = rows.said.positive is not None  # of several classes the metric is the sum over all of them
    whose = "" if is_metric else f" of {first['probability of']!r}"
    yield (
        f"Brier score{whose} {format_number(first['Brier score'])} = reliability "
        f"{format_number(first['reliability'])} - resolution {format_number(first['resolution'])} + "
        f"uncertainty {format_number(first['uncertainty'])}, and {format_number(first['within bins'])} "
        f"within bins{' (their sum has the interval of the metric)' if is_metric else ''}."
    )


def _warnings(table):
    first = table.iloc[0]
    if first["p"] < SURE and first["ECE"] > first["95 % of calibrated below"]:
        yield (
            f"Probabilities are off by {format_number(first['ECE'])} on average (a calibrated model shows at "
            f"most {format_number(first['95 % of calibrated below'])} in 95 % of samples): do not take "
            "them at "
            "their word."
        )
