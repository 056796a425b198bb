"""Read a table from wherever it lies: file, URI, scikit-learn's own tables, OpenML."""

import ctypes
import hashlib
import re
import sys
from pathlib import Path

import pandas as pd
import pyarrow

from ...errors import DataError, did_you_mean
from ...settings.credentials import secrets_of, shown, without_credentials
from ..columns.values import bytes_as_text, plain_dtype
from ..with_columns import with_columns
from .other_files import read_database
from .readers import READERS, explain

DATABASE = re.compile(r"(sqlite|postgresql|mysql|mariadb|mssql|oracle)(\+\w+)?://")
BUNDLED = ("breast_cancer", "diabetes", "digits", "iris", "wine")


def load_table(location: str, target: str | None = None) -> pd.DataFrame:
    """Return the table at `location` as a DataFrame with text column names.

    location : absolute path or URI that ends like a row of READERS, or a folder of Parquet files; an SQL
        database with `#table` or `?query=`; `sklearn:NAME` for a table that comes with scikit-learn;
        `openml:ID`.
    target : column whose words are labels: "None" and "NA" may be classes.

    Raises DataError when it is missing, of an unknown kind, unreadable or empty.
    """
    scheme, _, name = location.partition(":")
    if scheme == "sklearn":
        table = _load_bundled(name)
    elif scheme == "openml":
        table = _load_openml(name)
    elif DATABASE.match(location):
        table = read_database(location)
    else:
        table = _load_file(location, target)
        release_memory()  # what reading took stands as much again as the table
    if table.shape[0] == 0 or table.shape[1] == 0:
        raise DataError(
            f"The table {shown(location)} is empty: {table.shape[0]} rows, {table.shape[1]} columns."
        )
    table.columns = table.columns.map(str)
    twice = sorted(set(table.columns[table.columns.duplicated()]))
    if twice:
        raise DataError(
            f"Columns occur twice in the table {shown(location)}: {', '.join(twice)}. Rename them"
            "; in a query by AS."
        )
    return plain_types(table.reset_index(drop=True))


def release_memory() -> None:
    """Give back to the system what tables that are gone have taken: allocators keep it for tables to come."""
    pyarrow.default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:  # glibc has it
        trim(0)


def plain_types(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with pandas' own types: no categories, Arrow types, half floats or raw bytes."""
    return with_columns(table, {name: _plain(table[name]) for name in table if _is_odd(table[name])})


def _is_odd(values):
    odd = (pd.CategoricalDtype, pd.ArrowDtype)
    return isinstance(values.dtype, odd) or values.dtype in (object, "float16")


def _plain(values):
    if isinstance(values.dtype, pd.CategoricalDtype):
        return plain_dtype(values)
    if isinstance(values.dtype, pd.ArrowDtype):
        import pyarrow

        return _plain(pd.Series(pyarrow.array(values).to_pandas(), name=values.name))
    if values.dtype == "float16":
        return values.astype("float32")
    if pd.api.types.infer_dtype(values, skipna=True) == "bytes":
        return values.map(bytes_as_text, na_action="ignore")
    return values


def fingerprint(*tables: pd.DataFrame) -> str:
    """Return a short hash of the tables' values, column names and their order.

    >>> a = pd.DataFrame({"x": [1, 2]})
    >>> fingerprint(a) == fingerprint(a.copy()), fingerprint(a) == fingerprint(a[::-1])
    (True, False)
    """
    digest = hashlib.sha256()
    for table in tables:
        digest.update(repr((list(table.columns), table.shape)).encode())
        odd = [name for name, dtype in table.dtypes.items() if dtype.kind == "O"]
        table = with_columns(table, {name: table[name].astype(str) for name in odd})  # cells may have no hash
        digest.update(pd.util.hash_pandas_object(table, index=False).to_numpy().tobytes())
    return digest.hexdigest()[:16]


def _load_bundled(name):
    from sklearn import datasets

    if name not in BUNDLED:
        raise DataError(
            f"scikit-learn has no bundled table {name!r}.{did_you_mean(name, BUNDLED)} "
            f"Known: {', '.join(f'sklearn:{known}' for known in BUNDLED)}."
        )
    return getattr(datasets, f"load_{name}")(as_frame=True).frame


def _load_openml(name):
    from sklearn.datasets import fetch_openml

    if not name.isdigit():
        raise DataError(f"openml:{name} must be a number, for example openml:31.")
    try:
        return fetch_openml(data_id=int(name), as_frame=True, parser="auto").frame
    except Exception as error:  # network, server and parser errors share no base class
        raise DataError(f"OpenML data set {name} could not be fetched: {error}") from error


def _load_file(location, target):
    suffix = next((s for s in sorted(READERS, key=len, reverse=True) if location.lower().endswith(s)), None)
    if _is_parquet_folder(location):
        return _read_by(READERS[".parquet"], location, target)
    if suffix is None:
        raise DataError(
            f"The table {shown(location)} is of an unknown kind. Known: {', '.join(READERS)}, "
            "sklearn:NAME, openml:ID."
        )
    if not re.match(r"^[A-Za-z][A-Za-z0-9+.-]+://", location) and not _is_file(location):
        raise DataError(
            f"The table {location} does not exist or is no file. Set the path to a file; a relative one "
            "counts from the context file."
        )
    return _read_by(READERS[suffix], location, target)


def _read_by(reader, location, target):
    try:
        return reader(location, target)
    except DataError:
        raise
    except Exception as error:  # every reader and file system raises errors of its own
        reason = without_credentials(explain(error), location)
        cause = None if secrets_of(location) else error  # whose text tells them as well
        raise DataError(f"The table {shown(location)} cannot be read: {reason}") from cause


def _is_file(location):
    try:
        return Path(location).is_file()
    except (OSError, ValueError):  # too long, or not a path at all
        return False


def _is_parquet_folder(location):
    try:
        return Path(location).is_dir() and any(Path(location).rglob("*.parquet"))
    except (OSError, ValueError):
        return False
