"""progress.jsonl: what a phase is at, one line for each event, for programs and for `status`."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..json_lines import read_lines
from .files import PROGRESS, plain, write_text

STEP, FINISHED, BEGAN, DONE = "step", "finished", "began", "done"  # events; the last two are of whole stages
STEP_EVERY = 2.0  # seconds between two lines about steps of the work in hand
MOST_BYTES = 200_000  # then the older half goes


class ProgressLog:
    """The file, open for a process. A line is written at once and as a whole; a full disk stops nothing.

    Where two processes shorten the file at the same moment, some lines may be lost; none is ever a half.
    """

    def __init__(self, path: Path) -> None:
        self.path, self._stepped = path, 0.0

    def add(self, stage: str, event: str, **facts: Any) -> None:
        """Append a line: `time` (UTC), `stage`, `event`, `pid`, and the facts that are not None."""
        if event == STEP:
            if time.monotonic() - self._stepped < STEP_EVERY:
                return
            self._stepped = time.monotonic()
        said = {"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "stage": stage, "event": event}
        facts = {name: value for name, value in facts.items() if value is not None}
        line = json.dumps(plain(said | {"pid": os.getpid()} | facts), ensure_ascii=False) + "\n"
        with suppress(OSError):
            with open(self.path, "ab", buffering=0) as file:
                file.write(line.encode())
            if self.path.stat().st_size > MOST_BYTES:
                self._shorten()

    def of(self, stage: str, seconds_left: Callable[[], float | None]) -> Callable[..., None]:
        """Return what adds lines of one stage: (event, **facts)."""

        def add(event: str, **facts: Any) -> None:
            left = seconds_left()
            self.add(stage, event, seconds_left=None if left is None else max(0.0, round(left, 1)), **facts)

        return add

    def _shorten(self):
        lines = self.path.read_bytes().splitlines(keepends=True)
        write_text(self.path, b"".join(lines[len(lines) // 2 :]).decode())


def read_progress(folder: Path) -> list[dict[str, Any]]:
    """Return the lines of an artifacts folder, oldest first."""
    return read_lines(folder / PROGRESS)
