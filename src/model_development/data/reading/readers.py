"""One reader per kind of file; each refuses what pandas would silently make something else of."""

import csv
import re
import zipfile

import pandas as pd

from ...errors import DataError
from ...settings.credentials import shown
from ..columns.values import MISSING_MARKS
from ..with_columns import with_columns
from .dialects import DECIMAL, DIALECT, LABEL_WORDS, REPEATED_NAMES, Dialect, find_dialect
from .other_files import read_feather, read_json_lines, read_parquet
from .workbooks import read_workbook

LONGEST_FIELD = 2**31 - 1  # characters, which pandas reads without a limit


def read_csv(location: str, target: str | None = None) -> pd.DataFrame:
    """Read a text file with a header, in whatever encoding and with whatever marks it is written.

    A name that occurs twice in the header reads as pandas has it: `x`, `x.1`. Codes with leading zeros
    stay text, and in the column `target` so do words that may be a class, such as "None".

    Raises DataError for rows that lack fields, which pandas would fill up.
    """
    dialect = find_dialect(location)
    # Read as plain rows, a first row shorter than the second is an error; with a header, pandas would
    # take the surplus field for an index and shift every column.
    header = pd.read_csv(location, header=None, nrows=2, dtype=str, **dialect.options).iloc[0]
    table = _read(location, dialect, target)
    if table.shape[1] > 1 and table.iloc[:, -1].isna().any():
        _refuse_short_rows(location, table.shape[1], dialect)
    if dialect.has_codes:
        table = _with_codes(table, location, dialect, target)
    names = header[header.notna() & header.duplicated()]
    table.attrs[REPEATED_NAMES] = {str(table.columns[position]): name for position, name in names.items()}
    if dialect != Dialect(has_codes=dialect.has_codes):
        table.attrs |= {DIALECT: str(dialect), DECIMAL: dialect.decimal}
    return table


def _read(location, dialect, target, **options):
    marks: list | dict = list(MISSING_MARKS)
    if target is not None:
        names = pd.read_csv(location, nrows=0, **dialect.options).columns
        of_target = [mark for mark in marks if mark not in LABEL_WORDS]
        marks = {name: of_target if name == target else marks for name in names}
    options |= {"low_memory": False, "keep_default_na": False, "na_values": marks}
    return pd.read_csv(location, **options, **dialect.options)


def _with_codes(table, location, dialect, target):
    """Columns of digits with leading zeros as text, as they stand in the file."""
    positions = [i for i, dtype in enumerate(table.dtypes) if pd.api.types.is_numeric_dtype(dtype)]
    as_text = _read(location, dialect, target, dtype=str, usecols=positions)
    codes = {
        name: as_text[name].str.strip()
        for name in as_text
        if as_text[name].str.match(r"\s*0\d+\s*$").fillna(False).any()
    }
    return with_columns(table, codes)


def read_zip(location: str, target: str | None = None) -> pd.DataFrame:
    """Read the one text file of an archive. Raises DataError where it holds several, or another kind."""
    import fsspec

    with fsspec.open(location, "rb") as file, zipfile.ZipFile(file) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
    if len(names) != 1 or not names[0].lower().endswith(TEXT_FILES):
        raise DataError(
            f"{shown(location)} holds {', '.join(names[:5]) or 'no file'}; one text table is read from an "
            f"archive ({', '.join(TEXT_FILES)}). Take it out of the archive."
        )
    return read_csv(location, target)


TEXT_FILES = (".csv", ".tsv", ".txt")
READERS = {
    **{suffix + packed: read_csv for suffix in TEXT_FILES for packed in ("", ".gz", ".bz2", ".xz")},
    ".zip": read_zip,
    ".parquet": read_parquet,
    ".feather": read_feather,
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
    ".xlsx": read_workbook,
}


def explain(error: Exception) -> str:
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
    if isinstance(error, pd.errors.EmptyDataError):
        return "it is empty"
    if type(error).__name__ == "ArrowInvalid" or "thrift" in text or "Parquet" in text:
        return f"it is damaged or was cut off ({first_line.rstrip('.')}). Write or copy it again."
    return first_line


def _refuse_short_rows(location, n_columns, dialect):
    """A row with fewer fields than the header looks like one that ends in missing values."""
    import fsspec

    csv.field_size_limit(LONGEST_FIELD)
    with fsspec.open(location, "rt", encoding=dialect.encoding, newline="", compression="infer") as file:
        rows = csv.reader(file, delimiter=dialect.separator)
        for number, fields in enumerate(rows):
            if fields and len(fields) != n_columns and number >= dialect.n_skipped:
                raise DataError(
                    f"{shown(location)}: line {rows.line_num} has {len(fields)} fields, the header has "
                    f"{n_columns}. Mend the line; a missing value still needs its {dialect.separator!r}."
                )
