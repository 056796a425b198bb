"""What is to be said of a row beside the answer: columns that are missing, values that mean nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..data.columns.values import MISSING_SET

if TYPE_CHECKING:
    from ..data.columns.schema import Column

LONGEST = 60  # characters of a value that stands in a warning


def remark_on(column: Column, row: Mapping[str, Any], raw: Any, read: Any) -> str:
    """Return the warning about an unusual value, "" where nothing is to be said.

    row : as it was given. raw : its plain value. read : what the column's reader made of it.
    """
    if column.name not in row:
        return f"Column {column.name!r} is missing: it counts as a missing value."
    if is_missing(raw):
        return ""
    if isinstance(read, str):
        return f"Column {column.name!r} holds {_short(read)}, which no training row has."
    if read is None or read != read:
        return (
            f"Column {column.name!r} holds {_short(raw)}, which cannot be read as a {column.kind}: it counts "
            "as a missing value."
        )
    return f"Column {column.name!r} holds {_short(raw)}, outside of the range of the training rows."


def is_missing(raw: Any) -> bool:
    """Is a plain value one that means that there is none?"""
    return raw is None or raw != raw or (isinstance(raw, str) and raw.strip() in MISSING_SET)


def _short(value):
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
