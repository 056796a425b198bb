"""What is to be said of a row beside the answer: columns that are missing, values that mean nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ..data.columns.values import MISSING_SET
from ..errors import DataError
from .input_warning import InputWarning

if TYPE_CHECKING:
    from ..data.columns.schema import Column

LONGEST = 60  # characters of a value that stands in a warning


def remark_on(column: Column, row: Mapping[str, Any], raw: Any, read: Any) -> InputWarning | None:
    """Return the warning about an unusual value; None where it is a missing one.

    row : as it was given. raw : the plain value. read : what the column's reader made of it.
    """
    if column.name not in row:
        return _warning("missing_column", column, "is missing: it counts as a missing value.")
    if is_missing(raw):
        return None
    if isinstance(read, str):
        return _warning("unseen_category", column, f"holds {_short(read)}, which no training row has.")
    if read is None or read != read:
        said = f"holds {_short(raw)}, which cannot be read as a {column.kind}: it counts as a missing value."
        return _warning("unreadable", column, said)
    return _warning(
        "out_of_range", column, f"holds {_short(raw)}, outside of the range of the training rows."
    )


def _warning(kind, column, said):
    return InputWarning(kind, column.name, f"Column {column.name!r} {said}")


def require_readable(remarks: Iterable[InputWarning]) -> None:
    """Raise DataError where a value cannot be read, or is a category that no training row has."""
    found = [remark for remark in remarks if remark.kind in ("unreadable", "unseen_category")]
    if found:
        raise DataError(f"{' '.join(found)} Write such values as the training rows did.")


def is_missing(raw: Any) -> bool:
    """Is a plain value one that means that there is none?"""
    return raw is None or raw != raw or (isinstance(raw, str) and raw.strip() in MISSING_SET)


def _short(value):
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
