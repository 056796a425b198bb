"""Read a table from wherever it lies: file, URI, scikit-learn's own tables, OpenML."""

import hashlib
import re
from pathlib import Path

import pandas as pd

from ..errors import DataError, did_you_mean

BUNDLED = ("breast_cancer", "diabetes", "digits", "iris", "wine")


def load_table(location):
    """Return the table at `location` as a DataFrame with text column names.

    location : absolute path or URI ending in .csv, .csv.gz, .parquet or .feather;
        `sklearn:NAME` for a table that comes with scikit-learn; `openml:ID`.

    Raises DataError when it is missing, of an unknown kind, unreadable or empty.
    """
    scheme, _, name = location.partition(":")
    if scheme == "sklearn":
        table = _load_bundled(name)
    elif scheme == "openml":
        table = _load_openml(name)
    else:
        table = _load_file(location)
    if table.shape[0] == 0 or table.shape[1] == 0:
        raise DataError(f"The feature table {location} is empty: {_shape(table)}.")
    table.columns = table.columns.map(str)
    for column in table.select_dtypes("category"):
        table[column] = table[column].astype(table[column].cat.categories.dtype)
    return table.reset_index(drop=True)


def fingerprint(table):
    """Return a short hash of a table's values, column names and their order.

    >>> a = pd.DataFrame({"x": [1, 2]})
    >>> fingerprint(a) == fingerprint(a.copy()), fingerprint(a) == fingerprint(a[::-1])
    (True, False)
    """
    digest = hashlib.sha256(repr((list(table.columns), table.shape)).encode())
    for name in [name for name, dtype in table.dtypes.items() if dtype.kind == "O"]:
        table = table.assign(**{name: table[name].astype(str)})  # cells may hold what has no hash
    digest.update(pd.util.hash_pandas_object(table, index=False).to_numpy().tobytes())
    return digest.hexdigest()[:16]


def _shape(table):
    return f"{table.shape[0]} rows, {table.shape[1]} columns"


def _load_bundled(name):
    from sklearn import datasets

    if name not in BUNDLED:
        raise DataError(
            f"scikit-learn has no bundled table {name!r}.{did_you_mean(name, BUNDLED)} "
            f"Known: {', '.join(BUNDLED)}."
        )
    return getattr(datasets, f"load_{name}")(as_frame=True).frame


def _load_openml(name):
    from sklearn.datasets import fetch_openml

    if not name.isdigit():
        raise DataError(f"'openml:{name}': write the number of the data set, for example openml:31.")
    try:
        return fetch_openml(data_id=int(name), as_frame=True, parser="auto").frame
    except Exception as error:  # network, server and parser errors share no base class
        raise DataError(f"OpenML data set {name} could not be fetched: {error}") from error


def _load_file(location):
    known = ", ".join(READERS)
    suffix = next((s for s in sorted(READERS, key=len, reverse=True) if location.lower().endswith(s)), None)
    if suffix is None:
        raise DataError(
            f"The feature table {location} is of an unknown kind. Known: {known}, sklearn:NAME, openml:ID."
        )
    if not re.match(r"^[A-Za-z][A-Za-z0-9+.-]+://", location) and not _is_file(location):
        raise DataError(
            f"The feature table {location} does not exist or is no file. Set "
            "`epoch_004_outputs.feature_data_path` to a file; a relative path counts from the context file."
        )
    try:
        return READERS[suffix](location)
    except DataError:
        raise
    except pd.errors.EmptyDataError:
        raise DataError(f"The feature table {location} is empty.") from None
    except Exception as error:  # every reader and file system raises errors of its own
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise DataError(f"The feature table {location} cannot be read: {reason}") from error


def _is_file(location):
    try:
        return Path(location).is_file()
    except (OSError, ValueError):  # too long, or not a path at all
        return False


def _read_csv(location):
    """Read a CSV, and refuse what pandas would silently make something else of."""
    # Read as plain rows, a first row shorter than the second is an error; with a header, pandas would
    # take the surplus field for an index and shift every column.
    header = pd.read_csv(location, header=None, nrows=2, dtype=str).iloc[0].dropna().tolist()
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise DataError(f"Columns occur twice in {location}: {', '.join(twice)}. Rename or drop one of each.")
    table = pd.read_csv(location, low_memory=False)
    if table.shape[1] == 1 and any(mark in table.columns[0] for mark in (";", "\t", "|")):
        raise DataError(
            f"{location} was read as a single column, {table.columns[0]!r}. Write it with commas."
        )
    return table


READERS = {
    ".csv": _read_csv,
    ".csv.gz": _read_csv,
    ".parquet": pd.read_parquet,
    ".feather": pd.read_feather,
}
