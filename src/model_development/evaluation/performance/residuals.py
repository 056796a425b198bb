"""What a model of numbers misses rows by: bias, its dependence on columns, its distribution, its size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...reports.numbers import format_interval, format_number
from ...reports.residual_plots import column_residuals_chart, decile_chart, quantile_chart, truth_chart
from ...reports.section import Picture, Section
from ...statistics.shares import mean_interval, share_interval
from ...statistics.uncertainty import SURE
from .interval_coverage import prediction_bins
from .residual_columns import residuals_by_column

if TYPE_CHECKING:
    from ..evaluation_input import EvaluationInput

MOST_COLUMNS = 6  # drawn and in the table, those with the lowest p-values
FAR = 3.0  # standard deviations
FAR_OF_NORMAL = 0.0027  # share of a normal distribution that lies further


def residuals(given: EvaluationInput) -> Section | None:
    """Residuals of the test rows: truth minus prediction, in the unit of the target."""
    rows = given.test
    if len(rows) < 2:
        return None
    predicted, missed = rows.said.labels, rows.truth - rows.said.labels
    by_prediction = _by_bins(prediction_bins(predicted), predicted, missed, rows.groups)
    by_truth = _by_bins(prediction_bins(rows.truth), rows.truth, missed, rows.groups)
    columns, tests = residuals_by_column(given, missed)
    shown = tests["column"].tolist()[:MOST_COLUMNS]
    table = columns[columns["column"].isin(shown)].reset_index(drop=True) if len(columns) else columns
    bias, bias_interval = float(missed.mean()), mean_interval(missed, rows.groups)
    return Section(
        sentences=(
            _bias_text(bias, bias_interval, len(rows)),
            _columns_text(tests),
            *_dependent(tests, columns),
            _far_text(missed, rows.groups),
            _size_text(by_truth),
        ),
        tables={
            "Error by true value": by_truth,
            "Error by prediction": by_prediction,
            "Does the residual depend on a column?": tests.head(MOST_COLUMNS),
            "Mean residual along columns": table,
        },
        pictures=_pictures(
            given, missed, {"by truth": by_truth, "by prediction": by_prediction}, columns, shown
        ),
        files={"residuals_by_column.csv": columns},
        values={
            "bias": bias,
            "bias_low": bias_interval and bias_interval[0],
            "bias_high": bias_interval and bias_interval[1],
            "dependent_columns": tests.loc[tests["p"] < SURE, "column"].tolist(),
        },
    )


def _pictures(given, missed, tables, columns, shown):
    rows, bias = given.test, float(missed.mean())
    pictures = {
        "Predicted and true": Picture(
            truth_chart(rows.truth, rows.said.labels, tables["by prediction"], given.task.target, given.seed),
            "Predictions against the truth, and residuals against predictions; mean residual "
            f"{format_number(bias)}.",
        ),
        "Quantiles of the residuals": Picture(
            quantile_chart(missed), f"Residuals against normal quantiles: {_far_text(missed, rows.groups)}"
        ),
        "Error by tenth": Picture(decile_chart(tables), _size_text(tables["by truth"])),
    }
    if shown:
        drawn = {name: columns[columns["column"] == name] for name in shown}
        alt = f"Mean residual in bins of {len(shown)} columns, lowest p-value first: {', '.join(shown)}."
        pictures["Residuals along columns"] = Picture(column_residuals_chart(drawn), alt)
    return pictures


def _by_bins(parts, along, missed, groups):
    rows = []
    for inside in parts:
        some = None if groups is None else groups[inside]
        error, size = (
            mean_interval(values[inside], some) or (None, None) for values in (missed, np.abs(missed))
        )
        rows.append(
            {
                "from": float(along[inside].min()),
                "to": float(along[inside].max()),
                "rows": len(inside),
                "mean absolute error": float(np.abs(missed[inside]).mean()),
                "error low": None if size[0] is None else max(0.0, size[0]),
                "error high": size[1],
                "mean residual": float(missed[inside].mean()),
                "residual low": error[0],
                "residual high": error[1],
                "mean": float(along[inside].mean()),
            }
        )
    return pd.DataFrame(rows)


def _bias_text(bias, interval, n_rows):
    figure = format_interval(bias, interval)
    mean = f"The mean residual (truth minus prediction) of {n_rows:,} test rows is {figure}"
    if interval is None or interval[0] <= 0 <= interval[1]:
        return f"{mean}: no bias is shown."
    return f"{mean}: on average predictions are too {'low' if bias > 0 else 'high'}."


def _columns_text(tests):
    if not len(tests):
        return "The test rows are too few for a test of whether the residual depends on a column."
    dependent = int((tests["p"] < SURE).sum())
    return (
        f"Of {len(tests)} tests, of the prediction and of the columns, whether the mean residual differs "
        f"along it, {dependent} say yes (Welch's test of bins, Holm); the lowest p-value is "
        f"{format_number(tests['p'].iloc[0])}, of {tests['column'].iloc[0]!r}."
    )


def _dependent(tests, columns):
    """A sentence for each of the first columns on which the residual depends."""
    for name in tests.loc[tests["p"] < SURE, "column"].tolist()[:MOST_COLUMNS]:
        bins = columns[columns["column"] == name]
        low, high = bins.loc[bins["mean residual"].idxmin()], bins.loc[bins["mean residual"].idxmax()]
        yield (
            f"The residual depends on {name!r}: its mean goes from {_mean_text(low)} where it is "
            f"{low['values']} "
            f"to {_mean_text(high)} where it is {high['values']}."
        )


def _mean_text(row):
    interval = None if pd.isna(row["low"]) else (row["low"], row["high"])
    return format_interval(row["mean residual"], interval)


def _far_text(missed, groups):
    spread = missed.std(ddof=1)
    if spread == 0:
        return "All residuals are equal."
    far = np.abs(missed - missed.mean()) > FAR * spread
    return (
        f"A share of {format_interval(float(far.mean()), share_interval(far, groups))} of the residuals lies "
        f"more than {FAR:g} standard deviations from their mean; of a normal distribution "
        f"{FAR_OF_NORMAL} does."
    )


def _size_text(by_truth):
    if len(by_truth) < 2:
        n = by_truth["rows"].sum()
        return f"The {n:,} test rows are too few, or too alike, to be parted by their true values."
    first, last = by_truth.iloc[0], by_truth.iloc[-1]
    ends = [
        format_interval(
            row["mean absolute error"],
            None if pd.isna(row["error low"]) else (row["error low"], row["error high"]),
        )
        for row in (first, last)
    ]
    return (
        f"The mean absolute error is {ends[0]} for the lowest true values ({format_number(first['from'])} to "
        f"{format_number(first['to'])}) and {ends[1]} for the highest ({format_number(last['from'])} to "
        f"{format_number(last['to'])}). Along the truth residuals rise with every model, since what cannot "
        "be known is missed most at the ends; along the prediction they should not."
    )
