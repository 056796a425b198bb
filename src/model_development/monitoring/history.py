"""What monitoring found from one run to the next: one line each, and whether a fall lasts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..json_lines import append_lines, read_lines
from ..late import pandas as pd
from ..storage.files import plain

if TYPE_CHECKING:
    from .monitor_input import LabelledRows

N_MARKS = 64  # rows of a window by which others are compared with it
BY_CHANCE = 0.1  # of these, which may look alike in windows without a row in common
DIFFERENT = 0.9  # of the rows, for them to be told apart
DIGITS = 6  # of a number
LASTING = 3  # windows with other labelled rows each, one after the other, in which the model is worse


def read_history(path: Path) -> list[dict[str, Any]]:
    """Return the lines, oldest first."""
    return read_lines(path)


def append_history(path: Path, entry: Mapping[str, Any]) -> None:
    """Append one line; it is on the disk when this returns."""
    append_lines(path, [plain(dict(entry))])


def labelled_window(labelled: LabelledRows, features: Sequence[str]) -> dict[str, Any]:
    """Return what tells one window of labelled rows from another: rows, times, a fingerprint, some rows.

    some_rows : the least hashes of its rows, of which windows that share rows have some in common; none where
    rows look too much alike to be told apart. features : columns that the model uses.
    Source: Broder (1997), On the Resemblance and Containment of Documents.
    """
    digest = hashlib.sha256(labelled.truth.tobytes() + labelled.rows.decided.tobytes())
    start, end = labelled.rows.span() or (None, None)
    found = {"n": len(labelled), "start": start, "end": end, "fingerprint": digest.hexdigest()[:16]}
    marks = np.unique(_row_marks(labelled, features))
    are_told_apart = len(marks) >= DIFFERENT * len(labelled)
    return found | {
        "some_rows": [f"{mark:016x}" for mark in marks[:N_MARKS].tolist()] if are_told_apart else []
    }


def _row_marks(labelled: LabelledRows, features: Sequence[str]) -> np.ndarray:
    """A hash of what is known of each row, shape (n_rows,): the same however a file types its columns."""
    rows, said = labelled.rows, labelled.rows.said
    known = [labelled.truth, rows.decided, said.labels if said.probabilities is None else said.probabilities]
    numbers = np.column_stack(known).astype(float).round(DIGITS)
    columns = {f"said {k}": numbers[:, k] for k in range(numbers.shape[1])}
    X = pd.DataFrame() if rows.X is None else rows.X
    columns |= {f"column {name}": _as_typed(X[name]) for name in features if name in X.columns}
    return pd.util.hash_pandas_object(pd.DataFrame(columns), index=False).to_numpy()


def _as_typed(values):
    """Numbers as floats, since a first missing one makes floats of whole ones; all else as text."""
    if pd.api.types.is_numeric_dtype(values):
        return values.astype(float).round(DIGITS).to_numpy()
    return values.astype(str).to_numpy()


def different_windows(
    entries: Sequence[Mapping[str, Any]], name: str, version: str, metric: str
) -> list[dict[str, Any]]:
    """Return what is known of how a version of a package performed, the latest first, each of other rows.

    Windows that overlap one that counts are left out: the same rows are no second proof.
    """
    kept: list[dict[str, Any]] = []
    for entry in reversed(entries):
        found = entry.get("performance")
        is_its_own = (entry.get("name"), entry.get("version")) == (name, version)
        if not is_its_own or not isinstance(found, dict) or found.get("metric") != metric:
            continue
        if all(_are_apart(found["window"], other["window"]) for other in kept):
            kept.append(found)
    return kept


def _are_apart(a, b):
    if a["fingerprint"] == b["fingerprint"]:
        return False
    if a["start"] is None or b["start"] is None:
        return not _share_rows(a.get("some_rows", []), b.get("some_rows", []))
    return a["end"] < b["start"] or b["end"] < a["start"]


def _share_rows(some, others):
    """Have two windows more rows in common than by chance? Without marks the fingerprint alone tells."""
    if not some or not others:
        return False
    comparable = min(sum(mark <= others[-1] for mark in some), sum(mark <= some[-1] for mark in others))
    return len({*some} & {*others}) > BY_CHANCE * comparable


def lasting_fall(windows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the latest windows, if all of LASTING ones are worse than the test rows; else none.

    windows : from `different_windows`.
    """
    latest = list(windows[:LASTING])
    return latest if len(latest) == LASTING and all(window["is_worse"] for window in latest) else []
