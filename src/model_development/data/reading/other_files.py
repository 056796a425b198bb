"""Files that are no text tables: Parquet, Feather, JSON lines, SQL databases."""

from urllib.parse import parse_qs

import pandas as pd

from ...errors import DataError
from ...settings.credentials import split_credentials, without_credentials


def read_parquet(location: str, target: str | None = None) -> pd.DataFrame:
    """Read a Parquet file, or a folder of them; a named index is a column."""
    return named_index_as_columns(pd.read_parquet(location))


def read_feather(location: str, target: str | None = None) -> pd.DataFrame:
    """Read a Feather file; a named index is a column."""
    return named_index_as_columns(pd.read_feather(location))


def read_json_lines(location: str, target: str | None = None) -> pd.DataFrame:
    """Read one JSON object a line; texts stay texts, whatever they look like."""
    return pd.read_json(location, lines=True, dtype=False, convert_axes=False)


def read_database(location: str) -> pd.DataFrame:
    """Read a table or a query of an SQL database by SQLAlchemy.

    location : URI with `#table` or `?query=SELECT ...`.

    Raises DataError where neither or both are named, and in words for what the database refuses.
    """
    from sqlalchemy import create_engine, inspect, text
    from sqlalchemy.exc import SQLAlchemyError

    address, query, table = _parts_of(location)
    if bool(query) == bool(table):
        raise DataError(
            "Name one table, `sqlite:///file.db#table`, or one query, `sqlite:///file.db?query=SELECT ...`."
        )
    try:
        engine = create_engine(address)
        with engine.connect() as connection:
            if query:
                return pd.read_sql_query(text(query), connection)
            if not inspect(connection).has_table(table):
                known = inspect(connection).get_table_names()
                raise DataError(f"The database has no table {table!r}. It has: {', '.join(known)}.")
            return pd.read_sql_table(table, connection)
    except (SQLAlchemyError, ImportError, ValueError) as error:
        first_line = without_credentials(str(error).splitlines()[0], location)
        raise DataError(f"The database cannot be read ({type(error).__name__}): {first_line}") from None


def _parts_of(location):
    """(address of the database, query, table), the last two "" where they are not named."""
    rest = split_credentials(location)[0].partition("://")[2]  # a password may hold what ends an address
    start, (place, _, table) = location[: len(location) - len(rest)], rest.partition("#")
    place, _, options = place.partition("?")
    by_name = parse_qs(options)
    query = by_name.pop("query", [""])[0]
    others = "&".join(f"{key}={value}" for key, values in by_name.items() for value in values)
    return start + place + (f"?{others}" if others else ""), query, table


def named_index_as_columns(table: pd.DataFrame) -> pd.DataFrame:
    """The levels of the index that have a name become the first columns."""
    named = [name for name in table.index.names if name is not None and name not in table.columns]
    unnamed = [level for level, name in enumerate(table.index.names) if name not in named]
    table = table.reset_index(level=unnamed, drop=True) if 0 < len(unnamed) < table.index.nlevels else table
    return table.reset_index() if named else table.reset_index(drop=True)
