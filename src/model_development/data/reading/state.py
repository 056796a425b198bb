"""Has a table changed? Told by the files that it lies in, without reading it."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

SQLITE_FILE = re.compile(r"sqlite(?:\+\w+)?:///([^?#]+)")
SAME_FOR_EVER = ("sklearn:", "openml:")  # a table of a library, or by the number of its version


def state_of(location: str) -> str | None:
    """Return the files of a table with their sizes and times of change; None where they cannot be told.

    location : as `load_table` takes it. A folder's files all count, as do those that SQLite keeps beside its
        own. None for other databases and for what lies on another machine.
    """
    if location.startswith(SAME_FOR_EVER):
        return location
    in_file = SQLITE_FILE.match(location)
    place = Path(unquote(in_file.group(1)) if in_file else location)
    try:
        if place.is_dir():
            files = [file for file in place.rglob("*") if file.is_file()]
        else:
            files = [place, *(place.parent.glob(f"{place.name}-*") if in_file else ())]
        return "; ".join(f"{file} {_of(file)}" for file in sorted(files))
    except (OSError, ValueError):  # no file of this machine, or no path at all
        return None


def _of(file):
    found = file.stat()
    return f"{found.st_size} {found.st_mtime_ns}"
