"""Do prediction sets hold what they promise on the test rows, of every class; what a calibration gains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ...metrics.table import METRICS
from ...outputs.sets import FEWEST_UNITS
from ...reports.calibration_plots import class_coverage_chart
from ...reports.numbers import format_interval, format_number
from ...reports.section import Picture, Section
from ...statistics.resampling import paired_improvement
from ...statistics.shares import mean_interval, share_interval
from ...tasks.predictions import Predictions
from ..sampling import some_rows
from .interval_coverage import ASSUMED, LEVEL, LEVELS, slice_coverage, uncertainty_of

if TYPE_CHECKING:
    from ...outputs.calibration import CalibrationMap
    from ...outputs.sets import PredictionSets
    from ..evaluation_input import EvaluationInput, ScoredRows

LOG_LOSS = METRICS["log_loss"]


def set_coverage(given: EvaluationInput) -> Section | None:
    """Coverage and size of the prediction sets, and the log loss with the calibration, with intervals."""
    made, test = uncertainty_of(given), given.test
    sets = made.sets
    if sets is None or not len(test):
        return None
    if sets.highest_level < LEVEL:
        few = f"{sets.n_units:.0f} independent out-of-fold rows are too few for 90 % prediction sets."
        return Section(sentences=(few,))
    members = sets.members(test.said.by_class, LEVEL)
    hits = members[np.arange(len(test)), test.truth]
    sizes = members.sum(axis=1)
    by_class = _by_class(given, hits, sizes)
    slices, told = slice_coverage(given, hits, {"mean size": sizes})
    overall = share_interval(hits, test.groups)
    calibration, values = _calibration(made.calibration, given)
    chart = class_coverage_chart(by_class[by_class["rows"] > 0], LEVEL, "Coverage of prediction sets")
    alt = f"Coverage of {LEVEL} prediction sets by class; {hits.mean():.3f} over all rows."
    return Section(
        sentences=(
            *_sentences(sets, hits, overall, sizes, test),
            _worst(by_class),
            told,
            calibration,
            ASSUMED,
        ),
        tables={
            "Coverage by level": _by_level(sets, test),
            "Coverage by class": by_class,
            "Coverage in slices of the first columns": slices,
        },
        pictures={"Coverage by class": Picture(chart, alt)},
        warnings=_warnings(hits, overall),
        values={
            "level": LEVEL,
            "coverage": float(hits.mean()),
            "low": overall and overall[0],
            "high": overall and overall[1],
            "mean_size": float(sizes.mean()),
            **values,
        },
    )


def _by_class(given, hits, sizes):
    rows = []
    for k, label in enumerate(given.task.classes):
        inside = given.test.truth == k
        groups = None if given.test.groups is None else given.test.groups[inside]
        low, high = share_interval(hits[inside], groups) or (None, None)
        means = (hits[inside].mean(), sizes[inside].mean()) if inside.any() else (np.nan, np.nan)
        shares = {"coverage": float(means[0]), "low": low, "high": high, "mean size": float(means[1])}
        rows.append({"class": str(label), "rows": int(inside.sum())} | shares)
    return pd.DataFrame(rows)


def _by_level(sets: PredictionSets, test: ScoredRows) -> pd.DataFrame:
    rows = []
    for level in LEVELS:
        if level <= sets.highest_level:
            members = sets.members(test.said.by_class, level)
            hits, sizes = members[np.arange(len(test)), test.truth], members.sum(axis=1)
            low, high = share_interval(hits, test.groups) or (None, None)
            shares: dict[str, Any] = {"coverage": float(hits.mean()), "low": low, "high": high}
            one = {"mean size": float(sizes.mean()), "sets of one class": float((sizes == 1).mean())}
            rows.append({"level": level} | shares | one)
    return pd.DataFrame(rows)


def _sentences(sets, hits, overall, sizes, test):
    yield (
        f"Prediction sets of level {LEVEL} hold the right class in a share of "
        f"{format_interval(float(hits.mean()), overall)} of {len(test):,} test rows; they have "
        f"{format_interval(float(sizes.mean()), mean_interval(sizes, test.groups))} classes on average, and "
        f"one class in a share of {format_interval(*_of_one(sizes, test.groups))}."
    )
    if sets.by_class:
        own, n = sum(weights.sum() >= FEWEST_UNITS for weights in sets.weights), len(sets.weights)
        few = f"; the {n - own} with fewer than {FEWEST_UNITS} rows there share one" if own < n else ""
        yield (
            "One threshold for all covered a class less than promised on the out-of-fold rows, so "
            f"{own} of {n} classes have their own{few}."
        )
    else:
        yield (
            "One threshold serves all classes: on the out-of-fold rows no class was covered significantly "
            "less than promised by it."
        )


def _of_one(sizes, groups):
    return float((sizes == 1).mean()), share_interval(sizes == 1, groups)


def _worst(by_class):
    present = by_class[by_class["rows"] > 0]
    row = present.loc[present["coverage"].idxmin()]
    interval = None if pd.isna(row["low"]) else (row["low"], row["high"])
    return (
        f"Of the classes, {row['class']!r} is covered least: {format_interval(row['coverage'], interval)}, "
        f"{row['rows']:,} rows."
    )


def _warnings(hits, overall):
    if overall is not None and overall[1] < LEVEL:
        return (
            f"Prediction sets of level {LEVEL} hold the right class in "
            f"{format_interval(float(hits.mean()), overall)} of the test rows: less than promised.",
        )
    return ()


def _calibration(found: CalibrationMap | None, given: EvaluationInput) -> tuple[str, dict[str, Any]]:
    """A sentence on the map of probabilities, and its values."""
    if found is None:
        return (
            "No calibration of the probabilities took away more than 0.2 % of the cross-fitted log loss of "
            "the out-of-fold rows: `calibrated` probabilities are those of the model."
        ), {}
    test = some_rows(given.test, given.seed)
    mapped = Predictions(test.said.labels, found.apply(test.said.by_class), test.said.positive)
    gain = paired_improvement(test.truth, mapped, test.said, LOG_LOSS, given.seed, test.groups)
    once = np.ones((1, len(test)))
    before, after = (float(LOG_LOSS.resampled(test.truth, said, once)[0]) for said in (test.said, mapped))
    told = (
        f"Calibrated probabilities ({found.kind}) took away {format_number(100 * found.gain)} % of the "
        f"cross-fitted log loss of the out-of-fold rows; on {len(test):,} test rows the log loss is "
        f"{format_number(after)} with it and {format_number(before)} without, an improvement in percent of "
        f"{format_interval(100 * (1 - after / before), gain)}. `predict_proba` stays as it is unless "
        "`calibrated=True` is asked for."
    )
    return told, {"calibration": found.kind, "log_loss": before, "calibrated_log_loss": after}
