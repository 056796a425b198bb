"""Files that are no text tables: Parquet, Feather, JSON lines, workbooks, SQL databases."""

from urllib.parse import parse_qs, urlsplit

import pandas as pd

from ...errors import DataError


def read_parquet(location: str, target: str | None = None) -> pd.DataFrame:
    """Read a Parquet file, or a folder of them; a named index is a column."""
    return named_index_as_columns(pd.read_parquet(location))


def read_feather(location: str, target: str | None = None) -> pd.DataFrame:
    """Read a Feather file; a named index is a column."""
    return named_index_as_columns(pd.read_feather(location))


def read_json_lines(location: str, target: str | None = None) -> pd.DataFrame:
    """Read one JSON object a line; texts stay texts, whatever they look like."""
    return pd.read_json(location, lines=True, dtype=False, convert_axes=False)


def read_workbook(location: str, target: str | None = None) -> pd.DataFrame:
    """Read the first sheet of a workbook. Raises DataError where openpyxl is not installed."""
    try:
        return pd.read_excel(location, engine="openpyxl", keep_default_na=False, na_values=[""])
    except ImportError:
        raise DataError(
            f"To read {location}, the package openpyxl is needed: `pip install openpyxl`. "
            "Or save the sheet as CSV."
        ) from None


def read_database(location: str) -> pd.DataFrame:
    """Read a table or a query of an SQL database by SQLAlchemy.

    location : URI with `#table` or `?query=SELECT ...`.

    Raises DataError where neither or both are named, and in words for what the database refuses.
    """
    from sqlalchemy import create_engine, inspect, text
    from sqlalchemy.exc import SQLAlchemyError

    parts = urlsplit(location)
    options = parse_qs(parts.query)
    query, table = options.pop("query", [""])[0], parts.fragment
    if bool(query) == bool(table):
        raise DataError(
            "Name one table, `sqlite:///file.db#table`, or one query, `sqlite:///file.db?query=SELECT ...`."
        )
    rest = "&".join(f"{key}={value}" for key, values in options.items() for value in values)
    address = location.partition("#")[0].partition("?")[0] + (f"?{rest}" if rest else "")
    try:
        engine = create_engine(address)
        with engine.connect() as connection:
            if query:
                return pd.read_sql_query(text(query), connection)
            if not inspect(connection).has_table(table):
                known = inspect(connection).get_table_names()
                raise DataError(f"The database has no table {table!r}. It has: {', '.join(known)}.")
            return pd.read_sql_table(table, connection)
    except (SQLAlchemyError, ImportError) as error:
        first_line = str(error).splitlines()[0]
        raise DataError(f"The database cannot be read ({type(error).__name__}): {first_line}") from None


def named_index_as_columns(table: pd.DataFrame) -> pd.DataFrame:
    """The levels of the index that have a name become the first columns."""
    named = [name for name in table.index.names if name is not None and name not in table.columns]
    unnamed = [level for level, name in enumerate(table.index.names) if name not in named]
    table = table.reset_index(level=unnamed, drop=True) if 0 < len(unnamed) < table.index.nlevels else table
    return table.reset_index() if named else table.reset_index(drop=True)
