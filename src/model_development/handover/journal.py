"""Finished pieces of a search, appended one by one, so that a search that was killed goes on from them."""

import json
import os

from .artifacts import plain


class Journal:
    """A file of JSON lines: the key of the search, then one line per finished piece.

    key : fingerprint of all that the pieces depend on; a file with another key is begun anew. A line that
    was cut off by a kill is no line.
    """

    def __init__(self, path, key, *, fresh=False):
        self.path, self.key = path, key
        self.entries = [] if fresh else self._read()
        if not self.entries:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            self._append({"key": key})

    def add(self, entry):
        """Append a dict; it is on the disk when this returns."""
        self._append(entry)

    def _append(self, entry):
        line = json.dumps(plain(entry), ensure_ascii=False) + "\n"
        with open(self.path, "ab") as file:
            cut_off = file.tell() and not _ends_a_line(self.path)
            file.write(("\n" if cut_off else "").encode() + line.encode())
            file.flush()
            os.fsync(file.fileno())

    def _read(self):
        try:
            lines = self.path.read_bytes().splitlines()
        except OSError:
            return []
        found = [entry for entry in map(_parsed, lines) if entry is not None]
        return found[1:] if found and found[0].get("key") == self.key else []


def _ends_a_line(path):
    with open(path, "rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def _parsed(line):
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None
