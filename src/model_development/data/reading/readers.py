"""One reader per kind of file; each refuses what pandas would silently make something else of."""

import csv
import re

import pandas as pd

from ...errors import DataError

OTHER_SEPARATORS = (";", "\t", "|")
REPEATED_NAMES = "repeated_names"  # key in the table's attrs: {name as read: name in the file}


def read_csv(location):
    """Read a CSV with a header, commas between fields, UTF-8 text.

    A name that occurs twice in the header reads as pandas has it: `x`, `x.1`.

    Raises DataError for other separators and for rows that lack fields, which pandas would fill up.
    """
    _refuse_other_separators(location)
    # Read as plain rows, a first row shorter than the second is an error; with a header, pandas would
    # take the surplus field for an index and shift every column.
    header = pd.read_csv(location, header=None, nrows=2, dtype=str, encoding="utf-8-sig").iloc[0]
    table = pd.read_csv(location, low_memory=False, encoding="utf-8-sig")
    if table.shape[1] > 1 and table.iloc[:, -1].isna().any():
        _refuse_short_rows(location, table.shape[1])
    names = header[header.notna() & header.duplicated()]
    table.attrs[REPEATED_NAMES] = {str(table.columns[position]): name for position, name in names.items()}
    return table


READERS = {
    ".csv": read_csv,
    ".csv.gz": read_csv,
    ".parquet": pd.read_parquet,
    ".feather": pd.read_feather,
}


def explain(error):
    """Say in words what a reader's exception means, and what to do where that is known."""
    text = str(error).strip()
    first_line = (text.splitlines() or [type(error).__name__])[0]
    ragged = re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", text)
    if ragged:
        expected, line, found = ragged.groups()
        return (
            f"line {line} has {found} fields where {expected} are expected. "
            "Put text that holds commas in double quotes, or mend the line."
        )
    if isinstance(error, UnicodeDecodeError):
        byte = error.object[error.start]
        return (
            f"it is not UTF-8 text (byte 0x{byte:02x}; a file saved by a spreadsheet is often cp1252). "
            'Save it as "CSV UTF-8".'
        )
    if isinstance(error, pd.errors.EmptyDataError):
        return "it is empty"
    if type(error).__name__ == "ArrowInvalid" or "thrift" in text or "Parquet" in text:
        return f"it is damaged or was cut off ({first_line.rstrip('.')}). Write or copy it again."
    return first_line


def _open_text(location):
    import fsspec

    return fsspec.open(location, "rt", encoding="utf-8-sig", newline="", compression="infer")


def _refuse_other_separators(location):
    with _open_text(location) as file:
        first = file.readline(100_000).rstrip("\r\n")
    if first.lower().startswith("sep="):
        raise DataError(f"{location} begins with the line {first!r}, which is no header. Take it out.")
    for mark in OTHER_SEPARATORS:
        if first.count(mark) > first.count(","):
            raise DataError(
                f"The fields of {location} are separated by {mark!r}: its first line is {first[:60]!r}. "
                "Write it with commas between fields, and with points in decimal numbers."
            )


def _refuse_short_rows(location, n_columns):
    """A row with fewer fields than the header looks like one that ends in missing values."""
    with _open_text(location) as file:
        rows = csv.reader(file)
        for fields in rows:
            if fields and len(fields) != n_columns:
                raise DataError(
                    f"{location}: line {rows.line_num} has {len(fields)} fields, the header has {n_columns}. "
                    "Mend the line; a missing value still needs its comma."
                )
