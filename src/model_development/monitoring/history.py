"""What monitoring found from one run to the next: one line each, and whether a fall lasts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..json_lines import append_lines, read_lines
from ..storage.files import plain

if TYPE_CHECKING:
    from .monitor_input import LabelledRows

LASTING = 3  # windows with other labelled rows each, one after the other, in which the model is worse


def read_history(path: Path) -> list[dict[str, Any]]:
    """Return the lines, oldest first."""
    return read_lines(path)


def append_history(path: Path, entry: Mapping[str, Any]) -> None:
    """Append one line; it is on the disk when this returns."""
    append_lines(path, [plain(dict(entry))])


def labelled_window(labelled: LabelledRows) -> dict[str, Any]:
    """Return what tells one window of labelled rows from another: rows, times, and a fingerprint."""
    digest = hashlib.sha256(labelled.truth.tobytes() + labelled.rows.decided.tobytes())
    start, end = labelled.rows.span() or (None, None)
    return {"n": len(labelled), "start": start, "end": end, "fingerprint": digest.hexdigest()[:16]}


def different_windows(
    entries: Sequence[Mapping[str, Any]], version: str, metric: str
) -> list[dict[str, Any]]:
    """Return what is known of the performance of a version, the latest first, each of other labelled rows.

    Windows that overlap one that counts are left out: the same rows are no second proof.
    """
    kept: list[dict[str, Any]] = []
    for entry in reversed(entries):
        found = entry.get("performance")
        if entry.get("version") != version or not isinstance(found, dict) or found.get("metric") != metric:
            continue
        if all(_are_apart(found["window"], other["window"]) for other in kept):
            kept.append(found)
    return kept


def _are_apart(a, b):
    if a["fingerprint"] == b["fingerprint"]:
        return False
    if a["start"] is None or b["start"] is None:
        return True
    return a["end"] < b["start"] or b["end"] < a["start"]


def lasting_fall(windows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the latest windows, if all of LASTING ones are worse than the test rows; else none.

    windows : from `different_windows`.
    """
    latest = list(windows[:LASTING])
    return latest if len(latest) == LASTING and all(window["is_worse"] for window in latest) else []
