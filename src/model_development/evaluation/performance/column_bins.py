"""Rows put into a few bins by a raw column, whatever it holds: for tables and charts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...data.columns.dates import date_text, days_of
from ...reports.numbers import digits_apart, format_value, shortened, told_apart

if TYPE_CHECKING:
    from ...data.columns.schema import Column, TableSchema

MOST_LEVELS = 5  # of a category; the others are one bin
MISSING, OTHERS = "missing", "other values"
LONGEST = 40  # letters of a level in a label


@dataclass(frozen=True)
class ColumnBins:
    """codes : bin of each row, shape (n_rows,). labels : of the bins, in order; some may have no row.

    middles : where a chart draws a bin, its median for numbers and dates (days since 1970); else its rank.
    """

    codes: np.ndarray
    labels: list[str]
    middles: np.ndarray


def binned_columns(schema: TableSchema) -> list[str]:
    """Names of the columns that can be put into bins, in their order: all but sentences."""
    return [column.name for column in schema.columns if column.kind in ("number", "date", "category")]


def column_bins(
    schema: TableSchema, name: str, known: pd.Series, values: pd.Series, n_bins: int = 4
) -> ColumnBins:
    """Put values of a raw column into bins that are made of the known ones, which may be others.

    Numbers and dates: quantiles; categories: the most frequent levels. Missing values are a bin.
    """
    (column,) = [column for column in schema.columns if column.name == name]
    if column.kind == "category":
        return _levels(_texts(column, known), _texts(column, values))
    return _quantiles(column, _numbers(column, known), _numbers(column, values), n_bins)


def _texts(column: Column, values: pd.Series) -> pd.Series:
    read = np.asarray(column.read(values), dtype=object)
    return pd.Series(
        [None if level is None or pd.isna(level) else str(level) for level in read], dtype=object
    )


def _numbers(column: Column, values: pd.Series) -> np.ndarray:
    """Floats; dates as days since 1970."""
    read = column.read(values)
    return days_of(read) if column.kind == "date" else np.asarray(read, dtype=float)


def _levels(known, values):
    frequent = [level for level in known.value_counts().index[:MOST_LEVELS] if level is not None]
    codes = values.map({level: k for k, level in enumerate(frequent)})
    codes = codes.where(codes.notna(), len(frequent)).astype(int).to_numpy()
    codes = np.where(values.isna().to_numpy(), len(frequent) + 1, codes)
    labels = told_apart(_short(level) for level in frequent)
    return ColumnBins(codes, [*labels, OTHERS, MISSING], np.arange(len(labels) + 2.0))


def _short(level):
    """A level that is called like one of our own bins stands in quotes."""
    if level in (OTHERS, MISSING):
        return repr(level)
    return shortened(level, LONGEST)


def _quantiles(column, known, values, n_bins):
    finite = known[np.isfinite(known)]
    different = np.unique(finite)
    if 1 < len(different) <= n_bins:
        return _different(column, different, values)
    shares = np.arange(1, n_bins) / n_bins
    edges = np.unique(np.quantile(finite, shares, method="inverted_cdf")) if len(finite) else np.empty(0)
    edges = edges[edges < finite.max()] if len(finite) else edges
    codes = np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values))
    texts = _written(column, edges)
    if not texts:
        labels = ["any value"]
    else:
        between = [f"above {low} to {high}" for low, high in zip(texts, texts[1:], strict=False)]
        labels = [f"up to {texts[0]}", *between, f"above {texts[-1]}"]
    middles = [_median(values[codes == k]) for k in range(len(labels))]
    return ColumnBins(codes, [*labels, MISSING], np.array([*middles, np.nan]))


def _different(column, different, values):
    """Few different numbers have a bin each; another one goes to the nearest below."""
    codes = np.maximum(0, np.searchsorted(different, values, side="right") - 1)
    codes = np.where(np.isnan(values), len(different), codes)
    texts = _written(column, different)
    labels = [column.flags[int(value)] for value in different] if column.flags else texts
    return ColumnBins(codes, [*labels, MISSING], np.array([*different, np.nan]))


def _written(column: Column, edges: np.ndarray) -> list[str]:
    if column.kind == "date":
        moments = [date_text(edge) for edge in edges.tolist()]
        days = [moment.split()[0] for moment in moments]
        return moments if len(set(days)) < len(days) else days
    digits = digits_apart(edges.tolist())
    return [format_value(edge, digits) for edge in edges.tolist()]


def _median(values):
    return float(np.median(values)) if len(values) else np.nan
