"""Finished pieces of a search, appended one by one, so that a search that was killed resumes."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from ..json_lines import append_lines, read_lines
from .files import plain, write_text

if TYPE_CHECKING:
    from pathlib import Path


MOST_FILES, MOST_BYTES = 8, 200_000_000  # of one name: the files used last stay


class Journal:
    """A file of JSON lines, one per finished piece; several searches may write it at the same time.

    path : `search.jsonl`, say; what depends on one key stands in `search.KEY.jsonl`, and is lost for no other
        key. Only the files used last are kept, but for those that a search has open: they are never removed.
    key : fingerprint of all that the pieces depend on.

    A line that was cut off by a kill is no line. fresh : what stands there counts no more.
    """

    def __init__(self, path: Path, key: str, *, fresh: bool = False) -> None:
        self.path = path.with_name(f"{path.stem}.{key}{path.suffix}")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(f"{path}.lock")  # one for all keys: a file is not removed while it is opened
        with self._lock:
            self._open_mark = _locked(path.with_name(f"{self.path.name}.{uuid.uuid4().hex}.open"))
            if fresh:
                write_text(self.path, "")
            self.path.touch()
            _remove_old(path)
            self.entries = read_lines(self.path)

    def add(self, entries: Iterable[Mapping[str, Any]]) -> None:
        """Append dicts; they are on the disk when this returns."""
        lines = [plain(entry) for entry in entries]
        with self._lock:
            append_lines(self.path, lines)


def _locked(mark: Path) -> FileLock:
    """A lock that the system gives back when its process ends, however it ends."""
    lock = FileLock(mark)
    lock.acquire()
    return lock


def _remove_old(path: Path) -> None:
    """Remove the files of this name that were used longest ago, where they are too many or too large."""
    files = sorted(path.parent.glob(f"{path.stem}.*{path.suffix[1:]}"), key=_last_used, reverse=True)
    n_bytes = 0
    for position, file in enumerate(files):
        n_bytes += file.stat().st_size
        if (position >= MOST_FILES or n_bytes > MOST_BYTES) and not _is_open(file):
            file.unlink()


def _last_used(file: Path) -> int:
    return file.stat().st_mtime_ns


def _is_open(file: Path) -> bool:
    """Has a living search this file open? Marks of those that ended are cleared away."""
    marks = [mark for mark in file.parent.glob(f"{file.name}.*.open") if _is_held(mark)]
    return bool(marks)


def _is_held(mark: Path) -> bool:
    try:
        with FileLock(mark, timeout=0):
            pass
    except Timeout:
        return True
    mark.unlink(missing_ok=True)
    return False
