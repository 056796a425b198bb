"""Plain lines about long work: what runs, what is done, the best so far, and the time."""

import sys
import time

QUIET_FOR = 10.0  # seconds without a line before the work in hand is named again


class Progress:
    """Prints to `out` (standard output), each line led by the elapsed minutes and seconds."""

    def __init__(self, total, out=None):
        self.total, self.done = total, 0
        self.out = out
        self.started = self.last = time.monotonic()

    def say(self, text):
        elapsed = int(time.monotonic() - self.started)
        print(f"[{elapsed // 60:02d}:{elapsed % 60:02d}] {text}", file=self.out or sys.stdout, flush=True)
        self.last = time.monotonic()

    def say_if_quiet(self, text):
        """For steps within a piece of work: heard only when nothing else was for a while."""
        if time.monotonic() - self.last >= QUIET_FOR:
            self.say(text)

    def finished(self, text):
        """Count one piece of work as done, and say so."""
        self.done += 1
        self.say(f"{self.done}/{self.total}  {text}")
