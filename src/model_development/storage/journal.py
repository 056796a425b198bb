"""Finished pieces of a search, appended one by one, so that a search that was killed goes on from them."""

import json
import os

from filelock import FileLock

from .files import plain, write_text

MANY_LINES = 50_000


class Journal:
    """A file of JSON lines, one per finished piece; several searches may write it at the same time.

    key : fingerprint of all that the pieces depend on. Each line names its own, and those of others are
    passed over. A line that was cut off by a kill is no line. fresh : what stands there counts no more.
    """

    def __init__(self, path, key, *, fresh=False):
        self.path, self.key, self._lock = path, key, FileLock(f"{path}.lock")
        path.parent.mkdir(parents=True, exist_ok=True)
        if fresh:
            self._append([{"key": key, "is_start": True}])
        with self._lock:
            self.entries = self._read()
            if self._n_lines > max(MANY_LINES, 2 * len(self.entries)):  # mostly of other code and rows
                write_text(path, _lines(map(self._record, self.entries)))

    def add(self, entries):
        """Append dicts; they are on the disk when this returns."""
        self._append(map(self._record, entries))

    def _record(self, entry):
        return {"key": self.key, "entry": entry}

    def _append(self, records):
        lines = _lines(records)
        with self._lock, open(self.path, "ab") as file:
            cut_off = file.tell() and not _ends_a_line(self.path)
            file.write(("\n" if cut_off else "").encode() + lines.encode())
            file.flush()
            os.fsync(file.fileno())

    def _read(self):
        try:
            lines = self.path.read_bytes().splitlines()
        except OSError:
            lines = []
        self._n_lines = len(lines)
        records = [record for record in map(_parsed, lines) if record and record.get("key") == self.key]
        starts = [position for position, record in enumerate(records) if "is_start" in record]
        return [record["entry"] for record in records[max(starts, default=-1) + 1 :]]


def _lines(records):
    return "".join(json.dumps(plain(record), ensure_ascii=False) + "\n" for record in records)


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
