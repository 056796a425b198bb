"""A made-up row for MLflow's input example: it shows what a row looks like, and is none of the table."""

import numpy as np
import pandas as pd

from ..data.columns.schema import TableSchema
from ..data.columns.values import to_numbers

MIN_SHARED = 5  # rows that must have a value in common, for it to say nothing of any one of them
WORD, DAY = "text", pd.Timestamp("2000-01-01")


def made_up_row(X: pd.DataFrame, schema: TableSchema) -> pd.DataFrame:
    """Return one row of typical values as a DataFrame with the used columns of `X` and their types.

    Medians of numbers, the most frequent category where several rows share it, a fixed day and a fixed word.
    Where that is a row of the table by chance, its values are left out one by one until it is none.
    """
    columns = {column.name: column for column in schema.columns}
    names = schema.names()
    row = pd.DataFrame({name: _typical(X[name], columns[name]) for name in names})
    for name in names:
        if not _is_a_row(X, row):
            break
        row[name] = pd.Series([None], dtype=object)
    return row


def _is_a_row(X, row):
    """Is it one of X's, as text? Column by column, what differs is looked at no further."""
    same = np.arange(len(X))
    for name in row:
        values = X[name].iloc[same].astype(str).to_numpy()
        same = same[values == row[name].astype(str).iloc[0]]
        if not len(same):
            return False
    return True


def _typical(values, column):
    """One value of a column, as a Series of its type."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return pd.Series([DAY]).dt.tz_localize(values.dt.tz).astype(values.dtype)
    if column.kind == "date" and not isinstance(values.dtype, pd.PeriodDtype):
        return pd.Series([DAY.strftime(column.date_format if "%" in column.date_format else "%Y-%m-%d")])
    is_bool = pd.api.types.is_bool_dtype(values.dtype)
    if pd.api.types.is_numeric_dtype(values.dtype) and not is_bool and column.kind == "number":
        middle = np.nanmedian(values.to_numpy(dtype=float, na_value=np.nan))
        whole = pd.api.types.is_integer_dtype(values.dtype)
        return pd.Series([round(middle) if whole else float(f"{middle:.3g}")]).astype(values.dtype)
    if column.kind == "number" and _is_text(values):
        return pd.Series([f"{np.nanmedian(to_numbers(values)):.3g}"])
    counts = values.value_counts()
    if column.kind == "text" or (_is_text(values) and counts.iloc[0] < MIN_SHARED):
        return pd.Series([WORD])
    return pd.Series(counts.index[:1], dtype=values.dtype)


def _is_text(values):
    return pd.api.types.is_string_dtype(values.dtype) or values.dtype == object
