"""A description of a table as one page of HTML: distributions, associations, missing values."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    from skrub import TableReport


MAX_ROWS = 100_000  # a profile of more rows looks the same and takes longer


def table_profile(table: pd.DataFrame, title: str) -> TableReport:
    """Return skrub's TableReport of a DataFrame; it shows itself in a notebook, and has `html()`."""
    from skrub import TableReport

    if len(table) > MAX_ROWS:
        title += f" ({MAX_ROWS} of {len(table)} rows)"
        table = table.sample(MAX_ROWS, random_state=0).sort_index()
    return TableReport(table, title=title, verbose=0)
