"""Workbooks of a spreadsheet: the first sheet that holds a table."""

import pandas as pd

from ...errors import DataError
from ...settings.credentials import shown
from ..columns.values import MISSING_MARKS
from .dialects import DIALECT, LABEL_WORDS, REPEATED_NAMES


def read_workbook(location: str, target: str | None = None) -> pd.DataFrame:
    """Read the first sheet of a workbook that is not empty; where it has several, `attrs` says which.

    Cells stay what they are in the sheet: a text of digits is a text. Words for missing are missing, in the
    column `target` but for those that may be a class. Columns without a name and a value are left out, and
    so are empty rows.

    Raises DataError where openpyxl is not installed.
    """
    try:
        workbook = pd.ExcelFile(location, engine="openpyxl")
    except ImportError:
        raise DataError(
            f"To read {shown(location)}, the package openpyxl is needed: `pip install openpyxl`. "
            "Or save the sheet as CSV."
        ) from None
    with workbook:
        tables = (
            (name, pd.read_excel(workbook, sheet_name=name, **AS_THEY_ARE)) for name in workbook.sheet_names
        )
        name, cells = next(((n, cells) for n, cells in tables if len(cells) > 1), ("", pd.DataFrame()))
        names = workbook.sheet_names
    table = _with_header(cells.dropna(how="all"), target) if len(cells) else cells
    if len(names) > 1:
        table.attrs[DIALECT] = f"sheet {name!r}, one of {len(names)}: {', '.join(names)}"
    return table


AS_THEY_ARE = {"header": None, "dtype": object, "keep_default_na": False, "na_values": [""]}


def _with_header(cells, target):
    """The rows below the first one, under the names that this one holds."""
    first, rows = cells.iloc[0], cells.iloc[1:].reset_index(drop=True)
    is_used = (first.notna() | rows.notna().any()).to_numpy()
    first, rows = first[is_used], rows.loc[:, is_used]
    written = [f"Unnamed: {n}" if pd.isna(name) else str(name) for n, name in enumerate(first)]
    names = _told_apart(written)
    columns = {name: _plain(rows.iloc[:, n], name == target) for n, name in enumerate(names)}
    table = pd.DataFrame(columns)
    table.attrs[REPEATED_NAMES] = {
        name: as_written for name, as_written in zip(names, written, strict=True) if name != as_written
    }
    return table


def _told_apart(names):
    """Names with a number behind those that stood before, as pandas reads a header: `x`, `x.1`."""
    apart = []
    for name in names:
        free = (name if n == 0 else f"{name}.{n}" for n in range(len(names) + 1))
        apart.append(next(one for one in free if one not in apart))
    return apart


def _plain(values, is_target):
    """A column of cells in pandas' own type, without words for missing."""
    words = [mark for mark in MISSING_MARKS if not (is_target and mark in LABEL_WORDS)]
    return values.where(~values.isin(words)).infer_objects()
