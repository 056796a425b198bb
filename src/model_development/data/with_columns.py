"""A table with some columns put in, whatever these are called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd


def with_columns(table: pd.DataFrame, columns: Mapping[str, Any]) -> pd.DataFrame:
    """Return the table with columns put in place of those of the same name, or behind the others.

    columns : {name: values, or one value for all rows}. `DataFrame.assign` takes no column called "self".

    >>> with_columns(pd.DataFrame({"a": [1, 2]}), {"self": 0}).columns.tolist()
    ['a', 'self']
    """
    changed = table.copy(deep=False)
    for name, values in columns.items():
        changed[name] = values
    return changed
