"""The line of code that reads the table: one row per kind of file that pandas reads by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd

from ...data.reading.dialects import find_dialect
from ...data.reading.readers import TEXT_FILES
from ...settings.credentials import secrets_of
from .cells import listed

if TYPE_CHECKING:
    from ...data.development import DevelopmentData


TABLE, PATH = "table", "table_path"  # what the notebook calls them
PACKED = ("", ".gz", ".bz2", ".xz", ".zip")
BUNDLED = "sklearn:"
TO_BE_SAID = ("?", "NaT")  # of the words for missing; pandas knows the others


def find_reading(location: str, data: DevelopmentData) -> str | None:
    """Return code that reads the table at `location` (a variable `table_path` in it) as `table`.

    None where that would take more than a line: workbooks, databases, addresses with a password.
    """
    if secrets_of(location):
        return None
    name = location.lower()
    if name.startswith(BUNDLED):
        loader = f"load_{name.removeprefix(BUNDLED)}"
        return f"from sklearn.datasets import {loader}\n\n{TABLE} = {loader}(as_frame=True).frame"
    return next((write(location, data) for ends, write in READINGS if name.endswith(ends)), None)


def _text_file(location, data):
    options = dict(find_dialect(location).options)
    if options["encoding"] == "utf-8-sig":  # pandas' own choice, with or without a mark at the start
        del options["encoding"]
    if not options["skiprows"]:
        del options["skiprows"]
    if options["sep"] == ",":
        del options["sep"]
    marks = list(TO_BE_SAID)
    written = [f"na_values={listed(marks)}", *(f"{name}={value!r}" for name, value in options.items())]
    plain = pd.read_csv(location, na_values=marks, low_memory=False, **options)
    texts = {
        column: str
        for column in data.schema.names()
        if column in plain and _became_numbers(plain[column], data.X_train[column])
    }
    if texts:  # codes with leading zeros
        written.append("dtype={" + ", ".join(f"{name!r}: str" for name in texts) + "}")
    return f"{TABLE} = pd.read_csv({PATH}, {', '.join(written)}, low_memory=False)"


def _became_numbers(plain, ours):
    is_numeric = pd.api.types.is_numeric_dtype
    return is_numeric(plain.dtype) and not is_numeric(ours.dtype)


def _reader(function: str, options: str = "") -> Callable[[str, Any], str]:
    def write(location: str, data: DevelopmentData) -> str:
        code = f"{TABLE} = pd.{function}({PATH}{options})"
        read = {PATH: location, "pd": pd}
        exec(code, read)  # nothing but the line above
        index = read[TABLE].index
        return code + (".reset_index()" if any(name is not None for name in index.names) else "")

    return write


READINGS = (
    (tuple(suffix + packed for suffix in TEXT_FILES for packed in PACKED), _text_file),
    ((".parquet",), _reader("read_parquet")),
    ((".feather",), _reader("read_feather")),
    ((".jsonl", ".ndjson"), _reader("read_json", ", lines=True, dtype=False, convert_axes=False")),
)
