"""Progress of long work: a line for each piece that is done, and what is being done now."""

import html
import os
import shutil
import sys
import time
from collections.abc import Callable
from typing import Any, TextIO

QUIET_FOR = 10.0  # seconds without a line before the work in hand is named again, where lines stay
UPDATE_EVERY = 0.2  # seconds between two changes of the updating line


class Progress:
    """Prints to `out` (standard output), each line led by the elapsed minutes and seconds.

    Work in hand is one updating line in JupyterLab and on a terminal; in batch, where lines stay, it is
    named now and then. log : is told of each event, for programs: (event, **facts), see ProgressLog.
    """

    def __init__(self, total: int, out: TextIO | None = None, log: Callable[..., None] | None = None) -> None:
        self.total, self.done = total, 0
        self.out = out
        self.log = log or _say_nothing
        self.started = self.last = time.monotonic()
        self.steps = {}  # name of a piece of work in hand -> where it is
        self.line = _updating_line(out)

    def say(self, text: str) -> None:
        if self.line:
            self.line.show("")
        print(f"{self._clock()} {text}", file=self.out or sys.stdout, flush=True)
        self.last = time.monotonic()

    def step(self, name: str, text: str) -> None:
        """Say where a piece of work is."""
        self.steps[name] = text
        self.log("step", model=name, at=text, done=self.done, total=self.total)
        if self.line:
            self.line.show(self._in_hand())
        elif time.monotonic() - self.last >= QUIET_FOR:
            self.say(self._in_hand())

    def finished(self, name: str, text: str, **facts: Any) -> None:
        """Count one piece of work as done, and say so; facts : for the log."""
        self.done += 1
        self.log("finished", model=name, done=self.done, total=self.total, **facts)
        self.steps.pop(name, None)
        self.say(f"{self.done}/{self.total}  {text}")

    def _in_hand(self):
        steps = "; ".join(f"{name}: {text}" for name, text in self.steps.items())
        return f"{self._clock()} {self.done}/{self.total} done  {steps}" if self.line else steps

    def _clock(self):
        elapsed = int(time.monotonic() - self.started)
        return f"[{elapsed // 60:02d}:{elapsed % 60:02d}]"


def _say_nothing(*_, **__):
    pass


def _updating_line(out):
    """JupyterLab names the session to its kernels; papermill and nbconvert do not."""
    if out is None and "JPY_SESSION_NAME" in os.environ and "IPython" in sys.modules:
        return _NotebookLine()
    stream = out or sys.stdout
    return _TerminalLine(stream) if stream.isatty() else None


class _TerminalLine:
    def __init__(self, stream):
        self.stream, self.shown_at = stream, 0.0

    def show(self, text: str) -> None:
        if text and time.monotonic() - self.shown_at < UPDATE_EVERY:
            return
        width = shutil.get_terminal_size().columns - 1
        self.stream.write(f"\r{text[:width]:{width}}" + ("" if text else "\r"))
        self.stream.flush()
        self.shown_at = time.monotonic() if text else 0.0


class _NotebookLine:
    def __init__(self):
        from IPython.display import display

        self.handle = display(_plain(""), display_id=True)
        self.shown_at = 0.0

    def show(self, text: str) -> None:
        if text and time.monotonic() - self.shown_at < UPDATE_EVERY:
            return
        self.handle.update(_plain(text))
        self.shown_at = time.monotonic()


def _plain(text):
    from IPython.display import HTML

    return HTML(f"<pre>{html.escape(text)}</pre>") if text else HTML("")
