"""How far the primary metric falls where columns are noisy, missing, in another unit, or hold what is new."""

from __future__ import annotations

import math
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ...errors import DataError, UnreadableColumnWarning
from ...features.rows_alone import steps_that_see_others
from ...reports.failure_plots import robustness_chart
from ...reports.numbers import format_number
from ...reports.section import Picture, Section
from ...statistics.differences import paired_fall, value_of
from ...statistics.units import sample_units
from .changes import CHANGES, NOISE, Change

if TYPE_CHECKING:
    from ...data.columns.schema import Column
    from ..evaluation_input import EvaluationInput, ScoredRows

MAX_ROWS = 2000  # drawn of more, of two classes or of numbers
FEWEST_ROWS = 500  # drawn of more, of however many classes
MAX_COLUMNS = 40  # changed in every way: those whose values matter most when they are missing
ALL = "(all columns)"
UNITS = ("times 1000", "times 0.001")


def measure_robustness(given: EvaluationInput) -> Section:
    """Return how far the primary metric falls by each change of each column, and robustness.csv."""
    n_rows = _rows_to_draw(given.test.said.probabilities)
    rows = given.test.take(sample_units(len(given.test), n_rows, given.seed, given.test.groups))
    if math.isnan(value_of(given.metric, rows.truth, rows.said)):
        return Section((f"{given.metric.label} is undefined on the {len(rows)} test rows that were drawn.",))
    if steps_that_see_others(given.model):  # what was said beside all test rows is no answer to compare with
        rows = replace(rows, said=given.say(rows.X))
    columns = [column for column in given.schema.columns if column.kind != "dropped"]
    first = next(change for change in CHANGES if change.name == "missing")
    results = [_changed(given, rows, [column], first) for column in columns]
    fallen = [0.0 if math.isnan(result["fall"]) else abs(result["fall"]) for result in results]
    chosen = [columns[k] for k in sorted(np.argsort(-np.array(fallen), kind="stable")[:MAX_COLUMNS])]
    for column in chosen:
        others = [change for change in CHANGES if change is not first and change.suits(column)]
        results += [_changed(given, rows, [column], change) for change in others]
    if len(columns) > 1:
        results += [_changed(given, rows, columns, change) for change in CHANGES if change.is_joint]
    return _section(given, pd.DataFrame(results), rows, len(columns))


def _rows_to_draw(probabilities):
    """A prediction of many classes takes as many times as long, and there is one for each change."""
    n_classes = 2 if probabilities is None else probabilities.shape[1]
    return max(FEWEST_ROWS, MAX_ROWS * 2 // n_classes)


def _changed(
    given: EvaluationInput, rows: ScoredRows, columns: list[Column], change: Change
) -> dict[str, Any]:
    """One row of the result: some columns changed, the metric before and after."""
    name = columns[0].name if len(columns) == 1 else ALL
    position = given.schema.columns.index(columns[0])
    rng = np.random.default_rng([given.seed, position, CHANGES.index(change)])
    X = rows.X.copy()
    for column in columns:
        changed = change.apply(column, given.out_of_fold.X[column.name], rows.X[column.name], rng)
        X[column.name] = changed.set_axis(X.index)
    result = {"column": name, "change": change.name, "n_rows": len(rows)}
    result |= dict.fromkeys(("metric_before", "metric_after", "fall", "fall_low", "fall_high"), math.nan)
    result |= {"is_noticed": False, "error": ""}
    result["metric_before"] = value_of(given.metric, rows.truth, rows.said)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            after = given.say(X)
        except Exception as error:  # a model that refuses such rows, or a library that fails on them
            is_ours = isinstance(error, DataError)
            return result | {"is_noticed": is_ours, "error": f"{type(error).__name__}: {error}"}
    noticed = [item for item in said if issubclass(item.category, UnreadableColumnWarning)]
    fall, interval = paired_fall(given.metric, rows.truth, rows.said, after, given.seed, rows.groups)
    low, high = interval or (math.nan, math.nan)
    after_value = value_of(given.metric, rows.truth, after)
    result |= {"metric_after": after_value, "fall": fall, "fall_low": low, "fall_high": high}
    return result | {"is_noticed": bool(noticed)}


def _section(given, found, rows, n_columns):
    label = given.metric.label
    found = found.sort_values("fall", ascending=False, kind="stable", ignore_index=True)
    single = found[(found["column"] != ALL) & found["fall"].notna()]
    top = single[single["fall_low"] > 0].head(3).to_dict("records")
    alt = f"How much worse {label} gets by each change of each column"
    if top:
        alt += f"; most, by {format_number(top[0]['fall'])}, where {_what(top[0])}"
    chart = robustness_chart(found, label)
    shown = found[["column", "change", "metric_after", "fall", "fall_low", "fall_high", "is_noticed"]]
    shown = shown.rename(columns={"fall": "worse by", "fall_low": "low", "fall_high": "high"})
    return Section(
        sentences=tuple(_sentences(given, found, top, len(rows), n_columns)),
        tables={f"Changes by which {label} gets worse most": shown.head(15)},
        pictures={} if chart is None else {f"How much worse {label} gets": Picture(chart, f"{alt}.")},
        files={"robustness.csv": found},
        values={"metric_before": float(found["metric_before"].iloc[0]), "n_rows": len(rows)},
    )


def _sentences(given, found, top, n_rows, n_columns):
    label = given.metric.label
    yield (
        f"Each column in turn was changed in {n_rows} test rows, and {label} measured again; noise is "
        f"{NOISE:.0%} of a column's standard deviation, or {NOISE:.0%} of the categories exchanged. Without "
        f"a change {label} is {format_number(found['metric_before'].iloc[0])} on these rows."
    )
    yield from (f"{label} gets worse by {_fall(row)} where {_what(row)}." for row in top)
    if not top:
        yield f"By no change of a single column does {label} get worse by more than these rows leave open."
    joint = found[(found["column"] == ALL) & found["fall"].notna()]
    for row in joint.to_dict("records"):
        values = "values missing" if row["change"] == "missing" else "noise"
        yield f"With {values} in all columns at once {label} gets worse by {_fall(row)}."
    yield from _noticed(found, UNITS, "A change of unit")
    yield from _noticed(found, ("unseen category",), "A category never seen")
    n_failed = int((found["error"] != "").sum())
    if n_failed:
        yield f"In {n_failed} cases the model gave no prediction; robustness.csv says why."
    if n_columns > MAX_COLUMNS:
        yield (
            f"Of {n_columns} columns those {MAX_COLUMNS} were changed in the other ways too that matter most "
            "when they are missing."
        )


def _fall(row):
    if not math.isfinite(row["fall_low"]):
        return format_number(row["fall"])
    ends = f"{format_number(row['fall_low'])} to {format_number(row['fall_high'])}"
    return f"{format_number(row['fall'])} (95 % interval {ends})"


def _what(row):
    words = {"missing": "is missing", "noise": "is noisy", "a year later": "is a year later"}
    words |= {name: f"is multiplied by {name.split()[1]}" for name in UNITS}
    return f"{row['column']} {words.get(row['change'], 'holds an unseen category')}"


def _noticed(found, changes, what):
    """Does the model warn of such a change?"""
    of_kind = found[found["change"].isin(changes)]
    if len(of_kind):
        columns, noticed = (part["column"].nunique() for part in (of_kind, of_kind[of_kind["is_noticed"]]))
        yield f"{what} is noticed by a warning in {noticed} of {columns} columns."
