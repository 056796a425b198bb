"""Files of JSON lines that are only ever added to: a line that a kill cut off is no line."""

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a file, oldest first; none where there is no file."""
    if not path.is_file():
        return []
    found = []
    for line in path.read_bytes().splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return [line for line in found if isinstance(line, dict)]


def append_lines(path: Path, entries: Iterable[Mapping[str, Any]]) -> None:
    """Append objects of plain values; they are on the disk when this returns."""
    text = "".join(json.dumps(dict(entry), ensure_ascii=False) + "\n" for entry in entries)
    with open(path, "ab+") as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
            text = text if file.read(1) == b"\n" else f"\n{text}"  # after a line that was cut off
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())
